"""What checks ask of a Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from amlpriv.specs.dockerfile.model import Dockerfile, Instruction, Stage
from amlpriv.specs.dockerfile.scanning import heredoc_names
from amlpriv.specs.dockerfile.variables import (
    from_variables,
    platform_arguments,
    stage_below,
    stage_variables,
    substitute,
)
from amlpriv.specs.positions import Position

__all__ = ["BaseImage", "CopiedPath", "copied_paths", "final_base_image", "needs_buildkit"]

Origin: TypeAlias = Literal["context", "stage", "image", "url", "git"]

_BUILDKIT_FLAGS = {
    "ADD": ("checksum", "chmod", "exclude", "keep-git-dir", "link", "unpack"),
    "COPY": ("chmod", "exclude", "link", "parents"),
    "RUN": ("device", "mount", "network", "security"),
}
_URL = re.compile(r"https?://", re.IGNORECASE)
_GIT = re.compile(r"git@|git://|ssh://|https?://[^#?]+\.git(?:[#?].*)?$", re.IGNORECASE)
_NO_ARGS: Mapping[str, str] = MappingProxyType({})


def needs_buildkit(dockerfile: Dockerfile) -> list[tuple[Position, str]]:
    """Where and why the classic builder of Docker cannot build this file; empty when it can."""
    reasons = []
    if directive := dockerfile.directive("syntax"):
        reasons.append((directive.position, "the syntax directive"))
    for instruction in dockerfile.instructions:
        reasons += _reasons(instruction)
        if instruction.trigger:
            reasons += _reasons(instruction.trigger)
    return sorted(reasons, key=lambda reason: (reason[0].line, reason[0].column))


def _reasons(instruction: Instruction) -> Iterator[tuple[Position, str]]:
    name = instruction.name
    if instruction.heredocs and name != "ONBUILD":
        yield instruction.position, f"{name} with a heredoc"
    for flag in instruction.flags:
        if flag.name in _BUILDKIT_FLAGS.get(name, ()):
            yield flag.position, f"{name} --{flag.name}"
    if name == "ARG":
        for pair in instruction.pairs:
            if pair.name in platform_arguments() and pair.value is None:
                yield pair.position, f"ARG {pair.name}, which only BuildKit fills in"
    if name == "ADD":
        for word in instruction.words[:-1]:
            if _GIT.match(word.text):
                yield word.position, "ADD from a git repository"


@dataclass(frozen=True, slots=True)
class CopiedPath:
    """One source of a COPY, an ADD or a RUN --mount=type=bind."""

    source: str
    """As written."""
    resolved: str | None
    """With its variables filled in; None when one of them is not known."""
    destination: str
    origin: Origin
    """``image`` is any other name behind ``--from``: an image, or a named context of the build."""
    origin_name: str | None
    """The stage or image, as written behind ``--from``."""
    stage: Stage
    instruction: Instruction
    position: Position


def copied_paths(dockerfile: Dockerfile, build_args: Mapping[str, str] = _NO_ARGS) -> tuple[CopiedPath, ...]:
    """Everything that instructions take from the build context, from other stages or images, or from the web.

    Heredocs and what stands behind ONBUILD are left out.
    """
    return tuple(path for stage in dockerfile.stages for path in _copied(dockerfile, stage, build_args))


def _copied(dockerfile: Dockerfile, stage: Stage, build_args: Mapping[str, str]) -> Iterator[CopiedPath]:
    for instruction in stage.instructions:
        if instruction.name == "RUN":
            yield from _mounted(dockerfile, stage, instruction)
        if instruction.name not in {"ADD", "COPY"}:
            continue
        *sources, destination = instruction.words
        taken = instruction.flag("from")
        values: dict[str, str | None] | None = None
        for word in sources:
            if any(True for _ in heredoc_names(word.text)) and not instruction.json:
                continue
            if values is None and "$" in word.text:
                values = stage_variables(dockerfile, stage, instruction, build_args)
            resolved = substitute(word.text, values or {}, escape=dockerfile.escape).known
            origin = _origin(dockerfile, stage, taken, word.text if instruction.name == "ADD" else "")
            yield CopiedPath(word.text, resolved, destination.text, origin, taken, stage, instruction, word.position)


def _origin(dockerfile: Dockerfile, stage: Stage, taken: str | None, added: str) -> Origin:
    if taken is None:
        return "git" if _GIT.match(added) else "url" if _URL.match(added) else "context"
    earlier = dockerfile.stages[: stage.index]
    if taken.isdigit() and int(taken) < len(earlier):
        return "stage"
    return "stage" if any(each.name == taken.lower() for each in earlier) else "image"


def _mounted(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterator[CopiedPath]:
    for flag in instruction.flags:
        if flag.name != "mount":
            continue
        options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        if options.get("type", "bind") != "bind":
            continue
        source = options.get("source", options.get("src", "."))
        target = next((options[key] for key in ("target", "dst", "destination") if key in options), "")
        taken = options.get("from")
        origin = _origin(dockerfile, stage, taken, "")
        resolved = None if "$" in source else source
        yield CopiedPath(source, resolved, target, origin, taken, stage, instruction, flag.position)


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The image at the bottom of a stage."""

    written: str
    image: str | None
    """With its variables filled in; None when one of them is not known."""
    unknown: tuple[str, ...]
    """The variables that are not known."""
    platform: str | None
    stage: Stage
    """The stage whose FROM names it."""
    position: Position


def final_base_image(
    dockerfile: Dockerfile, build_args: Mapping[str, str] = _NO_ARGS, *, stage: Stage | None = None
) -> BaseImage:
    """The image that the final stage (or another) is built on, through the stages that lie between.

    ``build_args`` is all that the build is given; Azure ML gives none.
    """
    values = from_variables(dockerfile, build_args)
    automatic: dict[str, str | None] = dict.fromkeys(platform_arguments())
    at = stage or dockerfile.stages[-1]
    while below := stage_below(dockerfile, at, {**automatic, **values}):
        at = below
    filled = substitute(at.base, {**automatic, **values}, escape=dockerfile.escape, unset=True)
    word = at.start.words[0]
    return BaseImage(at.base, filled.known, filled.unknown, at.start.flag("platform"), at, word.position)
