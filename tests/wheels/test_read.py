from __future__ import annotations

import base64
import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installer.sources import WheelFile
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.version import Version

from amlpriv.wheels.archive import Limits
from amlpriv.wheels.errors import (
    BadDataFolder,
    InvalidWheelName,
    MetadataMismatch,
    MissingMember,
    MultipleDistInfo,
    UnsafeMemberPath,
    ZipBomb,
)
from amlpriv.wheels.read import read_requires_python, read_wheel
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel, make_record, wheel_members, write_archive

Changed = Callable[..., Path]
Read = Callable[[Path], Wheel]
DIST_INFO = "contoso_features-1.2.0.dist-info"


def test_everything_about_a_wheel(tmp_path: Path, read: Read) -> None:
    path = build_wheel(
        tmp_path,
        name="Contoso.Features",
        version="1!2.0+cu118",
        tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        modules={"contoso/features/__init__.py": "", "fast.cpython-311-x86_64-linux-gnu.so": b"\x7fELF"},
        requires_dist=["numpy>=1"],
        requires_python=">=3.11",
        extras={"Test_It": ["pytest"]},
        build="3b",
    )
    data = path.read_bytes()
    wheel = read(path)
    assert wheel == Wheel(
        filename="contoso_features-1!2.0+cu118-3b-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        name=wheel.name,
        display_name="Contoso.Features",
        version=Version("1!2.0+cu118"),
        build=(3, "b"),
        tags=frozenset(
            Tag("cp311", "cp311", platform) for platform in ("manylinux_2_17_x86_64", "manylinux2014_x86_64")
        ),
        root_is_purelib=False,
        sha256=hashlib.sha256(data).hexdigest(),
        content_hash=wheel.content_hash,
        size=len(data),
        requires_python=SpecifierSet(">=3.11"),
        requires_dist=(Requirement("numpy>=1"), Requirement('pytest; extra == "test-it"')),
        provides_extra=("test-it",),
        import_names=("contoso.features", "fast"),
    )
    assert wheel.name == "contoso-features"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"name": "a", "version": "0", "modules": {}},
        {"compression": zipfile.ZIP_STORED},
        {"modules": {'größe, "文".py': "", "a b/c.py": "x"}},
        {"files": {"entry_points.txt": "", "licenses/LICENSE": "MIT"}},
        {"executable": ["contoso_features/__init__.py"]},
        {"version": "1!2.0+cu118", "build": "3b", "tag": "py2.py3-none-any"},
        {"modules": {"contoso_features-1.2.0.data/purelib/a.py": "", "contoso_features-1.2.0.data/scripts/run": ""}},
    ],
)
def test_what_is_accepted_here_is_accepted_by_installer(tmp_path: Path, read: Read, options: dict[str, Any]) -> None:
    path = build_wheel(tmp_path, **options)
    assert read(path).filename == path.name
    with WheelFile.open(path) as oracle:
        oracle.validate_record()


def test_the_stream_is_read_from_its_start_and_left_open(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    stream = io.BytesIO(path.read_bytes())
    stream.seek(100)
    assert read_wheel(path.name, stream).size == path.stat().st_size
    assert not stream.closed


def test_the_name_is_checked_before_the_bytes() -> None:
    with pytest.raises(InvalidWheelName):
        read_wheel("my-custom.whl", io.BytesIO(b"nothing"))


@pytest.mark.parametrize(
    ("filename", "member"),
    [
        ("contoso_other-1.2.0-py3-none-any.whl", DIST_INFO),
        ("contoso_features-1.3.0-py3-none-any.whl", DIST_INFO),
        ("contoso_features-1.2.0+local-py3-none-any.whl", DIST_INFO),
    ],
)
def test_a_renamed_wheel_is_refused(changed: Changed, read: Read, filename: str, member: str) -> None:
    with pytest.raises(MetadataMismatch) as caught:
        read(changed({}, filename=filename))
    assert caught.value.member == member


@pytest.mark.parametrize(
    "metadata", [b"Name: contoso-other\nVersion: 1.2.0\n", b"Name: contoso-features\nVersion: 9\n"]
)
def test_metadata_of_another_package_is_refused(changed: Changed, read: Read, metadata: bytes) -> None:
    with pytest.raises(MetadataMismatch, match="and the file name says"):
        read(changed({f"{DIST_INFO}/METADATA": metadata}))


def test_equal_versions_may_be_spelled_differently(changed: Changed, read: Read) -> None:
    wheel = read(changed({f"{DIST_INFO}/METADATA": b"Name: contoso_features\nVersion: v1.2\n"}))
    assert (wheel.display_name, wheel.version) == ("contoso_features", Version("1.2.0"))


def test_a_folder_whose_version_is_no_version_is_left_alone_as_pip_does(tmp_path: Path, read: Read) -> None:
    old = {
        path.replace("-1.2.0+a.b.dist", "-1.2.0_a.b.dist"): data
        for path, data in wheel_members(version="1.2.0+a.b").items()
    }
    record = "contoso_features-1.2.0_a.b.dist-info/RECORD"
    del old[record]
    path = tmp_path / "contoso_features-1.2.0+a.b-py3-none-any.whl"
    assert read(write_archive(path, {**old, record: make_record(old, record)})).version == Version("1.2.0+a.b")


@pytest.mark.parametrize("part", ["METADATA", "WHEEL", "RECORD"])
def test_a_missing_part_is_refused(changed: Changed, read: Read, part: str) -> None:
    with pytest.raises(MissingMember) as caught:
        read(changed({f"{DIST_INFO}/{part}": None}))
    assert caught.value.member == f"{DIST_INFO}/{part}"


def test_a_zip_without_dist_info_is_refused(tmp_path: Path, read: Read) -> None:
    path = write_archive(tmp_path / "contoso_features-1.2.0-py3-none-any.whl", {"contoso_features/__init__.py": b""})
    with pytest.raises(MissingMember, match=r"no \.dist-info folder"):
        read(path)


@pytest.mark.parametrize("second", ["left_over-1.0.dist-info/METADATA", "left_over-1.0.dist-info/"])
def test_two_dist_info_folders_are_refused(changed: Changed, read: Read, second: str) -> None:
    with pytest.raises(MultipleDistInfo, match="left_over"):
        read(changed({second: b""}))


@pytest.mark.parametrize("path", ["odd/x.py", "x.py"])
def test_a_data_folder_that_pip_refuses_is_refused(changed: Changed, read: Read, path: str) -> None:
    with pytest.raises(BadDataFolder):
        read(changed({f"contoso_features-1.2.0.data/{path}": b""}))


def test_a_member_outside_is_refused(changed: Changed, read: Read) -> None:
    with pytest.raises(UnsafeMemberPath):
        read(changed({"../../.ssh/authorized_keys": b""}))


def test_other_tags_inside_are_noted_and_not_refused(changed: Changed, read: Read) -> None:
    wheel = read(changed({f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\n"}))
    assert wheel.tag_notes == (
        "The file name has tags that WHEEL does not: py3-none-any.",
        "WHEEL has tags that the file name does not: py2-none-any.",
    )
    assert {str(tag) for tag in wheel.tags} == {"py3-none-any"}


def test_missing_tags_are_noted(changed: Changed, read: Read) -> None:
    wheel = read(changed({f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\n"}))
    assert wheel.tag_notes == ("WHEEL has no Tag line.",)
    assert wheel.metadata_notes == ("WHEEL does not say Root-Is-Purelib; installers take it as false.",)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_memory_stays_small_whatever_the_size_of_the_wheel(tmp_path: Path, compression: int) -> None:
    path = _large_wheel(tmp_path, 300 << 20, compression)
    tracemalloc.start()
    try:
        with path.open("rb") as stream:
            wheel = read_wheel(path.name, stream, limits=Limits(ratio=2000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert wheel.import_names == ()
    assert peak < 16 << 20


def test_a_large_wheel_of_nothing_is_a_bomb_by_default(tmp_path: Path, read: Read) -> None:
    with pytest.raises(ZipBomb):
        read(_large_wheel(tmp_path, 300 << 20, zipfile.ZIP_DEFLATED))


def _large_wheel(tmp_path: Path, size: int, compression: int) -> Path:
    """A wheel with one member of ``size`` zeros, written without holding it."""
    piece = bytes(1 << 20)
    digest = hashlib.sha256()
    members = wheel_members(modules={})
    record = f"{DIST_INFO}/RECORD"
    path = tmp_path / "contoso_features-1.2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as archive:
        with archive.open("weights.bin", "w", force_zip64=True) as member:
            for _ in range(size // len(piece)):
                member.write(piece)
                digest.update(piece)
        value = base64_of(digest.digest())
        members[record] += f"weights.bin,sha256={value},{size}\n".encode()
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def base64_of(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_requires_python_is_read_alone(tmp_path: Path) -> None:
    """Nothing else is verified: a folder of wheels is looked through with it."""
    for required in (">=3.12", None):
        path = build_wheel(tmp_path, requires_python=required)
        with path.open("rb") as stream:
            found = read_requires_python(path.name, stream)
        assert found == (None if required is None else SpecifierSet(required))
