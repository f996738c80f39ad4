"""The lock that ``amlpriv lock`` writes: pins with hashes that pip reads, and above them what they were made from.

The same input gives the same bytes: no time, no host, no path of a machine, everything sorted. A private package stands
in it as a comment, ``#   private: NAME requires HASH``: amlpriv ships its wheel. A line that pip reads would
send pip to an index for it, with a hash of the wheel's bytes, which another version of its build backend changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TypeGuard

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_inputs import LockInput, differences, digest_of
from amlpriv.specs.pip import PipLine, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.requirements import IncludeLine, RequirementLine, RequirementsLine, parse_requirements
from amlpriv.specs.resolution import Pin, Resolution, lock_text

__all__ = ["HEAD", "LockFile", "LockUse", "is_lock", "narrowed", "read_lock", "with_lock", "write_lock"]

HEAD = "# amlpriv lock 1"
"""The first line."""

_OF = re.compile(r"^# Pins of (?P<file>.+?), written by 'amlpriv lock'\.", re.MULTILINE)
_DIGEST = re.compile(r"^# inputs sha256:(?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_PINNED = re.compile(r"^# pins sha256:(?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_INPUT = re.compile(r"^#   ([a-z]+: .+)$", re.MULTILINE)


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
    pinned: str | None = None
    """Digest of the pins that were written; None where an older version of amlpriv has written them."""

    def changes(self, now: Iterable[LockInput]) -> tuple[str, ...]:
        """What makes it stale, in words; empty when it is fresh."""
        inputs, words = tuple(now), tuple[str, ...]()
        if self.digest != digest_of(inputs):
            words = differences(self.inputs, inputs) or ("its head was edited",)
        if self.pinned is None:
            return (*words, "it was written by an older version of amlpriv")
        return words if self.pinned == _digest_of(self.pins) else (*words, "its pins were edited")


@dataclass(frozen=True, slots=True)
class LockUse:
    """What came of the lock beside a file."""

    file: str
    of: str
    changes: tuple[str, ...] = ()
    """Why it is stale and not used; empty: its pins are in the pip section."""
    required: bool = False
    """Whether a stale one is an error: ``--locked``."""

    @property
    def stale(self) -> bool:
        """Whether its pins are not used."""
        return bool(self.changes)


def is_lock(text: str) -> bool:
    """Whether ``amlpriv lock`` has written this."""
    return text.removeprefix("\ufeff").partition("\n")[0].strip() == HEAD


def write_lock(resolution: Resolution, inputs: Iterable[LockInput], *, of: str, made_with: str) -> str:
    """The text of a lock. ``of`` is the name of the file it is for, ``made_with`` names the tools.

    The packages of ``inputs`` that are private are left out of the resolution's pins.
    """
    given = sorted(inputs)
    private = {item.name for item in given if item.kind == "private"}
    pins = tuple(replace(pin, hashes=tuple(sorted(pin.hashes))) for pin in resolution.pins if pin.name not in private)
    body = lock_text(replace(resolution, pins=pins)).partition("\n")[2]
    head = [
        HEAD,
        f"# Pins of {of}, written by 'amlpriv lock'. Edits are lost; private packages are comments, pip has no index"
        " for them.",
        f"# made with {made_with}",
        f"# inputs sha256:{digest_of(given)}",
        f"# pins sha256:{_digest_of(map(_pin, parse_requirements(body, of).lines))}",
        *(f"#   {item}" for item in given),
    ]
    return "\n".join([*head, body])


def read_lock(text: str, file: str) -> LockFile:
    """Read a lock. InputError with file and line for what is none, or was broken (by a merge, for instance)."""
    start, hint = Position(file, 1, 1), "Write it again: amlpriv lock."
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    of, digest, pinned = _OF.search(plain), _DIGEST.search(plain), _PINNED.search(plain)
    if not is_lock(plain) or of is None or digest is None:
        raise input_error("This is no lock that amlpriv wrote.", start, hint=hint)
    try:
        inputs = tuple(sorted(LockInput.parse(match[1]) for match in _INPUT.finditer(plain)))
        lines = parse_requirements(plain, file).lines
    except InputError as error:
        place = Position(file, error.line or 1, 1)
        raise input_error(f"The lock is broken: {error.message}", place, hint=hint) from None
    except ValueError as error:
        raise input_error(f"The lock is broken: {error}.", start, hint=hint) from None
    pins = tuple(_pin(line) for line in lines)
    return LockFile(file, of["file"], digest["digest"], inputs, pins, pinned["digest"] if pinned else None)


def _digest_of(pins: Iterable[PipRequirement]) -> str:
    """sha256, hexadecimal, of the pins in order: what pip reads, without comments and blanks."""
    return hashlib.sha256("\n".join(sorted(pin.text for pin in pins)).encode()).hexdigest()


def _pin(line: RequirementsLine) -> PipRequirement:
    item = line.item if isinstance(line, RequirementLine) else None
    if isinstance(item, PipRequirement) and [one.operator for one in item.requirement.specifier] == ["=="]:
        return replace(item, text=" ".join(item.text.split()))
    hint = "Write it again: amlpriv lock."
    place = line.option.position if isinstance(line, IncludeLine) else line.position
    raise input_error("The lock is broken: this line is no pin.", place, hint=hint)


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
    conda = replace(conda, pip=(*kept, *chosen), second_block=None, pip_blocks=max(conda.pip_blocks, 1))
    return replace(file, conda=conda), tuple(notes)


def narrowed(file: EnvironmentFile, resolution: Resolution) -> Resolution:
    """The resolution with no other hashes than those that a line of the file allows, where it has some.

    InputError when the index has no file with one of them.
    """
    allowed = {line.name: line for line in (file.conda.pip if file.conda else ()) if _is_hashed(line)}
    pins = tuple(_narrowed(pin, allowed[pin.name]) if pin.name in allowed else pin for pin in resolution.pins)
    return replace(resolution, pins=pins)


def _is_hashed(line: PipLine) -> TypeGuard[PipRequirement]:
    return isinstance(line, PipRequirement) and bool(line.hashes)


def _narrowed(pin: Pin, line: PipRequirement) -> Pin:
    hashes = tuple(one for one in pin.hashes if one in line.hashes)
    if not hashes:
        message = f"The index has no file of {pin} with a hash that stands behind {pin.name}."
        raise input_error(message, line.position, hint="Correct the hashes, or leave them to the lock.")
    return replace(pin, hashes=hashes)


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
