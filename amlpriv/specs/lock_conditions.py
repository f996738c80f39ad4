"""The conditions of lock files: markers that can also name the extras and groups that are installed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from amlpriv.target import Target

__all__ = ["Asked", "holds"]

# uv writes extra == 'extra-5-churn-cpu' where extras exclude each other; PEP 751 writes 'cpu' in extras.
_CONFLICT = re.compile(r"""extra\s*(==|!=)\s*(?:'([^']*)'|"([^"]*)")""")
_MEMBER = re.compile(r"""(?:'([^']*)'|"([^"]*)")\s+(not\s+in|in)\s+(extras|dependency_groups)\b""")
_TRUE, _FALSE = "python_version >= '0'", "python_version < '0'"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a lock's conditions can name: extras and groups that are installed."""

    project: str | None = None
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    others: frozenset[tuple[str, str]] = frozenset()
    """Names and extras of other packages."""

    @property
    def conflicts(self) -> frozenset[str]:
        """The names under which uv's lock asks for them, where they exclude others."""
        name = str(canonicalize_name(self.project or ""))
        found = {("extra", name, item) for item in self.extras} | {("group", name, item) for item in self.groups}
        found |= {("extra", other, item) for other, item in self.others}
        return frozenset(f"{kind}-{len(package)}-{package}-{item}" for kind, package, item in found)


def holds(marker: str, target: Target, asked: Asked) -> bool:
    """Whether a lock's marker holds; what it asks of extras and groups is answered first, since several can be set."""

    def conflict(match: re.Match[str]) -> str:
        name = match[2] if match[2] is not None else match[3]
        return _TRUE if (name in asked.conflicts) == (match[1] == "==") else _FALSE

    def member(match: re.Match[str]) -> str:
        name = str(canonicalize_name(match[1] if match[1] is not None else match[2]))
        inside = name in (asked.extras if match[4] == "extras" else asked.groups)
        return _TRUE if inside == (match[3] == "in") else _FALSE

    return target.holds(Marker(_MEMBER.sub(member, _CONFLICT.sub(conflict, marker))))
