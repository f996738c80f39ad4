"""What a conda file's index and git lines get from the workspace's connections when its image is built.

An index line gets the credential into its address, as the service does it. A git line stays as it is: pip would put
the address on the command line of git, where everybody on the machine can read it. git gets the same credential from a
file instead, for this one repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amlpriv.connections.rewriting import (
    Access,
    KnownConnection,
    index_access,
    repository_access,
    with_credential,
)
from amlpriv.connections.uses import Use
from amlpriv.secret import Secret
from amlpriv.specs.nodes import Span, YamlList, YamlMap, YamlScalar
from amlpriv.specs.pip import PipOption, PipVcs, parse_pip_line
from amlpriv.specs.yaml import load_mapping

__all__ = ["Authorised", "authorise"]

_INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ANCHOR_OR_TAG = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")


@dataclass(frozen=True, slots=True)
class Authorised:
    """A conda text that can be built, and what was decided on the way."""

    text: Secret
    accesses: tuple[Access, ...] = ()
    """One for each index and each repository, in the order of the lines."""

    @property
    def repositories(self) -> tuple[Secret, ...]:
        """The lines of git's credential file."""
        found = (access.repository for access in self.accesses)
        return tuple(dict.fromkeys(address for address in found if address is not None))

    @property
    def has_credentials(self) -> bool:
        """Whether a connection is used at all."""
        return any(access.credential is not None for access in self.accesses)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be seen in a log."""
        return tuple(dict.fromkeys(secret for access in self.accesses for secret in access.secrets))


def authorise(
    text: str, known: Sequence[KnownConnection], *, use: Use = Use.JOB, file: str | None = None
) -> Authorised:
    """The conda YAML with the credentials that its build gets; all else in it stays as it was, character by character.

    Lines with a credential, and repositories by ssh, stay as they are. Raises InputError for what is no conda file.
    """
    bom, body = (text[:1], text[1:]) if text.startswith("\ufeff") else ("", text)
    accesses: list[Access] = []
    edits: dict[Span, str] = {}
    for node in _pip_items(load_mapping(body, file)):
        line = parse_pip_line(node.text, node.position)
        if isinstance(line, PipVcs) and line.url.lower().startswith("git+"):
            accesses.append(repository_access(line.url, known, use))
        elif isinstance(line, PipOption) and line.name in _INDEX_OPTIONS and _WEB.match(line.value or ""):
            access = index_access(line.value or "", known, use)
            accesses.append(access)
            if access.credential is not None and node.span is not None:
                start, end = _value_span(body, node.span)
                edits[start, end] = _quoted(with_credential(line.text, access.credential))
    for (start, end), new in sorted(edits.items(), reverse=True):
        body = f"{body[:start]}{new}{body[end:]}"
    return Authorised(Secret(bom + body), tuple(accesses))


def _pip_items(root: YamlMap) -> Iterator[YamlScalar]:
    dependencies = root.get("dependencies")
    for item in dependencies.items if isinstance(dependencies, YamlList) else ():
        block = item.get("pip") if isinstance(item, YamlMap) else None
        for entry in block.items if isinstance(block, YamlList) else ():
            if isinstance(entry, YamlScalar) and entry.value is not None:
                yield entry


def _value_span(text: str, span: Span) -> Span:
    """Where a scalar stands, without its anchor and tag, which stay, and what follows a block."""
    start, end = span
    named = _ANCHOR_OR_TAG.match(text, start, end)
    start = named.end() if named else start
    return start, start + len(text[start:end].rstrip())


def _quoted(line: Secret) -> str:
    """JSON's strings are YAML's, as long as no character is written as two surrogates."""
    return json.dumps(line.reveal(), ensure_ascii=False)
