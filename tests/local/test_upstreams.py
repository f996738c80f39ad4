"""The user's own proxy: found, and kept for a start from a shell that knows our own one only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from amlpriv.local.home import Home
from amlpriv.local.hosts import Upstream
from amlpriv.local.upstreams import Way, load_way, save_way, settle_way, system_proxy

CORP = {"HTTPS_PROXY": "http://user:p%40ss@proxy.corp:8080", "NO_PROXY": "intern"}
UPSTREAM = Upstream("proxy.corp", 8080, "user", "p@ss", "intern")
LED = {"https_proxy": "http://127.0.0.1:4711", "HTTPS_PROXY": "http://127.0.0.1:4711"}
NESTED = {**LED, "AMLPRIV_PROXY": "http://127.0.0.1:4711"}


@pytest.fixture
def quiet(tmp_path: Path) -> Home:
    """A home where nothing runs."""
    home = Home(tmp_path / "quiet", tmp_path)
    home.prepare()
    return home


def test_nothing_is_known_at_first(quiet: Home) -> None:
    assert load_way(quiet) == Way()
    assert not load_way(quiet).known
    assert settle_way(quiet, NESTED) == Way()
    assert not quiet.upstream.exists()


def test_what_the_environment_says_is_kept_for_a_shell_that_was_led_here(quiet: Home) -> None:
    assert settle_way(quiet, CORP) == Way(UPSTREAM)
    assert settle_way(quiet, NESTED) == load_way(quiet) == Way(UPSTREAM)
    assert os.name != "posix" or quiet.upstream.stat().st_mode & 0o077 == 0
    assert settle_way(quiet, {}) == Way()
    assert settle_way(quiet, NESTED) == Way()


def test_a_proxy_that_cannot_be_used_is_kept_as_such(quiet: Home) -> None:
    way = settle_way(quiet, {"HTTPS_PROXY": "socks5://user:p%40ss@corp:1"})
    assert "socks5" in way.problem
    assert settle_way(quiet, NESTED) == way
    assert "ss@" not in quiet.upstream.read_text()


def test_a_proxy_that_was_set_inside_is_a_new_one(quiet: Home) -> None:
    assert settle_way(quiet, {**NESTED, "https_proxy": CORP["HTTPS_PROXY"]}).upstream is not None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"upstream": {"host": "x"}, "problem": ""}', "null"])
def test_a_damaged_file_is_no_file(quiet: Home, text: str) -> None:
    quiet.upstream.write_text(text)
    assert load_way(quiet) == Way()


def test_it_survives_being_written(quiet: Home) -> None:
    for way in (Way(), Way(UPSTREAM), Way(problem="why")):
        save_way(quiet, way)
        assert load_way(quiet) == way
        assert Way.from_json(json.loads(json.dumps(way.as_json()))) == way


def test_no_form_of_it_shows_the_password() -> None:
    for way in (Way(UPSTREAM), Way(UPSTREAM, "why")):
        assert "p@ss" not in f"{way} {way!r}"


def test_a_variable_is_believed_before_the_systems_settings() -> None:
    assert system_proxy(CORP) == {}
    assert system_proxy(NESTED) == {}
