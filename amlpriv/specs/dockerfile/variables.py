"""Variables in a Dockerfile, as far as they are known without building it (reference, "Environment replacement")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from amlpriv.specs.dockerfile.model import Dockerfile, Instruction, Stage

__all__ = ["Substituted", "from_variables", "platform_arguments", "stage_below", "stage_variables", "substitute"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_FORM = re.compile(r"(:?)([-+?])")
_PLATFORMS = tuple(f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT"))
_MAX_DEPTH = 50
_NONE: Mapping[str, str] = MappingProxyType({})


def platform_arguments() -> frozenset[str]:
    """The arguments that BuildKit fills in by itself (reference, "Automatic platform ARGs")."""
    return frozenset(_PLATFORMS)


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text with its variables filled in; those that nobody knows stay as written and are named."""

    text: str
    unknown: tuple[str, ...] = ()

    @property
    def known(self) -> str | None:
        """The text when all of it is known."""
        return None if self.unknown else self.text


def substitute(text: str, values: Mapping[str, str | None], *, escape: str = "\\", unset: bool = False) -> Substituted:
    """Fill in ``$X``, ``${X}``, ``${X:-default}``, ``${X-default}``, ``${X:+other}`` and ``${X+other}``; drop quotes.

    A value of None is declared without a value: a default takes its place, alone it stays unknown. A name that
    ``values`` does not have is unknown, or empty when ``unset`` is true. Other forms of ``${...}`` stay unknown.
    """
    filler = _Filler(text, values, escape, unset)
    result, _ = filler.read(0, "", 0)
    return Substituted(result, tuple(dict.fromkeys(filler.unknown)))


class _Filler:
    def __init__(self, text: str, values: Mapping[str, str | None], escape: str, unset: bool) -> None:
        self._text, self._values, self._escape, self._unset = text, values, escape, unset
        self.unknown: list[str] = []

    def read(self, at: int, end: str, depth: int) -> tuple[str, int]:
        """The text from ``at`` up to the character ``end``, filled in; and where it ended."""
        text, parts, double = self._text, [], False
        while at < len(text) and (double or text[at] != end):
            letter = text[at]
            if letter == "'" and not double:
                close = text.find("'", at + 1)
                close = len(text) if close < 0 else close
                parts.append(text[at + 1 : close])
                at = close + 1
            elif letter == '"':
                double, at = not double, at + 1
            elif letter == self._escape and at + 1 < len(text):
                kept = double and text[at + 1] not in f'"${self._escape}'
                parts.append(text[at : at + 2] if kept else text[at + 1])
                at += 2
            elif letter == "$":
                part, at = self._variable(at, depth)
                parts.append(part)
            else:
                parts.append(letter)
                at += 1
        return "".join(parts), at

    def _variable(self, at: int, depth: int) -> tuple[str, int]:
        braces = self._text[at + 1 : at + 2] == "{"
        match = _NAME.match(self._text, at + 1 + braces)
        if match is None:
            return "$", at + 1
        if not braces:
            return self._plain(match[0], match[0], match[0], at, match.end())
        form = _FORM.match(self._text, match.end())
        if form is None or depth > _MAX_DEPTH:
            close = self._text.find("}", match.end())
            close = len(self._text) if close < 0 else close
            inner = self._text[at + 2 : close]
            return self._plain(match[0], inner, match[0], at, close + 1)
        noted = len(self.unknown)
        other, close = self.read(form.end(), "}", depth + 1)
        kept = self.unknown[noted:]
        del self.unknown[noted:]
        result = self._chosen(match[0], form[1] == ":", form[2], other)
        if result is None:
            self.unknown.append(match[0])
            return self._text[at : close + 1], close + 1
        if result == other and form[2] != "?":
            self.unknown += kept
        return result, close + 1

    def _plain(self, name: str, inner: str, only: str, at: int, end: int) -> tuple[str, int]:
        value = self._values.get(name)
        if inner == only and (value is not None or (self._unset and name not in self._values)):
            return value or "", end
        self.unknown.append(name)
        return self._text[at:end], end

    def _chosen(self, name: str, colon: bool, sign: str, other: str) -> str | None:
        if name not in self._values and not self._unset:
            return None
        value = self._values.get(name)
        is_set = bool(value) if colon else value is not None
        match sign:
            case "-":
                return value if is_set else other
            case "+":
                return other if is_set else ""
            case _:
                return value if is_set else None


def from_variables(dockerfile: Dockerfile, build_args: Mapping[str, str] = _NONE) -> dict[str, str | None]:
    """What FROM lines can use: the ARGs before the first of them. ``build_args`` is all that the build is given."""
    values: dict[str, str | None] = {}
    for instruction in dockerfile.arguments:
        for pair in instruction.pairs:
            if pair.name in build_args:
                values[pair.name] = build_args[pair.name]
            elif pair.value is None:
                values.setdefault(pair.name, None)
            else:
                values[pair.name] = substitute(pair.value, values, escape=dockerfile.escape, unset=True).known
    return values


def stage_variables(
    dockerfile: Dockerfile,
    stage: Stage,
    before: Instruction | None = None,
    build_args: Mapping[str, str] = _NONE,
) -> dict[str, str | None]:
    """The variables inside a stage, up to the instruction ``before``; what the base image sets is not among them."""
    globals_ = from_variables(dockerfile, build_args)
    values: dict[str, str | None] = {}
    from_env: set[str] = set()
    for instruction in _instructions(dockerfile, stage, globals_):
        if instruction is before:
            break
        earlier = dict(values) if instruction.name == "ENV" else values  # one ENV does not see its own values
        for pair in instruction.pairs:
            if instruction.name == "ENV":
                values[pair.name] = substitute(pair.value or "", earlier, escape=dockerfile.escape).known
                from_env.add(pair.name)
            elif instruction.name == "ARG" and pair.name not in from_env:  # ENV wins over ARG
                values[pair.name] = _argument(pair.name, pair.value, values, globals_, build_args, dockerfile.escape)
    return values


def stage_below(dockerfile: Dockerfile, stage: Stage, values: Mapping[str, str | None]) -> Stage | None:
    """The earlier stage that a stage is built on; None when it is built on an image. ``values``: of FROM lines."""
    base = substitute(stage.base, values, escape=dockerfile.escape, unset=True).known
    if base is None:
        return None
    below = [each for each in dockerfile.stages[: stage.index] if each.name and each.name == base.lower()]
    return below[-1] if below else None


def _instructions(dockerfile: Dockerfile, stage: Stage, values: Mapping[str, str | None]) -> Iterator[Instruction]:
    """Those of a stage, after those of the stages below it."""
    chain = [stage]
    while below := stage_below(dockerfile, chain[-1], values):
        chain.append(below)
    for each in reversed(chain):
        yield from each.instructions


def _argument(
    name: str,
    default: str | None,
    values: Mapping[str, str | None],
    globals_: Mapping[str, str | None],
    build_args: Mapping[str, str],
    escape: str,
) -> str | None:
    if name in build_args:
        return build_args[name]
    if default is None:
        return globals_.get(name)
    return substitute(default, values, escape=escape).known
