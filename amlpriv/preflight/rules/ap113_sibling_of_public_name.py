"""A listed name that a project beside a private one has: the sibling is shipped, even if a public package was meant.

Nothing but the name tells that the sibling is meant. A name that begins as one with a source does is private, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.facts.prefixes import PUBLIC_PREFIXES
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipRequirement

__all__ = ["CODE", "NAME", "find"]

CODE = "AP113"
NAME = "sibling in place of a public package"


def find(subject: Subject) -> Iterator[Finding]:
    """Each line of the pip section whose package comes from a sibling that was guessed."""
    guessed = {str(item.wheel.name): item.guessed for item in subject.wheels if item.guessed}
    families = {_family(name) for name in subject.private_names - set(guessed)} - PUBLIC_PREFIXES
    told: set[str] = set()
    for line in subject.pip:
        if not isinstance(line, PipRequirement) or line.name in told or _family(line.name) in families:
            continue
        if line.name in guessed and subject.applies(line.requirement.marker):
            told.add(line.name)
            yield place_of(line.position).finding(
                CODE,
                Severity.WARNING,
                line.name,
                f"{line.name} is taken from {guessed[line.name]}, and not from an index.",
                fix=f"Say under `sources` that it is meant ({line.name}: {{path: ...}}), or give it an index there.",
            )


def _family(name: str) -> str:
    return name.partition("-")[0]
