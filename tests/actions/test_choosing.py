"""Which wheel of a folder is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from amlpriv.actions.choosing import choose_wheel
from amlpriv.errors import InputError
from amlpriv.target import Target
from tests.wheelhouse import build_wheel


def chosen(folder: Path, *asked: str, name: str | None = "contoso-features") -> str:
    """What is taken, without the package's name and the ending."""
    path = choose_wheel(folder, name, map(Requirement, asked), Target())
    return path.stem.partition("-")[2]


def refusal(folder: Path, *asked: str, name: str | None = "contoso-features") -> str:
    with pytest.raises(InputError) as caught:
        chosen(folder, *asked, name=name)
    assert caught.value.file == str(folder)
    assert caught.value.hint
    return caught.value.message


def test_the_highest_version_is_taken(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        build_wheel(tmp_path, version=version)
    assert chosen(tmp_path) == "1.10.0-py3-none-any"


def test_the_requirement_decides(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "2.0"):
        build_wheel(tmp_path, version=version)
    assert chosen(tmp_path, "contoso-features<2") == "1.10.0-py3-none-any"
    assert chosen(tmp_path, "contoso-features<2", "contoso-features!=1.10.0") == "1.9.0-py3-none-any"


def test_a_pre_release_is_taken_when_it_is_asked_for_or_alone(tmp_path: Path) -> None:
    build_wheel(tmp_path, version="1.3.0rc1")
    assert chosen(tmp_path) == "1.3.0rc1-py3-none-any"
    assert chosen(tmp_path, "contoso-features>=1") == "1.3.0rc1-py3-none-any"
    build_wheel(tmp_path, version="1.2.0")
    assert chosen(tmp_path) == "1.2.0-py3-none-any"
    assert chosen(tmp_path, "contoso-features>=1.3.0rc0") == "1.3.0rc1-py3-none-any"


def test_of_one_version_the_wheel_that_fits_the_target_best_is_taken(tmp_path: Path) -> None:
    """As cibuildwheel leaves them: one for each Python and system."""
    for tag in ("cp310-cp310-manylinux_2_28_x86_64", "cp311-cp311-win_amd64", "py3-none-any"):
        build_wheel(tmp_path, tag=tag)
    assert chosen(tmp_path) == "1.2.0-py3-none-any"
    build_wheel(tmp_path, tag="cp311-cp311-manylinux_2_28_x86_64")
    assert chosen(tmp_path) == "1.2.0-cp311-cp311-manylinux_2_28_x86_64"


def test_a_higher_build_number_is_newer(tmp_path: Path) -> None:
    for build in ("9", "10", ""):
        build_wheel(tmp_path, build=build)
    assert chosen(tmp_path) == "1.2.0-10-py3-none-any"


def test_a_version_for_another_python_is_passed_over(tmp_path: Path) -> None:
    build_wheel(tmp_path, version="1.2.0", requires_python=">=3.9")
    build_wheel(tmp_path, version="1.3.0", requires_python=">=3.12")
    assert chosen(tmp_path) == "1.2.0-py3-none-any"


def test_strays_and_other_packages_are_passed_over(tmp_path: Path) -> None:
    build_wheel(tmp_path)
    build_wheel(tmp_path, name="contoso-other", version="9")
    (tmp_path / "my-custom.whl").write_bytes(b"x")
    (tmp_path / "contoso_features-9.0-py3-none-any.whl").mkdir()
    assert chosen(tmp_path) == "1.2.0-py3-none-any"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_passed_over(tmp_path: Path) -> None:
    build_wheel(tmp_path)
    os.mkfifo(tmp_path / "contoso_features-9.0-py3-none-any.whl")
    assert chosen(tmp_path) == "1.2.0-py3-none-any"


def test_without_a_name_the_one_package_is_taken(tmp_path: Path) -> None:
    build_wheel(tmp_path, version="1.0")
    build_wheel(tmp_path, version="2.0")
    assert chosen(tmp_path, name=None) == "2.0-py3-none-any"
    build_wheel(tmp_path, name="contoso-other")
    assert "several packages: contoso-features, contoso-other" in refusal(tmp_path, name=None)


def test_when_nothing_fits_all_is_listed_with_its_reason(tmp_path: Path) -> None:
    build_wheel(tmp_path, version="1.0")
    build_wheel(tmp_path, version="2.0", tag="cp311-cp311-win_amd64")
    build_wheel(tmp_path, version="3.0", requires_python=">=3.12")
    build_wheel(tmp_path, name="other")
    (tmp_path / "stray.whl").write_bytes(b"x")
    said = refusal(tmp_path, "contoso-features>=2")
    assert "no wheel of contoso-features>=2 for CPython 3.11 on linux" in said
    assert "contoso_features-1.0-py3-none-any.whl (>=2 is asked for)" in said
    assert "contoso_features-2.0-cp311-cp311-win_amd64.whl (it is not for CPython 3.11" in said
    assert "contoso_features-3.0-py3-none-any.whl (it requires Python >=3.12)" in said
    assert "other-1.2.0-py3-none-any.whl (another package)" in said
    assert "stray.whl (its name is not that of a wheel)" in said


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert "neither a pyproject.toml nor a wheel" in refusal(tmp_path)


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    for number in range(13):
        build_wheel(tmp_path, name=f"other{number}")
    assert "and 3 more" in refusal(tmp_path)
