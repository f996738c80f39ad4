"""Looks at the interpreter that runs it, and says in plain data what is installed there.

It reads files and imports nothing that is installed; what they mean is decided by ``amlpriv.specs.captured``.
It is sent to other interpreters: the standard library of Python 3.8, and modules of this folder, are all it may use.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import site
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from amlpriv.installed.changes import modified
from amlpriv.installed.conda_records import conda_records, conda_specs
from amlpriv.installed.editables import editable, paths_of_modules
from amlpriv.installed.metadata import direct_url, place_of, record_rows, text_of

__all__ = ["look"]

SYSTEM = "system"

SECONDS = 3.0
"""For reading files again to see whether they were changed; the rest is counted as unchecked."""


def look(seconds: float = SECONDS) -> dict[str, Any]:
    """All of it, as JSON can hold it. Never raises for what is broken: that is left out and named."""
    deadline = time.monotonic() + seconds
    prefix = Path(sys.prefix)
    records, broken = conda_records(prefix)
    owners = {info: str(record.get("name", "")) for record in records for info in record["infos"]}
    found: dict[str, dict[str, Any]] = {}
    for info in infos():
        try:
            one = distribution(info, owners.get(os.path.normcase(str(info))), deadline)
        except Exception as error:  # whatever is broken in a package of somebody else's
            broken.append([info.name, f"{type(error).__name__}: {error}"])
            continue
        found.setdefault(re.sub(r"[-_.]+", "-", one["name"]).lower(), one)
    conda = {"packages": records, "specs": conda_specs(prefix)} if (prefix / "conda-meta").is_dir() else None
    return {
        **interpreter(),
        "distributions": [found[name] for name in sorted(found)],
        "broken": broken,
        "conda": conda,
    }


def interpreter() -> dict[str, Any]:
    """Which Python this is, and the values of the environment markers (PEP 508)."""
    number = ".".join(map(str, sys.version_info[:3]))
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


def old_stdlib() -> set[str]:
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
        if not entry or key in seen:
            continue
        seen.add(key)
        try:
            paths = sorted(folder.iterdir()) if folder.is_dir() else []
        except (OSError, ValueError):  # not ours to list, or no path at all
            continue
        yield from (path for path in paths if path.suffix in (".dist-info", ".egg-info"))


def user_site() -> list[str]:
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


def installer_of(info: Path) -> str:
    """Who installed it, in lower case; for what apt or rpm did, one word."""
    name = text_of(info / "INSTALLER").strip().lower() if info.is_dir() else ""
    is_debian = info.parent.as_posix() == "/usr/lib/python3/dist-packages"  # Debian's Python policy, section 3.1
    return SYSTEM if is_debian or name in ("debian", "rpm", "apt") else name


def distribution(info: Path, owner: str | None, deadline: float) -> dict[str, Any]:
    """One installed distribution."""
    found = importlib.metadata.PathDistribution(info)
    head = found.metadata
    name, version = head["Name"], head["Version"]
    if not name or not version:
        raise ValueError("its metadata has no name or no version")
    rows = record_rows(info)
    direct = direct_url(info)
    project, modules = editable(info, rows, direct)
    installer = installer_of(info)
    foreign = project or owner or installer in ("conda", SYSTEM)  # such tools change what they install
    changed, unchecked = ([], 0) if foreign else modified(info, rows, deadline)
    return {
        "name": str(name),
        "version": str(version),
        "installer": installer,
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
