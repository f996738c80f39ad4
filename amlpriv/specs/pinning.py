"""The pins of a lock file, written into the pip lines of an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_conditions import Asked, holds
from amlpriv.specs.locks import REGISTRY, Lock, LockedDependency, LockedPackage
from amlpriv.specs.pip import PipLine, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import closest, input_error
from amlpriv.target import Target

__all__ = ["pinned"]

_WALKS = 10


def pinned(file: EnvironmentFile, lock: Lock, target: Target, asked: Asked | None = None) -> EnvironmentFile:
    """The file with the lock's versions: every public name that a pip line lists gets ``==``, and what these (and the
    private packages) need in turn is added behind them.

    Names with a source, addresses and what the target's markers leave out stay as they are. Hashes are not written:
    with one of them pip asks for all. InputError for a name that the lock does not have, or has in a version that the
    line does not allow.
    """
    if file.conda is None:
        return file
    conditions = asked or Asked()
    versions = _versions(lock, target, conditions, file.conda.pip)
    lines: list[PipLine] = []
    for line in file.conda.pip:
        if isinstance(line, PipRequirement) and _is_public(line, file) and target.holds(line.requirement.marker):
            lines.append(_pin(line, versions, lock))
        else:
            lines.append(line)
    listed = {line.name for line in lines if isinstance(line, PipRequirement | PipVcs)}
    own = str(canonicalize_name(conditions.project)) if conditions.project else None
    place = Position(lock.file, 1, 1)
    for name, package in sorted(versions.items()):
        skipped = name in listed or name in file.sources or name == own
        if not skipped and package.source == REGISTRY and package.version is not None:
            text = f"{name}=={package.version}"
            lines.append(PipRequirement(text, Requirement(text), (), package.position or place))
    return replace(file, conda=replace(file.conda, pip=tuple(lines), pip_blocks=1 if lines else 0))


def _is_public(line: PipRequirement, file: EnvironmentFile) -> bool:
    return line.name not in file.sources and line.requirement.url is None


def _pin(line: PipRequirement, versions: Mapping[str, LockedPackage], lock: Lock) -> PipRequirement:
    package = versions.get(line.name)
    if package is None:
        close = closest(line.name, versions)
        hint = f"Did you mean {close!r}?" if close else "Write the lock file again: uv lock."
        raise input_error(f"The lock file {lock.file} does not have {line.name}.", line.position, hint=hint)
    if package.version is None or package.source != REGISTRY:
        return line
    old = line.requirement
    if not old.specifier.contains(package.version, prereleases=True):
        message = (
            f"The lock file {lock.file} has {line.name} {package.version}, and {str(old.specifier)!r} is asked for."
        )
        raise input_error(message, line.position, hint="Write the lock file again: uv lock.")
    extras = f"[{','.join(sorted(old.extras))}]" if old.extras else ""
    marker = f" ; {old.marker}" if old.marker else ""
    text = f"{old.name}{extras}=={package.version}{marker}"
    return PipRequirement(text, Requirement(text), line.hashes, line.position)


def _versions(lock: Lock, target: Target, asked: Asked, lines: Iterable[PipLine]) -> dict[str, LockedPackage]:
    """The packages that pip would install. A condition can name an extra that is only found on the way: then the way is
    walked again with it."""
    for _ in range(_WALKS):
        walk = _Walk(lock, target, asked)
        found = walk.versions(lines)
        if walk.extras <= asked.others:
            break
        asked = replace(asked, others=asked.others | walk.extras)
    return found


class _Walk:
    """Finds the packages that pip would install, one version of each."""

    def __init__(self, lock: Lock, target: Target, asked: Asked) -> None:
        self._lock = lock
        self._target = target
        self._asked = asked
        self.extras: set[tuple[str, str]] = set()
        """Each extra that was met, with its package."""
        self._by_name: dict[str, list[LockedPackage]] = {}
        for package in lock.packages:
            self._by_name.setdefault(package.name, []).append(package)

    def versions(self, lines: Iterable[PipLine]) -> dict[str, LockedPackage]:
        if not self._lock.graph:
            fitting = (package for package in self._lock.packages if self._fits(package))
            return {package.name: package for package in fitting}
        found: dict[str, LockedPackage] = {}
        done: set[tuple[str, str]] = set()
        queue = list(self._starts(lines))
        while queue:
            dependency = queue.pop()
            package = found.get(dependency.name) or self._package(dependency)
            if package is None:
                continue
            found[package.name] = package
            self.extras |= {(package.name, extra) for extra in dependency.extras}
            for extra in ("", *dependency.extras):
                if (package.name, extra) not in done:
                    done.add((package.name, extra))
                    needs = package.extras.get(extra, ()) if extra else package.dependencies
                    queue += [item for item in needs if not item.marker or self._holds(item.marker)]
        return found

    def _chosen(self) -> dict[str, str | None]:
        """The versions that the project itself takes, where the lock has several."""
        name = str(canonicalize_name(self._asked.project or ""))
        chosen: dict[str, str | None] = {}
        for project in self._by_name.get(name, ()):
            needs = list(project.dependencies)
            for asked, known in ((self._asked.extras, project.extras), (self._asked.groups, project.groups)):
                needs += [item for key in sorted(asked) for item in known.get(key, ())]
            for item in needs:
                if item.version is not None and (not item.marker or self._holds(item.marker)):
                    chosen[item.name] = item.version
        return chosen

    def _starts(self, lines: Iterable[PipLine]) -> Iterator[LockedDependency]:
        chosen = self._chosen()
        for line in lines:
            if isinstance(line, PipRequirement) and self._target.holds(line.requirement.marker):
                extras = tuple(str(canonicalize_name(extra)) for extra in sorted(line.requirement.extras))
                yield LockedDependency(line.name, chosen.get(line.name), extras)
            elif isinstance(line, PipVcs) and line.name:
                yield LockedDependency(line.name, None, tuple(sorted(line.extras)))

    def _package(self, dependency: LockedDependency) -> LockedPackage | None:
        candidates = self._by_name.get(dependency.name, [])
        if dependency.version is not None:
            candidates = [package for package in candidates if package.version == dependency.version]
        fitting = [package for package in candidates if self._fits(package)]
        return next(iter(fitting or candidates), None)

    def _fits(self, package: LockedPackage) -> bool:
        return not package.markers or any(map(self._holds, package.markers))

    def _holds(self, marker: str) -> bool:
        return holds(marker, self._target, self._asked)
