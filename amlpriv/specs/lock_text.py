"""The lock that ``amlpriv lock`` writes: pins with hashes that pip reads, and above them what they were made from.

The same input gives the same bytes: no time, no host, no path of a machine, everything sorted. A private package stands
in it as a comment, ``#   private: NAME ==VERSION content HASH``: amlpriv ships its wheel, and a line that pip reads would
send pip to an index for it (and there would have to be a hash behind it, of bytes that a rebuild does not have again).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_inputs import LockInput, differences, digest_of
from amlpriv.specs.pip import PipLine, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.requirements import OptionsLine, RequirementLine, parse_requirements
from amlpriv.specs.resolution import Resolution, lock_text

__all__ = ["HEAD", "LockFile", "LockUse", "is_lock", "read_lock", "with_lock", "write_lock"]

HEAD = "# amlpriv lock 1"
"""The first line."""

_OF = re.compile(r"^# Pins of (?P<file>.+?), written by 'amlpriv lock'\.", re.MULTILINE)
_DIGEST = re.compile(r"^# inputs sha256:(?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_INPUT = re.compile(r"^#   (?P<kind>[a-z]+): (?P<rest>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LockFile:
    """A lock that was read."""

    file: str
    of: str
    """Name of the file that it is the lock of, without folders."""
    digest: str
    """Of the inputs that it was made from."""
    inputs: tuple[LockInput, ...]
    pins: tuple[PipRequirement, ...]
    """Each ``name==version`` with its hashes."""

    def changes(self, now: Iterable[LockInput]) -> tuple[str, ...]:
        """What makes it stale, in words; empty when it is fresh."""
        inputs = tuple(now)
        if self.digest == digest_of(inputs):
            return ()
        return differences(self.inputs, inputs) or ("its head was edited",)


@dataclass(frozen=True, slots=True)
class LockUse:
    """What came of the lock beside a file."""

    file: str
    of: str
    changes: tuple[str, ...] = ()
    """Why it is stale and not used; empty: its pins are in the pip section."""
    required: bool = False
    """Whether a stale one is an error: ``--locked``."""


def is_lock(text: str) -> bool:
    """Whether ``amlpriv lock`` has written this."""
    return text.removeprefix("\ufeff").partition("\n")[0].strip() == HEAD


def write_lock(resolution: Resolution, inputs: Iterable[LockInput], *, of: str, made_with: str) -> str:
    """The text of a lock. ``of`` is the name of the file it is for, ``made_with`` names the tools.

    The packages of ``inputs`` that are private are left out of the resolution's pins.
    """
    given = sorted(inputs)
    private = {item.name for item in given if item.kind == "private"}
    pins = tuple(pin for pin in resolution.pins if pin.name not in private)
    body = lock_text(replace(resolution, pins=pins)).partition("\n")[2]
    head = [
        HEAD,
        f"# Pins of {of}, written by 'amlpriv lock'. Edits are lost; private packages are comments, pip has no index"
        " for them.",
        f"# made with {made_with}",
        f"# inputs sha256:{digest_of(given)}",
        *(f"#   {item}" for item in given),
    ]
    return "\n".join([*head, body])


def read_lock(text: str, file: str) -> LockFile:
    """Read a lock. InputError with file and line for what is none, or was broken (by a merge, for instance)."""
    start, hint = Position(file, 1, 1), "Write it again: amlpriv lock."
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    of, digest = _OF.search(plain), _DIGEST.search(plain)
    if not is_lock(plain) or of is None or digest is None:
        raise input_error("This is no lock that amlpriv wrote.", start, hint=hint)
    inputs = tuple(sorted(_input(match) for match in _INPUT.finditer(plain)))
    try:
        lines = parse_requirements(plain, file).lines
    except InputError as error:
        raise input_error(
            f"The lock is broken: {error.message}", Position(file, error.line or 1, 1), hint=hint
        ) from None
    return LockFile(file, of["file"], digest["digest"], inputs, tuple(_pin(line) for line in lines))


def _input(match: re.Match[str]) -> LockInput:
    if match["kind"] == "target":
        return LockInput("target", match["rest"])
    name, _, value = match["rest"].partition(" ")
    return LockInput(match["kind"], name, value)


def _pin(line: object) -> PipRequirement:
    item = line.item if isinstance(line, RequirementLine) else None
    if isinstance(item, PipRequirement) and [one.operator for one in item.requirement.specifier] == ["=="]:
        return item
    place = line.position if isinstance(line, RequirementLine | OptionsLine) else None
    raise input_error("A line of the lock is no pin.", place, hint="Write it again: amlpriv lock.")


def with_lock(
    file: EnvironmentFile, pins: Iterable[PipRequirement], shipped: Collection[str]
) -> tuple[EnvironmentFile, tuple[str, ...]]:
    """The file with the lock's pins in place of what an index serves, and what is worth a note.

    ``shipped`` are the private packages that reach the image as wheels; their lines stay, and so do addresses. Where an
    address has no hash the pins have none: with one hash pip asks for all (pip's documentation, "Secure installs").
    """
    conda = file.conda or CondaSpec()
    kept = tuple(line for line in conda.pip if not _is_replaced(line, shipped))
    bare = [line for line in kept if _has_no_hash(line)]
    named = {line.name for line in kept if isinstance(line, PipRequirement | PipVcs) and line.name}
    chosen = [_bare(pin) if bare else pin for pin in pins if pin.name not in named]
    notes = []
    if bare:
        names = ", ".join(_shown(line) for line in bare)
        notes.append(f"the pins of the lock are written without hashes, since {names} can have none")
    conda = replace(conda, pip=(*kept, *chosen), second_block=None, pip_blocks=1 if kept or chosen else 0)
    return replace(file, conda=conda), tuple(notes)


def _is_replaced(line: PipLine, shipped: Collection[str]) -> bool:
    return isinstance(line, PipRequirement) and line.name not in shipped and not line.requirement.url


def _has_no_hash(line: PipLine) -> bool:
    if isinstance(line, PipVcs):
        return not line.hashes
    address = line.requirement.url if isinstance(line, PipRequirement) else None
    return address is not None and not line.hashes and "#sha256=" not in address  # type: ignore[union-attr]


def _bare(pin: PipRequirement) -> PipRequirement:
    return replace(pin, text=str(pin.requirement), hashes=())


def _shown(line: PipLine) -> str:
    return (line.name if isinstance(line, PipRequirement | PipVcs) else None) or "a repository"
