"""How long somebody has been a customer, and how long they have been silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dateutil.relativedelta import relativedelta

__all__ = ["days_silent", "tenure_months"]


def tenure_months(since: date, today: date) -> int:
    """Whole calendar months from ``since`` to ``today``; 0 for a customer of the future."""
    if today < since:
        return 0
    passed = relativedelta(today, since)
    return passed.years * 12 + passed.months


def days_silent(orders: Iterable[date], today: date) -> int | None:
    """Days since the last order; None without any."""
    last = max(orders, default=None)
    return None if last is None else (today - last).days
