"""Fields of a JSON body: the right type, nothing, or 400."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from amlpriv.local.plane import fields
from amlpriv.local.plane.http import ArmError


def test_values_of_the_right_type() -> None:
    given = {"t": "a", "d": {"a": "b", "c": None}, "n": {"a": 1, "b": 0.5}, "f": True, "e": {}}
    assert fields.text(given, "t") == fields.required(given, "t") == "a"
    assert fields.texts(given, "d") == fields.mapping(given, "d") == {"a": "b", "c": None}
    assert fields.texts(given, "n", strict=False) == {"a": "1", "b": "0.5"}
    assert fields.flag(given, "f") is True
    assert fields.mapping(given, "e") is None
    assert fields.properties_of({"properties": given}) is given


def test_nothing() -> None:
    assert (fields.text({}, "x"), fields.mapping({}, "x"), fields.flag({}, "x")) == (None, None, False)
    assert fields.texts({}, "x") == {}


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.text, 1),
        (fields.required, ""),
        (fields.required, None),
        (fields.texts, []),
        (fields.texts, {"a": 1}),
        (fields.mapping, []),
        (fields.flag, "yes"),
    ],
)
def test_another_type_is_refused_without_showing_the_value(read: Callable[[Any, str], object], value: object) -> None:
    with pytest.raises(ArmError, match="field") as caught:
        read({"field": value}, "field")
    assert (caught.value.status, caught.value.code) == (400, "UserError")


def test_a_body_has_properties() -> None:
    with pytest.raises(ArmError, match="properties"):
        fields.properties_of({"properties": []})


def test_empty_entries_go_at_any_depth() -> None:
    assert fields.without_empty({"a": None, "b": {"c": {}}, "d": {"e": 1, "f": None}, "g": []}) == {
        "d": {"e": 1},
        "g": [],
    }
    assert fields.without_empty({"a": {}}) is None
