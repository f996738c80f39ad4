"""wheel inspect."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.actions.inspecting import inspect_wheel, wheel_as_json, wheel_filename
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


def test_a_link_with_another_name_is_the_wheel_that_it_leads_to(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    link = tmp_path / "latest.whl"
    link.symlink_to(path.name)
    assert inspect_wheel(link).filename == path.name
    other = tmp_path / "contoso_features-1.2.0-1-py3-none-any.whl"
    other.symlink_to(path.name)
    assert wheel_filename(other) == other.name  # a name that parses is kept
    path.unlink()
    assert wheel_filename(link) == path.name
    (tmp_path / "loop.whl").symlink_to("loop.whl")
    assert wheel_filename(tmp_path / "loop.whl") == "loop.whl"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "contoso_features-1.2.0-py3-none-any.whl"
    os.mkfifo(path)
    with pytest.raises(InputError, match="pipe"):
        inspect_wheel(path)
