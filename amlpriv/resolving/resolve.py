"""Drive ``uv pip compile`` for a target."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from amlpriv.files import create_private_directory, read_text, write_text
from amlpriv.interpreters import uv_program
from amlpriv.processes import run
from amlpriv.resolving.command import Login, Places, platform_name
from amlpriv.resolving.failures import read_failure
from amlpriv.resolving.reading import read_pins, with_hashes
from amlpriv.secret import without_query
from amlpriv.specs.resolution import Pin, Resolution
from amlpriv.target import Target

__all__ = ["resolve"]


def resolve(
    requirements: Sequence[str],
    target: Target,
    *,
    index: Login | None,
    environ: Mapping[str, str],
    work: Path,
    extra: Sequence[Login] = (),
    find_links: Path | None = None,
    constraints: Sequence[str] = (),
    preferred: Sequence[str] = (),
    prereleases: bool = False,
    allow_sdist: bool = False,
    all_hashes: bool = False,
    timeout: float | None = 300,
) -> Resolution:
    """What the requirements come to on the target: every package of the closure, with the files that install there.

    ``index`` is the one index (``amlpriv.default_index`` finds the user's); None: only ``find_links``. A name that an
    index of ``extra`` has is taken from there, never from ``index``, and an answer 401 or 403 there ends it. uv gets
    the user's network (proxy, certificates, netrc, cache) and nothing else of the user's settings. ``work`` is a folder
    for temporary files, made if missing; ``timeout`` is in seconds. With ``all_hashes`` the pins have the hashes of
    every file of the version, not only of those for the target: right for an image that may choose another one.
    ``preferred`` (``name==version``) are kept where they fit; ``prereleases`` allows them all, as pip's ``--pre``.

    Nothing is built and no Python downloaded; with ``allow_sdist`` uv may run a source archive's build backend to learn
    its requirements, on this machine. Raises NoSolutionError, NoWheelError, UnknownPackageError, IndexUnreachableError
    (``amlpriv.resolving.failures``), AuthenticationError, PermissionDeniedError, InputError, UnsupportedError (a
    requirement with an address of its own), BuildError.
    """
    places = Places(index, tuple(extra), find_links)
    create_private_directory(work)
    with tempfile.TemporaryDirectory(prefix="resolve-", dir=work) as folder:
        _write_preferred(Path(folder), preferred)
        uv = _Uv(places, target, Path(folder), environ, timeout, (allow_sdist, prereleases))
        pins = read_pins(uv.compile(requirements, constraints, ("--format", "pylock.toml")), target)
        if pins and (all_hashes or places.extra):
            lines = [str(pin) for pin in pins]
            pins = with_hashes(pins, uv.compile(lines, (), ("--no-deps", "--emit-index-annotation")))
    return Resolution(target, pins, tuple(requirements), _notes(pins, target))


class _Uv:
    """uv with everything that stays the same from call to call."""

    def __init__(
        self,
        places: Places,
        target: Target,
        folder: Path,
        environ: Mapping[str, str],
        timeout: float | None,
        allowed: tuple[bool, bool],
    ) -> None:
        self._places = places
        self._target = target
        self._folder = folder
        self._environ = environ
        self._timeout = timeout
        sdist, prereleases = allowed
        self._kinds = [*(() if sdist else ("--no-build",)), *(("--prerelease", "allow") if prereleases else ())]

    def compile(self, requirements: Sequence[str], constraints: Sequence[str], options: Sequence[str]) -> str:
        """What ``uv pip compile`` writes."""
        given, bounds = self._folder / "requirements.in", self._folder / "constraints.txt"
        # uv refuses an output file of another name where the format is pylock.toml.
        out = self._folder / ("pylock.toml" if "pylock.toml" in options else "requirements.txt")
        write_text(given, "".join(f"{line}\n" for line in requirements), private=True)
        write_text(bounds, "".join(f"{line}\n" for line in constraints), private=True)
        where = ("--python-version", self._target.python_text, "--python-platform", platform_name(self._target))
        quiet = ("--quiet", "--color", "never", "--no-progress", "--no-header", "--no-annotate")
        fixed = ("--generate-hashes", "--no-python-downloads", "--no-sources", *self._kinds)
        files = ("--constraints", bounds, "--output-file", out)
        command = (*where, *quiet, *fixed, *files, *options, *self._places.options)
        completed = run(
            [uv_program(self._environ), "pip", "compile", *command, given],
            cwd=self._folder,
            env=self._places.settings(self._environ),
            timeout=self._timeout,
            secrets=self._places.secrets,
        )
        if not completed.succeeded:
            asked = [without_query(login.url) for login in self._places.logins]
            raise read_failure(completed.returncode, completed.tail, self._target, asked)
        return read_text(out)


def _write_preferred(folder: Path, preferred: Sequence[str]) -> None:
    """uv prefers the versions in the file that it is told to write (its documentation, "Locking requirements")."""
    if not preferred:
        return
    rows = [Requirement(text) for text in preferred]
    tables = [f'[[packages]]\nname = "{row.name}"\nversion = "{next(iter(row.specifier)).version}"\n' for row in rows]
    text = "\n".join(['lock-version = "1.0"\ncreated-by = "amlpriv"\n', *tables])
    write_text(folder / "pylock.toml", text, private=True)


def _notes(pins: Sequence[Pin], target: Target) -> tuple[str, ...]:
    """uv takes a wheel for bare linux wherever it takes manylinux; nobody has promised that it runs there (PEP 600)."""
    bare = [pin.file.filename for pin in pins if pin.file.filename.endswith(f"-linux_{target.arch}.whl")]
    return tuple(
        f"{name} is for some Linux, not for manylinux: it may need a newer glibc than {target} has." for name in bare
    )
