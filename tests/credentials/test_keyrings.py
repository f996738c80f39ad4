"""The real command keyring, over a backend that is a file."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amlpriv.credentials.found import Sources, read_subject
from amlpriv.credentials.keyrings import keyring_login, split_service

SECRET = "s3cr3t-t0ken é"
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
OTHER = "https://example.org/simple/"

Ring = Callable[[Mapping[str, object]], dict[str, str]]


def look_up(environ: Mapping[str, str], address: str, **more: str) -> tuple[str | None, str | None, str]:
    """User, password and what is said."""
    found, said = keyring_login(read_subject(address), Sources(environ, user=more.get("user")))
    user = found.user.reveal() if found and found.user else None
    return user, found.password.reveal() if found and found.password else None, said


@pytest.mark.parametrize("service", [OTHER, OTHER.rstrip("/"), "example.org"])
def test_it_is_asked_by_address_and_by_host(ring: Ring, service: str) -> None:
    user, password, said = look_up(ring({service: {"me": SECRET}}), OTHER)
    assert (user, password) == ("me", SECRET)
    assert said == f"the keyring, for {service}"


def test_the_host_has_its_port(ring: Ring) -> None:
    environ = ring({"localhost": {"me": "no"}, "localhost:8443": {"me": SECRET}})
    assert look_up(environ, "https://localhost:8443/simple/")[1] == SECRET


def test_for_azure_devops_it_is_the_user_of_session_tokens(ring: Ring, asked: Callable[[], list[str]]) -> None:
    environ = ring({FEED: {"me": "no", "VssSessionToken": SECRET}})
    assert look_up(environ, FEED)[:2] == ("VssSessionToken", SECRET)
    assert asked() == [f"{FEED} VssSessionToken true"]


def test_the_user_of_the_address_is_asked_for(ring: Ring) -> None:
    environ = ring({OTHER: {"me": "no", "she": SECRET}})
    assert look_up(environ, OTHER.replace("https://", "https://she@"))[:2] == ("she", SECRET)
    assert look_up(environ, OTHER, user="she")[:2] == ("she", SECRET)


def test_what_it_has_not_is_said(ring: Ring) -> None:
    assert look_up(ring({"example.com": {"me": SECRET}}), OTHER) == (
        None,
        None,
        "it has nothing for https://example.org/simple/ or https://example.org/simple or example.org",
    )


def test_a_keyring_that_does_not_answer_is_given_up(ring: Ring) -> None:
    started = time.monotonic()
    sources = Sources(ring({"sleep": 30}), keyring_seconds=1)
    found, said = keyring_login(read_subject(OTHER), sources)
    assert found is None
    assert said.startswith("it gave no answer in time; it may have waited for a password in a window")
    assert time.monotonic() - started < 6


def test_a_keyring_that_asks_back_finds_nobody(ring: Ring) -> None:
    assert look_up(ring({"ask": True}), OTHER)[1] is None


def test_a_wish_names_service_and_user(ring: Ring, asked: Callable[[], list[str]]) -> None:
    sources = Sources(ring({"my-feed": {"me": "no", "she": SECRET}}))
    found, said = keyring_login(read_subject(OTHER), sources, "my-feed:she", wished=True)
    assert found is not None
    assert found.password is not None
    assert found.password.reveal() == SECRET
    assert said == "the keyring, for my-feed"
    assert asked() == ["my-feed she None"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "")),
        ("my-feed", ("my-feed", "")),
        ("my-feed:me", ("my-feed", "me")),
        (OTHER, (OTHER, "")),
        (f"{OTHER}:me", (OTHER, "me")),
        ("https://example.org:8443", ("https://example.org:8443", "")),
        ("https://example.org:8443:me", ("https://example.org:8443", "me")),
        ("localhost:8443", ("localhost:8443", "")),
    ],
)
def test_the_colons_of_an_address_are_no_separator(text: str, parts: tuple[str, str]) -> None:
    assert split_service(text) == parts


@pytest.mark.parametrize(
    "change", [{"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, {"PIP_KEYRING_PROVIDER": "disabled"}]
)
def test_a_keyring_that_is_switched_off_is_not_asked(
    ring: Ring, asked: Callable[[], list[str]], change: dict[str, str]
) -> None:
    assert "switched off" in look_up({**ring({OTHER: {"me": SECRET}}), **change}, OTHER)[2]
    assert asked() == []


def test_without_the_command_the_module_beside_us_is_asked(ring: Ring, tmp_path: Path) -> None:
    """And not a keyring.py in the folder that we are in."""
    pytest.importorskip("keyring")
    environ = {**ring({OTHER: {"me": SECRET}}), "PATH": str(tmp_path)}
    (tmp_path / "keyring.py").write_text("raise SystemExit('not me')", encoding="utf-8")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert look_up(environ, OTHER)[1] == SECRET
    finally:
        os.chdir(before)


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_a_keyring_of_before_25_2_is_asked_in_its_way(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    tool = tmp_path / "bin" / "keyring"
    tool.parent.mkdir()
    tool.write_text(
        f"#!{sys.executable}\nimport sys\nif sys.argv[1] != 'get': sys.exit(2)\nprint(sys.argv[3][::-1])\n",
        encoding="utf-8",
    )
    tool.chmod(0o755)
    environ = {**scrubbed, "PATH": str(tool.parent), "PYTHON_KEYRING_BACKEND": ""}
    assert look_up(environ, FEED)[:2] == ("VssSessionToken", "nekoTnoisseSssV")


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
@pytest.mark.parametrize("output", ["[1]", "{}", "text", '{"password": ""}', '{"password": 7}'])
def test_an_answer_that_is_none_is_no_credential(tmp_path: Path, scrubbed: dict[str, str], output: str) -> None:
    tool = tmp_path / "bin" / "keyring"
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nprint({output!r})\n", encoding="utf-8")
    tool.chmod(0o755)
    assert look_up({**scrubbed, "PATH": str(tool.parent), "PYTHON_KEYRING_BACKEND": ""}, OTHER)[1] is None
