"""Starting, finding, stopping: what holds whatever happens to the processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import filelock
import pytest

from amlpriv.errors import LockedError
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession, reset, start, status, stop
from amlpriv.local.requests import count_requests
from amlpriv.local.state import State

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

Eventually = Callable[[Callable[[], object], float], bool]
IsAlive = Callable[[int], bool]

pytestmark = [pytest.mark.local, pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")]

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def test_a_start_is_quick_says_so_and_is_found(home: Home, environ: dict[str, str]) -> None:
    said: list[str] = []
    start(home, say=_ignore, environ=environ)  # the second one is measured: files are in memory then
    stop(home)
    began = time.monotonic()
    state = start(home, say=said.append, environ=environ)
    assert time.monotonic() - began < 6  # measured: 1 second
    assert said[-1] == "Starting the local workspace ..."
    assert status(home) == state
    assert state.account.startswith("amlpriv")
    assert state.container.startswith("azureml-blobstore-")


def test_a_second_start_finds_the_first(home: Home, environ: dict[str, str]) -> None:
    first = start(home, say=_ignore, environ=environ)
    said: list[str] = []
    assert start(home, say=said.append, environ=environ) == first
    assert said == []


def test_stop_leaves_no_process_and_no_state(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    state = start(home, say=_ignore, environ=environ)
    storage = _storage_pid(home)
    assert stop(home)
    assert eventually(lambda: not is_alive(state.pid), 0.2)  # its lock is free an instant before it is gone
    assert not is_alive(storage)
    assert not home.state.exists()
    assert status(home) is None
    assert not stop(home)


def test_data_survives_a_restart_under_the_same_url(home: Home, environ: dict[str, str]) -> None:
    first = start(home, say=_ignore, environ=environ)
    with _client(first) as client:
        blob = client.get_blob_client(first.container, "a/b.txt")
        blob.upload_blob(b"kept")
        url = blob.url
    stop(home)
    second = start(home, say=_ignore, environ=environ)
    assert (second.account, second.container, second.tenant) == (first.account, first.container, first.tenant)
    with _client(second) as client:
        blob = client.get_blob_client(second.container, "a/b.txt")
        assert blob.download_blob().readall() == b"kept"
        assert blob.url == url


def test_a_killed_supervisor_takes_azurite_along_and_the_next_start_recovers(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    state = start(home, say=_ignore, environ=environ)
    storage = _storage_pid(home)
    with _client(state) as client:
        client.get_blob_client(state.container, "a").upload_blob(b"kept")
    os.kill(state.pid, KILL)
    assert eventually(lambda: not is_alive(storage), 6)
    assert home.state.exists()
    assert status(home) is None

    again = start(home, say=_ignore, environ=environ)
    assert again.pid != state.pid
    with _client(again) as client:
        assert client.get_blob_client(state.container, "a").download_blob().readall() == b"kept"


def test_a_start_right_after_a_kill_waits_for_the_data(home: Home, environ: dict[str, str]) -> None:
    state = start(home, say=_ignore, environ=environ)
    with _client(state) as client:
        client.get_blob_client(state.container, "a").upload_blob(b"kept")
    os.kill(state.pid, KILL)
    again = start(home, say=_ignore, environ=environ)
    with _client(again) as client:
        assert client.get_blob_client(state.container, "a").download_blob().readall() == b"kept"


def test_a_stale_state_is_not_believed(home: Home, environ: dict[str, str]) -> None:
    """After a reboot: the process id is somebody else's (ours), the port as well."""
    state = start(home, say=_ignore, environ=environ)
    stored = json.loads(home.state.read_text())
    stop(home)
    home.state.write_text(json.dumps({**stored, "pid": os.getpid()}))
    assert status(home) is None
    assert not stop(home)  # and we are still here
    home.state.write_text(json.dumps({**stored, "pid": os.getpid()}))
    assert start(home, say=_ignore, environ=environ).pid not in {os.getpid(), state.pid}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "start_id": "x", "ports": 3}'])
def test_a_damaged_state_is_none(home: Home, content: str) -> None:
    home.prepare()
    home.state.write_text(content)
    assert status(home) is None


def test_a_supervisor_that_hangs_is_ended_by_force(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    state = start(home, say=_ignore, environ=environ)
    os.kill(state.pid, signal.SIGSTOP)
    assert stop(home)
    assert eventually(lambda: not is_alive(state.pid), 0.2)


def test_a_session_stops_what_it_started(home: Home, environ: dict[str, str]) -> None:
    with LocalSession(home, say=_ignore, environ=environ) as state:
        assert status(home) == state
    assert status(home) is None


def test_a_session_leaves_a_running_workspace_alone(home: Home, environ: dict[str, str]) -> None:
    state = start(home, say=_ignore, environ=environ)
    with LocalSession(home, say=_ignore, environ=environ) as found:
        assert found == state
    assert status(home) == state


def test_reset_deletes_the_data_and_makes_a_new_account(home: Home, environ: dict[str, str]) -> None:
    first = start(home, say=_ignore, environ=environ)
    reset(home)
    assert status(home) is None
    left = {path.name for path in home.root.iterdir()}
    assert left <= {home.lock.name, home.running.name}
    assert start(home, say=_ignore, environ=environ).account != first.account


def test_idleness_ends_it(home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive) -> None:
    state = start(home, say=_ignore, environ=environ, idle_hours=0.5 / 3600)
    assert eventually(lambda: not is_alive(state.pid), 10)
    assert "no request for" in home.supervisor_log.read_text()


def test_a_crash_of_azurite_is_repaired_once_and_then_ends_it(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    state = start(home, say=_ignore, environ=environ)
    first = _storage_pid(home)
    os.kill(first, KILL)
    assert eventually(lambda: _ports(home) not in {None, state.ports.storage}, 15)
    repaired = status(home)
    assert repaired is not None
    assert repaired.proxy_url == state.proxy_url
    with _client(state) as client:
        assert client.get_container_client(state.container).exists()

    os.kill(_storage_pid(home), KILL)
    assert eventually(lambda: not is_alive(state.pid), 15)
    assert "Azurite ended twice" in home.supervisor_log.read_text()


def test_a_held_lock_is_named(home: Home) -> None:
    home.prepare()
    home.lock.with_suffix(".pid").write_text("4711")
    with filelock.FileLock(home.lock), pytest.raises(LockedError, match="process 4711"):
        stop(home, timeout=0.1)


def test_nothing_secret_is_in_logs_or_process_arguments(home: Home, environ: dict[str, str]) -> None:
    state = start(home, say=_ignore, environ=environ)
    with _client(state) as client, contextlib.suppress(Exception):
        client.get_blob_client(state.container, "missing?sig=abc").download_blob()
    key = state.account_key.reveal()
    arguments = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "amlpriv.local.supervisor" in arguments
    for text in (arguments, repr(state), *(path.read_text() for path in home.logs.iterdir())):
        assert key not in text
        assert state.start_id.reveal() not in text


def test_requests_are_logged_and_our_own_are_not(home: Home, environ: dict[str, str], eventually: Eventually) -> None:
    state = start(home, say=_ignore, environ=environ)
    assert count_requests(home.requests_log, service="storage") == 0
    with _client(state) as client:
        client.get_blob_client(state.container, "a").upload_blob(b"x")
    assert eventually(lambda: count_requests(home.requests_log, service="storage") == 1, 5)
    line = json.loads(home.requests_log.read_text().splitlines()[-1])
    assert (line["method"], line["path"], line["status"]) == ("PUT", f"/{state.container}/a", 201)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_files_are_the_owners_only(home: Home, environ: dict[str, str]) -> None:
    start(home, say=_ignore, environ=environ)
    for folder in (home.root, home.certificates, home.logs, home.storage, home.plane):
        assert folder.stat().st_mode & 0o077 == 0, folder
    for file in (home.identity, home.state, home.certificates / "server.key", home.supervisor_log):
        assert file.stat().st_mode & 0o077 == 0, file


def _client(state: State) -> BlobServiceClient:
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient(
        state.storage_url,
        credential=state.account_key.reveal(),
        proxies={"https": state.proxy_url},
        connection_verify=str(state.ca_bundle),
        retry_total=0,
    )


def _storage_pid(home: Home) -> int:
    return int(home.storage_running.read_text())


def _ports(home: Home) -> int | None:
    state = status(home)
    return state.ports.storage if state else None


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at here."""
