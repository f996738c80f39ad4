"""Real wheels for tests: built here with zipfile, valid by default, and breakable member by member."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

__all__ = ["build_sdist", "build_wheel", "expand_tag", "make_record", "wheel_members", "write_archive"]

_TIME = (2020, 1, 1, 0, 0, 0)


def build_wheel(
    directory: Path,
    *,
    name: str = "contoso-features",
    version: str = "1.2.0",
    tag: str = "py3-none-any",
    modules: Mapping[str, str | bytes] | None = None,
    requires_dist: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    generator: str = "wheelhouse 1.0",
    build: str = "",
    files: Mapping[str, str | bytes] | None = None,
    executable: Iterable[str] = (),
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a valid wheel into ``directory`` (made if missing) and return its path.

    ``modules`` are files by path from the wheel's root (default: one package with the project's name);
    ``extras`` maps an extra to its requirements; ``files`` go into the ``.dist-info`` folder; ``executable`` are the
    paths with the executable bit.
    """
    members = wheel_members(
        name=name,
        version=version,
        tag=tag,
        modules=modules,
        requires_dist=requires_dist,
        requires_python=requires_python,
        extras=extras,
        generator=generator,
        build=build,
        files=files,
    )
    stem = "-".join(part for part in (_escaped(name), version, build, tag) if part)
    return write_archive(directory / f"{stem}.whl", members, executable=executable, compression=compression)


def build_sdist(directory: Path, *, name: str = "contoso-features", version: str = "1.2.0") -> Path:
    """Write a source archive (PEP 625) of one module into ``directory`` (made if missing) and return its path."""
    stem = f"{_escaped(name)}-{version}"
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    files = {"PKG-INFO": _metadata(name, version, (), None, {}), "pyproject.toml": project}
    files[f"{_escaped(name)}.py"] = "x = 1\n"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{member}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def wheel_members(
    *,
    name: str = "contoso-features",
    version: str = "1.2.0",
    tag: str = "py3-none-any",
    modules: Mapping[str, str | bytes] | None = None,
    requires_dist: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    generator: str = "wheelhouse 1.0",
    build: str = "",
    files: Mapping[str, str | bytes] | None = None,
) -> dict[str, bytes]:
    """The members of a valid wheel by path, RECORD last; for tests that break one of them."""
    dist_info = f"{_escaped(name)}-{version}.dist-info"
    if modules is None:
        modules = {f"{_escaped(name)}/__init__.py": f'__version__ = "{version}"\n'}
    texts: dict[str, str | bytes] = {
        **modules,
        f"{dist_info}/METADATA": _metadata(name, version, requires_dist, requires_python, extras or {}),
        f"{dist_info}/WHEEL": _wheel_file(tag, generator, build),
        **{f"{dist_info}/{path}": text for path, text in (files or {}).items()},
    }
    members = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    return {**members, f"{dist_info}/RECORD": make_record(members, f"{dist_info}/RECORD")}


def make_record(members: Mapping[str, bytes], record: str, algorithm: str = "sha256") -> bytes:
    """The RECORD, to be stored at the path ``record``, of these members."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for path, data in members.items():
        if path != record:
            digest = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode()
            writer.writerow([path, f"{algorithm}={digest}", len(data)])
    writer.writerow([record, "", ""])
    return text.getvalue().encode()


def write_archive(
    path: Path,
    members: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    executable: Iterable[str] = (),
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """A zip file of exactly these members; a path that ends in a slash is a folder."""
    pairs = members.items() if isinstance(members, Mapping) else members
    marked = set(executable)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in pairs:
            info = zipfile.ZipInfo(member, _TIME)
            info.create_system = 3  # POSIX, on Windows too: otherwise the bits below mean something else
            info.external_attr = (0o100755 if member in marked else 0o100644) << 16
            info.compress_type = zipfile.ZIP_STORED if member.endswith("/") else compression
            archive.writestr(info, data)
    return path


def expand_tag(tag: str) -> list[str]:
    """``py2.py3-none-any`` as ``py2-none-any`` and ``py3-none-any``, as WHEEL lists them."""
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    return [f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms]


def _escaped(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()


def _metadata(
    name: str,
    version: str,
    requires_dist: Iterable[str],
    requires_python: str | None,
    extras: Mapping[str, Sequence[str]],
) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Summary: A package of the tests"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires_dist]
    for extra, requirements in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {requirement} ; extra == "{extra}"' for requirement in requirements]
    return "\n".join([*lines, "", "About it.", ""])


def _wheel_file(tag: str, generator: str, build: str) -> str:
    purelib = "true" if tag.endswith("-none-any") else "false"
    lines = ["Wheel-Version: 1.0", f"Generator: {generator}", f"Root-Is-Purelib: {purelib}"]
    lines += [f"Tag: {each}" for each in expand_tag(tag)]
    if build:
        lines.append(f"Build: {build}")
    return "\n".join([*lines, ""])
