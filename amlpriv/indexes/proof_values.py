"""A proof as a value: its steps, its hosts, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amlpriv.connections.pages import Page
from amlpriv.errors import AmlprivError
from amlpriv.indexes.hosts import HostNeed
from amlpriv.indexes.judging import Outcome
from amlpriv.indexes.refusals import error_of

__all__ = ["Proof", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried."""

    name: str
    """``address``, ``root``, ``page``, ``open``, ``choice``, ``file`` or ``hosts``."""
    url: str
    """Without user, query and fragment; empty where nothing was asked."""
    status: int | None
    """The HTTP status behind all redirects; None where no answer came, or nothing was asked."""
    outcome: Outcome
    words: str
    fix: str = ""
    is_note: bool = False
    """Worth knowing, and nothing fails because of it."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong here."""
        return self.is_note or self.outcome is Outcome.OK

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "url": self.url,
            "status": self.status,
            "outcome": self.outcome.value,
            "ok": self.ok,
            "words": self.words,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """What the image builder's pip will meet with this index and this credential. Nothing in it is secret."""

    url: str
    package: str | None
    """Normalised; None when the index as a whole was asked."""
    steps: tuple[Step, ...]
    hosts: tuple[HostNeed, ...] = ()
    """All that must be reachable from a locked-down network."""
    version: str | None = None
    """What an installer takes; None when it finds nothing."""
    filename: str | None = None
    """The file whose download was tried."""
    bytes_read: int = 0
    hash_checked: bool = False
    page: Page | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the image builder's pip will get it."""
        return all(step.ok for step in self.steps)

    @property
    def failed(self) -> Step | None:
        """The first step that failed."""
        return next((step for step in self.steps if not step.ok), None)

    @property
    def outcome(self) -> Outcome:
        """That of the first step that failed, else OK."""
        return self.failed.outcome if self.failed else Outcome.OK

    @property
    def authorised(self) -> bool:
        """Whether the credential opens both the page and the file, whatever else may be wrong."""
        good = {step.name for step in self.steps if step.outcome is Outcome.OK}
        return "file" in good

    def error(self) -> AmlprivError | None:
        """The error of the first step that failed, with its exit code; None for a good proof."""
        step = self.failed
        if step is None:
            return None
        return error_of(
            step.outcome, step.fix, f"{self.package or 'The index'} at {step.url or self.url}: {step.words}"
        )

    def lines(self) -> Iterator[str]:
        """For people: the steps with what to do, then the hosts."""
        for step in self.steps:
            mark = "ok" if step.outcome is Outcome.OK else "note" if step.ok else "FAILED"
            status = f" [{step.status}]" if step.status is not None else ""
            yield f"{mark:<7}{step.name}{status}: {step.words}"
            if step.fix and step.outcome is not Outcome.OK:
                yield f"       {step.fix}"
        if self.hosts:
            yield "Hosts that a locked-down network has to let through:"
        for need in self.hosts:
            rule = {True: ", allowed", False: ", NOT ALLOWED", None: ""}[need.allowed]
            yield f"       {need.host} ({need.reason}; {need.state}{rule})"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "url": self.url,
            "package": self.package,
            "ok": self.ok,
            "outcome": self.outcome.value,
            "authorised": self.authorised,
            "version": self.version,
            "filename": self.filename,
            "bytes_read": self.bytes_read,
            "hash_checked": self.hash_checked,
            "steps": [step.as_json() for step in self.steps],
            "hosts": [
                {"host": need.host, "reason": need.reason, "state": need.state, "allowed": need.allowed}
                for need in self.hosts
            ],
        }
