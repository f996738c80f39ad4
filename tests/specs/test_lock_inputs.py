"""What a lock depends on, and what has changed since."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from amlpriv.specs.closure import close
from amlpriv.specs.environment import EnvironmentFile, parse_environment_file
from amlpriv.specs.lock_inputs import LockInput, differences, digest_of, lock_inputs, lock_name
from amlpriv.target import Target
from amlpriv.wheels.read import read_wheel
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel

HASH = "ab" * 32


def wheel(folder: Path, **options: object) -> Wheel:
    """A wheel of contoso-features."""
    path = build_wheel(folder, **options)  # type: ignore[arg-type]
    with path.open("rb") as stream:
        return read_wheel(path.name, stream)


@pytest.fixture
def features(tmp_path: Path) -> Wheel:
    """Version 1.2.0 of it."""
    return wheel(tmp_path, extras={"gpu": ["acme-gpu"]})


def read(*lines: str) -> EnvironmentFile:
    """A file with these pip lines and contoso-features as its private package."""
    head = ["name: a", "image: example.org/image", "conda_file:", "  dependencies:", "  - python=3.11", "  - pip:"]
    text = "\n".join([*head, *(f'    - "{line}"' for line in lines), "sources: {contoso-features: {path: wheels}}", ""])
    return parse_environment_file(text, "environment.yml", load=str)


def inputs(features: Wheel, *lines: str, target: Target | None = None) -> tuple[LockInput, ...]:
    """What the lock of such a file depends on."""
    file, where = read(*lines), target or Target()
    return lock_inputs(file, close(file, lambda _: features, where), {"contoso-features": features}, where)


def words(then: Iterable[LockInput], now: Iterable[LockInput]) -> list[str]:
    """The differences."""
    return list(differences(then, now))


def test_the_inputs_of_a_file(features: Wheel) -> None:
    found = inputs(features, "contoso-features[gpu]", "pandas[all]>=2,<3", "six; sys_platform == 'win32'", "six<2")
    first, *others = map(str, found)
    assert re.fullmatch(r"private: contoso-features\[gpu\] requires [0-9a-f]{16}", first)
    assert others == [
        "requirement: pandas[all]<3,>=2",
        "requirement: six<2",
        "target: CPython 3.11 on linux x86_64 with glibc 2.35",
    ]


def test_no_host_is_in_them(features: Wheel) -> None:
    """A lock is committed, and read by others than the specification."""
    lines = (
        "--index-url https://pkgs.example.org/team/simple/",
        "git+https://git.example.org/a/b@v1",
        "contoso-features",
    )
    found = inputs(features, *lines, "tool @ https://files.example.org/tool-1.0-py3-none-any.whl")
    assert "example" not in " ".join(map(str, found))
    assert {item.kind for item in found} == {"option", "private", "repository", "requirement", "target"}


def test_order_and_spelling_change_nothing(features: Wheel) -> None:
    one = inputs(features, "contoso-features", "Pandas >=2, <3", "--index-url https://example.org/simple")
    other = inputs(features, "--index-url https://EXAMPLE.org/simple/", "pandas<3,>=2", "contoso_features ==1.2.0")
    assert digest_of(one) == digest_of(other)
    assert not words(one, other)


def test_a_credential_in_an_address_changes_nothing(features: Wheel) -> None:
    """Another token leads to the same packages."""
    one = inputs(features, "contoso-features", "--extra-index-url https://a:b@example.org/simple/")
    assert one == inputs(features, "contoso-features", "--extra-index-url https://c:d@example.org/simple/")


def test_other_code_and_another_version_of_a_private_package_change_nothing(features: Wheel, tmp_path: Path) -> None:
    """They change no pin: whoever edits a line of their own package need not lock again."""
    code = {"contoso_features.py": "x = 1\n"}
    again = wheel(tmp_path / "again", version="1.3.0", modules=code, extras={"gpu": ["acme-gpu"]})
    assert again.sha256 != features.sha256
    assert inputs(again, "contoso-features") == inputs(features, "contoso-features")


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (["six"], ["six<2"], "six became six<2"),
        (["six"], [], "six is no longer required"),
        ([], ["six"], "six is required now"),
        (["six @ https://a.example/six.whl"], ["six @ https://b.example/six.whl"], "the requirement of six changed"),
        (["six"], [f"six --hash=sha256:{HASH}"], "the requirement of six changed"),
        (["--pre"], [], "--pre is gone"),
        ([], ["--pre"], "--pre is new"),
        (["--index-url https://a.example/"], ["--index-url https://b.example/"], "--index-url has another index"),
        (["git+https://a.example/x"], ["git+https://a.example/y"], "the lines with repositories changed"),
        (["x @ git+https://a.example/x"], ["x @ git+https://a.example/y"], "the repository of x changed"),
    ],
)
def test_what_changed_is_said(features: Wheel, then: list[str], now: list[str], said: str) -> None:
    before, after = inputs(features, "contoso-features", *then), inputs(features, "contoso-features", *now)
    assert words(before, after) == [said]
    assert digest_of(before) != digest_of(after)


def test_what_changed_in_a_private_package_is_said(features: Wheel, tmp_path: Path) -> None:
    before = inputs(features, "contoso-features")
    other = wheel(tmp_path / "other", extras={"gpu": ["acme-gpu>=2"]})
    assert words(before, inputs(other, "contoso-features")) == ["the requirements of contoso-features changed"]
    assert words(before, inputs(features, "contoso-features[gpu]")) == [
        "contoso-features is asked for as contoso-features[gpu], and was as contoso-features"
    ]
    assert words(before, before[1:]) == ["contoso-features is no longer shipped"]
    assert words(before[1:], before) == ["contoso-features is shipped now"]


def test_another_target_is_said(features: Wheel) -> None:
    now = inputs(features, "contoso-features", target=Target((3, 12)))
    (said,) = words(inputs(features, "contoso-features"), now)
    assert said.startswith("the target was CPython 3.11 on linux")
    assert "and is CPython 3.12 on" in said


def test_an_input_is_read_as_it_was_written(features: Wheel) -> None:
    lines = ("contoso-features", "six<2", "--pre", "--index-url https://a.example/", "git+https://a.example/x", "b")
    for item in inputs(features, *lines, "c @ https://a.example/c-1.0-py3-none-any.whl"):
        assert LockInput.parse(str(item)) == item
    with pytest.raises(ValueError, match="not an input of a lock"):
        LockInput.parse("nonsense")


@pytest.mark.parametrize(
    ("file", "name"), [("environment.yml", "environment.lock.txt"), ("requirements.in", "requirements.lock.txt")]
)
def test_a_lock_stands_beside_its_file(file: str, name: str) -> None:
    assert lock_name(file) == name
