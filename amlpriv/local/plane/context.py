"""What every handler may look at: the account, the time, the store, the switches for tests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from amlpriv.local.plane.faults import Faults
from amlpriv.local.plane.settings import Switches
from amlpriv.local.plane.store import Store
from amlpriv.secret import Secret

__all__ = ["Context", "Tally"]


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
    unknown: list[str] = field(default_factory=list)
