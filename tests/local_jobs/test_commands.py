"""The command line of a job."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amlpriv.errors import InputError
from amlpriv.local.jobs.commands import command_line, duration, expression


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("python train.py", "python train.py"),
        ("run ${{inputs.rate}} ${{ inputs.data }}/x", "run 0.1 /in/data/x"),
        ("cp ${{inputs.data.path}} ${{outputs.model}}", "cp /in/data /out/model"),
        ("run ${{inputs.group.depth}}", "run 5"),
        ("a $[[--note ${{inputs.note}}]] b", "a  b"),
        ("a $[[--rate ${{inputs.rate}}]] $[[--x ${{inputs.absent}} --rate ${{inputs.rate}}]]b", "a --rate 0.1 b"),
        ("a $[[--flag]]", "a --flag"),
        ("echo $HOME ${PATH} $((1 + 1)) '$[x]'", "echo $HOME ${PATH} $((1 + 1)) '$[x]'"),
        ("first ${{inputs.rate}}\nsecond", "first 0.1\nsecond"),
    ],
)
def test_names_are_filled_in_as_they_are(command: str, line: str) -> None:
    """No quoting: the service does none either."""
    inputs = {"rate": "0.1", "data": "/in/data", "group.depth": "5", "note": None}
    assert command_line(command, inputs, {"model": "/out/model"}) == line


def test_what_is_filled_in_is_not_looked_through_again() -> None:
    assert command_line("echo ${{inputs.a}}", {"a": "${{inputs.b}}"}, {}) == "echo ${{inputs.b}}"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("run ${{inputs.dta}}", r"inputs\.dta.*no such value"),
        ("run ${{inputs.none}}", r"inputs\.none.*no such value"),
        ("run ${{outputs.model}}", r"outputs\.model.*no such value"),
        ("run ${{search_space.lr}}", "cannot be filled in"),
        ("run ${{inputs}}", "cannot be filled in"),
    ],
)
def test_what_cannot_be_filled_in_is_named(command: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        command_line(command, {"data": "x", "none": None}, {})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT1H", 3600), ("PT1M30S", 90), ("P1D", 86400), ("P1W", 604800), ("PT0.5S", 0.5)]
)
def test_a_duration_is_read_as_iso_8601_has_it(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "1h", "PT1", "PT1.2.3S", "P9999999999999D"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(InputError, match="no duration"):
        duration(text)


def test_an_expression_is_told_from_a_literal() -> None:
    assert expression(" ${{ parent.jobs.a.outputs.b }} ") == ("parent", "jobs", "a", "outputs", "b")
    assert expression("x ${{parent.inputs.a}}") is None
    assert expression(3) is None
