"""Wheels that do not run on the target: refused before any upload, with the reason and the way out."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from amlpriv.errors import FindingsError
from tests.actions.projects import Office, Project
from tests.backends.projects import BACKENDS, write_project

UBUNTU_22 = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20260101.v1"
"""glibc 2.35"""


def office(folder: Path, environ: Mapping[str, str], tag: str) -> Office:
    """A project with a wheel of that tag."""
    made = Project(folder)
    made.wheel(tag=tag)
    return Office(made, environ)


def refused(office: Office, **options: object) -> list[str]:
    """The errors that publishing raised; nothing was sent."""
    with pytest.raises(FindingsError) as caught:
        office.publish(**options)
    assert office.requests == {"control_plane": 0, "storage": 0}
    assert not office.memory.blobs
    assert not office.memory.environments
    return [f"{finding.message} {finding.fix}" for finding in caught.value.report if finding.code == "AP101"]


@pytest.mark.parametrize(
    ("tag", "options", "cause", "fix"),
    [
        ("cp311-cp311-win_amd64", {}, "it was built for Windows", "Build it on Linux"),
        ("cp311-cp311-macosx_11_0_arm64", {}, "it was built for macOS", "Build it on Linux"),
        ("cp312-cp312-manylinux_2_28_x86_64", {"python": "3.10"}, "another Python (cp312)", "with Python 3.10"),
        (
            "cp311-cp311-manylinux_2_39_x86_64",
            {"image": UBUNTU_22},
            "newer glibc than the image's 2.35",
            "newer Ubuntu",
        ),
    ],
    ids=["Windows", "macOS", "cp312 for 3.10", "manylinux_2_39 for glibc 2.35"],
)
def test_a_wheel_for_elsewhere_is_refused_before_any_upload(
    tmp_path: Path, environ: Mapping[str, str], tag: str, options: Mapping[str, str], cause: str, fix: str
) -> None:
    (said,) = refused(office(tmp_path, environ, tag), **options)
    assert f"contoso_features-1.2.0-{tag}.whl" in said
    assert cause in said
    assert fix in said


def test_the_same_wheels_are_accepted_where_they_run(tmp_path: Path, environ: Mapping[str, str]) -> None:
    newer = office(tmp_path, environ, "cp311-cp311-manylinux_2_39_x86_64")
    assert newer.publish().plan.action.value == "created"


@pytest.mark.skipif(
    BACKENDS["setuptools with C"].missing is not None or not sys.platform.startswith("linux"),
    reason="NOT PROVEN: what is said about a wheel that is compiled here (no C compiler, or not Linux)",
)
def test_a_package_that_is_compiled_on_this_linux_is_reported_with_the_way_out(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    """pip would install it, and the import would fail wherever the machine is older than this one."""
    made = Project(tmp_path)
    write_project(tmp_path / "features", BACKENDS["setuptools with C"])
    made.sources["contoso-features"] = "features"
    office = Office(made, environ)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    published = office.publish(python=python)
    (warning,) = (finding for finding in published.report if finding.code == "AP102")
    assert "linux_" in warning.message
    assert "--build-in" in warning.fix
    other = "3.9" if python != "3.9" else "3.10"
    shutil.rmtree(tmp_path / "wheels", ignore_errors=True)
    again = Office(made, environ)
    (said,) = refused(again, python=other)
    assert "another Python" in said
