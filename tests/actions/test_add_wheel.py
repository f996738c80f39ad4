"""One wheel into the workspace's storage: SDK v1's call for SDK v2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.add_wheel import AddedWheel, add_private_pip_wheel, add_wheel
from amlpriv.errors import ConflictError, InputError, UsageError, WheelError
from amlpriv.secret import SasUrl
from amlpriv.workspace.memory import DATASTORE, MemoryWorkspace
from tests.actions.projects import NOW, Clock
from tests.wheelhouse import build_wheel


@dataclass
class Shelf:
    """A workspace in memory, and a folder for wheels."""

    folder: Path
    environ: Mapping[str, str]
    clock: Clock = field(default_factory=Clock)
    memory: MemoryWorkspace = field(init=False)

    def __post_init__(self) -> None:
        self.memory = MemoryWorkspace(self.clock)

    def add(self, wheel: Path, **options: Any) -> AddedWheel:
        return add_wheel(wheel, workspace=self.memory.open(), environ=self.environ, now=self.clock(), **options)

    def head(self, url: str) -> int:
        return self.memory.open().open_blobs(DATASTORE, None).head(SasUrl(url.partition("#")[0]))


@pytest.fixture
def shelf(tmp_path: Path, environ: Mapping[str, str]) -> Shelf:
    return Shelf(tmp_path, environ)


def test_a_wheel_gets_a_url_that_pip_can_use(shelf: Shelf) -> None:
    added = shelf.add(build_wheel(shelf.folder))
    url = added.url.reveal()
    assert url.endswith(f"#sha256={added.wheel.sha256}")
    assert shelf.head(url) == 200
    assert (added.uploaded, added.expires, added.notes) == (True, NOW + timedelta(days=30), ())


def test_the_same_bytes_again_are_reused_and_have_the_same_url(shelf: Shelf) -> None:
    wheel = build_wheel(shelf.folder)
    first = shelf.add(wheel)
    again = shelf.add(wheel)
    assert (again.uploaded, again.url) == (False, first.url)
    assert again.as_json()["action"] == "reused"


def test_other_bytes_lie_beside_and_are_reported(shelf: Shelf) -> None:
    first = shelf.add(build_wheel(shelf.folder / "1"))
    second = shelf.add(build_wheel(shelf.folder / "2", modules={"contoso_features/__init__.py": "x = 2\n"}))
    assert second.uploaded
    assert second.url.url != first.url.url
    assert second.notes == ("contoso-features 1.2.0 is also stored with other bytes.",)
    assert shelf.head(first.url.reveal()) == shelf.head(second.url.reveal()) == 200


@pytest.mark.parametrize("modules", [None, {"contoso_features/__init__.py": "x = 2\n"}])
def test_as_in_sdk_v1_a_wheel_that_is_there_can_be_an_error(shelf: Shelf, modules: Mapping[str, str] | None) -> None:
    shelf.add(build_wheel(shelf.folder / "1"))
    other = build_wheel(shelf.folder / "2", modules=modules)
    with pytest.raises(ConflictError, match=r"contoso-features 1\.2\.0 is in workspace memory already") as caught:
        shelf.add(other, exist_ok=False)
    assert ("with other bytes" in str(caught.value)) is (modules is not None)
    assert len(shelf.memory.blobs) == 1


def test_a_wheel_that_is_there_is_not_said_to_have_other_bytes_because_another_lies_beside_it(shelf: Shelf) -> None:
    mine = build_wheel(shelf.folder / "1")
    shelf.add(mine)
    shelf.add(build_wheel(shelf.folder / "2", modules={"contoso_features/__init__.py": "x = 2\n"}))
    with pytest.raises(ConflictError) as caught:
        shelf.add(mine, exist_ok=False)
    assert "with other bytes" not in str(caught.value)


def test_another_version_is_no_conflict(shelf: Shelf) -> None:
    shelf.add(build_wheel(shelf.folder, version="1.2.0"))
    assert shelf.add(build_wheel(shelf.folder, version="1.2.0.post1"), exist_ok=False).uploaded


def test_a_blob_that_was_replaced_by_hand_is_never_handed_out(shelf: Shelf) -> None:
    wheel = build_wheel(shelf.folder)
    shelf.add(wheel)
    [path] = shelf.memory.blobs
    shelf.memory.blobs[path] = (b"something else", {})
    with pytest.raises(ConflictError, match="exists with 14 bytes"):
        shelf.add(wheel)


def test_a_blob_that_was_replaced_by_as_many_bytes_is_never_handed_out(shelf: Shelf) -> None:
    wheel = build_wheel(shelf.folder)
    shelf.add(wheel)
    [path] = shelf.memory.blobs
    shelf.memory.blobs[path] = (b"X" * len(shelf.memory.blobs[path][0]), shelf.memory.blobs[path][1])
    with pytest.raises(ConflictError, match="exists with other bytes"):
        shelf.add(wheel)


def test_a_lifetime_of_nothing_is_refused(shelf: Shelf) -> None:
    wheel = build_wheel(shelf.folder)
    for days in (0, -1):
        with pytest.raises(UsageError, match="must live for some time"):
            shelf.add(wheel, expires=timedelta(days=days))
    assert shelf.memory.requests.total == 0


@pytest.mark.parametrize("version", ["1!2.0", "2.0+cu118", "2026.11.20.dev1"])
def test_versions_with_unusual_characters(shelf: Shelf, version: str) -> None:
    added = shelf.add(build_wheel(shelf.folder, version=version))
    assert shelf.head(added.url.reveal()) == 200
    assert not set(added.url.reveal()) & set("!+ ")


def test_without_a_key_the_url_lives_seven_days(shelf: Shelf) -> None:
    shelf.memory.hands_out_key = False
    added = shelf.add(build_wheel(shelf.folder))
    assert added.expires == NOW + timedelta(days=7)
    assert shelf.head(added.url.reveal()) == 200
    assert added.notes[0].startswith("User delegation SAS, because")


def test_a_policy_is_extended_for_a_later_wheel(shelf: Shelf) -> None:
    first = shelf.add(build_wheel(shelf.folder))
    shelf.clock.move(days=29)
    shelf.add(build_wheel(shelf.folder, version="1.3.0"))
    shelf.clock.move(days=5)
    assert shelf.head(first.url.reveal()) == 200


def test_nothing_that_is_shown_has_the_signature(shelf: Shelf) -> None:
    added = shelf.add(build_wheel(shelf.folder))
    signature = added.url.reveal().partition("#")[0].rpartition("sig=")[2]
    assert signature not in f"{added} {added!r} {added.requirement} {json.dumps(added.as_json())}"


def test_a_folder_or_a_broken_wheel_is_refused_before_anything_is_sent(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="This is a folder, not a wheel"):
        shelf.add(shelf.folder)
    broken = shelf.folder / "contoso_features-1.2.0-py3-none-any.whl"
    broken.write_bytes(b"PK no zip")
    with pytest.raises(WheelError):
        shelf.add(broken)
    with pytest.raises(InputError):
        shelf.add(shelf.folder / "none-1.0-py3-none-any.whl")
    assert shelf.memory.requests.total == 0


def test_the_name_of_sdk_v1(shelf: Shelf) -> None:
    """Arguments and meaning as there: (workspace, file_path, exist_ok=False) gives a URL; now with a real clock."""
    shelf.memory.now = lambda: datetime.now(timezone.utc)
    wheel = build_wheel(shelf.folder)
    url = add_private_pip_wheel(shelf.memory.open(), file_path=wheel)
    assert url.startswith("https://memory.blob.core.windows.net/azureml-blobstore-memory/amlpriv/wheels/")
    with pytest.raises(ConflictError):
        add_private_pip_wheel(shelf.memory.open(), wheel)
    assert add_private_pip_wheel(shelf.memory.open(), str(wheel), exist_ok=True) == url


def test_what_is_no_workspace_is_named(shelf: Shelf) -> None:
    with pytest.raises(UsageError, match="int is no workspace"):
        add_private_pip_wheel(5, build_wheel(shelf.folder))
