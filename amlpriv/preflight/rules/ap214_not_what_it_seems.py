"""A template, a selector or a slip in a conda dependency: conda takes the line literally, and it means something else.

Templates (``{{ version }}``) and selectors (``# [linux]``) belong to conda-build's recipes and to tools that write
environment files; ``conda env create``, which Azure ML's image build runs, knows neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Place, Subject, place_of
from amlpriv.secret import redact
from amlpriv.specs.matchspec import holds_template

__all__ = ["CODE", "NAME", "find"]

CODE = "AP214"
NAME = "line that means something else to conda"

_SELECTOR = re.compile(r"^\s*- .*\S\s+#\s*(\[(?:not )?(?:win|linux|osx|unix|py|x86|arm|aarch|ppc)[^\]]*\])\s*$")


def find(subject: Subject) -> Iterator[Finding]:
    """Each template (error), and each selector or dependency that conda reads in its own way (warning)."""
    for dependency in subject.conda.dependencies if subject.conda else ():
        match, place = dependency.match, place_of(dependency.position)
        if match.template:
            message = f"{dependency.text!r} holds a template, and nobody fills it in."
            fix = "Write the value, or render the file before you publish it."
            yield place.finding(CODE, Severity.ERROR, match.name or dependency.text, message, fix=fix)
        elif match.remark:
            fix = "Write >=1.2, =1.2, ==1.2 or [version='...']."
            yield place.finding(CODE, Severity.WARNING, match.name, match.remark, fix=fix)
    for line in subject.conda.pip if subject.conda else ():
        if holds_template(line.text):
            name = getattr(line, "name", None) or "pip line"
            message = f"{redact(line.text)!r} holds a template, and nobody fills it in."
            fix = "Write the value, or render the file before you publish it."
            yield place_of(line.position).finding(CODE, Severity.ERROR, name, message, fix=fix)
    for file, text in subject.all_texts():
        for number, written in enumerate(text.splitlines(), start=1):
            if selector := _SELECTOR.match(written):
                message = f"{selector[1]} is a comment to conda: the line holds on every platform."
                fix = "Remove the line or the comment; in the pip section write a marker (; sys_platform == 'linux')."
                place = Place(file, number, selector.start(1) + 1)
                yield place.finding(CODE, Severity.WARNING, "selector", message, fix=fix)
