"""``${NAME}`` in a pip line is replaced where the lines are installed, and the image builder has no such variable.

pip leaves an unset variable as it stands, so the URL is called with the literal text; conda expands variables in
``channels`` only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP502"
NAME = "variable in a pip line"

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def find(subject: Subject) -> Iterator[Finding]:
    """Each variable in a line of the pip section."""
    for line in subject.pip:
        for name in dict.fromkeys(_VARIABLE.findall(line.text)):
            yield place_of(line.position).finding(
                CODE,
                Severity.ERROR,
                f"${{{name}}}",
                f"The image builder has no variable {name}, so the line is used with the text ${{{name}}} in it.",
                fix="Write the value; if it is a credential, use `indexes` with a `connection` instead.",
            )
