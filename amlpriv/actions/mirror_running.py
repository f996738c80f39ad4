"""A mirroring on its way: what both sides have, and the files from one to the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packaging.utils import NormalizedName

from amlpriv.actions.feed_place import FeedPlace
from amlpriv.actions.mirror_closure import Destination, files_of
from amlpriv.actions.mirror_files import Fetched, fetch_files, forget_files, peek
from amlpriv.actions.mirror_result import Mirrored, MirroredFile, MirrorOutcome
from amlpriv.actions.mirror_sending import save_files, send_files
from amlpriv.actions.uploading import Progress
from amlpriv.connections.feeds import FeedKind
from amlpriv.connections.pages import File
from amlpriv.errors import AmlprivError, AuthenticationError, ConflictError, InputError, PermissionDeniedError
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.uploading import Outcome, Uploaded
from amlpriv.plans.mirror import Decision, MirrorPlan, MirrorStep, plan_mirror
from amlpriv.secret import without_query
from amlpriv.specs.resolution import Resolution

__all__ = ["Run", "Sides", "plan_for"]

_PAGES_AT_ONCE = 8
_AZURE = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)
_REFUSALS = (ConflictError, InputError, AuthenticationError, PermissionDeniedError)
"""By these the feed says no; other errors of sending are of the way there."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Where files come from, and where they go."""

    source: Login
    reader: IndexClient
    environ: Mapping[str, str]
    """For tools that ask the source."""
    place: FeedPlace | None
    destination: Destination | None


def plan_for(resolutions: Sequence[Resolution], sides: Sides, allowed: Collection[NormalizedName]) -> MirrorPlan:
    """Ask both sides what they have, and decide. Raises what reading an index raises."""
    pins = {pin.name: pin for resolution in resolutions for pin in resolution.pins}
    there: Mapping[NormalizedName, Sequence[File]] = {}
    at_source: Mapping[NormalizedName, Collection[str]] = {}
    if (destination := sides.destination) is not None:
        with ThreadPoolExecutor(_PAGES_AT_ONCE) as pool:
            there = dict(zip(pins, pool.map(destination.files, pins), strict=True))
            unlike = [name for name, files in there.items() if files and not _has(files, resolutions, name)]
            pages = pool.map(lambda name: files_of(sides.reader, sides.source, name), unlike)
            at_source = {name: [file.filename for file in page] for name, page in zip(unlike, pages, strict=True)}
    return plan_mirror(resolutions, there, at_source, allowed=allowed)


def _has(files: Sequence[File], resolutions: Sequence[Resolution], name: NormalizedName) -> bool:
    wanted = {one.by_name[name].file.filename for one in resolutions if name in one.by_name}
    return wanted <= {file.filename for file in files}


@dataclass(frozen=True, slots=True)
class Run:
    """One plan with both sides open."""

    sides: Sides
    resolutions: tuple[Resolution, ...]
    plan: MirrorPlan
    upload_url: str | None
    public: bool
    save: bool
    jobs: int
    progress: Progress

    def nothing(self) -> Mirrored:
        """What would be done."""
        failures = {step.file.filename: _refusal((step,)) for step in self.plan.refused}
        told = peek(self.plan.uploads, self.sides.reader, self.sides.source)
        rows = {
            step.file.filename: MirroredFile(
                step, MirrorOutcome.WOULD_SEND, *told.get(step.file.filename, (step.file.size, None))
            )
            for step in self.plan.uploads
        }
        return self._result(rows, failures, frozenset(failures), dry_run=True)

    def everything(self, cache: Path) -> Mirrored:
        """Download, upload, tell. Raises ConflictError before anything is sent."""
        if self.plan.refused:
            raise _refusal(self.plan.refused, "Nothing was sent.")
        place, destination = self.sides.place, self.sides.destination
        assert place is not None  # noqa: S101  a destination has a place
        assert destination is not None  # noqa: S101
        fetched, failures = fetch_files(
            self.plan.uploads, self.sides.reader, self.sides.source, cache, jobs=self.jobs, progress=self.progress
        )
        send = partial(send_files, upload_url=self.upload_url, public=self.public, done=self._tell)
        sent, refused = send(fetched, place, destination)
        forget_files([item for item in fetched if item.distribution.filename in sent], cache)
        rows = {item.step.file.filename: self._sent(item, sent) for item in fetched}
        problems: dict[str, AmlprivError] = {**failures, **refused}
        if self.save:
            steps = self.plan.those(Decision.SKIP)
            unread = save_files(steps, destination, jobs=self.jobs)
            rows |= {step.file.filename: self._row(step, MirrorOutcome.SAVED) for step in steps}
            problems |= unread
        told = frozenset(name for name, error in refused.items() if isinstance(error, _REFUSALS))
        return self._result(rows, problems, told, dry_run=False)

    def _tell(self, item: Uploaded) -> None:
        self.progress.say(f"{item.distribution.filename}: {item.outcome.value}")

    def _row(self, step: MirrorStep, outcome: MirrorOutcome) -> MirroredFile:
        return MirroredFile(step, outcome, step.file.size)

    def _sent(self, item: Fetched, sent: Mapping[str, Uploaded]) -> MirroredFile:
        known = sent.get(item.distribution.filename)
        outcome = MirrorOutcome.SENT if known and known.outcome is Outcome.SENT else MirrorOutcome.THERE
        return MirroredFile(item.step, outcome, item.distribution.size, item.licence, known.note if known else "")

    def _result(
        self,
        rows: Mapping[str, MirroredFile],
        failures: Mapping[str, AmlprivError],
        refused: Collection[str],
        *,
        dry_run: bool,
    ) -> Mirrored:
        files = []
        for step in self.plan.steps:
            name = step.file.filename
            row = rows.get(name) or self._row(step, MirrorOutcome.THERE)
            if (error := failures.get(name)) is not None:
                outcome = MirrorOutcome.REFUSED if name in refused else MirrorOutcome.MISSING
                row = MirroredFile(step, outcome, row.size, row.licence, error.message)
            files.append(row)
        feed = self.sides.place.feed if self.sides.place is not None else None
        source = without_query(self.sides.source.url)
        return Mirrored(
            feed, source, self.resolutions, self.plan, tuple(files), failures, dry_run, notes=self._about_upstream()
        )

    def _about_upstream(self) -> tuple[str, ...]:
        place = self.sides.place
        count = len(self.plan.steps)
        if place is None or not count or self.plan.uploads or self.plan.refused or self.save:
            return ()
        files = "the one file" if count == 1 else f"all {count} files"
        words = f"{place.feed} lists {files} with these bytes: nothing needs mirroring."
        if place.feed.kind not in _AZURE:
            return (words,)
        return (
            f"{words} What only its upstream has yet is saved in the feed when somebody with the role 'Feed and"
            " Upstream Reader (Collaborator)' first downloads it; a reader, as the image build often is, cannot."
            " --save does it now.",
        )


def _refusal(steps: Sequence[MirrorStep], *besides: str) -> ConflictError:
    lines = [f"{step.file.filename}: {step.reason}." for step in steps]
    hints = []
    if any(step.decision is Decision.CONFLICT for step in steps):
        hints.append("A published file never changes: ask for another version ('pandas!=2.2.0'), or keep the feed's.")
    if any(step.decision is Decision.PRIVATE for step in steps):
        names = " ".join(f"--allow {step.name}" for step in steps if step.decision is Decision.PRIVATE)
        hints.append(f"The public package of that name may be somebody else's. If it is yours: {names}.")
    return ConflictError("\n".join([*lines, *besides]), hint=" ".join(hints))
