"""A part that ends by itself is noticed, named with its log, and told to the next command once."""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from amlpriv.actions.local import local_status
from amlpriv.local.asking import ask
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession, start, status, stop
from amlpriv.local.trouble import find_trouble, keep_trouble, note_trouble, tell_trouble

Eventually = Callable[[Callable[[], object], float], bool]
IsAlive = Callable[[int], bool]

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
running = pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")


@pytest.fixture
def quiet(tmp_path: Path) -> Home:
    """A home where nothing runs."""
    home = Home(tmp_path / "quiet", tmp_path)
    home.prepare()
    return home


def test_what_ended_the_last_run_is_told_once(quiet: Home) -> None:
    note_trouble(quiet, "proxy", "The proxy ended by itself, and with it the local workspace.")
    said: list[str] = []
    tell_trouble(quiet, said.append, running=False)
    tell_trouble(quiet, said.append, running=False)
    assert len(said) == 1
    assert said[0].startswith("Trouble in the local workspace: The proxy ended by itself")
    assert said[0].endswith(str(quiet.supervisor_log))
    assert find_trouble(quiet, running=False) is None


def test_what_was_repaired_is_told_once_and_stays_in_the_status(quiet: Home) -> None:
    note_trouble(quiet, "Azurite", "Azurite ended by itself and was started again.")
    said: list[str] = []
    tell_trouble(quiet, said.append, running=True)
    tell_trouble(quiet, said.append, running=True)
    assert len(said) == 1
    trouble = find_trouble(quiet, running=True)
    assert trouble is not None
    assert (trouble.part, trouble.log, trouble.told) == ("Azurite", str(quiet.azurite_log), True)


def test_a_left_over_state_means_that_the_supervisor_was_killed(quiet: Home) -> None:
    quiet.state.write_text("{}")
    trouble = find_trouble(quiet, running=False)
    assert trouble is not None
    assert trouble.part == "supervisor"
    keep_trouble(quiet)
    quiet.state.unlink()
    assert find_trouble(quiet, running=False) == trouble


@pytest.mark.parametrize("content", ["", "[]", "{", '{"part": 1}', "null"])
def test_a_damaged_note_is_nothing(quiet: Home, content: str) -> None:
    quiet.trouble.write_text(content)
    assert find_trouble(quiet, running=False) is None


@running
@pytest.mark.local
def test_a_control_plane_that_dies_ends_the_workspace_with_a_word(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    surroundings = {**environ, "AMLPRIV_HOME": str(home.root)}
    state = start(home, say=_ignore, environ=environ)
    ask(state, "PUT", "faults", [{"do": "crash"}])
    context = ssl.create_default_context(cafile=str(state.ca_bundle))
    with closing(HTTPSConnection("localhost", state.ports.plane, timeout=10, context=context)) as connection:
        connection.request("GET", "/subscriptions")
        with pytest.raises(ConnectionError):
            connection.getresponse()
    assert eventually(lambda: not is_alive(state.pid), 10)
    found = local_status(environ=surroundings)
    assert found.problem == "The control plane ended by itself, and with it the local workspace."
    assert found.log == home.supervisor_log

    said: list[str] = []
    start(home, say=said.append, environ=environ)
    assert "The control plane ended by itself" in said[0]
    assert local_status(environ=surroundings).problem is None


@running
@pytest.mark.local
def test_a_killed_azurite_is_told_while_the_workspace_runs_on(
    home: Home, environ: dict[str, str], eventually: Eventually
) -> None:
    surroundings = {**environ, "AMLPRIV_HOME": str(home.root)}
    state = start(home, say=_ignore, environ=environ)
    os.kill(int(home.storage_running.read_text()), KILL)
    assert eventually(lambda: (found := status(home)) and found.ports.storage != state.ports.storage, 15)
    found = local_status(environ=surroundings)
    assert found.running
    assert found.problem == "Azurite ended by itself and was started again."
    assert found.log == home.azurite_log
    said: list[str] = []
    start(home, say=said.append, environ=environ)
    start(home, say=said.append, environ=environ)
    assert len(said) == 1
    assert "Azurite ended by itself" in said[0]


@pytest.mark.local
@pytest.mark.parametrize("other", ["0.0.1", None])
def test_a_workspace_of_another_version_is_started_again(
    home: Home, environ: dict[str, str], is_alive: IsAlive, eventually: Eventually, other: str | None
) -> None:
    first = start(home, say=_ignore, environ=environ)
    _claim(home, other)
    said: list[str] = []
    with LocalSession(home, say=said.append, environ=environ) as second:
        assert second.pid != first.pid
        assert eventually(lambda: not is_alive(first.pid), 5)
    assert said[0] == f"The local workspace is run by amlpriv {other or 'of an older version'}; it is started again."
    assert status(home) == second  # it ran before the session, so it runs after it
    assert second.account == first.account
    stop(home)


def _claim(home: Home, version: str | None) -> None:
    """Let the state say that another version runs, which writes a field that we do not know."""
    stored = json.loads(home.state.read_text())
    stored |= {"version": version, "mode": "new", "ports": {**stored["ports"], "metrics": 1}}
    if version is None:
        del stored["version"]
    home.state.write_text(json.dumps(stored))


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at."""
