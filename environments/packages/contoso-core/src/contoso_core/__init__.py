"""Business days."""

from __future__ import annotations

from datetime import date, timedelta

__all__ = ["business_days"]

_SATURDAY = 5


def business_days(first: date, last: date) -> int:
    """How many days from ``first`` to ``last``, both included, are no weekend."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sum(day.weekday() < _SATURDAY for day in days)
