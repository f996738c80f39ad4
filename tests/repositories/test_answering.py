"""The credential helper answers for one host, from its environment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from amlpriv.repositories import answering
from amlpriv.repositories.answering import HOST, PASSWORD, USER, answer, origin

ENVIRON = {HOST: "https://git.example.org", USER: "reader", PASSWORD: "canary-pässword"}


def test_the_host_that_it_is_meant_for_gets_it() -> None:
    request = ["protocol=https\n", "host=git.example.org\n", "wwwauth[]=Basic\n"]
    assert answer(request, ENVIRON) == "username=reader\npassword=canary-pässword\n"


@pytest.mark.parametrize(
    ("protocol", "host"),
    [
        ("https", "git.example.com"),
        ("https", "git.example.org.evil.example"),
        ("https", "git.example.org:8443"),
        ("http", "git.example.org"),
        ("", ""),
    ],
)
def test_another_host_port_or_protocol_gets_nothing(protocol: str, host: str) -> None:
    assert answer([f"protocol={protocol}", f"host={host}"], ENVIRON) == ""


def test_without_a_host_in_the_environment_nobody_gets_anything() -> None:
    assert answer(["protocol=https", "host=git.example.org"], {PASSWORD: "x"}) == ""
    assert answer([], {}) == ""


def test_an_origin_has_one_spelling() -> None:
    assert origin("HTTPS", "Git.Example.org:443") == "https://git.example.org"
    assert origin("http", "127.0.0.1:80") == "http://127.0.0.1"
    assert origin("https", "git.example.org:80") == "https://git.example.org:80"


@pytest.mark.parametrize(("verb", "expected"), [("get", b"username=reader\n"), ("store", b""), ("erase", b"")])
def test_as_a_program_it_answers_get_and_keeps_nothing(verb: str, expected: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", answering.__file__, verb],
        input=b"protocol=https\nhost=git.example.org\n\n",
        env=ENVIRON,
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(expected)
    assert bool(done.stdout) == bool(expected)
    assert b"\r" not in done.stdout
