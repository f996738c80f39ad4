"""Private packages that the build of a private package needs: ``[build-system] requires`` (PEP 518).

They are made first, with what they require, and the build is told to take these wheels: by uv's build constraints with
addresses, so that no package of the same name in an index can come in their place.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from packaging.utils import canonicalize_name

from amlpriv.actions.finding_sources import Seeker
from amlpriv.actions.packages import Packages
from amlpriv.actions.siblings import FOR_BUILDS, shown_folder
from amlpriv.errors import InputError
from amlpriv.files import create_private_directory, write_text
from amlpriv.local.home import Home
from amlpriv.specs.closure import Needed
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile, IndexSource, Source
from amlpriv.specs.pip import PipRequirement
from amlpriv.target import Target

__all__ = ["build_surroundings"]

Closed = Callable[[EnvironmentFile, Packages], tuple[EnvironmentFile, dict[str, Needed]]]


def build_surroundings(packages: Packages, name: str, project: Path, closed: Closed) -> Mapping[str, str]:
    """The environment variables that a project's build gets in addition; none when it needs nothing private.

    ``closed`` makes the wheels of a file. InputError for packages that need each other to be built.
    """
    file = _tools(packages, name, project)
    if file is None:
        return {}
    chain = (*packages.chain, project.resolve())
    for source in file.sources.values():
        _refuse_cycle(packages.project("", source), chain)
    host = Target(python=sys.version_info[:2])
    inner = replace(
        packages,
        file=file,
        target=host,
        chain=chain,
        work=packages.work / FOR_BUILDS,
        found={},
        guessed={},
        origins={},
        projects={},
        tools={},
    )
    file, needed = closed(file, inner)
    packages.notes.extend(f"{one}: taken from {words}" for one, words in inner.guessed.items())
    wheels = [inner.found[one] for one in sorted(needed) if one in inner.found]
    return _told(packages.environ, [(str(wheel.name), path, wheel.sha256) for path, wheel in wheels])


def _tools(packages: Packages, name: str, project: Path) -> EnvironmentFile | None:
    """A file that asks for the build requirements that are private."""
    declared = packages.landscape.declared(project)
    seeker = Seeker(packages.landscape, project, f"the build of {name}", packages.target)
    lines: list[PipRequirement] = []
    sources: dict[str, Source] = {}
    for item in declared.build_requires if declared else ():
        required = str(canonicalize_name(item.name))
        found = seeker.find(required)
        if found is None or isinstance(found.source, IndexSource):  # uv asks that index by itself
            continue
        if found.sibling is not None:
            shown = shown_folder(found.sibling, start=packages.folder, work=packages.work)
            packages.notes.append(f"{required}: taken from {shown}, a project beside {name}, whose build needs it")
            packages.say(packages.notes[-1])
        item.url = None
        lines.append(PipRequirement(str(item), item, (), declared.position if declared else None))
        sources[required] = found.source
    return EnvironmentFile(name="", conda=CondaSpec(pip=tuple(lines)), sources=sources) if lines else None


def _refuse_cycle(project: Path | None, chain: tuple[Path, ...]) -> None:
    if project is None or project.resolve() not in chain:
        return
    again = project.resolve()
    shown = " -> ".join(folder.name for folder in (*chain[chain.index(again) :], again))
    raise InputError(
        f"These projects need each other to be built: {shown}.",
        file=again / "pyproject.toml",
        hint="Take one of them out of [build-system] requires.",
    )


def _told(environ: Mapping[str, str], wheels: list[tuple[str, Path, str]]) -> dict[str, str]:
    """uv's settings for these wheels: name, file, hash. The folder is named by their content, which keeps the settings
    of two equal builds equal."""
    key = sha256("".join(f"{name} {digest}\n" for name, _, digest in wheels).encode()).hexdigest()
    folder = Home.find(environ).cache / "build-requirements" / key
    if not (folder / "constraints.txt").is_file():
        create_private_directory(folder)
        for _, path, _ in wheels:
            shutil.copyfile(path, folder / path.name)
        lines = [f"{name} @ {(folder / path.name).absolute().as_uri()}\n" for name, path, _ in wheels]
        write_text(folder / "constraints.txt", "".join(lines))
    constraints = (folder / "constraints.txt").absolute().as_uri()  # uv splits the variable at blanks
    names = [*environ.get("UV_NO_SOURCES_PACKAGE", "").split(), *(name for name, _, _ in wheels)]
    return {
        "UV_BUILD_CONSTRAINT": f"{environ.get('UV_BUILD_CONSTRAINT', '')} {constraints}".strip(),
        "UV_NO_SOURCES_PACKAGE": " ".join(names),
    }
