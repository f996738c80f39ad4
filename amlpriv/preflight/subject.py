"""What the rules look at: an environment file, the texts it stands in, its wheels and the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.uses import Use
from amlpriv.findings import Finding, Severity
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_text import LockUse
from amlpriv.specs.pip import PipLine
from amlpriv.specs.positions import Position
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["PackagedWheel", "Place", "Subject", "place_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points to."""

    file: str | None = None
    line: int | None = None
    column: int | None = None

    def finding(self, code: str, severity: Severity, subject: str, message: str, *, fix: str) -> Finding:
        """A finding that points here."""
        return Finding(code, severity, subject, message, fix, self.file, self.line, self.column)


@dataclass(frozen=True, slots=True)
class PackagedWheel:
    """A private wheel that is at hand, and why it is wanted."""

    wheel: Wheel
    required_as: tuple[Requirement, ...] = ()
    """The requirements of the file that ask for it."""
    file: str | None = None
    line: int | None = None
    """Where it is asked for."""
    column: int | None = None
    built: bool = False
    """Whether it was built from a project just now, so that it can be built in another way."""
    removed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Addresses that its project has for packages, and the wheel no longer, by name. May hold secrets."""
    guessed: str | None = None
    """Where the project is, in words, when only its name tells that it is meant."""

    @property
    def place(self) -> Place:
        """Where it is asked for."""
        return Place(self.file, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Subject:
    """One environment, as far as it is known before anything is asked of the network."""

    environment: EnvironmentFile
    text: str = field(repr=False)
    """The environment file's own text."""
    texts: Mapping[str, str] = field(repr=False)
    """The other files that were read, by path (for a conda file ``conda.file``): what findings point to."""
    wheels: tuple[PackagedWheel, ...]
    target: Target
    connections: tuple[StoredConnection, ...] | None = None
    """Those of the workspace; None where nobody has asked for them."""
    use: Use = Use.JOB
    """What the environment is for."""
    absent: tuple[str, ...] | None = None
    """Public names of the pip section that the one index does not have; None where it was not asked."""
    refused: str | None = None
    """What the one index said to the connection's own credential, where it refused that."""
    lock: LockUse | None = None
    """What came of the lock beside the file; None without one."""

    @property
    def conda(self) -> CondaSpec | None:
        """The conda specification, if there is one."""
        return self.environment.conda

    @property
    def pip(self) -> tuple[PipLine, ...]:
        """The lines of the pip section; empty without one."""
        return () if self.environment.conda is None else self.environment.conda.pip

    @property
    def private_names(self) -> frozenset[str]:
        """The normalized names (PEP 503) that ``sources`` serves; a path in the pip section has no name yet."""
        return frozenset(str(canonicalize_name(name)) for name in self.environment.sources if ":" not in name)

    def applies(self, marker: Marker | None, extras: frozenset[str] = frozenset()) -> bool:
        """Whether a marker holds on the target, with any of these extras asked for."""
        return any(self.target.holds(marker, extra) for extra in ("", *sorted(extras)))

    def place(self, *keys: str) -> Place:
        """Where the first of these keys stands; the conda or environment file itself where none is known."""
        for key in keys:
            if position := self.environment.positions.get(key):
                return place_of(position)
        return Place(self.environment.file)

    def conda_place(self, *keys: str) -> Place:
        """Like ``place`` for a key of the conda specification, which can stand in a file of its own."""
        conda = self.conda
        if conda is not None and conda.file is not None and conda.file != self.environment.file:
            return Place(conda.file)
        return self.place(*keys, "conda_file")

    @property
    def dependencies_place(self) -> Place:
        """Where the dependencies of the conda specification begin."""
        conda = self.conda
        for item in () if conda is None else (*conda.dependencies, *conda.pip):
            if item.position is not None:
                return place_of(item.position)
        return self.conda_place()

    def all_texts(self) -> Iterator[tuple[str | None, str]]:
        """Every text that was read with its file's name, the environment file first."""
        yield self.environment.file, self.text
        for file, text in self.texts.items():
            if file != self.environment.file:
                yield file, text


def place_of(position: Position | None) -> Place:
    """A specification's position as a finding's place."""
    return Place() if position is None else Place(position.file, position.line, position.column)
