"""wheel inspect."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.inspecting import inspect_wheel, wheel_as_json
from amlpriv.errors import InputError, WheelError
from tests.wheelhouse import build_wheel


def test_a_good_wheel_tells_what_it_is(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, requires_dist=["numpy>=1"], requires_python=">=3.9", extras={"gpu": ["torch"]})
    found = wheel_as_json(inspect_wheel(path))
    assert found["filename"] == path.name
    assert (found["name"], found["version"], found["tags"]) == ("contoso-features", "1.2.0", ["py3-none-any"])
    assert found["requires_python"] == ">=3.9"
    assert (found["provides_extra"], found["import_names"]) == (["gpu"], ["contoso_features"])
    assert found["size"] == path.stat().st_size


def test_a_wheel_that_needs_no_python_in_particular_says_so(tmp_path: Path) -> None:
    assert wheel_as_json(inspect_wheel(build_wheel(tmp_path)))["requires_python"] is None


def test_a_truncated_wheel_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WheelError) as caught:
        inspect_wheel(path)
    assert path.name in str(caught.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder, not a wheel"):
        inspect_wheel(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        inspect_wheel(tmp_path / "contoso-1-py3-none-any.whl")
