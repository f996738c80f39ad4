"""What a lock depends on: when none of it changes, the lock is fresh. Compared without asking anybody.

- The requirements that an index serves, as far as their markers hold on the target: a line for Windows changes nothing.
- The private packages: what they require, and the extras asked for. Other code or another version of them changes no
  pin: whoever edits a line of their own package need not lock again.
- The options of the pip section, the addresses in them as hashes: a lock names no host. The index that this machine's
  user has is no part of it, or a lock would be stale on every other machine.
- The target: Python, glibc, architecture. Another tag of an image with the same glibc changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from amlpriv.connections.feeds import parse_feed_url
from amlpriv.specs.closure import Needed
from amlpriv.specs.digest import plain_url
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipOption, PipPath, PipRequirement, PipVcs
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["SCHEMA", "LockInput", "differences", "digest_of", "lock_inputs", "lock_name"]

SCHEMA = "amlpriv-lock-1"
"""Changes when the meaning of the digest changes; every lock is then stale."""

_SHORT = 16
_INPUT = re.compile(r"(?P<kind>option|private|repository|requirement|target): (?P<rest>.+)")
_NAME = re.compile(r"[A-Za-z0-9-]+")  # normalised (PEP 503), or an option
_FEEDS = ("--index-url", "--extra-index-url")


@dataclass(frozen=True, slots=True, order=True)
class LockInput:
    """One thing that a lock depends on. As text for instance ``requirement: pandas<3``."""

    kind: str
    """``option``, ``private``, ``repository``, ``requirement`` or ``target``."""
    name: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}{self.value}"

    @classmethod
    def parse(cls, text: str) -> LockInput:
        """What ``str`` has written; ValueError for anything else."""
        match = _INPUT.fullmatch(text)
        if match is None:
            raise ValueError(f"not an input of a lock: {text!r}")
        kind, rest = match["kind"], match["rest"]
        if kind == "target":
            return cls(kind, rest)
        name = _NAME.match(rest)
        end = name.end() if name else 0
        return cls(kind, rest[:end], rest[end:])


def lock_name(file: str) -> str:
    """The name of the lock of a file, which stands beside it: ``environment.lock.txt`` for ``environment.yml``.

    It ends in .txt because pip, editors and scanners for vulnerable versions know what such a file is.
    """
    return f"{PurePath(file).stem}.lock.txt"


def lock_inputs(
    file: EnvironmentFile, needed: Mapping[str, Needed], wheels: Mapping[str, Wheel], target: Target
) -> tuple[LockInput, ...]:
    """All inputs of an environment's lock, sorted. ``wheels`` are the private ones that are shipped, by name."""
    found = [LockInput("target", str(target))]
    for name, wheel in wheels.items():
        extras = sorted({extra for item in needed[name].required_as for extra in item.extras})
        found.append(_private(wheel, extras))
    found += _lines(file, wheels, target)
    return tuple(sorted(set(found)))


def _private(wheel: Wheel, extras: list[str]) -> LockInput:
    asked = f"[{','.join(extras)}]" if extras else ""
    metadata = (*sorted(map(str, wheel.requires_dist)), *sorted(wheel.provides_extra), str(wheel.requires_python or ""))
    return LockInput("private", wheel.name, f"{asked} requires {_hashed(*metadata)}")


def _lines(file: EnvironmentFile, wheels: Mapping[str, Wheel], target: Target) -> Iterator[LockInput]:
    for line in file.conda.pip if file.conda else ():
        if isinstance(line, PipOption):
            yield _option(line)
        elif isinstance(line, PipVcs):
            yield LockInput("repository", line.name or "", " " + _hashed(plain_url(line.url), line.marker or ""))
        elif isinstance(line, PipPath) or line.name in wheels or not target.holds(line.requirement.marker):
            continue  # a path has become a name long ago
        else:
            yield _requirement(line)


def _option(line: PipOption) -> LockInput:
    if line.value is None:
        return LockInput("option", line.name)
    feed = parse_feed_url(line.value).simple if line.name in _FEEDS else None
    return LockInput("option", line.name, f" {_hashed(plain_url(feed or line.value))}")


def _requirement(line: PipRequirement) -> LockInput:
    requirement = line.requirement
    value = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    value += ",".join(sorted(str(specifier) for specifier in requirement.specifier))
    value += f" @ {_hashed(plain_url(requirement.url))}" if requirement.url else ""
    value += f" template {_hashed(line.text)}" if line.template else ""
    value += f" hashes {_hashed(*sorted(line.hashes))}" if line.hashes else ""
    return LockInput("requirement", line.name, value)


def _hashed(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:_SHORT]


def digest_of(inputs: Iterable[LockInput]) -> str:
    """sha256, hexadecimal, of the inputs in order."""
    return hashlib.sha256("\n".join([SCHEMA, *sorted(map(str, inputs))]).encode()).hexdigest()


def differences(then: Iterable[LockInput], now: Iterable[LockInput]) -> tuple[str, ...]:
    """What has changed, in words, one item each; empty when nothing has."""
    old, new = _grouped(then), _grouped(now)
    words = []
    for kind, name in sorted({*old, *new}):
        before, after = old.get((kind, name)), new.get((kind, name))
        if before != after:
            words.append(_WORDS[kind](name, before, after) if kind in _WORDS else f"{kind} {name} changed")
    return tuple(dict.fromkeys(words))


def _grouped(inputs: Iterable[LockInput]) -> dict[tuple[str, str], str]:
    """By kind and name; a name can stand in several lines. There is one target, whatever it is."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in inputs:
        key, value = (("target", ""), item.name) if item.kind == "target" else ((item.kind, item.name), item.value)
        found.setdefault(key, []).append(value)
    return {key: " and ".join(sorted(values)) for key, values in found.items()}


def _of_requirement(name: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{name} is required now"
    if after is None:
        return f"{name} is no longer required"
    if any(word in before + after for word in (" @ ", " template ", " hashes ")):
        return f"the requirement of {name} changed"
    return f"{name}{before} became {name}{after}"


def _of_private(name: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{name} is shipped now"
    if after is None:
        return f"{name} is no longer shipped"
    (extras, _, was), (wanted, _, became) = before.partition(" requires "), after.partition(" requires ")
    if was != became:
        return f"the requirements of {name} changed"
    return f"{name} is asked for as {name}{wanted}, and was as {name}{extras}"


def _of_target(_name: str, before: str | None, after: str | None) -> str:
    return f"the target was {before or 'not said'} and is {after}"


def _of_option(name: str, before: str | None, after: str | None) -> str:
    what = "another index" if name in _FEEDS else "another value"
    if before is None:
        return f"{name} is new"
    return f"{name} is gone" if after is None else f"{name} has {what}"


def _of_repository(name: str, _before: str | None, _after: str | None) -> str:
    return f"the repository of {name} changed" if name else "the lines with repositories changed"


_WORDS = {
    "option": _of_option,
    "private": _of_private,
    "repository": _of_repository,
    "requirement": _of_requirement,
    "target": _of_target,
}
