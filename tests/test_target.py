"""Target: which wheels install there, judged without looking at the Python that runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import packaging
import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, parse_tag

import amlpriv
from amlpriv.target import Target, marker_complaint, parse_glibc, parse_python

PYTHONS = [(3, 10), (3, 11), (3, 12), (3, 13)]

# PEP 508, "Environment Markers", without ``extra``, which belongs to the requirement.
MARKERS = {
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
}


def accepts(tag: str, target: Target | None = None) -> bool:
    """Whether a wheel with this (compressed) tag installs on the target."""
    return (target or Target()).accepts(parse_tag(tag))


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_takes_its_own_wheels(python: tuple[int, int]) -> None:
    """And no other Python's, unless they are for the stable ABI."""
    target = Target(python=python)
    for other in PYTHONS:
        cp = f"cp{other[0]}{other[1]}"
        assert accepts(f"{cp}-{cp}-manylinux_2_17_x86_64", target) == (other == python)
        assert accepts(f"{cp}-abi3-manylinux_2_17_x86_64", target) == (other <= python)
        assert accepts(f"{cp}-none-any", target) == (other == python)
        assert accepts(f"py{other[0]}{other[1]}-none-any", target) == (other <= python)


@pytest.mark.parametrize(
    ("tag", "accepted"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("py311-none-any", True),
        ("py3-none-manylinux_2_17_x86_64", True),
        ("cp32-abi3-manylinux1_x86_64", True),
        ("cp311-none-linux_x86_64", True),
        ("cp311-cp311-linux_x86_64", True),
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("cp310.cp311-cp310.cp311-manylinux_2_28_x86_64", True),
        ("py2-none-any", False),
        ("py312-none-any", False),
        ("cp311-cp311t-manylinux_2_17_x86_64", False),
        ("cp311-cp311d-manylinux_2_17_x86_64", False),
        ("pp311-pypy311_pp73-manylinux_2_17_x86_64", False),
        ("cp311-cp311-manylinux_2_17_aarch64", False),
        ("cp311-cp311-manylinux_2_17_i686", False),
        ("cp311-cp311-musllinux_1_2_x86_64", False),
        ("py3-none-musllinux_1_1_x86_64", False),
        ("cp311-cp311-macosx_11_0_arm64", False),
        ("cp311-cp311-macosx_10_9_x86_64", False),
        ("cp311-cp311-win_amd64", False),
        ("py3-none-win_amd64", False),
        ("cp311-cp311-win32", False),
    ],
)
def test_what_a_usual_target_takes(tag: str, accepted: bool) -> None:
    """CPython 3.11 on x86_64."""
    assert accepts(tag) is accepted


@pytest.mark.parametrize(
    ("glibc", "newest", "too_new", "legacy"),
    [
        ((2, 39), "2_39", "2_40", {"manylinux1", "manylinux2010", "manylinux2014"}),
        ((2, 31), "2_31", "2_32", {"manylinux1", "manylinux2010", "manylinux2014"}),
        ((2, 17), "2_17", "2_18", {"manylinux1", "manylinux2010", "manylinux2014"}),
        ((2, 16), "2_16", "2_17", {"manylinux1", "manylinux2010"}),
        ((2, 5), "2_5", "2_6", {"manylinux1"}),
    ],
)
def test_the_glibc_decides_which_manylinux(glibc: tuple[int, int], newest: str, too_new: str, legacy: set[str]) -> None:
    """PEP 600: as new as the image's, or older; the three old names stand for 2.5, 2.12 and 2.17."""
    target = Target(glibc=glibc)
    assert accepts(f"cp311-cp311-manylinux_{newest}_x86_64", target)
    assert not accepts(f"cp311-cp311-manylinux_{too_new}_x86_64", target)
    assert not accepts("cp311-cp311-manylinux_2_4_x86_64", target)
    names = ("manylinux1", "manylinux2010", "manylinux2014")
    assert {name for name in names if accepts(f"cp311-cp311-{name}_x86_64", target)} == legacy


def test_arm_begins_with_manylinux2014() -> None:
    """The older names never existed for it."""
    target = Target(arch="aarch64")
    assert accepts("cp311-cp311-manylinux2014_aarch64", target)
    assert accepts("cp311-cp311-manylinux_2_17_aarch64", target)
    assert accepts("py3-none-any", target)
    assert not accepts("cp311-cp311-manylinux2010_aarch64", target)
    assert not accepts("cp311-cp311-manylinux_2_12_aarch64", target)
    assert not accepts("cp311-cp311-manylinux2014_x86_64", target)


def test_no_tag_is_of_another_platform() -> None:
    """All are for any platform or for this Linux."""
    target = Target()
    assert {tag.platform.rpartition("x86_64")[1:] for tag in target.tags} == {("", "any"), ("x86_64", "")}
    assert Tag("py3", "none", "any") in target.tags
    assert target.accepts([Tag("cp311", "cp311", "win_amd64"), Tag("py3", "none", "any")])
    assert not target.accepts([])


def test_the_markers_are_complete() -> None:
    """Every variable of PEP 508, so that none falls back to the Python that runs."""
    assert set(Target().markers) == MARKERS


@pytest.mark.parametrize("python", PYTHONS)
def test_markers_are_judged_for_the_target(python: tuple[int, int]) -> None:
    """Whatever Python and system this is."""
    markers = {**Target(python=python, arch="aarch64").markers, "extra": ""}
    minor = python[1]
    for text in (
        f'python_version == "3.{minor}"',
        f'python_full_version >= "3.{minor}.0"',
        f'python_full_version < "3.{minor + 1}"',
        'sys_platform == "linux"',
        'platform_system == "Linux" and os_name == "posix"',
        'platform_machine == "aarch64"',
        'implementation_name == "cpython" and platform_python_implementation == "CPython"',
        f'implementation_version >= "3.{minor}"',
        'platform_release == "" and platform_version == ""',
    ):
        assert Marker(text).evaluate(markers), text
    for text in ('sys_platform == "win32"', f'python_version > "3.{minor}"', 'extra == "fast"'):
        assert not Marker(text).evaluate(markers), text


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("3.11", (3, 11)),
        ("3.11.9", (3, 11)),
        ("3.11.*", (3, 11)),
        (" 3.9 ", (3, 9)),
        ("3", None),
        ("", None),
        ("3.11rc1", None),
        (">=3.11", None),
        ("3.11.9.1", None),
    ],
)
def test_a_python_version_is_read(text: str, python: tuple[int, int] | None) -> None:
    """None for what does not name one minor version."""
    assert parse_python(text) == python


def test_a_glibc_version_is_read() -> None:
    """ValueError for anything else, since our own tables are the source."""
    assert parse_glibc("2.35") == (2, 35)
    for text in ("2", "", "2.35.1", "glibc 2.35"):
        with pytest.raises(ValueError, match="not a glibc version"):
            parse_glibc(text)


def test_a_target_says_what_it_is() -> None:
    """In findings."""
    assert str(Target((3, 12), (2, 39), "aarch64")) == "CPython 3.12 on linux aarch64 with glibc 2.39"
    assert Target().python_text == "3.11"


QUESTION = """
import hashlib, sys
sys.path[:0] = {paths!r}
from amlpriv.target import Target
targets = [Target((3, minor), (2, 31), arch) for minor in range(10, 15) for arch in ("x86_64", "aarch64")]
text = repr([(sorted(map(str, target.tags)), sorted(target.markers.items())) for target in targets])
print(hashlib.sha256(text.encode()).hexdigest())
"""


def own_answer() -> str:
    """What this Python says."""
    targets = [Target((3, minor), (2, 31), arch) for minor in range(10, 15) for arch in ("x86_64", "aarch64")]
    text = repr([(sorted(map(str, target.tags)), sorted(target.markers.items())) for target in targets])
    return hashlib.sha256(text.encode()).hexdigest()


def other_pythons() -> list[Path]:
    """Interpreters of other versions in the places where pyenv and uv keep theirs."""
    home = Path.home()
    roots = [Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions", home / ".local/share/uv/python"]
    own = f"{sys.version_info[0]}.{sys.version_info[1]}."
    found = [place / "bin" / "python" for root in roots if root.is_dir() for place in sorted(root.iterdir())]
    return [python for python in found if python.is_file() and own not in str(python)]


def ask(python: Path) -> str | None:
    """What another Python says; None when it does not run, or is too old for amlpriv."""
    paths = [str(Path(amlpriv.__file__).parents[1]), str(Path(packaging.__file__).parents[1])]
    version = "import sys; sys.exit(sys.version_info < (3, 10))"
    try:
        if subprocess.run([python, "-I", "-S", "-c", version], capture_output=True, timeout=30).returncode:
            return None
    except OSError:
        return None
    question = QUESTION.format(paths=paths)
    done = subprocess.run([python, "-I", "-S", "-c", question], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_answer_is_the_same_under_every_python() -> None:
    """The running interpreter is never asked."""
    answers = {str(python): answer for python in other_pythons() if (answer := ask(python))}
    if not answers:
        pytest.skip("no other Python from 3.10 on is installed with pyenv or uv")
    assert set(answers.values()) == {own_answer()}


def test_the_best_tag_ranks_first() -> None:
    """As installers prefer: the interpreter's own, then the stable ABI, then pure Python; newer glibc before older."""
    target = Target()
    order = [
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux2014_x86_64",
        "cp311-abi3-manylinux_2_28_x86_64",
        "cp39-abi3-manylinux_2_28_x86_64",
        "py3-none-manylinux_2_28_x86_64",
        "py3-none-any",
    ]
    ranks = [target.rank(parse_tag(tag)) for tag in order]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: rank or 0)
    assert target.rank(parse_tag("cp311-cp311-win_amd64")) is None


def test_requires_python_is_satisfied_by_any_patch() -> None:
    assert Target().satisfies(SpecifierSet(">=3.11.5"))
    assert not Target().satisfies(SpecifierSet(">=3.12"))


@pytest.mark.parametrize(
    ("marker", "wrong"),
    [
        ("python_version < '4' and platform_release >= '5.4'", False),
        ("python_version < 'abc'", False),
        ("extra == 'x'", False),
        ("os_name ~= 'x'", True),
        ("'x' in extras", True),
    ],
)
def test_a_marker_that_cannot_be_evaluated_is_told_and_does_not_hold(marker: str, wrong: bool) -> None:
    assert bool(marker_complaint(Marker(marker))) is wrong
    assert marker_complaint(None) is None
    assert Target().holds(None)
    if wrong:
        assert not Target().holds(Marker(marker))
