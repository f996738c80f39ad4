"""What differs between two specifications, in words: spelling, order and comments count where they mean something."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from amlpriv.secret import redact
from amlpriv.specs.conda import CondaDependency, CondaSpec
from amlpriv.specs.digest import canonical_package, plain_url
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipLine, PipOption, PipPath
from amlpriv.specs.positions import Position
from amlpriv.specs.sources import GitSource, IndexSource, PathSource, Source

__all__ = ["Difference", "differences"]

_SECRET_NAME = re.compile(r"key|token|secret|passw|pwd|pat$|sas|credential|connection", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same."""

    subject: str
    """``pip pandas``, ``conda python``, ``image``, ``channels``, …"""
    before: str | None
    """None: it is new."""
    after: str | None
    """None: it is gone."""
    position: Position | None = None
    """Where it stands in the second file, or in the first when it is gone."""

    def as_json(self) -> dict[str, object]:
        """The object that ``diff --json`` prints."""
        place = self.position
        return {
            "subject": self.subject,
            "before": self.before,
            "after": self.after,
            "file": place.file if place else None,
            "line": place.line if place else None,
        }

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.subject}: added ({self.after})" if self.after else f"{self.subject}: added"
        if self.after is None:
            return f"{self.subject}: removed ({self.before})" if self.before else f"{self.subject}: removed"
        return f"{self.subject}: {self.before or 'any version'} -> {self.after or 'any version'}"


@dataclass(frozen=True, slots=True)
class _Fact:
    subject: str
    text: str
    position: Position | None


def differences(one: EnvironmentFile, other: EnvironmentFile) -> tuple[Difference, ...]:
    """What changes from one environment to the other, in the order of the files; empty when they mean the same.

    Names, descriptions, tags and versions are not part of an environment's content and are left out.
    """
    before, after = _gathered(one), _gathered(other)
    found = []
    for subject in dict.fromkeys((*before, *after)):
        old, new = before.get(subject), after.get(subject)
        if (old and old[0]) != (new and new[0]) or (old is None) != (new is None):
            position = (new or old or ("", None))[1]
            before_text, after_text = (None if side is None else _shown(subject, side[0]) for side in (old, new))
            found.append(Difference(subject, before_text, after_text, position))
    return tuple(found)


def _shown(subject: str, text: str) -> str:
    hidden = subject.startswith("variable ") and _SECRET_NAME.search(subject)
    return "***" if hidden and text else redact(text)


def _gathered(file: EnvironmentFile) -> dict[str, tuple[str, Position | None]]:
    """Per subject its text and place; what stands there several times is joined."""
    texts: dict[str, list[str]] = defaultdict(list)
    places: dict[str, Position | None] = {}
    for fact in _facts(file):
        texts[fact.subject].append(fact.text)
        places.setdefault(fact.subject, fact.position)
    return {subject: (" and ".join(sorted(parts)), places[subject]) for subject, parts in texts.items()}


def _facts(file: EnvironmentFile) -> Iterator[_Fact]:
    for key, value in (("image", file.image), ("os_type", file.os_type)):
        if value is not None:
            yield _Fact(key, value.strip(), file.positions.get(key))
    if file.build is not None:
        shown = ", ".join(f"{key}: {value}" for key, value in sorted(file.build.items()))
        yield _Fact("build context", shown, file.positions.get("build"))
    if file.conda is not None:
        yield from _conda(file.conda)
    for name, source in file.sources.items():
        if not name.startswith("path:"):
            yield _Fact(f"source {name}", _source(source), source.position)
    for index in file.indexes.values():
        connection = f" (connection {index.connection})" if index.connection else ""
        yield _Fact(f"index {index.name}", plain_url(index.url) + connection, index.position)
    if file.via is not None:
        yield _Fact("via", file.via.value, file.positions.get("via"))


def _conda(conda: CondaSpec) -> Iterator[_Fact]:
    if conda.channels:
        yield _Fact("channels", ", ".join(plain_url(channel, channel=True) for channel in conda.channels), None)
    for dependency in conda.dependencies:
        yield _Fact(f"conda {dependency.name}", _dependency(dependency), dependency.position)
    for line in conda.pip:
        yield _pip(line)
    for name, value in conda.variables:
        yield _Fact(f"variable {name}", value, None)


def _dependency(dependency: CondaDependency) -> str:
    match = dependency.match
    if match.template:
        return dependency.text
    channel = f"from {plain_url(match.channel, channel=True)}" if match.channel else None
    others = [f"{key} {value}" for key, value in sorted(match.others.items())]
    return " ".join(filter(None, (match.version, match.build, channel, match.subdir, *others)))


def _pip(line: PipLine) -> _Fact:
    if isinstance(line, PipOption):
        return _Fact(f"pip option {line.name}", plain_url(line.value or ""), line.position)
    if isinstance(line, PipPath):
        return _Fact(
            f"pip path {line.path}", " ".join(filter(None, (*sorted(line.extras), line.marker))), line.position
        )
    form = canonical_package(line, ())
    name = form.get("name")
    parts = [form.get("url"), ",".join(_texts(form.get("specifier")))]
    if extras := _texts(form.get("extras")):
        parts.insert(0, f"[{','.join(extras)}]")
    if form.get("marker"):
        parts.append(f"; {form['marker']}")
    parts += [form.get("template"), *_texts(form.get("hashes"))]
    return _Fact(
        f"pip {name or plain_url(str(form.get('url')))}", " ".join(map(str, filter(None, parts))), line.position
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _source(source: Source) -> str:
    via = f" via {source.via.value}" if not isinstance(source, IndexSource) and source.via else ""
    if isinstance(source, PathSource):
        return f"path {source.path}{via}"
    if isinstance(source, IndexSource):
        return f"index {source.index}"
    if isinstance(source, GitSource):
        reference = next(
            (
                f" {kind} {value}"
                for kind, value in (("rev", source.rev), ("tag", source.tag), ("branch", source.branch))
                if value
            ),
            "",
        )
        folder = f" in {source.subdirectory}" if source.subdirectory else ""
        return f"git {plain_url(source.url)}{reference}{folder}{via}"
    return f"url {plain_url(source.url)} sha256 {source.sha256[:12]}{via}"
