"""Places in TOML: the standard library's parser is the judge of values, the text itself of places."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.errors import InputError
from amlpriv.specs.nodes import YamlMap, YamlScalar
from amlpriv.specs.toml_positions import TomlPath, load_toml

toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

KINDS = (Path(__file__).parents[1] / "golden" / "pyproject" / "kinds.toml").read_text("utf-8")


def leaves(data: object, path: TomlPath = ()) -> Iterator[tuple[TomlPath, object]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    elif path:
        yield path, data


def value_at(text: str, offset: int) -> object:
    """The shortest value that begins there."""
    for end in range(offset + 1, len(text) + 1):
        try:
            found = toml.loads(f"x = {text[offset:end]}")["x"]
        except ValueError:
            continue
        if text[end : end + 1] in ("", "\n", "\r", " ", "\t", ",", "]", "}", "#"):
            return found
    raise AssertionError(f"no value at {offset}: {text[offset : offset + 40]!r}")


def check(text: str) -> None:
    document = load_toml(text, "a.toml")
    assert document.data == toml.loads(text)
    found = list(leaves(document.data))
    for path, value in found:
        offset = document.places.values[path]
        if value not in ({}, []):  # a header may have made these
            at = value_at(text, offset)
            assert at == value or str(value).startswith(str(at)), path  # a date is a beginning of its time
        place = document.places.position(path, "a.toml", value=True)
        line = text.split("\n")[place.line - 1]
        assert text.startswith(line[place.column - 1 :], offset)
        for length in range(1, len(path) + 1):
            part = path[:length]
            if isinstance(part[-1], str):
                key = document.position(*part)
                assert (key.line, key.column) <= (place.line, place.column)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_value_of_every_kind_has_its_place(newline: str) -> None:
    check(KINDS.replace("\n", newline))


BARE = st.sampled_from(["a", "b-1", "c_2", "d", "E", "12"])
KEYS = st.one_of(BARE, st.sampled_from(['"a.b"', "'x y'", '"\\u0062\\""', "''"]))
LEAVES = st.sampled_from(
    [
        *("1", "-0.5", "0xff", "nan", "true", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5", "1979-05-27"),
        *("07:32:00", '"s"', '"a # b"', '"\\\\"', "'l'", "''", '""', '"""m\n"x" = [1]\n"""', '""""""'),
        *("'''\n''x'''''", '"""\\"""" """'),
    ]
)
GAPS = st.sampled_from(["", " ", "\n", " # c ] }\n", "\n\n\t"])


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(inner, max_size=3))
    gap = draw(GAPS)
    last = draw(st.sampled_from(["", ","])) if items else ""
    return f"[{gap}" + f"{gap},{gap}".join(items) + f"{gap}{last}{gap}]"


@st.composite
def tables(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    keys = draw(st.lists(KEYS, max_size=3, unique=True))
    return "{ " + ", ".join(f"{key} = {draw(inner)}" for key in keys) + " }"


VALUES = st.recursive(LEAVES, lambda inner: st.one_of(arrays(inner), tables(inner)), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["", "[t{n}]", "[ t{n} . sub ]", "[[rows]]", "[rows.x{n}]", "[[rows.deep]]"]))
        if (number == 0) == (kind == "") and not (number == 0 and kind.startswith("[rows")):
            lines.append(kind.format(n=number) or "# begin")
            prefix = draw(st.sampled_from(["", "", "p.", "p . 'q r'."]))
            for key in draw(st.lists(KEYS, max_size=3, unique=True)):
                lines.append(f"{prefix}{key} = {draw(VALUES)}{draw(st.sampled_from(['', '  # note']))}")
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_every_leaf_that_the_parser_reports_has_a_place(text: str) -> None:
    try:
        toml.loads(text)
    except ValueError:  # a header that was there already
        return
    check(text) if "nan" not in text else load_toml(text)


def test_positions_count_from_one_in_characters() -> None:
    document = load_toml('\ufeff# é\n[tool.x]\n"ä" = [ 1,\n  "zwei" ]\n', "p.toml")
    assert str(document.position("tool", "x", "ä")) == "p.toml:3:1"
    assert str(document.position("tool")) == "p.toml:2:2"
    assert str(document.position("tool", "x")) == "p.toml:2:7"
    node = document.node("tool", "x", "ä", 1)
    assert isinstance(node, YamlScalar)
    assert str(node.position) == "p.toml:4:3"


def test_what_is_not_there_has_the_place_of_its_table() -> None:
    document = load_toml("[tool.x]\na = 1\n", "p.toml")
    assert str(document.position("tool", "x", "b")) == "p.toml:1:7"
    assert str(document.position("other")) == "p.toml:1:1"
    assert document.get("tool", "x", "a", "b") is None
    assert document.node("other") is None


def test_a_number_keeps_its_source() -> None:
    node = load_toml("[t]\npython = 3.10\nwhen = 2026-01-02\n").node("t")
    assert isinstance(node, YamlMap)
    assert [value.text for _, value in node if isinstance(value, YamlScalar)] == ["3.10", "2026-01-02"]
    assert [value.value for _, value in node if isinstance(value, YamlScalar)] == [3.1, "2026-01-02"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = \n", 2, 5),
        ("a = 1\na = 2\n", 2, 6),
        ('a = "open', 1, 10),
        ("[a]\n[a]\n", 2, 3),
        ("a = [1,\r\n  x]", 2, 3),
        ("x = 2020-13-01", 1, 9),
        ("a = [", 1, 6),
        ("ключ = 1", 1, 1),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(InputError, match="not TOML") as caught:
        load_toml(text, "p.toml")
    assert (caught.value.file, caught.value.line) == ("p.toml", line)
    assert abs((caught.value.column or 0) - column) <= 1  # where exactly is the parser's matter


def test_a_bottomless_text_is_refused() -> None:
    with pytest.raises(InputError):
        load_toml("a = " + "[" * 5000 + "]" * 5000, "p.toml")


def test_a_number_that_is_too_long_is_refused() -> None:
    with pytest.raises(InputError, match="not TOML"):
        load_toml(f"a = {'9' * 5000}", "p.toml")


def test_a_key_without_end_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="too deeply") as caught:
        load_toml("b = 1\n" + "a." * 500_000 + "a = 1\n", "pyproject.toml")
    assert caught.value.line == 2
