"""The local workspace's own way to its blobs, against the running Azurite."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from amlpriv.errors import InputError, NotFoundError, ServiceError
from amlpriv.local.blobs import LocalBlobs
from amlpriv.local.state import Identity, State

pytestmark = pytest.mark.local


@pytest.fixture
def blobs(running: State) -> LocalBlobs:
    identity = Identity(running.account, running.account_key, running.tenant)
    return LocalBlobs(identity, running.root / "certificates" / "ca.pem", lambda: running.ports.storage)


@pytest.fixture
def container(blobs: LocalBlobs) -> str:
    name = f"c{uuid.uuid4().hex}"
    blobs.create_container(name)
    return name


def test_a_container_may_be_made_twice(blobs: LocalBlobs, container: str) -> None:
    blobs.create_container(container)
    assert blobs.sizes(container) == {}


def test_a_missing_container_has_no_blobs(blobs: LocalBlobs) -> None:
    assert blobs.sizes("missing") == {}


@pytest.mark.parametrize("path", ["a.txt", "a b/ä+%!(1).txt", "x=1/y&z.csv"])
def test_what_was_written_is_read(blobs: LocalBlobs, container: str, path: str) -> None:
    blobs.write(container, path, b"bytes")
    assert blobs.read(container, path) == b"bytes"
    assert blobs.sizes(container, path) == {path: 5}


def test_an_empty_file_is_written(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    blobs.write(container, "empty", tmp_path / "empty")
    assert blobs.read(container, "empty") == b""


def test_a_missing_blob_is_named(blobs: LocalBlobs, container: str) -> None:
    with pytest.raises(NotFoundError, match=r"/nothing\.txt"):
        blobs.read(container, "nothing.txt")


def test_a_folder_goes_up_and_comes_down(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "deep" / "b.bin").write_bytes(os.urandom(3_000_000))
    files = [("a.txt", source / "a.txt"), ("deep/b.bin", source / "deep" / "b.bin"), ("gone", source / "gone")]
    assert blobs.upload(files, container, "jobs/one") == ["gone: No such file or directory"]
    blobs.write(container, "jobs/one-other/c.txt", b"not below")

    assert blobs.download(container, "jobs/one", tmp_path / "target") == 2
    assert (tmp_path / "target/deep/b.bin").read_bytes() == (source / "deep/b.bin").read_bytes()
    assert sorted(path.name for path in (tmp_path / "target").rglob("*.*")) == ["a.txt", "b.bin"]


def test_one_blob_comes_down_by_its_path(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    blobs.write(container, "data/rows.csv", b"1,2")
    assert blobs.download(container, "data/rows.csv", tmp_path) == 1
    assert (tmp_path / "rows.csv").read_bytes() == b"1,2"


def test_a_blob_cannot_leave_the_folder(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    blobs.write(container, "p/..\\evil.txt", b"x")
    with pytest.raises(InputError, match="leave its folder"):
        blobs.download(container, "p", tmp_path / "target")
    assert not (tmp_path / "evil.txt").exists()


def test_storage_that_is_gone_is_a_named_error(running: State, tmp_path: Path) -> None:
    identity = Identity(running.account, running.account_key, running.tenant)
    blobs = LocalBlobs(identity, running.root / "certificates" / "ca.pem", lambda: 9)
    with pytest.raises(ServiceError, match="does not answer"):
        blobs.write("c", "a", b"x")


def test_a_missing_file_is_not_blamed_on_the_storage(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        blobs.write(container, "a", tmp_path / "missing")


def test_own_requests_are_not_in_the_request_log(running: State, blobs: LocalBlobs, container: str) -> None:
    log = running.root / "logs" / "requests.jsonl"
    assert not log.exists() or container not in log.read_text()


@pytest.mark.skipif(os.name != "posix", reason="there are no named pipes")
def test_a_named_pipe_is_left_out_and_does_not_wait_for_its_writer(
    blobs: LocalBlobs, container: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_text("a")
    assert blobs.upload([("pipe", tmp_path / "pipe"), ("a", tmp_path / "a")], container, "x") == [
        "pipe: no regular file"
    ]
    assert blobs.sizes(container) == {"x/a": 1}


def test_a_large_file_stops_when_its_check_says_so(blobs: LocalBlobs, container: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(5_000_000))
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) > 3:
            raise InputError("enough")

    with pytest.raises(InputError, match="enough"):
        blobs.upload([("large", tmp_path / "large")], container, "x", check)
    assert blobs.sizes(container) == {}
