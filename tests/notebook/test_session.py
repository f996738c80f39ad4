"""amlpriv.local(): the running process talks to the local workspace, and back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import amlpriv
from amlpriv.local.state import State
from amlpriv.notebook.session import Connected, local, undo
from amlpriv.remote import WorkspaceName

pytestmark = pytest.mark.local

Connect = Callable[..., Connected]


@pytest.fixture
def surroundings(local_environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    mine = {
        "AZUREML_CURRENT_CLOUD": "Nowhere",
        "HTTPS_PROXY": "http://corp:1",
        "AMLPRIV_CACHE": str(tmp_path / "cache"),
    }
    return {**local_environ, **mine}


@pytest.fixture
def connect(surroundings: dict[str, str], tmp_path: Path) -> Connect:
    """``local()`` for an environment and a folder of the test's own."""
    (tmp_path / "project").mkdir()

    def call(**options: object) -> Connected:
        fixed = {"environ": surroundings, "folder": tmp_path / "project", "say": lambda _: None}
        return local(**fixed, **options)  # type: ignore[arg-type]

    return call


def test_everything_is_put_back(connect: Connect, surroundings: dict[str, str], local_state: State) -> None:
    before = dict(surroundings)
    done = connect()
    assert done.active
    assert surroundings["HTTPS_PROXY"] == local_state.proxy_url
    assert "AZUREML_CURRENT_CLOUD" not in surroundings
    assert done.variables["HTTPS_PROXY"] == local_state.proxy_url
    assert done.variables["AZUREML_CURRENT_CLOUD"] is None
    assert done.config is not None
    assert done.config.is_file()
    done.undo()
    done.undo()
    assert surroundings == before
    assert not done.config.exists()
    assert not done.active


def test_it_ends_with_a_block_even_when_that_fails(connect: Connect, surroundings: dict[str, str]) -> None:
    before = dict(surroundings)
    with pytest.raises(ZeroDivisionError), connect(config=False):
        raise ZeroDivisionError
    assert surroundings == before


def test_a_second_call_takes_the_first_one_back(connect: Connect, surroundings: dict[str, str]) -> None:
    before = dict(surroundings)
    first = connect(isolated=True)
    with connect() as second:
        assert (first.active, second.active) == (False, True)
        assert surroundings["HTTPS_PROXY"] != first.variables["HTTPS_PROXY"]
    assert surroundings == before


def test_it_says_plainly_what_it_is(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "project" / "config.json").write_text(
        '{"subscription_id": "a", "resource_group": "b", "workspace_name": "prod"}'
    )
    done = connect(isolated=True)
    assert repr(done) == (
        "This process talks to the local workspace, which stands for prod, and to no other host. End it with .undo()"
    )
    undo()
    assert repr(done) == "This process does not talk to the local workspace any more."


def test_a_failure_changes_nothing(connect: Connect, surroundings: dict[str, str], tmp_path: Path) -> None:
    before = dict(surroundings)
    with pytest.raises(amlpriv.AmlprivError, match="refused PUT"):
        connect(names=[WorkspaceName("a", "b", "c/d")])
    assert surroundings == before
    assert list((tmp_path / "project").iterdir()) == []


@pytest.mark.parametrize(
    "first", ["pass", "import amlpriv.local.home", "from amlpriv import local", "import amlpriv.local", "amlpriv.local"]
)
def test_the_package_and_the_function_of_the_same_name_are_one(
    first: str, local_environ: dict[str, str], tmp_path: Path
) -> None:
    code = f"""
import os, amlpriv
{first}
with amlpriv.local(config=False) as done:
    import amlpriv.local.home
    from amlpriv import local
    from amlpriv.local.home import Home
    assert amlpriv.local is local and amlpriv.local.home.Home is Home
    assert os.environ["HTTPS_PROXY"] == done.variables["HTTPS_PROXY"]
assert "HTTPS_PROXY" not in os.environ or os.environ["HTTPS_PROXY"] != done.variables["HTTPS_PROXY"]
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=local_environ, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_config_goes_with_the_process(local_environ: dict[str, str], tmp_path: Path) -> None:
    code = "import amlpriv, os; amlpriv.local(); print(os.listdir())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=local_environ, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['config.json']\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_that_ends_takes_nothing_away(local_environ: dict[str, str], tmp_path: Path) -> None:
    code = """
import os, sys, amlpriv
done = amlpriv.local()
if os.fork() == 0:
    sys.exit()
os.wait()
print(done.config.exists(), done.active)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=local_environ, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True True\n"
