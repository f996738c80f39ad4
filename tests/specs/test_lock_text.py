"""The text of a lock, and what an environment becomes with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from amlpriv.errors import InputError
from amlpriv.specs.environment import EnvironmentFile, parse_environment_file
from amlpriv.specs.lock_inputs import LockInput
from amlpriv.specs.lock_text import LockFile, is_lock, narrowed, read_lock, with_lock, write_lock
from amlpriv.specs.resolution import Pin, PinnedFile, Resolution
from amlpriv.target import Target

A, B = "aa" * 32, "bb" * 32
TARGET = Target()
INPUTS = (
    LockInput("target", str(TARGET)),
    LockInput("requirement", "pandas", ">=2"),
    LockInput("private", "contoso-core", f" requires {A}"),
)


def pin(name: str, version: str, *hashes: str) -> Pin:
    """A pin of a wheel on some host."""
    file = PinnedFile(f"{name}-{version}-py3-none-any.whl", f"https://files.example.org/{name}", A)
    return Pin(canonicalize_name(name), Version(version), (file,), hashes, "https://index.example.org/simple")


PINS = Resolution(
    TARGET, (pin("contoso-core", "1.0"), pin("pandas", "2.2", f"sha256:{B}", f"sha256:{A}"), pin("six", "1"))
)


def text() -> str:
    """A lock with a private package and two pins."""
    return write_lock(PINS, INPUTS, of="environment.yml", made_with="amlpriv 1, uv 2")


def lock() -> LockFile:
    """The same, read."""
    return read_lock(text(), "environment.lock.txt")


def read(*lines: str, top: str = "") -> EnvironmentFile:
    """A file with these pip lines."""
    head = ["name: a", "image: example.org/image", "conda_file:", "  dependencies:", "  - python=3.11", "  - pip:"]
    whole = "\n".join([*head, *(f'    - "{line}"' for line in lines), top, ""])
    return parse_environment_file(whole, "environment.yml", load=str)


def pip(file: EnvironmentFile) -> list[str]:
    """Its pip section."""
    return [line.text for line in file.conda.pip] if file.conda else []


def test_a_lock_is_a_requirements_file_that_says_what_it_was_made_from() -> None:
    lines = text().splitlines()
    assert lines[0] == "# amlpriv lock 1"
    assert lines[1].startswith("# Pins of environment.yml, ")
    assert lines[2] == "# made with amlpriv 1, uv 2"
    assert lines[3].startswith("# inputs sha256:")
    assert lines[4].startswith("# pins sha256:")
    assert lines[5:] == [
        f"#   private: contoso-core requires {A}",
        "#   requirement: pandas>=2",
        f"#   target: {TARGET}",
        "pandas==2.2 \\",
        f"    --hash=sha256:{A} \\",
        f"    --hash=sha256:{B}",
        "six==1 \\",
        f"    --hash=sha256:{A}",
    ]
    assert "example.org" not in text()


def test_it_is_read_as_it_was_written() -> None:
    found = lock()
    assert (found.of, found.inputs) == ("environment.yml", tuple(sorted(INPUTS)))
    assert [str(item.requirement) for item in found.pins] == ["pandas==2.2", "six==1"]
    assert found.pins[0].hashes == (f"sha256:{A}", f"sha256:{B}")
    assert read_lock(text().replace("\n", "\r\n"), "environment.lock.txt").pins[1].name == "six"
    assert not found.changes(reversed(INPUTS))


def test_a_stale_one_says_why() -> None:
    assert lock().changes(INPUTS[:1]) == ("contoso-core is no longer shipped", "pandas is no longer required")
    assert replace(lock(), digest=B).changes(INPUTS) == ("its head was edited",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("six==1 ", "six==2 "),
        (f"    --hash=sha256:{A} \\\n", ""),
        (f"six==1 \\\n    --hash=sha256:{A}\n", ""),
        (f"six==1 \\\n    --hash=sha256:{A}", "six==1"),
        ("six==1 ", "idna==3\nsix==1 "),
        ("six==1 ", "six==1; sys_platform == 'linux' "),
    ],
)
def test_a_lock_whose_pins_are_not_those_that_were_written_is_stale(old: str, new: str) -> None:
    """By hand, by a merge without conflict, by a disk that was full."""
    assert old in text()
    edited = read_lock(text().replace(old, new), "environment.lock.txt")
    assert edited.changes(INPUTS) == ("its pins were edited",)
    assert edited.changes(INPUTS[:2]) == ("contoso-core is no longer shipped", "its pins were edited")


def test_one_without_any_of_its_pins_and_one_of_an_older_version_are_stale() -> None:
    head = [line for line in text().splitlines() if line.startswith("#")]
    assert read_lock("\n".join(head), "environment.lock.txt").changes(INPUTS) == ("its pins were edited",)
    older = "\n".join(line for line in text().splitlines() if not line.startswith("# pins "))
    old = read_lock(older, "environment.lock.txt")
    assert old.changes(INPUTS) == ("it was written by an older version of amlpriv",)
    assert [pin.name for pin in old.pins] == ["pandas", "six"]


def test_comments_and_the_order_of_pins_change_nothing() -> None:
    """pip installs the same."""
    lines = text().splitlines()
    moved = [*lines[:8], "# reviewed", *lines[11:], "", *lines[8:11]]
    assert not read_lock("\r\n".join(moved), "environment.lock.txt").changes(INPUTS)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("# amlpriv lock 1", "# pins", 1),
        ("# inputs", "# input", 1),
        ("six==1 ", "<<<<<<< HEAD\nsix==1 ", 12),
        ("six==1 ", "six>=1 ", 12),
        ("six==1 ", "--index-url https://example.org/\nsix==1 ", 12),
        ("six==1 ", "-r other.txt\nsix==1 ", 12),
        ("#   target: ", "#   nonsense: ", 1),
    ],
)
def test_a_broken_one_is_an_error_with_its_line(old: str, new: str, line: int) -> None:
    """Merges break locks."""
    with pytest.raises(InputError) as caught:
        read_lock(text().replace(old, new), "environment.lock.txt")
    assert (caught.value.file, caught.value.line) == ("environment.lock.txt", line)
    assert caught.value.hint is not None
    assert "amlpriv lock" in caught.value.hint


def test_other_requirements_files_are_no_locks() -> None:
    assert is_lock(text())
    assert is_lock("\ufeff" + text())
    assert not is_lock("# pins\nsix==1\n")


def test_the_pins_take_the_place_of_what_an_index_serves() -> None:
    """Options and private packages stay; a line that is not for the target goes."""
    lines = ("--pre", "contoso-core[all]>=1", "pandas>=2", "six; sys_platform == 'win32'")
    file, notes = with_lock(read(*lines), lock().pins, {"contoso-core"})
    hashed = [f"pandas==2.2 --hash=sha256:{A} --hash=sha256:{B}", f"six==1 --hash=sha256:{A}"]
    assert pip(file) == ["--pre", "contoso-core[all]>=1", *hashed]
    assert not notes


@pytest.mark.parametrize(
    "line", ["nlp @ git+https://git.example.org/nlp@v1", "nlp @ https://files.example.org/nlp.zip"]
)
def test_beside_an_address_without_a_hash_the_pins_have_none(line: str) -> None:
    """With one hash pip asks for all."""
    file, notes = with_lock(read("pandas>=2", line), lock().pins, ())
    assert pip(file) == [line, "pandas==2.2", "six==1"]
    assert notes == ("the pins of the lock are written without hashes, since nlp can have none",)


def test_an_address_with_a_hash_leaves_the_pins_theirs() -> None:
    """And a package with an address is not pinned beside it."""
    line = f"six @ https://files.example.org/six-1-py3-none-any.whl#sha256={B}"
    file, notes = with_lock(read("pandas>=2", line), lock().pins, ())
    assert pip(file) == [line, f"pandas==2.2 --hash=sha256:{A} --hash=sha256:{B}"]
    assert not notes


def test_hashes_of_the_file_itself_narrow_those_of_the_lock() -> None:
    """Who has written one wants no other file."""
    found = narrowed(read(f"pandas --hash=sha256:{B}", "six"), PINS)
    assert {str(item): item.hashes for item in found.pins}["pandas==2.2"] == (f"sha256:{B}",)
    with pytest.raises(InputError, match=r"no file of six==1 with a hash that stands behind six") as caught:
        narrowed(read(f"six --hash=sha256:{B}"), PINS)
    assert caught.value.line == 7
