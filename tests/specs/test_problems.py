"""Several mistakes in one file."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError, UsageError
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error


def test_no_mistake_raises_nothing() -> None:
    Problems("e.yml").raise_first()


def test_the_first_by_position_is_raised_own_file_before_others() -> None:
    problems = Problems("e.yml")
    problems.add("other file", Position("c.yml", 1, 1))
    problems.add("later", Position("e.yml", 9, 1), hint="Later.")
    problems.add("first", Position("e.yml", 2, 5), hint="First.")
    with pytest.raises(InputError) as caught:
        problems.raise_first()
    assert (caught.value.message, caught.value.hint) == ("first", "First. 2 more problems in this input.")


def test_a_single_other_is_counted_in_the_singular() -> None:
    problems = Problems(None)
    problems.add("a", None)
    problems.add("b", None)
    with pytest.raises(InputError) as caught:
        problems.raise_first()
    assert caught.value.hint == "1 more problem in this input."


def test_only_input_errors_are_collected() -> None:
    problems = Problems(None)
    with pytest.raises(UsageError), problems.collected():
        raise UsageError("wrong call")
    with problems.collected():
        raise input_error("noted", None)
    with pytest.raises(InputError, match="noted"):
        problems.raise_first()


def test_suggestions() -> None:
    assert did_you_mean("pth", ["path", "git"]) == "Did you mean 'path'?"
    assert did_you_mean("zzz", ["path", "git"]) == "Known are: git, path."
    assert did_you_mean("zzz", []) == "None is defined."


def test_a_message_that_quotes_a_line_without_end_is_shortened() -> None:
    error = input_error(f"Not a line: {'x' * 1_000_000} (reason).", Position("f", 1, 1))
    assert error.message.startswith("Not a line: ")
    assert error.message.endswith(" (reason).")
    assert len(error.message) < 2500
