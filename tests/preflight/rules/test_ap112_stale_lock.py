"""Stale lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import Subject
from amlpriv.specs.lock_text import LockUse

LOCK = "environments/churn.lock.txt"


def found(subject: Subject, lock: LockUse | None) -> list[Finding]:
    """What is said of this lock."""
    return [finding for finding in check(replace(subject, lock=lock)) if finding.code == "AP112"]


def test_a_stale_lock_is_a_warning_that_says_what_changed(subject: Callable[..., Subject]) -> None:
    """And how to lock again."""
    (finding,) = found(subject(), LockUse(LOCK, "churn.yml", ("pandas>=1 became pandas>=2",)))
    assert (finding.severity, finding.subject) == (Severity.WARNING, "churn.lock.txt")
    assert finding.message == "The lock is stale and not used: pandas>=1 became pandas>=2."
    assert finding.fix == "Lock again: 'amlpriv lock churn.yml'."


def test_it_is_an_error_where_a_fresh_one_is_wanted(subject: Callable[..., Subject]) -> None:
    """``--locked``."""
    (finding,) = found(subject(), LockUse(LOCK, "churn.yml", ("a is required now",), required=True))
    assert finding.severity is Severity.ERROR


def test_many_changes_are_counted(subject: Callable[..., Subject]) -> None:
    """Nobody reads forty."""
    (finding,) = found(
        subject(), LockUse(LOCK, "churn.yml", tuple(f"p{number} is required now" for number in range(9)))
    )
    assert finding.message.endswith("p4 is required now; and 4 more.")


def test_a_fresh_lock_and_none_are_nothing(subject: Callable[..., Subject]) -> None:
    """As before there were locks."""
    assert not found(subject(), LockUse(LOCK, "churn.yml", required=True))
    assert not found(subject(), None)
