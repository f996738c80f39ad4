"""Which file an installer takes, and why none."""

from __future__ import annotations

import pytest

from amlpriv.connections.pages import File, Page
from amlpriv.errors import UsageError
from amlpriv.indexes.choosing import choose_file, read_requirement
from amlpriv.indexes.judging import Outcome
from amlpriv.target import Target

TARGET = Target(python=(3, 11), glibc=(2, 35))
PURE = "a-1.0-py3-none-any.whl"
LINUX = "a-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
WINDOWS = "a-1.0-cp311-cp311-win_amd64.whl"


def page(*files: str | File) -> Page:
    made = [File(one, f"https://x.example.org/{one}") if isinstance(one, str) else one for one in files]
    return Page("a", tuple(made))


def file(name: str, **values: object) -> File:
    return File(name, f"https://x.example.org/{name}", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "requirement", "expected"),
    [
        ((PURE, LINUX), "a", LINUX),
        ((PURE, "a-2.0-py3-none-any.whl"), "a", "a-2.0-py3-none-any.whl"),
        ((PURE, "a-2.0-py3-none-any.whl"), "a<2", PURE),
        ((PURE, "a-2.0rc1-py3-none-any.whl"), "a", PURE),
        ((PURE, "a-2.0rc1-py3-none-any.whl"), "a>=2.0rc1", "a-2.0rc1-py3-none-any.whl"),
        (("a-2.0rc1-py3-none-any.whl",), "a", "a-2.0rc1-py3-none-any.whl"),
        ((PURE, "a-1.0-1-py3-none-any.whl"), "a", "a-1.0-1-py3-none-any.whl"),
        ((PURE, "a-1.0.tar.gz"), "a", PURE),
        ((PURE, file("a-2.0-py3-none-any.whl", yanked="")), "a", PURE),
        ((PURE, file("a-2.0-py3-none-any.whl", requires_python=">=3.12")), "a", PURE),
        ((file(PURE, requires_python="nonsense"),), "a", PURE),
        ((PURE, "b-9.0-py3-none-any.whl", "a-bad.whl", "a.exe"), "A", PURE),
    ],
)
def test_the_installers_choice(files: tuple[str | File, ...], requirement: str, expected: str) -> None:
    found = choose_file(page(*files), read_requirement(requirement), TARGET)
    assert found.file is not None
    assert (found.file.filename, found.judgement.outcome) == (expected, Outcome.OK)


@pytest.mark.parametrize(
    ("files", "requirement", "outcome", "word"),
    [
        ((), "a", Outcome.VERSION_MISSING, "no file"),
        (("a-1.exe",), "a", Outcome.VERSION_MISSING, "no file"),
        ((PURE,), "a==3", Outcome.VERSION_MISSING, "1.0"),
        ((WINDOWS,), "a", Outcome.OTHER_TARGET, "win_amd64"),
        (("a-1.0-cp311-cp311-manylinux_2_38_x86_64.whl",), "a", Outcome.OTHER_TARGET, "glibc 2.35"),
        (("a-1.0.tar.gz", WINDOWS), "a", Outcome.SDIST_ONLY, "a-1.0.tar.gz"),
        ((PURE, "a-2.0.zip"), "a", Outcome.SDIST_ONLY, "pin version 1.0"),
        ((file(PURE, yanked="leaks memory"),), "a", Outcome.YANKED, "leaks memory"),
        ((file(PURE, requires_python=">=3.12"),), "a", Outcome.REQUIRES_PYTHON, ">=3.12"),
    ],
)
def test_why_nothing_fits(files: tuple[str | File, ...], requirement: str, outcome: Outcome, word: str) -> None:
    found = choose_file(page(*files), read_requirement(requirement), TARGET)
    assert found.judgement.outcome is outcome
    assert word in f"{found.judgement.words} {found.judgement.fix}"
    assert (found.sample is None) == (not files)


def test_a_yanked_version_is_taken_when_it_is_pinned() -> None:
    found = choose_file(page(file(PURE, yanked="old")), read_requirement("a==1.0"), TARGET)
    assert found.judgement.outcome is Outcome.OK
    assert "old" in found.judgement.words
    wildcard = choose_file(page(file(PURE, yanked="old")), read_requirement("a==1.*"), TARGET)
    assert wildcard.judgement.outcome is Outcome.YANKED


def test_without_a_target_every_wheel_fits() -> None:
    assert choose_file(page(WINDOWS), read_requirement("a"), None).judgement.outcome is Outcome.OK


def test_the_smallest_wheel_is_the_sample_where_nothing_fits() -> None:
    other = file("a-1.0-cp310-cp310-win_amd64.whl", size=5)
    found = choose_file(
        page(file(WINDOWS, size=10), other, file("a-0.9.zip.exe", size=1)), read_requirement("a"), TARGET
    )
    assert found.sample == other


@pytest.mark.parametrize(
    ("text", "version", "expected"), [("a", "1.2", "==1.2"), ("a", ">=1,<2", "<2,>=1"), ("a>1", None, ">1")]
)
def test_a_version_may_stand_apart(text: str, version: str | None, expected: str) -> None:
    assert str(read_requirement(text, version).specifier) == expected


@pytest.mark.parametrize(
    ("text", "version"), [("", None), ("a b", None), ("a", "??"), ("a @ https://x.example.org/a.whl", None)]
)
def test_what_is_no_package_is_refused(text: str, version: str | None) -> None:
    with pytest.raises(UsageError):
        read_requirement(text, version)
