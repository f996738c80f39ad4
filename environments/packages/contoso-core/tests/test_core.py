"""Run inside the built environment, without pytest."""

from datetime import date

from contoso_core import business_days


def test_a_week_has_five_business_days() -> None:
    assert business_days(date(2026, 11, 16), date(2026, 11, 22)) == 5
