"""The tables of the README."""

from __future__ import annotations

from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Sources
from amlpriv.credentials.order import ORDER, credential_table, wish_table
from amlpriv.credentials.variables import ENDPOINTS, INDEXES
from amlpriv.credentials.wishes import FORMS


def test_the_search_is_in_the_order_of_the_table() -> None:
    address = "https://example.org/simple/"
    found = find_credential(address, None, Sources({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}))
    assert found.credentials is None
    assert [attempt.origin for attempt in found.attempts] == [place.origin for place in ORDER]
    assert all(attempt.outcome for attempt in found.attempts)


def test_the_table_has_a_row_for_each_place() -> None:
    rows = credential_table().splitlines()
    assert len(rows) == len(ORDER) + 2
    assert {row.count("|") for row in rows} == {6}
    assert credential_table().endswith("|\n")
    assert "<" not in "".join(credential_table().split("`")[::2]), "a tag outside of code"


def test_the_table_names_every_variable() -> None:
    assert all(f"`{name}`" in credential_table() for name in (*INDEXES, *ENDPOINTS))


def test_every_wish_is_in_its_table() -> None:
    rows = wish_table().splitlines()
    assert len(rows) == len(FORMS) + 2
    assert all(f"| `{form}` |" in wish_table() for form in FORMS.values())
