"""What may be sent: files, folders and patterns, each distribution verified first."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from amlpriv.errors import InputError, UsageError, WheelError
from amlpriv.indexes.distributions import find_distributions, read_distribution
from tests.wheelhouse import build_sdist, build_wheel, wheel_members, write_archive


def archive(path: Path, files: dict[str, str]) -> Path:
    """A .tar.gz of these."""
    with tarfile.open(path, "w:gz") as made:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            made.addfile(info, io.BytesIO(text.encode()))
    return path


def test_a_folder_gives_its_wheels_and_source_archives_and_nothing_else(tmp_path: Path) -> None:
    wheel, sdist = build_wheel(tmp_path / "dist"), build_sdist(tmp_path / "dist")
    (tmp_path / "dist" / ".gitignore").write_text("*", encoding="utf-8")
    (tmp_path / "dist" / f"{wheel.name}.publish.attestation").write_text("{}", encoding="utf-8")
    found = find_distributions([tmp_path / "dist"])
    assert [item.path for item in found] == [wheel, sdist]
    assert [item.is_wheel for item in found] == [True, False]
    assert {item.requirement for item in found} == {"contoso-features==1.2.0"}


def test_a_pattern_is_read_here_since_shells_of_windows_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wheel = build_wheel(Path("dist"))
    build_sdist(Path("dist"))
    Path("dist", ".gitignore").write_text("*", encoding="utf-8")
    assert [item.filename for item in find_distributions([f"dist{os.sep}*.whl"])] == [wheel.name]
    assert len(find_distributions(["dist/*"])) == 2


def test_the_same_file_named_twice_counts_once(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "a")
    copy = build_wheel(tmp_path / "b")
    assert len(find_distributions([wheel, wheel, tmp_path / "a", copy])) == 1


def test_two_files_of_one_name_and_other_bytes_are_refused(tmp_path: Path) -> None:
    one = build_wheel(tmp_path / "a")
    other = build_wheel(tmp_path / "b", modules={"contoso_features/__init__.py": "x = 2\n"})
    with pytest.raises(InputError, match="contents differ"):
        find_distributions([one, other])


@pytest.mark.parametrize(
    ("word", "expected"),
    [("missing-1.0-py3-none-any.whl", "missing-1.0"), ("none/*.whl", "No wheel"), (".", "no wheel")],
)
def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, expected: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=expected):
        find_distributions([word])


def test_nothing_at_all_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        find_distributions([])


@pytest.mark.parametrize("name", ["thing-1.0.zip", "thing-1.0.tar.bz2", "thing-1.0.egg", "notes.txt"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError):
        read_distribution(tmp_path / name)


def test_a_wheel_with_a_wrong_record_is_refused(tmp_path: Path) -> None:
    members = wheel_members()
    members["contoso_features/__init__.py"] = b"changed = 1\n"
    path = write_archive(tmp_path / "contoso_features-1.2.0-py3-none-any.whl", members)
    with pytest.raises(WheelError):
        read_distribution(path)


def test_a_wheel_under_another_name_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path).rename(tmp_path / "other-1.2.0-py3-none-any.whl")
    with pytest.raises(WheelError):
        read_distribution(path)


def test_a_local_version_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """PEP 440 keeps them from public indexes only."""
    item = read_distribution(build_wheel(tmp_path, version="1.0+ours.3"))
    assert item.requirement == "contoso-features==1.0+ours.3"


def test_a_source_archive_must_be_what_its_name_says(tmp_path: Path) -> None:
    good = build_sdist(tmp_path / "good")
    assert read_distribution(good).name == "contoso-features"
    renamed = good.rename(good.with_name("contoso_features-2.0.tar.gz"))
    with pytest.raises(InputError, match=r"has no contoso_features-2\.0/PKG-INFO"):
        read_distribution(renamed)
    other = {"thing-1.0/PKG-INFO": "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"}
    with pytest.raises(InputError, match=r"of other 1\.0"):
        read_distribution(archive(tmp_path / "thing-1.0.tar.gz", other))
    odd = {"thing-1.1/PKG-INFO": "Metadata-Version: 2.1\nName: thing\nVersion: new\n"}
    with pytest.raises(InputError, match="of thing new"):
        read_distribution(archive(tmp_path / "thing-1.1.tar.gz", odd))


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00cut off"])
def test_what_is_no_archive_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "thing-1.0.tar.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"no \.tar\.gz archive"):
        read_distribution(path)


@pytest.mark.parametrize("name", ["thing.tar.gz", "thing-.tar.gz", "thing-new.tar.gz"])
def test_an_archive_that_is_not_called_as_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="PEP 625"):
        read_distribution(archive(tmp_path / name, {"x": ""}))


def test_an_archive_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = build_sdist(tmp_path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError):
        read_distribution(path)
