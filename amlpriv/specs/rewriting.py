"""Change environment references inside a YAML text, and not one character elsewhere.

The parser says where a value begins and ends; only these characters are replaced. Comments, order, quotes, line ends
and everything else stay as they are, whatever style they have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from amlpriv.errors import InputError
from amlpriv.specs.documents import EnvironmentUse, KeyPath, read_document
from amlpriv.specs.nodes import Span, YamlList, YamlNode, YamlScalar
from amlpriv.specs.problems import input_error

__all__ = ["replace_environments"]

_BOM = "\ufeff"
_PLAIN = re.compile(r"[A-Za-z0-9./@_-][^\s#\[\]{},\"'|>%`&*!]*")
_ALIAS_OR_ANCHOR = re.compile(r"[&*][^\s,\[\]{}]+")


def replace_environments(text: str, references: Mapping[KeyPath, str], file: str | None = None) -> str:
    """The text with the environments at these key paths (``EnvironmentUse.path``) replaced by references such as
    ``azureml:name:version``.

    ``text`` must have its own line ends (read with ``newline=""``). An environment that is defined on the spot is
    replaced whole. InputError for a path that leads to none, and for one that shares an anchor with other places.
    """
    bom, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    document = read_document(body, file)
    uses = {use.path: use for use in document.environments if use.path}
    edits: list[tuple[Span, str]] = []
    for path, reference in references.items():
        use = uses.get(path)
        if use is None:
            where = ".".join(map(str, path)) or "the top"
            known = ", ".join(".".join(map(str, one)) for one in uses) or "none"
            raise InputError(f"No environment stands at {where}.", file=file, hint=f"Environments stand at: {known}.")
        edits.append(_edit(body, use, reference))
    for (start, end), new in sorted(edits, reverse=True):
        body = body[:start] + new + body[end:]
    return bom + body


def _edit(text: str, use: EnvironmentUse, reference: str) -> tuple[Span, str]:
    if use.key is None or use.key.span is None or use.node.span is None:
        raise _shared(use)  # merged in: it stands elsewhere, and others may mean it too
    key_end, span = use.key.span[1], use.node.span
    if span[0] < key_end:  # an alias
        alias = _behind_key(text, key_end)
        if alias is None:
            raise _shared(use)
        return alias, _written(reference, "")
    end = _end(text, use.node)
    if _has_anchor(text, key_end, end):
        raise _shared(use)
    if isinstance(use.node, YamlScalar):
        quote = text[span[0]] if text[span[0]] in "'\"" else ""
        return (span[0], end), _written(reference, quote)
    return (text.index(":", key_end) + 1, end), f" {_written(reference, '')}"


def _behind_key(text: str, end: int) -> Span | None:
    """The ``*alias`` behind a key."""
    match = re.compile(r"\s*:\s*(\*[^\s,\[\]{}]+)").match(text, end)
    return match.span(1) if match else None


def _end(text: str, node: YamlNode) -> int:
    """Where the last character of a node stands; a block's own end lies behind the comments that follow."""
    start, end = node.span or (0, 0)
    if not isinstance(node, YamlScalar) and text[start : start + 1] not in ("{", "["):
        children = node.items if isinstance(node, YamlList) else tuple(part for entry in node for part in entry)
        end = max((_end(text, child) for child in children if child.span and start <= child.span[0] < end), default=end)
    return start + len(text[start:end].rstrip())


def _has_anchor(text: str, start: int, end: int) -> bool:
    """Whether an anchor is defined between two places: somebody outside may refer to it."""
    anchors = [found[0] for found in _ALIAS_OR_ANCHOR.finditer(text, start, end) if found[0].startswith("&")]
    return any(re.search(rf"\*{re.escape(name[1:])}(?![\w-])", text) for name in anchors)


def _shared(use: EnvironmentUse) -> InputError:
    return input_error(
        "This environment shares an anchor with other places of the file.",
        use.position,
        hint="Write it out here, then run it again.",
    )


def _written(reference: str, quote: str) -> str:
    """The reference as YAML text, in the quotes that stood there."""
    if quote == "'":
        return "'" + reference.replace("'", "''") + "'"
    if quote or not _PLAIN.fullmatch(reference) or reference.endswith(":") or ": " in reference:
        return '"' + reference.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return reference
