"""The processes behind a start: what becomes of it when its starter fails, is interrupted or is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start, status, stop

Eventually = Callable[[Callable[[], object], float], bool]
IsAlive = Callable[[int], bool]

pytestmark = [pytest.mark.local, pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")]

CHILD = """
import sys
from pathlib import Path
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start
state = start(Home(Path(sys.argv[1]), Path(sys.argv[2])), say=lambda line: None, lifeline=sys.argv[3] == "lifeline")
print(state.pid, flush=True)
sys.stdin.read()
"""


def test_concurrent_starts_make_one_workspace(home: Home, environ: dict[str, str]) -> None:
    children = [_child(home, environ) for _ in range(3)]
    pids = {child.stdout.readline() for child in children if child.stdout}
    for child in children:
        child.communicate(timeout=10)
    assert len(pids) == 1
    assert status(home) is not None  # it stays when those who started it are gone


def test_the_lifeline_ends_everything_with_its_holder(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    child = _child(home, environ, "lifeline")
    assert child.stdout
    supervisor = int(child.stdout.readline())
    storage = _storage_pid(home)
    child.kill()  # no clean-up of its own
    child.communicate()
    assert eventually(lambda: not is_alive(supervisor) and not is_alive(storage), 10)
    assert not home.state.exists()


def test_a_start_that_fails_names_the_reason_and_leaves_nothing(
    home: Home, environ: dict[str, str], tmp_path: Path
) -> None:
    main = tmp_path / "broken" / "dist" / "src" / "blob" / "main.js"
    main.parent.mkdir(parents=True)
    main.write_text('console.error("no such luck"); process.exit(3);')
    with pytest.raises(LocalWorkspaceError, match="Azurite ended"):
        start(home, say=_ignore, environ={**environ, "AMLPRIV_AZURITE": str(tmp_path / "broken")})
    assert "no such luck" in home.azurite_log.read_text()
    assert not home.state.exists()
    assert not home.storage_running.exists()


def test_a_start_that_is_interrupted_stops_what_it_started(
    home: Home, environ: dict[str, str], eventually: Eventually, is_alive: IsAlive
) -> None:
    child = _child(home, environ)
    assert eventually(home.storage_running.exists, 20)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert child.returncode != 0
    assert status(home) is None
    assert not home.storage_running.exists()


def test_a_workspace_whose_starter_was_killed_is_taken_over(
    home: Home, environ: dict[str, str], eventually: Eventually
) -> None:
    child = _child(home, environ)
    assert eventually(home.storage_running.exists, 20)
    child.kill()
    child.communicate()
    state = start(home, say=_ignore, environ=environ)
    assert status(home) == state
    assert not home.supervisor_log.with_name("supervisor.log.1").exists()  # nothing was started a second time


def test_a_workspace_whose_starter_was_killed_is_stopped(
    home: Home, environ: dict[str, str], eventually: Eventually
) -> None:
    child = _child(home, environ)
    assert eventually(home.storage_running.exists, 20)
    child.kill()
    child.communicate()
    assert stop(home)
    assert not home.storage_running.exists()


def _child(home: Home, environ: dict[str, str], kind: str = "stays") -> subprocess.Popen[bytes]:
    """A Python process of its own that starts the workspace, prints the supervisor's pid and waits."""
    command = [sys.executable, "-c", CHILD, str(home.root), str(home.cache), kind]
    return subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _storage_pid(home: Home) -> int:
    return int(home.storage_running.read_text())


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at here."""
