"""YAML texts as trees: what is exact, and what is refused with its place."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.nodes import YamlList, YamlMap, YamlScalar, as_list, as_map, as_text, from_data, to_data, to_texts
from amlpriv.specs.positions import Position
from amlpriv.specs.yaml import load_mapping


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        load_mapping(text, "e.yml")
    assert caught.value.file == "e.yml"
    return caught.value


@pytest.mark.parametrize(
    "written",
    ["1.10", "3.10", "012345670123", "on", "0x1F", "1_000", "12:30", "2024-01-01", "yes", "1e3", ".inf", "<<", "="],
)
def test_a_scalar_keeps_its_source_text(written: str) -> None:
    """What YAML 1.1 would turn into a number, a date or a truth value is still there as text."""
    node = load_mapping(f"version: {written}  # comment\n").get("version")
    assert node is not None
    assert as_text(node, "'version'") == written


def test_a_scalar_has_its_resolved_type_beside_the_text() -> None:
    tree = load_mapping("a: 010\nb: on\nc: 1.5\nd: ~\ne: '5'\nf: 5\n")
    assert to_data(tree) == {"a": 8, "b": True, "c": 1.5, "d": None, "e": "5", "f": 5}
    assert to_texts(tree) == {"a": "010", "b": "on", "c": "1.5", "d": None, "e": "5", "f": "5"}


def test_positions_count_from_one_in_characters() -> None:
    tree = load_mapping("é: ü\nlist:\n  - x\n  -   y\n", "e.yml")
    items = tree.get("list")
    assert isinstance(items, YamlList)
    assert [item.position for item in items.items] == [Position("e.yml", 3, 5), Position("e.yml", 4, 7)]
    assert tree.key_position("list") == Position("e.yml", 2, 1)
    assert tree.key_position("absent") == tree.position
    assert str(Position("e.yml", 4, 7)) == "e.yml:4:7"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    tree = load_mapping("\ufeffname: x\r\nversion: 2\r\n", "e.yml")
    assert to_texts(tree) == {"name": "x", "version": "2"}
    assert tree.key_position("version") == Position("e.yml", 2, 1)


def test_anchors_aliases_and_merges_are_resolved() -> None:
    tree = load_mapping("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\nc: {<<: [*x, {m: 4}]}\n")
    assert to_data(tree) == {"a": {"k": 1, "l": 2}, "b": {"l": 3, "k": 1}, "c": {"k": 1, "l": 2, "m": 4}}


def test_a_tab_as_indentation_is_named() -> None:
    error = refused("conda_file:\n\tchannels: [conda-forge]\n")
    assert (error.line, error.column) == (2, 1)
    assert "tab is used for indentation" in error.message
    assert error.hint == "Replace the tab by spaces."


def test_a_tab_between_values_is_named() -> None:
    error = refused("name:\tx\n")
    assert (error.line, error.column) == (1, 6)
    assert "tab is used between values" in error.message


def test_a_duplicate_key_names_both_lines() -> None:
    error = refused("name: a\nversion: 1\nname: b\n")
    assert (error.line, error.column) == (3, 1)
    assert "'name' is given twice; it stands already in line 1" in error.message


def test_an_aliased_merge_does_not_count_as_a_duplicate_key() -> None:
    assert to_data(load_mapping("a: &x {k: 1}\nb: {k: 2, <<: *x}\n")) == {"a": {"k": 1}, "b": {"k": 2}}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\n---\nb: 2\n", 2, "single document"),
        ("- a\n- b\n", 1, "mapping is expected at the top, not a list"),
        ("just text\n", 1, "mapping is expected at the top, not a single value"),
        ("a: 1\n? [x, y]\n: 2\n", 2, "key must be plain text"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "tag !!python/name:os.system is not supported"),
        ("a: !include x\n", 1, "tag !include is not supported"),
        ("a: !!binary aGk=\n", 1, "tag !!binary"),
        ("a: !!set {x}\n", 1, "tag !!set"),
        ("a: !!omap [x: 1]\n", 1, "tag !!omap"),
        ("a: !!int abc\n", 1, "'abc' is not a value of type !!int"),
        ("a: *b\n", 1, "undefined alias"),
        ("a: &x [*x]\n", 1, "contains itself"),
        ("a: {<<: 5}\n", 1, "'<<' must be followed"),
        ("a: @x\n", 1, "cannot start any token"),
        ("a: b: c\n", 1, "mapping values are not allowed"),
        ("a: [1, 2\n", 2, "Not valid YAML"),
        ("a: 1\nb: x\x00y\n", 2, "U+0000"),
    ],
)
def test_what_is_refused_has_its_line(text: str, line: int, message: str) -> None:
    error = refused(text)
    assert error.line == line
    assert message in error.message


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file_is_named(text: str) -> None:
    assert "empty" in refused(text).message


def test_aliases_that_expand_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "expand to too many" in refused("\n".join(lines)).message


def test_endless_nesting_is_refused() -> None:
    assert "nested too deeply" in refused("a: " + "[" * 5000 + "]" * 5000).message


def test_readers_of_a_key_say_what_they_expected() -> None:
    tree = load_mapping("text: x\nlist: [1]\nmap: {a: 1}\nempty:\nblank: ' '\n", "e.yml")
    nodes = {key.text: node for key, node in tree}
    for key in ("list", "map", "empty"):
        with pytest.raises(InputError, match=f"'{key}' must be text"):
            as_text(nodes[key], f"'{key}'")
    with pytest.raises(InputError, match="'blank' is empty"):
        as_text(nodes["blank"], "'blank'")
    with pytest.raises(InputError, match="must be a list, not a mapping"):
        as_list(nodes["map"], "'map'")
    with pytest.raises(InputError, match="must be a mapping, not nothing"):
        as_map(nodes["empty"], "'empty'")


def test_plain_data_becomes_a_tree_without_positions() -> None:
    tree = from_data({"a": [1, True, None, "x", 1.5], "b": {"c": 3.10}})
    assert isinstance(tree, YamlMap)
    assert to_data(tree) == {"a": [1, True, None, "x", 1.5], "b": {"c": 3.1}}
    assert to_texts(tree) == {"a": ["1", "true", None, "x", "1.5"], "b": {"c": "3.1"}}
    assert from_data("x") == YamlScalar("x", "x", None)


def test_other_than_plain_data_is_refused() -> None:
    with pytest.raises(InputError, match="bytes is not plain data"):
        from_data({"a": b"x"})


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "{b: " * 100_000,
        "- " * 100_000 + "x",
        "? " * 100_000,
        "a: " + "[" * 9000 + "]" * 9000,
    ],
)
def test_what_is_nested_without_end_is_refused_and_does_not_end_the_process(text: str) -> None:
    with pytest.raises(InputError):
        load_mapping(text)


def test_a_file_with_too_many_values_is_not_said_to_have_aliases() -> None:
    with pytest.raises(InputError, match="The file holds too many values"):
        load_mapping("a: [" + "x," * 150_000 + "]")
