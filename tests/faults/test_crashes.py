"""kill -9 of a part of the local workspace while something is published there.

The command says so by its exit code, the next one starts afresh, what was confirmed is there, and nothing is left.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.opening import open_local
from amlpriv.local.asking import ask
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start, status, stop
from amlpriv.local.state import State
from amlpriv.workspace.ports import Workspace
from tests.actions.projects import Project

pytestmark = [pytest.mark.local, pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")]

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
MEGABYTES = 24


@dataclass
class Scene:
    """A workspace of its own, an environment that was published there, and one whose upload takes a while."""

    home: Home
    environ: dict[str, str]
    folder: Path
    states: list[State] = field(default_factory=list)
    processes: set[int] = field(default_factory=set)

    def remember(self) -> State:
        """Note the processes and ports that run now; none of them may be left at the end."""
        state = status(self.home)
        assert state is not None
        self.states.append(state)
        self.processes |= {state.pid, self.storage_pid}
        return state

    @property
    def storage_pid(self) -> int:
        return int(self.home.storage_running.read_text())

    def publish(self, name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "amlpriv", "publish", f"{self.folder / name / 'environment.yml'}", "--json"]
        return subprocess.Popen(
            command, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder
        )

    def published(self, name: str) -> tuple[Any, str]:
        with self.publish(name) as process:
            out, err = process.communicate(timeout=90)
        assert process.returncode == 0, out + err
        return json.loads(out), err

    def workspace(self) -> Workspace:
        return open_local(environ=self.environ, start=False, say=lambda _: None)

    def stored(self) -> dict[str, int]:
        workspace = self.workspace()
        datastore = workspace.datastores.default()
        key = workspace.datastores.secret(datastore.name).account_key
        return {path: blob.size for path, blob in workspace.open_blobs(datastore, key).stored("amlpriv/").items()}

    def versions(self, name: str) -> list[str]:
        return [one.version for one in self.workspace().environments.versions(name)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    root = tmp_path / "home"
    environ = {**os.environ, "AMLPRIV_HOME": str(root)}
    made = Scene(Home(root, Home.find(os.environ).cache), environ, tmp_path)
    for name in ("small", "big"):
        project = Project(tmp_path / name, name=name)
        content = {"contoso_features/data.bin": os.urandom(MEGABYTES * 1024 * 1024)} if name == "big" else None
        project.wheel(modules=content)
        project.write()
    start(made.home, environ=environ, say=_ignore)
    yield made
    stop(made.home)


# Each part: how it ends, the publish's exit code, and what the next command says. Azurite comes back by itself.
def _kill_supervisor(scene: Scene, state: State) -> None:
    os.kill(state.pid, KILL)


def _kill_storage(scene: Scene, state: State) -> None:
    os.kill(scene.storage_pid, KILL)


def _crash_plane(scene: Scene, state: State) -> None:
    ask(state, "PUT", "faults", [{"do": "crash"}])


PARTS: dict[str, tuple[Callable[[Scene, State], None], int, str]] = {
    "supervisor": (_kill_supervisor, 20, "The supervisor ended without being stopped"),
    "Azurite": (_kill_storage, 0, "Azurite ended by itself and was started again"),
    "control plane": (_crash_plane, 20, "The control plane ended by itself, and with it"),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_killed_while_a_wheel_is_uploaded(scene: Scene, part: str) -> None:
    kill, code, said = PARTS[part]
    before, _ = scene.published("small")
    stored = scene.stored()
    state = scene.remember()

    process = scene.publish("big")
    _wait_for_upload(scene, process)
    kill(scene, state)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    if process.returncode:
        assert json.loads(out)["error"]["type"] == "LocalWorkspaceError"
        assert "The local workspace ended while it was used." in err

    again, told = scene.published("big")
    assert said in told
    assert f"{scene.home.logs}" in told
    scene.remember()
    assert scene.versions("small") == [before["environment"]["version"]]
    assert scene.versions("big") == [again["environment"]["version"]]
    assert stored.items() <= scene.stored().items()
    assert scene.published("big")[0]["action"] == "unchanged"

    stop(scene.home)
    _check_nothing_is_left(scene)


def _wait_for_upload(scene: Scene, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    offset = scene.home.requests_log.stat().st_size
    while process.poll() is None:
        assert time.monotonic() < deadline, "no upload began"
        with scene.home.requests_log.open(encoding="utf-8") as log:
            log.seek(offset)
            if "comp=block&" in log.read():
                return
        time.sleep(0.005)
    raise AssertionError("it was quicker than we are")


def _check_nothing_is_left(scene: Scene) -> None:
    deadline = time.monotonic() + 5
    while alive := [pid for pid in scene.processes if _is_alive(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)
    for state in scene.states:
        for port in (state.ports.storage, state.ports.plane, state.ports.proxy, state.ports.isolated):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0, port


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at."""
