"""Looks at the interpreter that runs it, and says in plain data what is installed there.

amlpriv runs this text in another interpreter, so it needs nothing but the standard library of Python 3.8; for its own
interpreter it calls ``look``. It reads files and imports nothing that is installed. What the files mean is decided by
``amlpriv.specs.captured``.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata as metadata
import json
import os
import platform
import re
import site
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple  # noqa: UP035  # Python 3.8
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["look"]

SECONDS = 5.0
"""For reading files again to see whether they were changed; the rest is counted as unchecked."""

LARGEST = 4 * 1024 * 1024
"""Bytes: of a larger file only the size is compared."""

SHOWN = 20
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
FOREIGN = {"__pycache__", "tests", "test", "docs", "doc", "build", "dist", "examples", "scripts", "notebooks"}
Row = Tuple[str, str, str]  # noqa: UP006
Data = Dict[str, Any]  # noqa: UP006


def look(seconds: float = SECONDS) -> Data:
    """All of it, as JSON can hold it. Never raises for what is broken: that is left out and named."""
    deadline = time.monotonic() + seconds
    prefix = Path(sys.prefix)
    records, broken = conda_records(prefix)
    owners = {info: str(record.get("name", "")) for record in records for info in record["infos"]}
    found: Dict[str, Data] = {}  # noqa: UP006
    for info in infos():
        try:
            one = distribution(info, owners.get(os.path.normcase(str(info))), deadline)
        except Exception as error:  # whatever is broken in a package of somebody else's
            broken.append([info.name, "%s: %s" % (type(error).__name__, error)])  # noqa: UP031
            continue
        found.setdefault(re.sub(r"[-_.]+", "-", one["name"]).lower(), one)
    conda = {"packages": records, "specs": conda_specs(prefix)} if (prefix / "conda-meta").is_dir() else None
    return {
        **interpreter(),
        "distributions": [found[name] for name in sorted(found)],
        "broken": broken,
        "conda": conda,
    }


def interpreter() -> Data:
    """Which Python this is, and the values of the environment markers (PEP 508)."""
    number = "%d.%d.%d" % sys.version_info[:3]  # noqa: UP031
    full = platform.python_version()
    names = getattr(sys, "stdlib_module_names", None) or old_stdlib()
    return {
        "python": number,
        "prerelease": sys.version_info[3] != "final",
        "executable": sys.executable,
        "prefix": sys.prefix,
        "stdlib": sorted(names),
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": number,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": full,
            "python_version": ".".join(full.split(".")[:2]),
            "sys_platform": sys.platform,
        },
    }


def old_stdlib() -> Set[str]:  # noqa: UP006
    """The names of the standard library before Python 3.10."""
    names = set(sys.builtin_module_names)
    for key in ("stdlib", "platstdlib"):
        for folder in (Path(sysconfig.get_path(key)), Path(sysconfig.get_path(key), "lib-dynload")):
            if folder.is_dir():
                names.update(path.name.partition(".")[0] for path in folder.iterdir())
    return names - {"site-packages", "dist-packages"}


def infos() -> Iterator[Path]:
    """The metadata folders on ``sys.path``, those that are found first first. The current folder does not count."""
    seen = set()
    for entry in [*sys.path, *user_site()]:
        folder = Path(entry)
        key = os.path.normcase(str(folder))
        if not entry or key in seen or not folder.is_dir():
            continue
        seen.add(key)
        for path in sorted(folder.iterdir()):
            if path.suffix in (".dist-info", ".egg-info"):
                yield path


def user_site() -> List[str]:  # noqa: UP006
    """The user's own site-packages, which ``-I`` hides; a virtual environment has them only when it says so."""
    if not sys.flags.isolated:
        return []
    config = Path(sys.prefix, "pyvenv.cfg")
    if config.is_file():
        text = config.read_text("utf-8", "replace").lower()
        if not re.search(r"(?m)^include-system-site-packages\s*=\s*true", text):
            return []
    folder = site.getusersitepackages()
    return [folder] if Path(folder).is_dir() and not os.environ.get("PYTHONNOUSERSITE") else []


def distribution(info: Path, owner: Optional[str], deadline: float) -> Data:  # noqa: UP045
    """One installed distribution."""
    found = metadata.PathDistribution(info)
    head = found.metadata
    name, version = head["Name"], head["Version"]
    if not name or not version:
        raise ValueError("its metadata has no name or no version")
    rows = record_rows(info)
    direct = direct_url(info)
    project, modules = editable(info, rows, direct)
    changed, unchecked = ([], 0) if project or owner else modified(info, rows, deadline)
    return {
        "name": str(name),
        "version": str(version),
        "installer": text_of(info / "INSTALLER").strip() if info.is_dir() else "",
        "requested": (info / "REQUESTED").is_file(),
        "requires": list(found.requires or ()),
        "direct_url": direct,
        "place": place_of(direct),
        "project": project,
        "modules": modules or paths_of_modules(info, rows),
        "modified": changed,
        "unchecked": unchecked,
        "web": bool(head.get_all("Project-URL") or head["Home-page"] not in (None, "", "UNKNOWN")),
        "private": any(line.startswith("Private ::") for line in head.get_all("Classifier") or ()),
        "conda": owner,
    }


def text_of(path: Path) -> str:
    """The file's text, or nothing."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def record_rows(info: Path) -> List[Row]:  # noqa: UP006
    """RECORD (PEP 376), or what setuptools and pip wrote for an egg; paths from the folder that holds ``info``."""
    if not info.is_dir():
        return []
    rows = [row for row in csv.reader(text_of(info / "RECORD").splitlines()) if row]
    if rows:
        return [(row[0].replace("\\", "/"), *(row[1:3] + ["", ""])[:2]) for row in rows]  # type: ignore[misc]
    listed = text_of(info / "installed-files.txt").split("\n")
    return [(os.path.normpath(info.name + "/" + line).replace("\\", "/"), "", "") for line in listed if line]


def direct_url(info: Path) -> Optional[Data]:  # noqa: UP045
    """direct_url.json (PEP 610); an empty one where it cannot be read."""
    if not info.is_dir() or not (info / "direct_url.json").is_file():
        return None
    try:
        content = json.loads(text_of(info / "direct_url.json"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def place_of(direct: Optional[Data]) -> Optional[Data]:  # noqa: UP045
    """The path of a ``file:`` address, and whether it is a folder, a file, or gone."""
    url = (direct or {}).get("url")
    if not isinstance(url, str) or urlsplit(url).scheme != "file":
        return None
    parts = urlsplit(url)
    host = "" if parts.netloc in ("", "localhost") else "//" + parts.netloc
    path = Path(url2pathname(host + parts.path))
    return {"path": str(path), "kind": "folder" if path.is_dir() else "file" if path.is_file() else None}


def editable(info: Path, rows: List[Row], direct: Optional[Data]) -> Tuple[Optional[str], List[str]]:  # noqa: UP006, UP045
    """The project of an editable install with the names that it offers: by PEP 660, or the older ways of it."""
    folders: List[Path] = []  # noqa: UP006
    names: List[str] = []  # noqa: UP006
    for path, _, _ in rows:
        file = info.parent / path
        if "/" not in path and path.endswith(".pth"):
            lines = (line.strip() for line in text_of(file).splitlines())
            folders += [Path(line) for line in lines if line and not line.startswith("import") and Path(line).is_dir()]
        elif "/" not in path and re.match(r"__editable___.*_finder\.py$", path):
            for name, place in re.findall(r"'([\w.]+)': '([^']+)'", text_of(file).partition("NAMESPACES")[0]):
                names.append(name + "/__init__.py")
                folders.append(Path(place).parent)
    names += [path for folder in folders for path in modules_in(folder)]
    place = place_of(direct)
    if place and isinstance(direct, dict) and (direct.get("dir_info") or {}).get("editable"):
        return place["path"], names
    if not in_site(info.parent):
        folders.append(info.parent)
        names += paths_of_modules(info, []) or modules_in(info.parent)
    elif direct is not None:
        folders = []
    return next((root for root in map(project_of, folders) if root), None), names


def in_site(folder: Path) -> bool:
    """Whether packages are installed there, and do not merely lie there."""
    known = {os.path.normcase(sysconfig.get_path(key)) for key in ("purelib", "platlib")}
    return folder.name in ("site-packages", "dist-packages") or os.path.normcase(str(folder)) in known


def project_of(folder: Path) -> Optional[str]:  # noqa: UP045
    """The project that the folder belongs to: itself, or one of the next three above it."""
    for above in [folder, *list(folder.parents)[:3]]:
        if any((above / name).is_file() for name in PROJECT):
            return str(above)
    return None


def modules_in(folder: Path) -> List[str]:  # noqa: UP006
    """The modules and packages that lie in a folder, as RECORD would have them; only what looks like code."""
    paths = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.stem.isidentifier() and path.name != "setup.py":
            paths.append(path.name)
        elif path.name.isidentifier() and path.name not in FOREIGN and path.is_dir() and any(path.glob("**/*.py")):
            inner = [file.relative_to(folder).as_posix() for file in sorted(path.glob("**/*.py"))]
            paths += paths_needed(inner)
    return paths


def paths_of_modules(info: Path, rows: List[Row]) -> List[str]:  # noqa: UP006
    """The paths that tell which modules it brings; of a package's inside only the top."""
    code = [path for path, _, _ in rows if path.endswith((".py", ".so", ".pyd")) and not path.startswith("..")]
    if code or not info.is_dir():
        return paths_needed(code)
    return [line.strip() + "/__init__.py" for line in text_of(info / "top_level.txt").splitlines() if line.strip()]


def paths_needed(paths: List[str]) -> List[str]:  # noqa: UP006
    """Without what lies below a folder with an ``__init__``."""
    packages = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2].startswith("__init__.")}
    kept = []
    for path in paths:
        parts = path.split("/")[:-1]
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        own = "/".join(parts)
        if not above & packages and (own not in packages or path.rpartition("/")[2].startswith("__init__.")):
            kept.append(path)
    return kept


def modified(info: Path, rows: List[Row], deadline: float) -> Tuple[List[List[str]], int]:  # noqa: UP006
    """The files that are not as RECORD has them, each with what is wrong, and how many there was no time to read.

    A file that is younger than RECORD is read first.
    """
    try:
        written = (info / "RECORD").stat().st_mtime + 2
    except OSError:
        return [], 0
    changed: List[List[str]] = []  # noqa: UP006
    waiting: List[Tuple[bool, str, str]] = []  # noqa: UP006
    for path, digest, size in rows:
        if not digest or path.startswith("..") or path.endswith(".pyc") or path.partition("/")[0] == info.name:
            continue
        try:
            status = os.stat(str(info.parent / path))  # noqa: PTH116  # many thousands of them
        except OSError:
            changed.append([path, "missing"])
            continue
        if size.isdigit() and int(size) != status.st_size:
            changed.append([path, "changed"])
        elif status.st_size <= LARGEST and digest.startswith("sha256="):
            waiting.append((status.st_mtime <= written, path, digest))
    unchecked = 0
    for old, path, digest in sorted(waiting):
        if time.monotonic() > deadline and old:
            unchecked += 1
        elif digest_of(info.parent / path) != digest[len("sha256=") :].rstrip("="):
            changed.append([path, "changed"])
    return sorted(changed)[:SHOWN], unchecked


def digest_of(path: Path) -> str:
    """As RECORD has it."""
    try:
        return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
    except OSError:
        return ""


def conda_records(prefix: Path) -> Tuple[List[Data], List[List[str]]]:  # noqa: UP006
    """The packages that conda has installed (``conda-meta/NAME-VERSION-BUILD.json``), and the records that are broken.

    ``infos`` are the metadata folders of Python packages that belong to it, ``alive`` says whether they are there.
    """
    records, broken = [], []
    for path in sorted((prefix / "conda-meta").glob("*.json")) if (prefix / "conda-meta").is_dir() else ():
        try:
            content = json.loads(path.read_text("utf-8"))
            files = [str(name) for name in content.get("files") or ()]
            specs = content.get("requested_specs") or [content.get("requested_spec") or ""]
            keys = ("name", "version", "build", "channel", "url", "depends")
            record = {key: content.get(key) for key in keys}
        except (OSError, ValueError, AttributeError) as error:
            broken.append([path.name, str(error)])
            continue
        heads = re.compile(r"(.*\.(?:dist-info|egg-info))(?:/(?:METADATA|PKG-INFO))?$")
        found = {prefix / match[1] for match in map(heads.match, files) if match}
        record["infos"] = sorted(os.path.normcase(str(info)) for info in found)
        record["alive"] = not found or any(info.exists() for info in found)
        record["requested"] = [str(spec) for spec in specs if spec and str(spec) != "None"]
        record["modules"] = paths_needed(conda_modules(files))
        records.append(record)
    return records, broken


def conda_modules(files: List[str]) -> List[str]:  # noqa: UP006
    """The code in site-packages among a conda package's files, from there on."""
    code = [re.match(r"(?:lib/python[\d.]+/|Lib/)?site-packages/(.+\.(?:py|so|pyd))$", name) for name in files]
    return [match[1] for match in code if match]


def conda_specs(prefix: Path) -> List[str]:  # noqa: UP006
    """What was asked of conda, in the order of ``conda-meta/history``: ``update specs: [...]``, ``remove specs: ...``."""
    lines = text_of(prefix / "conda-meta" / "history").splitlines()
    return [line[1:].strip() for line in lines if re.match(r"#\s*\w+ specs:", line)]
