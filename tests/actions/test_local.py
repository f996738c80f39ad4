"""local start, stop, status, reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.local import local_reset, local_start, local_status, local_stop
from amlpriv.errors import LocalWorkspaceError

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
    (tmp_path / "home" / "builds").mkdir()
    assert local_reset(environ=environ) == tmp_path / "home"
    (tmp_path / "home").rename(tmp_path / "old")
    (tmp_path / "home").write_text("thesis")
    with pytest.raises(LocalWorkspaceError, match="is no folder"):
        local_reset(environ=environ)
    assert (tmp_path / "home").read_text() == "thesis"


def test_a_stop_sweeps_what_a_killed_build_left(environ: dict[str, str]) -> None:
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
        assert dict(local_status(environ=environ).requests or {}) == {"control_plane": 0, "storage": 0, "sign_in": 0}
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
