"""Real netrc files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from amlpriv.credentials.found import Sources, read_subject
from amlpriv.credentials.netrc_files import netrc_file, netrc_login, netrc_note

SECRET = "s3cr3t-t0ken"
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"


def look_up(path: Path, text: str, address: str = FEED) -> tuple[str | None, str | None, str]:
    """User, password and what is said."""
    path.write_text(text, encoding="utf-8")
    found, said = netrc_login(read_subject(address), Sources({"NETRC": str(path)}))
    user = found.user.reveal() if found and found.user else None
    return user, found.password.reveal() if found and found.password else None, said


def test_the_entry_of_the_host_is_taken(tmp_path: Path) -> None:
    text = f"machine other.example.org login a password b\nmachine pkgs.dev.azure.com login me password {SECRET}\n"
    user, password, said = look_up(tmp_path / "netrc", text)
    assert (user, password) == ("me", SECRET)
    assert said == f"the entry pkgs.dev.azure.com of {tmp_path / 'netrc'}"


def test_an_entry_with_the_port_goes_before_that_of_the_host(tmp_path: Path) -> None:
    text = f"machine localhost login a password b\nmachine localhost:8443 login me password {SECRET}\n"
    assert look_up(tmp_path / "netrc", text, "https://localhost:8443/simple/")[1] == SECRET
    assert look_up(tmp_path / "netrc", text, "https://localhost:9443/simple/")[1] == "b"


def test_a_default_entry_is_for_any_host_and_not_taken(tmp_path: Path) -> None:
    user, password, said = look_up(tmp_path / "netrc", f"default login me password {SECRET}\n")
    assert (user, password) == (None, None)
    assert "'default' is for any host" in said


def test_an_entry_of_another_host_is_not_taken(tmp_path: Path) -> None:
    assert look_up(tmp_path / "netrc", f"machine dev.azure.com login me password {SECRET}\n")[1] is None


def test_an_entry_without_a_password_is_said(tmp_path: Path) -> None:
    _, password, said = look_up(tmp_path / "netrc", "machine pkgs.dev.azure.com login me\n")
    assert password is None
    # The parser of Python 3.10 refuses such an entry.
    assert ("no password" if sys.version_info >= (3, 11) else "cannot be understood") in said


def test_a_broken_file_is_said_by_its_line_and_not_by_its_text(tmp_path: Path) -> None:
    _, password, said = look_up(tmp_path / "netrc", f"machine pkgs.dev.azure.com\n  login me passwd {SECRET}\n")
    assert password is None
    assert "cannot be understood (line 2)" in said
    assert SECRET not in said


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    said = netrc_login(read_subject(FEED), Sources({"NETRC": str(tmp_path / "missing")}))
    assert said == (None, f"{tmp_path / 'missing'} cannot be read")
    assert "cannot be read" in netrc_login(read_subject(FEED), Sources({"NETRC": str(tmp_path)}))[1]


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_without_the_variable_it_is_in_the_home(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    assert netrc_file(Sources({"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)})) == tmp_path / name


def test_the_variable_may_begin_with_the_home(tmp_path: Path) -> None:
    sources = Sources({"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "NETRC": "~/my.netrc"})
    assert netrc_file(sources) == tmp_path / "my.netrc"


def test_no_file_is_said() -> None:
    assert netrc_login(read_subject(FEED), Sources({})) == (None, "there is no netrc file")


@pytest.mark.skipif(os.name != "posix", reason="the folder's rights decide")
@pytest.mark.parametrize(("mode", "words"), [(0o600, None), (0o640, "mode 0640"), (0o604, "mode 0604")])
def test_a_file_that_others_may_read_is_a_note(tmp_path: Path, mode: int, words: str | None) -> None:
    path = tmp_path / "netrc"
    path.write_text(f"machine pkgs.dev.azure.com login me password {SECRET}\n", encoding="utf-8")
    path.chmod(mode)
    said = netrc_note(Sources({"NETRC": str(path)}))
    assert (said is None) == (words is None)
    if said is not None and words is not None:
        assert words in said.message
        assert (said.severity.value, said.fix) == ("note", f"Run 'chmod 600 {path}'.")
    assert netrc_note(Sources({"NETRC": str(tmp_path / "nothing")})) is None
