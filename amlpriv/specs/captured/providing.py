"""Which installed packages the imports of some code come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amlpriv.specs.captured.installed import Installed

__all__ = ["Provided", "provide"]


@dataclass(frozen=True, slots=True)
class Provided:
    """The outcome."""

    distributions: frozenset[str]
    """Normalised names."""
    conda: frozenset[str]
    """Conda packages."""
    missing: frozenset[str]
    """The imports that nothing installed has."""


def provide(names: Iterable[str], installed: Installed) -> Provided:
    """Find the packages for dotted names; the standard library needs none.

    A name that only reaches into a namespace (``import google.cloud``) takes everything below it.
    """
    owners: dict[str, list[tuple[str, str | None]]] = {}
    for key, one in installed.distributions.items():
        for module in one.modules:
            owners.setdefault(module, []).append((key, one.conda))
    for package in (installed.conda or {}).values():
        for module in package.modules:
            owners.setdefault(module, []).append(("", package.name))
    distributions: set[str] = set()
    conda: set[str] = set()
    missing = set()
    for name in set(names):
        if name.partition(".")[0] in installed.stdlib:
            continue
        found = _owners(name, owners)
        distributions.update(key for key, _ in found if key)
        conda.update(package for _, package in found if package)
        if not found:
            missing.add(name)
    return Provided(frozenset(distributions), frozenset(conda), frozenset(missing))


def _owners(name: str, owners: dict[str, list[tuple[str, str | None]]]) -> list[tuple[str, str | None]]:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        if found := owners.get(".".join(parts[:count])):
            return found
    # The last part may be a name in a module, and what is before it a namespace: from google import cloud.
    return [owner for module, found in owners.items() if module.startswith(f"{name}.") for owner in found]
