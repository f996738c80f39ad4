"""Which values of a job are secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.local.jobs.variables import secret_values


@pytest.mark.parametrize(
    "name",
    ["DB_PWD", "MYPWD", "API_KEY", "apiKey", "KEY", "HF_TOKEN", "PGPASSWORD", "CLIENT_SECRET", "FEED_PAT", "SAS"],
)
def test_names_of_secrets(name: str) -> None:
    assert secret_values({name: "abcdefgh12"}) == ("abcdefgh12",)


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "TOKENIZERS_PARALLELISM", "KEYBOARD", "PATH", "SASQUATCH", "PATTERN"]
)
def test_names_of_anything_else(name: str) -> None:
    assert secret_values({name: "abcdefgh12"}) == ()


@pytest.mark.parametrize("value", ["true", "1234567890", "1_000_000.5", "disabled", "Required", "short"])
def test_values_that_are_no_secrets(value: str) -> None:
    assert secret_values({"API_TOKEN": value}) == ()


def test_a_folder_of_this_machine_is_no_secret(tmp_path: Path) -> None:
    assert secret_values({"API_TOKEN": str(tmp_path)}) == ()
    assert secret_values({"API_TOKEN": str(tmp_path / "gone")}) == (str(tmp_path / "gone"),)


def test_each_line_of_a_value_is_a_secret_too() -> None:
    key = "first-line-of-it\n  second-line  \nlast"
    assert secret_values({"MY_KEY": key}) == (key, "first-line-of-it", "second-line")
