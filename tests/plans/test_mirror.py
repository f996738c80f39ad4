"""What is to become of each file of a closure."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from amlpriv.connections.pages import File
from amlpriv.plans.mirror import Decision, MirrorStep, own_versions, plan_mirror
from amlpriv.specs.resolution import Pin, PinnedFile, Resolution
from amlpriv.target import Target

A, B = "aa" * 32, "bb" * 32
LINUX, ARM = Target((3, 11), (2, 28)), Target((3, 11), (2, 28), "aarch64")


def wheel(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def pinned(name: str, version: str, *, sha256: str | None = A, size: int | None = 10, file: str | None = None) -> Pin:
    one = PinnedFile(file or wheel(name, version), "https://files.example.org/x", sha256, size)
    return Pin(canonicalize_name(name), Version(version), (one,))


def there(*filenames: str, sha256: str | None = A) -> list[File]:
    hashes = {"sha256": sha256} if sha256 else {"md5": "00"}
    return [File(name, f"https://feed.example.org/{name}", hashes) for name in filenames]


def only(
    pin: Pin, files: list[File] | None = None, at_source: list[str] | None = None, allowed: tuple[str, ...] = ()
) -> MirrorStep:
    plan = plan_mirror(
        [Resolution(LINUX, (pin,))],
        {pin.name: files or []},
        {} if at_source is None else {pin.name: at_source},
        allowed=allowed,
    )
    (step,) = plan.steps
    return step


@pytest.mark.parametrize(
    ("files", "at_source", "expected"),
    [
        ([], None, Decision.UPLOAD),
        (there(wheel("six", "1.17.0")), None, Decision.SKIP),
        (there(wheel("six", "1.17.0"), sha256=B), None, Decision.CONFLICT),
        (there(wheel("six", "1.17.0"), sha256=None), None, Decision.UPLOAD),  # the uploader compares the bytes
        (there(wheel("Six", "1.17.0")), None, Decision.SKIP),  # servers spell names as they like
        (there(wheel("six", "1.16.0")), [wheel("six", "1.16.0"), wheel("six", "1.17.0")], Decision.UPLOAD),
        (there("six-1.16.0.tar.gz"), [wheel("six", "1.16.0"), wheel("six", "1.17.0")], Decision.UPLOAD),
        (there(wheel("six", "0.1")), [wheel("six", "1.17.0")], Decision.PRIVATE),
        (there(wheel("six", "0.1"), wheel("six", "1.17.0")), [wheel("six", "1.17.0")], Decision.SKIP),
        (there("six.whl"), [wheel("six", "1.17.0")], Decision.UPLOAD),  # no version can be read of it
    ],
)
def test_a_file_is_decided_by_what_both_sides_have(
    files: list[File], at_source: list[str] | None, expected: Decision
) -> None:
    assert only(pinned("six", "1.17.0"), files, at_source).decision is expected


def test_a_package_beside_a_private_one_of_its_name_needs_a_word_and_is_said() -> None:
    files, at_source = there(wheel("contoso-core", "1.0")), [wheel("contoso-core", "9.9")]
    refused = only(pinned("contoso-core", "9.9"), files, at_source)
    assert refused.own == ("1.0",)
    assert "of its own (1.0)" in refused.reason

    plan = plan_mirror(
        [Resolution(LINUX, (pinned("contoso-core", "9.9"),))],
        {canonicalize_name("contoso-core"): files},
        {canonicalize_name("contoso-core"): at_source},
        allowed=["contoso-core"],
    )
    assert plan.uploads
    assert plan.notes == ("contoso-core 9.9 comes beside the feed's own 1.0: installers take the highest.",)


def test_a_conflict_names_both_hashes() -> None:
    step = only(pinned("six", "1.17.0"), there(wheel("six", "1.17.0"), sha256=B))
    assert step.reason == f"there with other contents: sha256 {B} there, {A} at the source"


def test_a_file_for_several_targets_is_one_step() -> None:
    arm = pinned("numpy", "2.0", file="numpy-2.0-cp311-cp311-manylinux_2_28_aarch64.whl")
    intel = pinned("numpy", "2.0", file="numpy-2.0-cp311-cp311-manylinux_2_28_x86_64.whl")
    six = pinned("six", "1.17.0")
    plan = plan_mirror([Resolution(LINUX, (six, intel)), Resolution(ARM, (arm, six))], {}, {})
    assert [step.file.filename for step in plan.steps] == [
        "numpy-2.0-cp311-cp311-manylinux_2_28_aarch64.whl",
        "numpy-2.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        wheel("six", "1.17.0"),
    ]
    assert plan.steps[2].targets == (LINUX, ARM)


def test_bytes_are_added_up_only_where_all_are_known() -> None:
    known = plan_mirror([Resolution(LINUX, (pinned("a", "1"), pinned("b", "1", size=32)))], {}, {})
    unknown = plan_mirror([Resolution(LINUX, (pinned("a", "1"), pinned("b", "1", size=None)))], {}, {})
    assert known.upload_bytes == 42
    assert unknown.upload_bytes is None


def test_a_source_archive_and_what_resolving_noticed_are_said() -> None:
    plan = plan_mirror([Resolution(LINUX, (pinned("a", "1", file="a-1.tar.gz"),), notes=("look",))], {}, {})
    assert plan.notes[0] == "look"
    assert "a-1.tar.gz is a source archive" in plan.notes[1]


def test_own_versions_are_those_of_which_the_source_has_no_file() -> None:
    files = there(wheel("a", "1.0"), "a-1.0.tar.gz", wheel("a", "2.0"), wheel("a", "10.0"), "nonsense.exe")
    assert own_versions(files, ["a-1.0.tar.gz"]) == ("2.0", "10.0")
