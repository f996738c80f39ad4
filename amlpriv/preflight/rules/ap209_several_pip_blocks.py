"""conda keeps the last ``pip:`` section and drops the others without a word.

Read in conda's source: ``Dependencies.parse`` of its environment files updates one dictionary with each section.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP209"
NAME = "several pip sections"


def find(subject: Subject) -> Iterator[Finding]:
    """A conda specification with more than one ``pip:`` section."""
    conda = subject.conda
    if conda is None or conda.pip_blocks < 2:
        return
    second = conda.pip[conda.second_block :][:1] if conda.second_block is not None else ()
    place = place_of(second[0].position) if second else subject.dependencies_place
    yield place.finding(
        CODE,
        Severity.ERROR,
        "pip",
        f"The conda specification has {conda.pip_blocks} `pip:` sections; conda installs the last one only.",
        fix="Put all lines into one `pip:` section.",
    )
