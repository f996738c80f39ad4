from __future__ import annotations

import pickle

import pytest

import amlpriv.wheels.errors as module
from amlpriv.errors import WheelError
from amlpriv.wheels.errors import BadMetadata, RecordMismatch, WheelFault, ZipBomb, shown

FAULTS = sorted(WheelFault.__subclasses__(), key=lambda fault: fault.__name__)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_public_and_has_a_next_step(fault: type[WheelFault]) -> None:
    assert fault.__name__ in module.__all__
    assert fault.__name__ in (module.__doc__ or "")
    assert fault.advice
    assert issubclass(fault, WheelError)


def test_a_fault_names_wheel_member_and_next_step() -> None:
    fault = ZipBomb("a-1-py3-none-any.whl", "is too big.", member="a/b.bin")
    assert str(fault) == f"a-1-py3-none-any.whl: a/b.bin is too big.\n{ZipBomb.advice}"
    assert (fault.wheel, fault.member, fault.exit_code) == ("a-1-py3-none-any.whl", "a/b.bin", 3)


def test_a_record_mismatch_carries_both_values() -> None:
    fault = RecordMismatch("a-1-py3-none-any.whl", "size", member="a.py", expected="3", got="4")
    assert fault.message == "a.py has the size 4, and RECORD says 3."
    assert (fault.expected, fault.got) == ("3", "4")


def test_a_fault_survives_pickling() -> None:
    fault = RecordMismatch("a-1-py3-none-any.whl", "size", member="a.py", expected="3", got="4")
    again = pickle.loads(pickle.dumps(fault))  # noqa: S301
    assert (str(again), again.expected, type(again)) == (str(fault), "3", RecordMismatch)


def test_a_fault_never_shows_a_secret() -> None:
    fault = BadMetadata("a.whl?sig=abcdef", "has https://me:hunter2@host/a.whl", hint="See https://h/a?sig=abcdef")
    assert "abcdef" not in str(fault)
    assert "hunter2" not in str(fault)


def test_unprintable_text_is_escaped_and_other_text_is_left_alone() -> None:
    assert shown("a\n\x1b[31mb") == "a\\n\\x1b[31mb"
    assert shown("größe/文.py") == "größe/文.py"
