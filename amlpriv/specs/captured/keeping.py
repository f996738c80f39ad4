"""Which distributions are named in the file: those that nothing else brings along, or those that the code imports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from amlpriv.specs.captured.installed import Distribution, Installed
from amlpriv.specs.captured.leaving import LeftOut, is_platform_only, reason_to_leave

__all__ = ["Kept", "keep"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The outcome, by normalised name."""

    listed: tuple[str, ...]
    """What gets a pip line; sorted."""
    closure: frozenset[str]
    """With all that they require."""
    left_out: tuple[LeftOut, ...]


def keep(
    installed: Installed,
    private: Collection[str],
    *,
    every: bool,
    imported: Collection[str] | None = None,
    asked: Collection[str] = (),
) -> Kept:
    """Choose. ``private`` are those that have a source: they get a line wherever they stand in the closure.

    Listed is what somebody asked pip for, and what nothing requires; with ``every`` the whole closure; with
    ``imported`` (normalised names) only these and what they require;
    ``asked`` are kept whatever they are. What belongs to conda is in the conda layer.
    """
    needs = {key: installed.needs(one) for key, one in installed.distributions.items()}
    roots = _roots(installed.distributions, needs)
    plain = {key for key in roots if _reason(installed.distributions[key]) is None}
    wanted = plain if imported is None else set(imported)
    wanted = {key for key in wanted if not is_platform_only(key) and key != "amlpriv"} | (set(asked) & needs.keys())
    closure = _closure(wanted, needs)
    kept = closure if every else wanted | (closure & set(private))
    listed = (
        key
        for key in kept
        if installed.distributions[key].conda is None
        and (key in asked or not is_platform_only(key))
        and (key in wanted or key in private or reason_to_leave(key) != _INSTALLING)
    )
    left = _left_out(installed.distributions, roots, closure, needs, only_imported=imported is not None)
    return Kept(tuple(sorted(listed)), frozenset(closure), left)


_INSTALLING = reason_to_leave("pip")


def _reason(one: Distribution) -> str | None:
    reason = reason_to_leave(one.key)
    return "the operating system installed it" if reason is None and one.installer == "system" else reason


def _left_out(
    distributions: Mapping[str, Distribution],
    roots: Collection[str],
    closure: Collection[str],
    needs: Mapping[str, frozenset[str]],
    *,
    only_imported: bool,
) -> tuple[LeftOut, ...]:
    left = []
    away = [key for key in sorted(distributions) if key not in closure or is_platform_only(key)]
    for key in away:
        one = distributions[key]
        reason = _reason(one)
        if reason is None and only_imported and key in roots:
            reason = "the code does not import it"
        dependency = reason is None
        if reason is None:
            users = sorted(user for user in away if key in needs[user])
            reason = f"only {', '.join(users[:3])}{' and others' if len(users) > 3 else ''} needed it"
        if one.conda is None:
            left.append(LeftOut(one.name, one.version, reason, dependency))
    return tuple(left)


def _roots(distributions: Mapping[str, Distribution], needs: Mapping[str, frozenset[str]]) -> set[str]:
    """What was asked for and what nothing requires; of a ring in which each requires the next, the first by name."""
    required = {name for key, names in needs.items() for name in names if name != key}
    roots = {
        key for key, one in distributions.items() if key not in required or (one.requested and one.installer == "pip")
    }
    reached = _closure(roots, needs)
    for key in sorted(distributions):
        if key not in reached:
            roots.add(key)
            reached |= _closure({key}, needs)
    return roots


def _closure(start: Iterable[str], needs: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting.extend(needs.get(key, ()))
    return reached
