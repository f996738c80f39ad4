"""verify: ask a real workspace what cannot be known without one, clean up, and write down what it said."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from amlpriv.actions.opening import locate, open_workspace
from amlpriv.actions.verify_report import (
    asked_as_json,
    check_given,
    redacted,
    report_path,
    verify_folder,
    write_report,
)
from amlpriv.errors import (
    UNANSWERED_EXIT_CODE,
    AmlprivError,
    AuthenticationError,
    LockedError,
    NetworkError,
    UsageError,
)
from amlpriv.probes.catalog import choose
from amlpriv.probes.cleaning import Removed, clean, set_aside
from amlpriv.probes.journal import Journal, Thing, broken, find_journals
from amlpriv.probes.probe import Answer, Needs, Probe, Verdict, unanswered
from amlpriv.probes.site import Exchange, Feed, Site
from amlpriv.remote import WorkspaceName
from amlpriv.secret import Secret
from amlpriv.workspace.ports import Workspace

__all__ = ["Asked", "Verified", "clean_up", "verify"]

NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe and how it ended."""

    probe: Probe
    answer: Answer
    heard: tuple[Exchange, ...] = ()
    seconds: float = 0.0
    at: datetime | None = None
    """When it was asked; None for what was not."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a run found out; without ``live`` only what it would ask."""

    asked: tuple[Asked, ...]
    live: bool = False
    workspace: WorkspaceName | None = None
    report: Path | None = None
    left: tuple[Removed, ...] = ()
    """What is still in the workspace."""
    unwritten: AmlprivError | None = None
    """Why there is no report, although everything was asked."""

    def __getitem__(self, probe: str) -> Answer:
        return next(item.answer for item in self.asked if item.probe.id == probe)

    @property
    def exit_code(self) -> int:
        """0 when everything that was asked has an answer, all is in the report, and what can be removed is gone."""
        if self.unwritten is not None:
            return self.unwritten.exit_code
        unknown = any(item.answer.verdict is Verdict.UNKNOWN for item in self.asked)
        return UNANSWERED_EXIT_CODE if unknown or any(item.again for item in self.left) else 0

    def as_json(self) -> dict[str, object]:
        """The object that ``verify --json`` prints."""
        return {
            "live": self.live,
            "workspace": self.workspace.arm_id if self.workspace else None,
            "report": str(self.report) if self.report else None,
            "probes": [asked_as_json(item) for item in self.asked],
            "left": [str(item) for item in self.left],
            **({"report_error": self.unwritten.message} if self.unwritten else {}),
        }


def verify(
    *,
    live: bool = False,
    workspace: object = None,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    compute: str | None = None,
    feed: str | None = None,
    feed_token: Secret | str | None = None,
    feed_package: str | None = None,
    builds: bool = False,
    timeout: timedelta = timedelta(minutes=45),
    keep: bool = False,
    report: str | os.PathLike[str] | None = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    confirm: Callable[[object, tuple[Probe, ...]], bool] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Verified:
    """Ask a workspace the probes with the ids in ``only`` (all, without those in ``skip``); list them without ``live``.

    What is created has ``amlpriv-verify`` in its name and is removed, unless ``keep``. ``timeout`` is for one job. When
    ``confirm``, which gets the workspace's name and the probes, is False, nothing is sent (UsageError). The report goes
    to ``report``, else into AMLPRIV_HOME; InputError for a damaged one. Raises what opening a workspace raises.
    """
    given = _feed(feed, feed_token, feed_package)
    listed = _listed(choose(only, skip), given, builds=builds)
    if not live:
        return Verified(listed)
    ready = _ready(listed, named=bool(only))
    check_given(report)
    surroundings = os.environ if environ is None else environ
    where = locate(workspace, environ=surroundings, folder=Path.cwd())
    if confirm is not None and not confirm(where, ready):
        raise UsageError("Not confirmed: nothing was sent.", hint="Answer 'y', or give --yes.")
    opened = open_workspace(where, environ=surroundings, folder=Path.cwd(), start=start, say=say)
    options: dict[str, Any] = {"compute": compute, "feed": given, "job_seconds": timeout.total_seconds(), "say": say}
    path = report_path(report, opened.name, surroundings)
    with _run(opened, verify_folder(surroundings), options, keep=keep) as run:
        return _ask_all(run, listed, ready, path, keep=keep)


def _listed(chosen: tuple[Probe, ...], feed: Feed | None, *, builds: bool) -> tuple[Asked, ...]:
    """The probes before they are asked; the words say what those that cannot be asked need."""
    lacking = (set() if feed else {Needs.FEED}) | (set() if builds else {Needs.BUILDS})
    return tuple(Asked(probe, _not_asked(probe.needs & lacking)) for probe in chosen)


def _ready(listed: tuple[Asked, ...], *, named: bool) -> tuple[Probe, ...]:
    """The probes that lack nothing; UsageError for another that was ``named`` by its id."""
    lacking = [f"{item.probe.id}: {item.answer.words}" for item in listed if item.answer.words != NOT_ASKED]
    if named and lacking:
        raise UsageError("; ".join(lacking))
    ready = tuple(item.probe for item in listed if item.answer.words == NOT_ASKED)
    if not ready:
        raise UsageError(f"Nothing can be asked: {'; '.join(lacking)}.")
    return ready


def _not_asked(lacking: Iterable[Needs]) -> Answer:
    needs = " and ".join(sorted(need.value for need in lacking))
    return Answer(Verdict.NOT_ASKED, f"{NOT_ASKED}: needs {needs}" if needs else NOT_ASKED)


def _feed(url: str | None, token: Secret | str | None, package: str | None) -> Feed | None:
    given = {"--feed": url, "--feed-token-from": token, "--feed-package": package}
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        return None
    if missing or not url or not token or not package:
        raise UsageError(f"The probes on connections need {', '.join(missing)} as well.")
    if not url.lower().startswith("https://"):
        raise UsageError("The address of the feed must begin with https://.")
    return Feed(url, token if isinstance(token, Secret) else Secret(token), package)


@dataclass(slots=True)
class _Run:
    site: Site
    asked: list[Asked] = field(default_factory=list)
    left: tuple[Removed, ...] = ()

    def finish(self, *, keep: bool) -> None:
        """Remove what was created, or say what stays."""
        things = list(self.site.journal.things)
        if not things:
            self.site.journal.close()
        elif keep:
            self.left = tuple(Removed(thing, "kept; 'amlpriv verify --clean' removes it") for thing in things)
        else:
            self.site.say(f"removing what was created ({len(things)} things)")
            self.left = clean(self.site.workspace, self.site.journal, say=self.site.say)


@contextmanager
def _run(opened: Workspace, folder: Path, options: Mapping[str, Any], *, keep: bool) -> Iterator[_Run]:
    """A run with a journal that no other process touches."""
    name = f"v{secrets.token_hex(4)}"
    journal = Journal(folder / f"{name}.json", name, opened.name)
    with _locked(journal.path):
        site = Site(opened, journal, name, **options)
        try:
            yield _Run(site)
        except BaseException:
            if journal.things and not keep:
                site.say("Something is left. Remove it with: amlpriv verify --clean")
            raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a journal; LockedError when its run still works."""
    from filelock import FileLock, Timeout

    from amlpriv.files import create_private_directory

    create_private_directory(path.parent)
    lock = FileLock(path.with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"The run of {path.name} still works.", hint="Wait until it has ended.") from error
    try:
        yield
    finally:
        lock.release()
        if not path.exists():
            path.with_suffix(".lock").unlink(missing_ok=True)


def _ask_all(run: _Run, listed: tuple[Asked, ...], ready: tuple[Probe, ...], report: Path, *, keep: bool) -> Verified:
    """Ask, and whatever happens clean up and write down what is known."""
    asked, unwritten = listed, None
    try:
        for probe in ready:
            _ask_one(run, probe)
    finally:
        run.finish(keep=keep)
        answers = {item.probe.id: item for item in run.asked}
        asked = tuple(answers.get(item.probe.id, item) for item in listed)
        try:
            write_report(report, run.site.workspace, asked, run.left, run.site.secrets())
        except AmlprivError as error:
            run.site.say(f"The report was not written: {error.message}")
            unwritten = error
    written = report if unwritten is None else None
    return Verified(asked, True, run.site.workspace.name, written, run.left, unwritten)


def _ask_one(run: _Run, probe: Probe) -> None:
    site = run.site
    site.say(f"{probe.id} {probe.question}")
    site.heard.clear()
    begun, at = site.clock(), datetime.now(timezone.utc)
    answer = unanswered("interrupted")
    try:
        answer = _ask(probe, site)
    finally:
        run.asked.append(Asked(probe, answer, tuple(site.heard), site.clock() - begun, at))


def _ask(probe: Probe, site: Site) -> Answer:
    """The answer; what goes wrong is one, too, unless nobody could ask anything any more."""
    try:
        answer = probe.ask(site)
    except (AuthenticationError, NetworkError):
        raise
    except AmlprivError as error:
        answer = unanswered(error.message)
    # The service may quote a secret without any of the forms by which redact knows one.
    known = tuple(secret.reveal() for secret in site.secrets())
    return Answer(answer.verdict, redacted(answer.words, known), redacted(answer.details, known))


def clean_up(
    *,
    workspace: object = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[Thing, ...], tuple[Removed, ...]]:
    """Remove what killed runs have left in a workspace: what was there to remove, and what is left of it.

    A run that still works, and journals that are broken or of other workspaces, are named with ``say`` and left alone.
    """
    surroundings = os.environ if environ is None else environ
    journals = list(find_journals(verify_folder(surroundings), on_broken=lambda path: say(broken(path))))
    if not journals:
        return (), ()
    opened = open_workspace(workspace, environ=surroundings, folder=Path.cwd(), start=start, say=say)
    things: list[Thing] = []
    left: list[Removed] = []
    for journal in journals:
        if journal.workspace.arm_id.lower() != opened.name.arm_id.lower():
            say(f"{journal.run} belongs to workspace {journal.workspace.name}: name it with --workspace")
            continue
        try:
            with _locked(journal.path):
                things.extend(journal.things)
                left.extend((*set_aside(journal), *clean(opened, journal, say=say)))
        except LockedError as error:
            say(error.message)
    return tuple(things), tuple(left)
