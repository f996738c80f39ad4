from datetime import date

from contoso_features import days_silent, tenure_months


def test_tenure_counts_whole_calendar_months() -> None:
    assert tenure_months(date(2024, 1, 31), date(2024, 2, 29)) == 1
    assert tenure_months(date(2024, 1, 31), date(2026, 1, 30)) == 23


def test_a_customer_of_the_future_has_no_tenure() -> None:
    assert tenure_months(date(2026, 5, 1), date(2026, 4, 1)) == 0


def test_silence_is_counted_from_the_last_order() -> None:
    assert days_silent([date(2026, 1, 1), date(2026, 3, 1)], date(2026, 3, 11)) == 10
    assert days_silent([], date(2026, 3, 11)) is None
