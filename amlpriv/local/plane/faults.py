"""Faults on purpose: rules that make the server fail, for tests of a client's retries."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amlpriv.local.plane.http import ArmError

__all__ = ["Fault", "Faults"]

_DEEDS = ("status", "drop_before", "drop_after", "delay", "crash")


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: what happens to the next ``times`` requests that match."""

    method: str | None
    """None: any."""
    path: re.Pattern[str]
    """Searched in the path as sent, without regard to case."""
    do: str
    """``status``: answer so without performing. ``drop_before``: close the connection without performing.
    ``drop_after``: perform, then close without an answer. ``delay``: wait, then perform. ``crash``: the control plane's
    listening thread ends, as after a bug in it."""
    times: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    """Of ``delay``."""

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about this request."""
        return self.method in (None, method) and self.path.search(path) is not None


class Faults:
    """The rules in force, first match first; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[tuple[Fault, int]] = []

    def replace(self, rules: object) -> None:
        """Put these in force and forget the others; ArmError (400) when one makes no sense."""
        if not isinstance(rules, list):
            raise ArmError(400, "InvalidFault", "A list of rules is expected.")
        fresh = [_read(rule) for rule in rules]
        with self._lock:
            self._rules = [(fault, fault.times) for fault in fresh]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request; it counts as used."""
        with self._lock:
            for index, (fault, left) in enumerate(self._rules):
                if left > 0 and fault.matches(method, path):
                    self._rules[index] = (fault, left - 1)
                    return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """The rules and how often each will still act."""
        with self._lock:
            return [
                {"method": fault.method, "path": fault.path.pattern, "do": fault.do, "left": left}
                for fault, left in self._rules
            ]


def _read(rule: object) -> Fault:
    if not isinstance(rule, dict):
        raise ArmError(400, "InvalidFault", "A rule is an object.")
    unknown = set(rule) - {"method", "path", "do", "times", "status", "headers", "seconds"}
    if unknown or rule.get("do") not in _DEEDS:
        raise ArmError(400, "InvalidFault", f"A rule has 'do', one of {', '.join(_DEEDS)}; unknown: {sorted(unknown)}.")
    try:
        return Fault(
            method=str(rule["method"]).upper() if rule.get("method") else None,
            path=re.compile(str(rule.get("path", "")), re.IGNORECASE),
            do=rule["do"],
            times=int(rule.get("times", 1)),
            status=int(rule.get("status", 503)),
            headers={str(name): str(value) for name, value in dict(rule.get("headers", {})).items()},
            seconds=float(rule.get("seconds", 1.0)),
        )
    except (re.error, TypeError, ValueError) as error:
        raise ArmError(400, "InvalidFault", f"The rule cannot be understood: {error}.") from None
