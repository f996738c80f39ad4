"""What the tests of wheels share: reading a path, and writing a wheel with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amlpriv.wheels.read import read_wheel
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import make_record, wheel_members, write_archive

FILENAME = "contoso_features-1.2.0-py3-none-any.whl"
RECORD = "contoso_features-1.2.0.dist-info/RECORD"


@pytest.fixture
def read() -> Callable[[Path], Wheel]:
    """Read the wheel at a path."""

    def read_path(path: Path) -> Wheel:
        with path.open("rb") as stream:
            return read_wheel(path.name, stream)

    return read_path


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """Write a valid wheel with some members replaced, added or (None) removed; RECORD follows unless it is given."""

    def write(changes: Mapping[str, bytes | None], *, filename: str = FILENAME, record: str = RECORD) -> Path:
        members: dict[str, bytes] = {}
        for path, data in {**wheel_members(), **changes}.items():
            if data is not None:
                members[path] = data
        if record in members and RECORD not in changes:
            unlisted = ("/", ".jws", ".p7s")
            listed = {path: data for path, data in members.items() if not path.endswith(unlisted)}
            members[record] = make_record(listed, record)
        return write_archive(tmp_path / filename, members)

    return write
