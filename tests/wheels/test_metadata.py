from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from amlpriv.wheels.errors import BadMetadata, BadWheelFile
from amlpriv.wheels.metadata import Metadata, WheelFile, parse_metadata, parse_wheel_file

MEMBER = "a-1.dist-info/METADATA"


def metadata(text: str | bytes) -> Metadata:
    return parse_metadata("a.whl", MEMBER, text if isinstance(text, bytes) else text.encode())


def wheel_file(text: str) -> WheelFile:
    return parse_wheel_file("a.whl", "a-1.dist-info/WHEEL", text.encode())


def test_the_five_fields() -> None:
    assert metadata(
        "Metadata-Version: 2.4\nName: Contoso.Features\nVersion: 1.0\nAuthor: Zoë\nRequires-Python: >=3.9\n"
        "Requires-Dist: numpy (>=1.2)\nRequires-Dist: x; extra == 'B_c'\nProvides-Extra: B_c\nProvides-Extra: b-c\n\n"
        "Name: only text\n"
    ) == Metadata(
        "Contoso.Features",
        Version("1.0"),
        SpecifierSet(">=3.9"),
        (Requirement("numpy>=1.2"), Requirement("x; extra == 'B_c'")),
        ("b-c",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Metadata-Version: 99.0\nName: a\nVersion: 1\nNew-Field: x\n",
        "name: a\nVERSION: 1\n",
        "Name: a\r\nVersion: 1\r\n\r\nText\r\n",
        "\ufeffName: a\nVersion: 1\n",
        "Name: a\nVersion: 1\nRequires-Python:\nSummary: UNKNOWN\nLicense: two\n        lines\n",
        b"Name: a\nVersion: 1\nAuthor: Zo\xeb\n",
        "Name: a\nVersion: 1\nName: b\n",
    ],
)
def test_unusual_but_installable_metadata_is_accepted(text: str | bytes) -> None:
    assert metadata(text) == Metadata("a", Version("1"), None, (), ())


def test_a_folded_requirement_is_one_line() -> None:
    assert metadata("Name: a\nVersion: 1\nRequires-Dist: b\n  >=1\n").requires_dist == (Requirement("b>=1"),)


@pytest.mark.parametrize("text", [">=3.6.*", "3", f">={'9' * 5000}"])
def test_a_wrong_requires_python_is_noted_and_ignored_as_pip_does(text: str) -> None:
    found = metadata(f"Name: a\nVersion: 1\nRequires-Python: {text}\n")
    assert found.requires_python is None
    assert text in found.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no usable Name"),
        ("Name: a b\nVersion: 1\n", "no usable Name"),
        ("not a header\nName: a\nVersion: 1\n", "no usable Name"),
        ("Name: a\n", "no usable Version"),
        ("Name: a\nVersion: one\n", "no usable Version"),
        (f"Name: a\nVersion: {'9' * 5000}\n", "no usable Version"),
        ("Name: a\nVersion: 1\nRequires-Dist: b >=1.*\n", "not a requirement"),
        ("Name: a\nVersion: 1\nRequires-Dist: b; nonsense\n", "not a requirement"),
        (f"Name: a\nVersion: 1\nRequires-Dist: b>={'9' * 5000}\n", "not a requirement"),
    ],
)
def test_metadata_that_cannot_be_installed_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadMetadata, match=words) as caught:
        metadata(text)
    assert caught.value.member == MEMBER


def test_a_password_in_a_requirement_is_not_shown() -> None:
    with pytest.raises(BadMetadata) as caught:
        metadata("Name: a\nVersion: 1\nRequires-Dist: b @ https://me:hunter2@host/b.whl nonsense\n")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_tags_are_expanded_and_sorted() -> None:
    found = wheel_file(
        "Wheel-Version: 1.9\nRoot-Is-Purelib: True\nTag: py3-none-any\nTag: py2.PY3-none-any\nTag: odd\n"
    )
    assert found == WheelFile(True, ("odd", "py2-none-any", "py3-none-any"))


def test_a_missing_root_is_purelib_is_noted() -> None:
    found = wheel_file("Wheel-Version: 1.0\n")
    assert not found.root_is_purelib
    assert "Root-Is-Purelib" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no usable"), ("Wheel-Version: one\n", "no usable"), ("Wheel-Version: 2.0\n", "wheel format 2.0")],
)
def test_an_unknown_wheel_version_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadWheelFile, match=words):
        wheel_file(text)


@pytest.mark.parametrize("marker", ["os_name ~= 'x'", "'x' in extras"])
def test_a_marker_that_installers_cannot_evaluate_is_a_fault(marker: str) -> None:
    """pip stops at such a line."""
    with pytest.raises(BadMetadata, match="marker installers cannot evaluate"):
        metadata(f"Name: a\nVersion: 1\nRequires-Dist: b; {marker}\n")
