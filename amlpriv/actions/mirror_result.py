"""What mirroring did, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from amlpriv.connections.feeds import FeedUrl
from amlpriv.errors import AmlprivError
from amlpriv.plans.mirror import Decision, MirrorPlan, MirrorStep
from amlpriv.specs.resolution import Resolution

__all__ = ["MirrorOutcome", "Mirrored", "MirroredFile"]


class MirrorOutcome(Enum):
    """What became of one file."""

    THERE = "already there"
    SAVED = "already there, read through the feed"
    SENT = "uploaded"
    WOULD_SEND = "would be uploaded"
    REFUSED = "refused"
    """It must not be sent, or the feed does not take it."""
    MISSING = "missing"
    """It could not be had, or not be sent."""


@dataclass(frozen=True, slots=True)
class MirroredFile:
    """One file of the closure."""

    step: MirrorStep
    outcome: MirrorOutcome
    size: int | None = None
    licence: str | None = None
    """None where the file was not read; empty where it says nothing."""
    note: str = ""

    def as_json(self, source: str) -> dict[str, object]:
        """The row of the report; ``source`` is where the file is from."""
        return {
            "name": self.step.name,
            "version": str(self.step.version),
            "filename": self.step.file.filename,
            "sha256": self.step.file.sha256,
            "size": self.size,
            "licence": self.licence,
            "from": source,
            "targets": [str(target) for target in self.step.targets],
            "outcome": self.outcome.value,
            "note": self.note or None,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Mirrored:
    """What mirroring did (or, after a dry run, would do). Holds no credential."""

    feed: FeedUrl | None
    """None when there was no destination, only a plan."""
    source: str
    """The index that the files are from, without secrets."""
    resolutions: tuple[Resolution, ...]
    plan: MirrorPlan
    files: tuple[MirroredFile, ...]
    failures: Mapping[str, AmlprivError] = field(default_factory=dict)
    """Why a file is refused or missing, by file name."""
    dry_run: bool = False
    seconds: float = 0.0
    lock: Path | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Mirrored({str(self.feed)!r}, {len(self.files)} files, complete={self.complete})"

    @property
    def missing(self) -> tuple[MirroredFile, ...]:
        """What the feed does not have (with these bytes), and will not get without somebody's doing: what is refused is
        among it."""
        lacking = (MirrorOutcome.MISSING, MirrorOutcome.REFUSED)
        return tuple(file for file in self.files if file.outcome in lacking)

    @property
    def complete(self) -> bool:
        """Whether the feed has everything (after a dry run: would have)."""
        return not self.missing

    @property
    def upload_bytes(self) -> int | None:
        """Of what was, or would be, uploaded; None where the index does not tell the size of a file."""
        sizes = [file.size for file in self.files if file.outcome in (MirrorOutcome.SENT, MirrorOutcome.WOULD_SEND)]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    @property
    def exit_code(self) -> int:
        """0, or that of the first failure."""
        first = next(iter(self.failures.values()), None)
        return 0 if self.complete else (first.exit_code if first is not None else 1)

    def raise_if_incomplete(self) -> None:
        """Raises the first failure when a file is missing or refused."""
        first = next(iter(self.failures.values()), None)
        if not self.complete and first is not None:
            raise first

    def origin(self, step: MirrorStep) -> str:
        """Where a file is from: the destination itself has what was there."""
        pins = (resolution.by_name.get(step.name) for resolution in self.resolutions)
        known = next((pin.index for pin in pins if pin is not None and pin.index), self.source)
        return known if step.decision is not Decision.SKIP else "the feed"

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "feed": self.feed.simple if self.feed is not None else None,
            "from": self.source,
            "dry_run": self.dry_run,
            "complete": self.complete,
            "seconds": round(self.seconds, 1),
            "upload_bytes": self.upload_bytes,
            "targets": [str(resolution.target) for resolution in self.resolutions],
            "files": [file.as_json(self.origin(file.step)) for file in self.files],
            "missing": [
                {"filename": name, "type": type(error).__name__, "message": error.message, "hint": error.hint}
                for name, error in self.failures.items()
            ],
            "lock": str(self.lock) if self.lock is not None else None,
            "notes": [*self.plan.notes, *self.notes],
        }
