"""The command line of a job, as the service makes it of the job's ``command``; and other small notations of jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from amlpriv.errors import InputError

__all__ = ["command_line", "duration", "expression"]

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_DURATION = re.compile(
    r"P(?:(?P<weeks>[\d.]+)W)?(?:(?P<days>[\d.]+)D)?"
    r"(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)


def command_line(command: str, inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> str:
    """``command`` with ``${{inputs.x}}`` and ``${{outputs.y}}`` filled in, without any quoting, as the service does.

    An optional block ``$[[--x ${{inputs.x}}]]`` is left out when one of its inputs is absent or None. Raises
    InputError for any other expression and for a name that the job does not have.
    """

    def fill(text: str) -> str:
        return _EXPRESSION.sub(lambda found: _value(found[1], inputs, outputs), text)

    def block(found: re.Match[str]) -> str:
        names = [_split(inner[1]) for inner in _EXPRESSION.finditer(found[1])]
        absent = any(kind == "inputs" and _look_up(inputs, name) is None for kind, name in names)
        return "" if absent else found[1]

    return fill(_OPTIONAL.sub(block, command))


def expression(value: object) -> tuple[str, ...] | None:
    """The parts of a value that is one expression, ``${{parent.jobs.a.outputs.b}}``; None for a literal."""
    found = _EXPRESSION.fullmatch(value.strip()) if isinstance(value, str) else None
    return tuple(found[1].split(".")) if found else None


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days and a time (``PT1H30M``). Raises InputError."""
    found = _DURATION.fullmatch(text.strip())
    parts = {name: value for name, value in found.groupdict().items() if value} if found else {}
    try:
        if not parts:
            raise ValueError
        return timedelta(**{name: float(value) for name, value in parts.items()})
    except (ValueError, OverflowError):
        raise InputError(f"{text!r} is no duration.", hint="It is written like PT1H30M.") from None


def _split(inner: str) -> tuple[str, str]:
    kind, _, name = inner.partition(".")
    return kind, name


def _value(inner: str, inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> str:
    kind, name = _split(inner)
    if kind not in ("inputs", "outputs") or not name:
        raise InputError(
            f"The command has ${{{{{inner}}}}}, which cannot be filled in.",
            hint="A command can use ${{inputs.NAME}} and ${{outputs.NAME}}.",
        )
    known: Mapping[str, str | None] = inputs if kind == "inputs" else outputs
    value = _look_up(known, name)
    if value is None:
        has = ", ".join(sorted(known)) or "none"
        raise InputError(
            f"The command has ${{{{{inner}}}}}, and the job has no such value.", hint=f"Its {kind}: {has}."
        )
    return value


def _look_up(known: Mapping[str, str | None], name: str) -> str | None:
    """The value of ``name``, which may have dots (groups of inputs); ``name.path`` is the same as ``name``."""
    return known.get(name, known.get(name.removesuffix(".path")))
