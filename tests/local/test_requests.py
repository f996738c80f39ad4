"""The log of requests: one line each, no secret, bounded."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from amlpriv.local.requests import RequestLog, count_requests, follow_requests, read_requests


def test_a_request_becomes_a_line_without_its_signature(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    log.write("storage", "GET", "/c/b", "sv=2021&sig=secret%2B&x", 200)
    log.write("sign_in", "POST", "/t/oauth2/v2.0/token", {"client_secret": "secret", "scope": "s"}, 401)
    first, second = (json.loads(line) for line in log.path.read_text().splitlines())
    assert {name: first[name] for name in ("service", "method", "path", "query", "status")} == {
        "service": "storage",
        "method": "GET",
        "path": "/c/b",
        "query": "sv=2021&sig=***&x=",
        "status": 200,
    }
    assert second["query"] == "client_secret=***&scope=s"
    assert "secret%2B" not in log.path.read_text()


def test_amlprivs_own_questions_are_neither_logged_nor_activity(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    idle = log.idle_seconds
    log.write("control_plane", "GET", "/_amlpriv/ping", "", 200)
    assert not log.path.exists()
    assert log.idle_seconds >= idle


def test_requests_are_counted_by_time_and_service(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    assert log.count() == 0
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    log.write("storage", "GET", "/a", "", 200)
    log.write("control_plane", "GET", "/b", "", 200)
    assert log.count() == 2
    assert log.count(before, service="storage") == 1
    assert log.count(datetime.now(timezone.utc) + timedelta(seconds=1)) == 0


def test_a_long_log_is_rotated_and_still_counted(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl", max_bytes=300)
    for _ in range(3):
        log.write("storage", "GET", "/" + "a" * 50, "", 200)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["requests.jsonl", "requests.jsonl.1"]
    assert log.count() == 3


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")

    def write() -> None:
        for _ in range(50):
            log.write("storage", "GET", "/a", "", 200)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.count() == 200


def test_a_half_written_line_is_passed_over(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    log.write("storage", "GET", "/a", "", 200)
    with log.path.open("a") as stream:
        stream.write('{"t": "20')
    assert count_requests(log.path) == 1


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    RequestLog(tmp_path / "missing" / "requests.jsonl").write("storage", "GET", "/a", "", 200)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_the_log_is_the_owners(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    log.write("storage", "GET", "/a", "", 200)
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_the_last_requests_of_a_service_are_read_over_a_rotation(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl", max_bytes=400)
    for number in range(5):
        log.write("storage", "GET", f"/{number}", "", 200)
        log.write("sign_in", "POST", f"/{number}", "", 200)
    assert [line["path"] for line in read_requests(log.path, last=2, service="storage")] == ["/3", "/4"]
    assert [line["service"] for line in read_requests(log.path, last=1)] == ["sign_in"]
    assert read_requests(tmp_path / "none") == []


def test_lines_that_are_no_requests_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_bytes(b'[]\n3\n{"t": 1}\n\xff\n')
    assert read_requests(tmp_path / "requests.jsonl") == []


@pytest.mark.timeout(20)
def test_following_gives_what_comes_and_survives_a_rotation(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl", max_bytes=200)
    log.write("storage", "GET", "/before", "", 200)
    coming = follow_requests(log.path, service="storage", poll=0.01)
    log.write("storage", "GET", "/first", "", 200)
    assert next(coming)["path"] == "/first"
    log.write("sign_in", "POST", "/other", "", 200)
    log.write("storage", "GET", "/second", "", 200)
    assert next(coming)["path"] == "/second"


@pytest.mark.timeout(20)
def test_following_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    coming = follow_requests(log.path, poll=0.01)
    log.write("storage", "GET", "/first", "", 200)
    assert next(coming)["path"] == "/first"
