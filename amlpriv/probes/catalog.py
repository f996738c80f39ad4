"""All probes, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterable

from amlpriv.errors import UsageError
from amlpriv.probes import conflicts, contexts, feeds, naming, plain, storage
from amlpriv.probes.probe import Probe

__all__ = ["PROBES", "choose"]

_GROUPS = (naming.PROBES, conflicts.PROBES, storage.PROBES, plain.PROBES, contexts.PROBES, feeds.PROBES)

PROBES: tuple[Probe, ...] = tuple(sorted((probe for group in _GROUPS for probe in group), key=lambda probe: probe.id))


def choose(only: Iterable[str] = (), skip: Iterable[str] = ()) -> tuple[Probe, ...]:
    """The probes with these ids (all without ``only``), without those to skip; the case of an id does not count.

    UsageError for an unknown id, and when nothing is left.
    """
    known = {probe.id: probe for probe in PROBES}
    wanted, unwanted = _ids(only), _ids(skip)
    for name in (*wanted, *unwanted):
        if name not in known:
            raise UsageError(f"There is no probe {name}.", hint="'amlpriv verify' lists them.")
    chosen = tuple(probe for probe in PROBES if (not wanted or probe.id in wanted) and probe.id not in unwanted)
    if not chosen:
        raise UsageError("All probes are skipped.", hint="'amlpriv verify' lists them.")
    return chosen


def _ids(given: Iterable[str]) -> list[str]:
    """Also of ``"V01,V03"``."""
    items = given.split(",") if isinstance(given, str) else given
    return [item.strip().upper() for item in items]
