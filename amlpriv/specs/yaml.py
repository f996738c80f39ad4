"""YAML as a tree that knows where each part stood and how each scalar was written.

PyYAML (YAML 1.1, as the Azure ML SDK reads it) turns ``1.10`` into 1.1 and ``012345670123`` into a decimal number.
Here every scalar keeps its source text beside its resolved value, and the reader of a key says which one it wants.
"""

from __future__ import annotations

import re
from dataclasses import replace

import yaml

from amlpriv.errors import InputError
from amlpriv.specs.nodes import Span, YamlList, YamlMap, YamlNode, YamlScalar, kind_of
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error

__all__ = ["YamlList", "YamlMap", "YamlNode", "YamlScalar", "load_mapping"]

_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = {f"{_CORE}{kind}" for kind in ("str", "timestamp", "value", "merge")}
_MAX_NODES = 100_000  # aliases can make a small text expand without end

_DEEPEST = 200
_INDENTED = re.compile(rf"^[ ?:-]{{{_DEEPEST}}}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")

_HINTS = {
    "mapping values are not allowed": "A value that contains ': ' must be in quotes; or the line is indented too far.",
    "could not find expected ':'": "A key without a colon, or a list item without '- '?",
    "expected <block end>": "The line is indented differently from its neighbours.",
    "that cannot start any token": "Put the value in quotes.",
    "undefined alias": "A value that begins with '*' must be in quotes.",
    "expected a single document": "Remove the second '---'.",
}


_FAST = getattr(yaml, "CSafeLoader", None)
"""libyaml's parser: the same nodes at the same places, many times faster; not in every build of PyYAML."""


def load_mapping(text: str, file: str | None = None, *, last_wins: bool = False) -> YamlMap:
    """The mapping that a YAML text holds; InputError with line and column for anything else.

    With ``last_wins`` the last of several equal keys counts, as PyYAML and the Azure ML SDK read it.

    Refused: a tab as indentation, a duplicate key (conda refuses it, too), several documents, keys that are no text,
    tags beyond the YAML core schema, an empty text. Anchors, aliases and ``<<`` are resolved.
    """
    text = text.removeprefix("\ufeff")
    try:
        root = _compose(text, file)
        if root is None:
            raise InputError(
                "The file is empty.", file=file, line=1, column=1, hint="It must hold a mapping: lines of 'key: value'."
            )
        tree = _Tree(file, last_wins).convert(root)
    except RecursionError:
        raise InputError("The YAML is nested too deeply.", file=file, line=1, column=1) from None
    if not isinstance(tree, YamlMap):
        raise input_error(
            f"A mapping is expected at the top, not {kind_of(tree)}.",
            tree.position,
            hint="The file must hold lines of 'key: value'.",
        )
    return tree


def _may_be_deep(text: str) -> bool:
    """Whether values may be nested so deeply that libyaml's parser would end the process instead of raising."""
    if _INDENTED.search(text):
        return True
    if text.count("[") + text.count("{") <= _DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > _DEEPEST:
            return True
    return False


def _compose(text: str, file: str | None) -> yaml.Node | None:
    if (
        _FAST is not None and "\t" not in text and not _may_be_deep(text)
    ):  # libyaml takes tabs where YAML, PyYAML and conda's reader do not
        try:
            return yaml.compose(text, Loader=_FAST)
        except (yaml.YAMLError, UnicodeEncodeError):
            pass  # the slow one says it in the words that we know, and knows where
    try:
        loader = yaml.SafeLoader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        message = f"A character that YAML does not allow: U+{ord(text[error.position]):04X}."
        raise InputError(message, file=file, line=line, column=column, hint="Remove it, or save as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from None


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str | None) -> InputError:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(part for part in (error.problem, error.context and f"({error.context})") if part)
    if mark is None:
        return InputError(f"Not valid YAML: {problem}.", file=file)
    place = Position(file, mark.line + 1, mark.column + 1)
    if text[mark.index : mark.index + 1] == "\t":
        line_start = text[mark.index - mark.column : mark.index]
        use = "for indentation" if not line_start.strip() else "between values"
        return input_error(f"A tab is used {use}; YAML wants spaces.", place, hint="Replace the tab by spaces.")
    if text[mark.index : mark.index + 1] == "%":
        return input_error(f"Not valid YAML: {problem}.", place, hint="Is it a template, {% ... %}? Fill it in first.")
    hint = next((hint for fragment, hint in _HINTS.items() if fragment in problem), None)
    return input_error(f"Not valid YAML: {problem}.", place, hint=hint)


class _Tree:
    """Turns PyYAML's nodes into ours; an aliased node is converted once."""

    def __init__(self, file: str | None, last_wins: bool) -> None:
        self._file = file
        self._last_wins = last_wins
        self._open: set[int] = set()
        self._done: dict[int, tuple[YamlNode, int]] = {}

    def convert(self, node: yaml.Node) -> YamlNode:
        return self._sized(node)[0]

    def _sized(self, node: yaml.Node) -> tuple[YamlNode, int]:
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            raise input_error("An anchor contains itself.", self._at(node))
        self._open.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            result: tuple[YamlNode, int] = self._scalar(node), 1
        elif isinstance(node, yaml.SequenceNode):
            result = self._list(node)
        else:
            assert isinstance(node, yaml.MappingNode)  # noqa: S101 - PyYAML has these three
            result = self._map(node)
        if result[1] > _MAX_NODES:
            what = "The file holds" if len(self._done) > _MAX_NODES // 2 else "The aliases expand to"
            raise input_error(f"{what} too many values.", self._at(node))
        self._open.discard(id(node))
        self._done[id(node)] = result
        return result

    def _at(self, node: yaml.Node) -> Position:
        return Position(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _scalar(self, node: yaml.ScalarNode) -> YamlScalar:
        place = self._at(node)
        if node.tag in _TEXT_TAGS:
            return YamlScalar(node.value, node.value, place, _span(node))
        construct = _CONSTRUCTORS.get(node.tag)
        if construct is None:
            raise self._unknown_tag(node)
        try:
            value = construct(yaml.constructor.SafeConstructor(), node)
            return YamlScalar(node.value, value, place, _span(node))
        except (ValueError, KeyError, OverflowError):
            kind = node.tag.removeprefix(_CORE)
            raise input_error(f"{node.value!r} is not a value of type !!{kind}.", place) from None

    def _list(self, node: yaml.SequenceNode) -> tuple[YamlList, int]:
        if node.tag != f"{_CORE}seq":
            raise self._unknown_tag(node)
        items = [self._sized(item) for item in node.value]
        size = 1 + sum(size for _, size in items)
        return YamlList(tuple(item for item, _ in items), self._at(node), _span(node)), size

    def _map(self, node: yaml.MappingNode) -> tuple[YamlMap, int]:
        if node.tag != f"{_CORE}map":
            raise self._unknown_tag(node)
        entries: dict[str, tuple[YamlScalar, YamlNode]] = {}
        merged: list[YamlMap] = []
        size = 1
        for key_node, value_node in node.value:
            value, value_size = self._sized(value_node)
            size += value_size
            if key_node.tag == f"{_CORE}merge":
                merged.extend(self._merged(value, key_node))
                continue
            key = self._key(key_node)
            if key.text in entries and not self._last_wins:
                first = entries[key.text][0].position
                where = f"; it stands already in line {first.line}" if first else ""
                raise input_error(f"The key {key.text!r} is given twice{where}.", key.position, hint="Remove one.")
            entries[key.text] = (key, value)
        for other in merged:
            for key, value in other:
                entries.setdefault(key.text, (replace(key, span=None), value))  # it stands elsewhere
        return YamlMap(tuple(entries.values()), self._at(node), _span(node)), size

    def _key(self, node: yaml.Node) -> YamlScalar:
        if not isinstance(node, yaml.ScalarNode):
            hint = "Is it a template, {{ ... }}? Fill it in first; text that begins with '{' or '[' is put in quotes."
            raise input_error("A key must be plain text, not a list or a mapping.", self._at(node), hint=hint)
        return self._scalar(node)

    def _merged(self, value: YamlNode, key: yaml.Node) -> list[YamlMap]:
        maps = list(value.items) if isinstance(value, YamlList) else [value]
        if not all(isinstance(item, YamlMap) for item in maps):
            raise input_error("'<<' must be followed by a mapping or a list of mappings.", self._at(key))
        return [item for item in maps if isinstance(item, YamlMap)]

    def _unknown_tag(self, node: yaml.Node) -> InputError:
        tag = node.tag.replace(_CORE, "!!")
        return input_error(
            f"The tag {tag} is not supported.", self._at(node), hint="Remove the tag, or quote the text."
        )


def _span(node: yaml.Node) -> Span:
    return node.start_mark.index, node.end_mark.index


_CONSTRUCTORS = {
    f"{_CORE}null": yaml.constructor.SafeConstructor.construct_yaml_null,
    f"{_CORE}bool": yaml.constructor.SafeConstructor.construct_yaml_bool,
    f"{_CORE}int": yaml.constructor.SafeConstructor.construct_yaml_int,
    f"{_CORE}float": yaml.constructor.SafeConstructor.construct_yaml_float,
}
