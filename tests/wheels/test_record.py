from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.wheels.errors import BadRecord, MissingMember, RecordMismatch, RecordMissingEntry
from amlpriv.wheels.record import RecordEntry, parse_record
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import make_record, wheel_members, write_archive

RECORD = "contoso_features-1.2.0.dist-info/RECORD"
MODULE = "contoso_features/__init__.py"
Changed = Callable[..., Path]
Read = Callable[[Path], Wheel]


def test_rows_are_read_as_csv() -> None:
    data = b'"a, b.py",sha256=AAA,3\r\na-1.dist-info/RECORD,,\r\n'
    assert parse_record("a.whl", "a-1.dist-info/RECORD", data) == {
        "a, b.py": RecordEntry("sha256", "AAA", 3),
        "a-1.dist-info/RECORD": RecordEntry("", "", None),
    }


def test_the_same_row_twice_is_left_alone() -> None:
    assert list(parse_record("a.whl", "R", b"a,sha256=A,1\na,sha256=A,1\nR,,\n")) == ["a", "R"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"a,sha256=A,1\n\n", "0 columns in line 2"),
        (b"a,sha256=A\n", "2 columns in line 1"),
        (b'"a,sha256=A,1\n', "not CSV"),
        (b"a,md5=A,1\n", "sha256 or better"),
        (b"a,sha256,1\n", "no hash"),
        (b"a,sha256=,1\n", "no hash"),
        (b"a,,1\n", "no hash"),
        (b"a,,\n", "no hash"),
        (b"a,sha256=A,\n", "the size ''"),
        (b"a,sha256=A,-1\n", "the size '-1'"),
        (b"a,sha256=A," + b"9" * 5000 + b"\n", "the size"),
        (b"a,sha256=A,1\na,sha256=B,1\n", "twice"),
        (b"R,sha256=A,1\n", "hash of itself"),
        (b"R.jws,sha256=A,1\n", "its own signature"),
    ],
)
def test_a_record_that_cannot_be_understood_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadRecord, match=words):
        parse_record("a.whl", "R", data)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "sha3_256", "blake2b"])
def test_strong_hashes_are_accepted(tmp_path: Path, read: Read, algorithm: str) -> None:
    members = wheel_members()
    members[RECORD] = make_record(members, RECORD, algorithm)
    assert read(write_archive(tmp_path / "contoso_features-1.2.0-py3-none-any.whl", members)).size


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_changed_member_is_refused_with_both_hashes(tmp_path: Path, read: Read, algorithm: str) -> None:
    members = wheel_members()
    members[RECORD] = make_record(members, RECORD, algorithm)
    members[MODULE] = members[MODULE].replace(b"1.2.0", b"6.6.6")
    path = write_archive(tmp_path / "contoso_features-1.2.0-py3-none-any.whl", members)
    with pytest.raises(RecordMismatch) as caught:
        read(path)
    assert caught.value.member == MODULE
    assert caught.value.expected != caught.value.got
    assert str(caught.value).startswith(f"{path.name}: {MODULE} has the {algorithm} ")


def test_a_changed_size_is_refused(changed: Changed, read: Read) -> None:
    with pytest.raises(RecordMismatch, match="has the size 25, and RECORD says 22"):
        read(changed({MODULE: b"#" * 25, RECORD: wheel_members()[RECORD]}))


def test_an_unlisted_member_is_refused(changed: Changed, read: Read) -> None:
    with pytest.raises(RecordMissingEntry) as caught:
        read(changed({"contoso_features/added.py": b"", RECORD: wheel_members()[RECORD]}))
    assert caught.value.member == "contoso_features/added.py"


def test_a_record_that_does_not_list_itself_is_refused(changed: Changed, read: Read) -> None:
    lines = wheel_members()[RECORD].splitlines(keepends=True)
    with pytest.raises(RecordMissingEntry):
        read(changed({RECORD: b"".join(lines[:-1])}))


def test_a_listed_member_that_is_absent_is_refused(changed: Changed, read: Read) -> None:
    with pytest.raises(MissingMember) as caught:
        read(changed({MODULE: None, RECORD: wheel_members()[RECORD]}))
    assert caught.value.member == MODULE


def test_folders_and_signatures_need_no_row(changed: Changed, read: Read) -> None:
    plain = read(changed({}))
    wheel = read(changed({"contoso_features/": b"", f"{RECORD}.jws": b"{}", f"{RECORD}.p7s": b"signed"}))
    assert wheel.content_hash == plain.content_hash
    assert wheel.sha256 != plain.sha256
