"""A name of the private packages' family without a source: pip takes it from the public index, whoever put it there.

That is dependency confusion. Which names are private cannot be known without asking; a name that begins as one in
``sources`` does is likely to be.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.facts.prefixes import PUBLIC_PREFIXES
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Place, Subject, place_of
from amlpriv.specs.pip import PipOption, PipRequirement

__all__ = ["CODE", "NAME", "find"]

CODE = "AP111"
NAME = "name like a private one without a source"

_SHORTEST = 3


def find(subject: Subject) -> Iterator[Finding]:
    """Each name that a pip line or a private wheel requires, once, with all who need it."""
    private = subject.private_names
    families = {_family(name) for name in private} - PUBLIC_PREFIXES
    if _index_is_given(subject):
        return
    asking: dict[str, tuple[Place, list[str]]] = {}
    for name, by, place in _required(subject):
        family = _family(name)
        if name not in private and family in families and len(family) >= _SHORTEST:
            asking.setdefault(name, (place, []))[1].append(by)
    for name, (place, needing) in asking.items():
        who = " and ".join(dict.fromkeys(needing))
        yield place.finding(
            CODE,
            Severity.WARNING,
            name,
            f"{name} is needed by {who} and has no source: pip will take it from the public index, if anybody's "
            "package of that name is there.",
            fix=f"Say under `sources` where {name} comes from; ignore this if it is public.",
        )


def _family(name: str) -> str:
    return name.partition("-")[0]


def _index_is_given(subject: Subject) -> bool:
    """With an index of its own, or none at all, the environment does not ask the public one."""
    return any(isinstance(line, PipOption) and line.name in {"--index-url", "--no-index"} for line in subject.pip)


def _required(subject: Subject) -> Iterator[tuple[str, str, Place]]:
    """The name, who needs it, and where that stands."""
    for line in subject.pip:
        if isinstance(line, PipRequirement) and not line.requirement.url and subject.applies(line.requirement.marker):
            yield line.name, "the pip section", place_of(line.position)
    for packaged in subject.wheels:
        wheel = packaged.wheel
        extras = frozenset(extra for wanted in packaged.required_as for extra in wanted.extras)
        for item in wheel.requires_dist:
            if not item.url and subject.applies(item.marker, extras):
                yield str(canonicalize_name(item.name)), f"{wheel.display_name} {wheel.version}", packaged.place
