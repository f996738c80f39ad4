"""local start, stop, status, reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.local import local_reset, local_start, local_status, local_stop
from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home
from amlpriv.local.requests import SERVICES
from amlpriv.local.state import load_identity

pytestmark = pytest.mark.local


def test_nothing_runs_at_first_and_asking_makes_no_folder(environ: dict[str, str]) -> None:
    status = local_status(environ=environ)
    assert not status.running
    assert status.as_json()["requests"] is None
    assert local_stop(environ=environ) is False
    assert local_reset(environ=environ) is None
    assert not status.home.exists()


def test_a_reset_says_whether_there_was_something(tmp_path: Path) -> None:
    environ = {"AMLPRIV_HOME": str(tmp_path / "home"), "AMLPRIV_CACHE": str(tmp_path)}
    (tmp_path / "home").mkdir()
    assert local_reset(environ=environ) is None
    Home.find(environ).prepare()
    assert local_reset(environ=environ) == tmp_path / "home"
    assert local_reset(environ=environ) is None
    (tmp_path / "home").rename(tmp_path / "old")
    (tmp_path / "home").write_text("thesis")
    with pytest.raises(LocalWorkspaceError, match="is no folder"):
        local_reset(environ=environ)
    assert (tmp_path / "home").read_text() == "thesis"


@pytest.mark.parametrize("name", ["jobs", "logs", "builds", "storage", "plane", "certificates"])
def test_a_users_own_folder_is_neither_used_nor_deleted(environ: dict[str, str], name: str) -> None:
    thesis = Path(environ["AMLPRIV_HOME"], name, "thesis.txt")
    work = thesis.parent / ".churn-0123.work-x"
    work.mkdir(parents=True)
    thesis.write_text("years of work")
    state = thesis.parent.parent / "state.json"
    state.write_text('{"pid": 1, "start_id": "x", "ports": {"proxy": 1}}')
    before = sorted(thesis.parent.parent.rglob("*"))
    assert local_status(environ=environ).as_json()["problem"] is None
    assert local_stop(environ=environ) is False
    for refused in (local_start, local_reset):
        with pytest.raises(LocalWorkspaceError, match="not of a local workspace") as caught:
            refused(environ=environ)
        assert caught.value.hint
    assert sorted(thesis.parent.parent.rglob("*")) == before
    assert thesis.read_text() == "years of work"


def test_a_home_from_before_the_marker_is_known_by_its_identity(environ: dict[str, str]) -> None:
    home = Home.find(environ)
    home.prepare()
    load_identity(home)
    home.marker.unlink()
    home.prepare()
    assert home.marker.is_file()
    home.marker.unlink()
    assert local_reset(environ=environ) == home.root
    assert {path.name for path in home.root.iterdir()} <= {home.lock.name, home.running.name}
    assert not home.is_foreign


def test_a_stop_sweeps_what_a_killed_build_left(environ: dict[str, str]) -> None:
    Home.find(environ).prepare()
    work = Path(environ["AMLPRIV_HOME"], "builds", ".churn-0123.work-x")
    work.mkdir(parents=True)
    local_stop(environ=environ)
    assert not work.exists()


def test_a_life(environ: dict[str, str]) -> None:
    said: list[str] = []
    try:
        started = local_start(environ=environ, say=said.append)
        assert started.running
        assert "Starting the local workspace ..." in said
        assert local_start(environ=environ).pid == started.pid
        assert dict(local_status(environ=environ).requests or {}) == dict.fromkeys(SERVICES, 0)
        kept = Path(started.home, "builds", "some-build")
        kept.mkdir(parents=True)
    finally:
        stopped = local_stop(environ=environ)
    assert stopped
    assert kept.exists()
    assert not local_status(environ=environ).running
    again = local_start(environ=environ)
    assert again.proxy == started.proxy  # a shell or a notebook that knows it goes on
    local_reset(environ=environ)
    assert not kept.exists()
    assert not (started.home / "identity.json").exists()
