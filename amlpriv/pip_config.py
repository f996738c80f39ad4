"""pip's settings for an installation of ours: the user's index, proxy and certificates, but our own places.

pip takes options from its configuration files as well (pip's documentation, "Configuration"). An environment variable
wins over them unless it is empty, so what has a harmless value gets that one. What sends the installation elsewhere and
has none (``--target`` changes how pip installs, whatever it names) is refused.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from amlpriv.errors import BuildError, InputError
from amlpriv.files import read_text

__all__ = ["has_proxy", "no_find_links", "pip_option", "pip_settings", "refuse_diversions"]

_ELSEWHERE = ("target", "prefix", "root", "python")
_DROPPED = ("PYTHONHOME", "PYTHONPATH", *(f"PIP_{name.upper()}" for name in _ELSEWHERE))
_SECTIONS = ("global", "install")
_INDEX_LINE = re.compile(r"\s*(?:--(?:extra-)?index-url\b|-i\b)")


def pip_settings(environ: Mapping[str, str], work: Path, *, private: bool) -> dict[str, str]:
    """The user's environment variables with temporary files, logs and reports in ``work``; with ``private`` also the
    cache, since pip stores signed URLs there."""
    rest = {name: value for name, value in environ.items() if name.upper() not in _DROPPED}
    return {
        **rest,
        **({"PIP_CACHE_DIR": str(work / "cache")} if private else {}),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work / "tmp")),
        **dict.fromkeys(("PIP_USER", "PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_REQUIRE_VIRTUALENV", "PIP_ISOLATED"), "0"),
        "PIP_LOG": str(work / "pip.log"),
        "PIP_REPORT": str(work / "report.json"),
        "PIP_SRC": str(work / "src"),
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "CONDA_ALWAYS_YES": "true",
        "MAMBA_ALWAYS_YES": "true",
    }


def no_find_links(lines: Iterable[str], environ: Mapping[str, str], work: Path) -> tuple[dict[str, str], str | None]:
    """Settings without the user's find-links, and a line about them where there are any, when one of the pip section's
    ``lines`` names an index.

    The image builder has no such folders, and here a higher version in them would win over the index that is named. An
    empty folder stands in: an empty variable would not win over a file.
    """
    found = pip_option(environ, "find-links")
    if found is None or not any(map(_INDEX_LINE.match, lines)):
        return {}, None
    empty = work / "no-links"
    empty.mkdir(exist_ok=True)
    note = (
        "note: find-links of {} is not used: this environment names its index, and the image build has no such folder"
    )
    return {"PIP_FIND_LINKS": empty.absolute().as_uri()}, note.format(found[1])  # pip splits a path at blanks


def refuse_diversions(environ: Mapping[str, str]) -> None:
    """Raises BuildError when a pip.conf has an option that would install somewhere else; it names both."""
    for file in _files(environ):
        with contextlib.suppress(InputError, configparser.Error):  # a wrong file is pip's to complain about
            parser = configparser.RawConfigParser()
            parser.read_string(read_text(file))
            for section in filter(parser.has_section, _SECTIONS):
                for key, value in parser.items(section):
                    option = key.lower().replace("_", "-").removeprefix("--")
                    if option in _ELSEWHERE and value:
                        raise BuildError(
                            f"pip's option {option!r} is set in {file}: the packages would go somewhere else.",
                            hint=f"Take '{key}' out of its section [{section}], or name another file in "
                            "PIP_CONFIG_FILE.",
                        )


def has_proxy(environ: Mapping[str, str]) -> bool:
    """Whether one of pip's configuration files names a proxy, which pip prefers to ``HTTPS_PROXY``."""
    for file in _files(environ):
        with contextlib.suppress(InputError, configparser.Error):
            parser = configparser.RawConfigParser()
            parser.read_string(read_text(file))
            for section in parser.sections():
                if any(key.lower().lstrip("-") == "proxy" and value for key, value in parser.items(section)):
                    return True
    return False


def pip_option(environ: Mapping[str, str], option: str) -> tuple[str, str] | None:
    """What pip takes for an option (``"index-url"``) when it installs, and where it stands, in words; None where it is
    not set. A variable wins over files, the section [install] over [global], a later file over an earlier one."""
    variable = f"PIP_{option.upper().replace('-', '_')}"
    if value := environ.get(variable):  # pip ignores an empty one
        return value, variable
    found: dict[str, tuple[str, str]] = {}
    for file in _files(environ):
        with contextlib.suppress(InputError, configparser.Error):
            parser = configparser.RawConfigParser()
            parser.read_string(read_text(file))
            for section in filter(parser.has_section, _SECTIONS):
                for key, value in parser.items(section):
                    if key.lower().replace("_", "-").removeprefix("--") == option and value:
                        found[section] = value, str(file)
    return found.get("install") or found.get("global")


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The configuration files that pip reads; an environment that is only being made has none of its own."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:  # pip's documentation: no file is read then
        return
    if sys.platform == "win32":
        name = "pip.ini"
        shared = [Path(environ.get("PROGRAMDATA", r"C:\ProgramData"), "pip")]
        home = Path(environ.get("USERPROFILE") or Path.home())
        own = [home / "pip", Path(environ.get("APPDATA") or home / "AppData" / "Roaming", "pip")]
    else:
        name = "pip.conf"
        home = Path(environ.get("HOME") or Path.home())
        own = [home / ".pip", Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")]
        folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        shared = [*(Path(folder, "pip") for folder in folders.split(os.pathsep)), Path("/etc")]
        if sys.platform == "darwin":
            shared.append(Path("/Library/Application Support/pip"))
            own.append(home / "Library" / "Application Support" / "pip")
    if named and Path(named).exists():  # instead of the user's own ones
        own = []
    files = [folder / name for folder in (*shared, *own)]
    yield from (path for path in (*files, *([Path(named)] if named else [])) if path.is_file())
