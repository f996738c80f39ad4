"""What every handler may look at: the account, the time, the store, the switches for tests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from amlpriv.local.plane.aliases import Aliases
from amlpriv.local.plane.faults import Faults
from amlpriv.local.plane.settings import Switches
from amlpriv.local.plane.store import Store
from amlpriv.secret import Secret

if TYPE_CHECKING:
    from amlpriv.local.feed.service import FeedService

__all__ = ["Blobs", "Context", "Runner", "Tally"]


class Blobs(Protocol):
    """The storage account's blobs, with the account key: ``amlpriv.local.blobs.LocalBlobs``."""

    def create_container(self, name: str) -> None:
        """Make a container; one that is there is left as it is."""

    def sizes(self, container: str, prefix: str = "") -> dict[str, int]:
        """Bytes by path of the blobs whose path begins with ``prefix``."""

    def read(self, container: str, path: str) -> bytes:
        """A whole (small) blob; NotFoundError."""

    def write(self, container: str, path: str, content: bytes | Path) -> None:
        """Create or replace a blob."""

    def download(self, container: str, prefix: str, folder: Path) -> int:
        """Copy all blobs below ``prefix`` into ``folder``; how many."""

    def upload(
        self, files: Iterable[tuple[str, Path]], container: str, prefix: str, check: Callable[[], None]
    ) -> list[str]:
        """Copy files to their paths below ``prefix``; which could not be read. ``check`` may end it by raising."""


class Runner(Protocol):
    """What runs jobs: ``amlpriv.local.jobs``."""

    def submit(self, name: str) -> None:
        """Run the job that the store has under this name, soon; returns at once."""

    def cancel(self, name: str) -> None:
        """End the job; returns at once. Nothing happens to one that has ended."""

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""


class Tally:
    """How many requests came, by service, since the start; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter(control_plane=0, sign_in=0)

    def add(self, service: str) -> None:
        """One more."""
        with self._lock:
            self._counts[service] += 1

    def as_json(self) -> dict[str, int]:
        """A copy."""
        with self._lock:
            return dict(self._counts)


@dataclass(frozen=True, slots=True)
class Context:
    """The embedded workspace as its handlers see it."""

    account: str
    account_key: Secret
    tenant: str
    start_id: str
    workspace_guid: str
    container: str
    """The default datastore's container."""
    now: Callable[[], datetime]
    store: Store
    switches: Switches = field(default_factory=Switches)
    faults: Faults = field(default_factory=Faults)
    tally: Tally = field(default_factory=Tally)
    aliases: Aliases = field(default_factory=Aliases)
    unknown: list[str] = field(default_factory=list)
    blobs: Blobs | None = None
    """None in tests of what needs none."""
    runner: Runner | None = None
    """None in tests: jobs stay queued then."""
    set_upstream: Callable[[Any], bool] | None = None
    """Lets the proxy use another upstream (the JSON of ``amlpriv.local.upstreams.Way``): whether it is another one.
    Raises ValueError. None in tests: there is no proxy."""
    root: Path | None = None
    """AMLPRIV_HOME; None in tests of what needs no folder."""
    feeds: FeedService | None = None
    """None in tests: then there is no package feed."""
