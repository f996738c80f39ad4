"""The exception tree: what it says, its exit codes, and that the docstring at its top is true."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import amlpriv.wheels.errors  # whose classes belong to the tree as well
from amlpriv import errors
from amlpriv.errors import (
    CRASH_EXIT_CODE,
    INTERRUPTED_EXIT_CODE,
    AmlprivError,
    FindingsError,
    InputError,
    NetworkError,
    UsageError,
    WheelError,
)
from amlpriv.findings import Finding, Report, Severity

FINDING = Finding("AP101", Severity.ERROR, "x.whl", "No tag of it fits.", "Build it on Linux.", "env.yml", 3)


def documented() -> dict[str, tuple[int, int]]:
    """Depth and exit code of each class in the table of the module's docstring."""
    rows = re.findall(r"^( *)(\w+Error) +(\d+)  +\S", errors.__doc__ or "", re.MULTILINE)
    return {name: (len(indent) // 4, int(code)) for indent, name, code in rows}


def tree(cls: type[AmlprivError], depth: int = 0) -> dict[str, tuple[int, int]]:
    """Depth and exit code of a class and all below it that this module defines."""
    found = {cls.__name__: (depth, cls.exit_code)} if cls.__module__ == errors.__name__ else {}
    for below in cls.__subclasses__():
        found |= tree(below, depth + 1)
    return found


def test_the_docstring_draws_the_tree() -> None:
    """Every class stands there, where it belongs, with its exit code."""
    assert documented() == tree(AmlprivError)
    assert set(documented()) == set(errors.__all__)


def test_exit_codes_tell_the_kinds_of_errors_apart() -> None:
    """A class shares its code with a class that it inherits from, and with no other."""
    classes = [getattr(errors, name) for name in errors.__all__]
    for one in classes:
        for other in classes:
            if one.exit_code == other.exit_code:
                assert issubclass(one, other) or issubclass(other, one)
    assert {cls.exit_code for cls in classes}.isdisjoint({0, CRASH_EXIT_CODE, INTERRUPTED_EXIT_CODE})
    assert all(0 < cls.exit_code < 64 for cls in classes), "from 64 on the codes are sysexits.h's, from 126 the shell's"


def test_a_fault_of_a_wheel_ends_as_an_input_error() -> None:
    """Whoever tells faults apart can; scripts see one code."""
    faults = amlpriv.wheels.errors.WheelFault.__subclasses__()
    assert faults
    assert {fault.exit_code for fault in faults} == {InputError.exit_code}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("No such route: 'sass'."), "No such route: 'sass'."),
        (UsageError("No such route.", hint="Use sas."), "No such route.\nUse sas."),
        (InputError("Not a mapping."), "Not a mapping."),
        (InputError("Not a mapping.", file="env.yml"), "env.yml: Not a mapping."),
        (InputError("Not a mapping.", file="env.yml", line=3), "env.yml:3: Not a mapping."),
        (InputError("Odd.", file=Path("env.yml"), line=3, column=5, hint="Fix it."), "env.yml:3:5: Odd.\nFix it."),
        (WheelError("Damaged.", file="x.whl"), "x.whl: Damaged."),
    ],
)
def test_the_text_has_place_message_and_hint(error: AmlprivError, text: str) -> None:
    """In this order; the place as editors understand it."""
    assert str(error) == text


def test_the_parts_can_be_had_one_by_one() -> None:
    """For ``--json`` and for notebooks."""
    error = InputError("Odd.", file=Path("env.yml"), line=3, hint="Fix it.")
    assert (error.message, error.hint, error.file, error.line, error.column) == ("Odd.", "Fix it.", "env.yml", 3, None)
    assert error.where == "env.yml:3"
    assert InputError("Odd.").where == ""


def test_a_findings_error_carries_the_report() -> None:
    """And says each error of it, no warning, and that nothing has happened."""
    warning = Finding("AP202", Severity.WARNING, "python", "Not pinned.", "Pin it.")
    error = FindingsError(Report.of([FINDING, warning]))
    assert str(error) == (
        "env.yml:3: error AP101: No tag of it fits. Build it on Linux.\nNothing was uploaded or registered."
    )
    assert len(error.report) == 2


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("No answer.", hint="Try again."),
        InputError("Odd.", file="env.yml", line=3, hint="Fix it."),
        FindingsError(Report.of([FINDING])),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_to_another_process(error: AmlprivError) -> None:
    """Test runners and process pools pickle what is raised."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.hint == error.hint


def test_all_errors_are_caught_by_the_first() -> None:
    """One ``except AmlprivError`` is enough, and it does not catch the interrupt."""
    assert all(issubclass(getattr(errors, name), AmlprivError) for name in errors.__all__)
    assert not issubclass(AmlprivError, OSError)
    assert not issubclass(KeyboardInterrupt, AmlprivError)
