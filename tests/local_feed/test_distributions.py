"""Whether a file is the distribution that it says it is."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from amlpriv.local.feed.distributions import BadDistribution, Distribution, named, read_distribution
from tests.wheelhouse import build_wheel

INFO = b"Metadata-Version: 2.1\nName: Some.Thing\nVersion: 1.0.0\nRequires-Python: >=3.9\n"


def tarball(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_a_wheel_says_what_it_is(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="Some.Thing", version="1.0", requires_python=">=3.9")
    assert read_distribution(wheel.name, wheel) == Distribution("some-thing", "1.0", ">=3.9")


def test_source_distributions_say_it_too(tmp_path: Path) -> None:
    wanted = Distribution("some-thing", "1.0", ">=3.9")
    path = tarball(tmp_path / "a", ("some_thing-1.0/x.egg-info/PKG-INFO", b""), ("some_thing-1.0/PKG-INFO", INFO))
    assert read_distribution("some_thing-1.0.tar.gz", path) == wanted
    with zipfile.ZipFile(tmp_path / "b", "w") as archive:
        archive.writestr("some_thing-1.0/PKG-INFO", INFO)
    assert read_distribution("some_thing-1.0.zip", tmp_path / "b") == wanted


@pytest.mark.parametrize(
    "name", ["x.exe", "x-1.egg", "x.whl", "x-1-py3-none.whl", "a/b-1.tar.gz", "..\\b-1.zip", "\0-1.zip"]
)
def test_a_name_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(BadDistribution):
        named(name)


def test_an_archive_without_the_right_metadata_is_refused(tmp_path: Path) -> None:
    empty = tarball(tmp_path / "a", ("some_thing-1.0/setup.py", b""))
    with pytest.raises(BadDistribution, match="no metadata"):
        read_distribution("some_thing-1.0.tar.gz", empty)
    other = tarball(tmp_path / "b", ("x-1/PKG-INFO", b"Name: some-thing\nVersion: one\n"))
    with pytest.raises(BadDistribution, match="another package or version: 'some-thing one'"):
        read_distribution("some_thing-1.0.tar.gz", other)
    (tmp_path / "c").write_bytes(tarball(tmp_path / "d", ("x-1/PKG-INFO", INFO * 999)).read_bytes()[:60])
    with pytest.raises(BadDistribution, match="cannot be read"):
        read_distribution("some_thing-1.0.tar.gz", tmp_path / "c")
