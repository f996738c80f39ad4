"""What the local workspace was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.local_log import LoggedRequest, follow_log, local_log
from amlpriv.errors import LocalWorkspaceError, UsageError
from amlpriv.local.requests import RequestLog


@pytest.fixture
def log(environ: dict[str, str]) -> RequestLog:
    folder = Path(environ["AMLPRIV_HOME"], "logs")
    folder.mkdir(parents=True)
    return RequestLog(folder / "requests.jsonl")


def test_requests_as_lines_and_as_json(environ: dict[str, str], log: RequestLog) -> None:
    log.write("storage", "GET", "/c/b", "sig=secret&sv=1", 200)
    log.write("control_plane", "DELETE", "/x", "", 404)
    first, second = local_log(environ=environ)
    assert str(first).endswith("  200  storage        GET     /c/b?sig=***&sv=1")
    assert str(second).endswith("  404  control_plane  DELETE  /x")
    assert second.as_json() == {
        "time": second.time,
        "service": "control_plane",
        "method": "DELETE",
        "path": "/x",
        "query": "",
        "status": 404,
    }
    assert local_log(last=1, environ=environ) == [second]
    assert local_log(service="storage", environ=environ) == [first]
    assert isinstance(first, LoggedRequest)


def test_a_workspace_that_was_never_asked_has_an_empty_log(environ: dict[str, str], log: RequestLog) -> None:
    assert local_log(environ=environ) == []


def test_without_a_workspace_there_is_no_log(environ: dict[str, str]) -> None:
    with pytest.raises(LocalWorkspaceError, match="no local workspace") as caught:
        local_log(environ=environ)
    assert "amlpriv local start" in str(caught.value)


def test_an_unknown_service_is_refused(environ: dict[str, str]) -> None:
    for call in (local_log, follow_log):
        with pytest.raises(UsageError, match="no service 'blob'") as caught:
            call(service="blob", environ=environ)
        assert "control_plane, feed, sign_in, storage" in str(caught.value)


def test_requests_can_be_followed(environ: dict[str, str], log: RequestLog) -> None:
    coming = follow_log(environ=environ)
    log.write("storage", "GET", "/new", "", 200)
    assert next(coming).path == "/new"
