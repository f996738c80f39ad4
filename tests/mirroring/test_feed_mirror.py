"""A closure goes from a public index to a feed that asks for a token."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from amlpriv.actions.mirror_result import MirrorOutcome
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    InputError,
    PermissionDeniedError,
    UsageError,
)
from amlpriv.resolving import NoWheelError, UnknownPackageError
from tests.mirroring.conftest import Add, World
from tests.package_servers import PASSWORD, USER, devpi_server, told_index
from tests.source_index import write_sdist

CLOSURE = {
    "acme_app-1.0-py3-none-any.whl",
    "acme_core-1.5-py3-none-any.whl",
    "acme_native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl",
}


@pytest.mark.usefixtures("closure")
def test_the_whole_closure_arrives_and_a_second_run_sends_nothing(world: World, add: Add) -> None:
    done = world.mirror("acme-app")
    assert world.on_feed() == CLOSURE
    assert done.complete
    assert done.exit_code == 0
    assert {file.outcome for file in done.files} == {MirrorOutcome.SENT}
    for file in done.files:
        stored = (world.stored / file.step.file.filename).read_bytes()
        assert (file.size, file.step.file.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert not list((Path(world.environ["AMLPRIV_CACHE"]) / "mirror").iterdir())

    world.source.downloads.clear()
    again = world.mirror("acme-app")
    assert {file.outcome for file in again.files} == {MirrorOutcome.THERE}
    assert world.source.downloads == []
    assert "nothing needs mirroring" in again.notes[0]

    add("acme-core", "1.6")
    newer = world.mirror("acme-app")
    assert [file.step.file.filename for file in newer.files if file.outcome is MirrorOutcome.SENT] == [
        "acme_core-1.6-py3-none-any.whl"
    ]
    assert newer.plan.notes == ()  # the feed's 1.5 is the source's as well


@pytest.mark.usefixtures("closure")
def test_a_dry_run_shows_it_and_sends_nothing(world: World) -> None:
    planned = world.mirror("acme-app", dry_run=True)
    assert {file.step.file.filename for file in planned.files} == CLOSURE
    assert {file.outcome for file in planned.files} == {MirrorOutcome.WOULD_SEND}
    assert planned.upload_bytes == sum((world.source.folder / name).stat().st_size for name in CLOSURE)
    assert world.on_feed() == set()
    assert world.mirror("acme-app").upload_bytes == planned.upload_bytes


@pytest.mark.usefixtures("closure")
def test_the_report_says_what_came_from_where_and_holds_no_secret(world: World, add: Add) -> None:
    add("acme-licensed", files={"licenses/LICENSE": "free"})
    report = world.mirror("acme-licensed", "acme-core==1.0").as_json()
    text = json.dumps(report)
    assert PASSWORD not in text
    row = report["files"][0]  # type: ignore[index]
    assert row["name"] == "acme-core"
    assert row["version"] == "1.0"
    assert row["from"] == world.source.simple
    assert row["licence"] == ""
    assert row["outcome"] == "uploaded"
    assert row["targets"] == ["CPython 3.11 on linux x86_64 with glibc 2.28"]


@pytest.mark.usefixtures("closure")
def test_every_pair_of_python_and_platform_is_resolved(world: World) -> None:
    done = world.mirror("acme-app", platforms=["manylinux_2_28_x86_64", "linux/aarch64"])
    assert len(done.resolutions) == 2
    assert world.on_feed() == CLOSURE | {"acme_native-2.0-cp311-cp311-manylinux_2_17_aarch64.whl"}


@pytest.mark.usefixtures("closure")
def test_a_lock_is_written_without_any_address(world: World, tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    world.mirror("acme-app", to=None, lock=lock)
    text = lock.read_text(encoding="utf-8")
    assert [line.split()[0] for line in text.splitlines() if "==" in line] == [
        "acme-app==1.0",
        "acme-core==1.5",
        "acme-native==2.0",
    ]
    assert text.count("--hash=sha256:") == 4  # two of acme-native
    assert "http" not in text
    assert world.on_feed() == set()


def test_other_bytes_under_the_same_name_are_refused_before_anything_is_sent(world: World, add: Add) -> None:
    add("acme-core")
    add("acme-free")
    add("acme-core", modules={"other.py": ""}, to=world.stored)
    with pytest.raises(
        ConflictError, match=r"acme_core-1\.0.* other contents: sha256 \w{64} there, \w{64} at the source"
    ) as caught:
        world.mirror("acme-core", "acme-free")
    assert caught.value.message.endswith("\nNothing was sent.")
    assert len(world.on_feed()) == 1
    planned = world.mirror("acme-core", "acme-free", dry_run=True)
    assert planned.exit_code == ConflictError.exit_code
    assert [file.step.name for file in planned.missing] == ["acme-core"]
    assert [file.outcome.value for file in planned.files] == ["refused", "would be uploaded"]
    assert "Nothing was sent" not in str(planned.as_json())


def test_what_needs_nothing_is_not_said_to_be_there(world: World, add: Add) -> None:
    add("acme-core")
    assert world.mirror("acme-core; python_version < '3'").notes == ()
    world.mirror("acme-core")
    (note,) = world.mirror("acme-core").notes
    assert "lists the one file with these bytes" in note


def test_a_public_package_never_comes_beside_a_private_one_of_its_name_unsaid(world: World, add: Add) -> None:
    add("contoso-core", "9.9")
    add("contoso-core", "1.0", to=world.stored)
    with pytest.raises(ConflictError, match=r"a package contoso-core of its own \(1\.0\)") as caught:
        world.mirror("contoso-core")
    assert "--allow contoso-core" in str(caught.value)
    done = world.mirror("contoso-core", allow=["Contoso.Core"])
    assert done.complete
    assert "comes beside the feed's own 1.0" in done.plan.notes[0]


@pytest.mark.usefixtures("closure")
def test_a_private_package_that_was_pushed_brings_its_public_requirements(world: World, add: Add) -> None:
    add("contoso-features", "2.1", "acme-app", to=world.stored)
    done = world.mirror("contoso-features")
    outcomes = {str(file.step.name): file.outcome for file in done.files}
    assert outcomes["contoso-features"] is MirrorOutcome.THERE
    assert outcomes["acme-app"] is MirrorOutcome.SENT
    assert world.on_feed() >= CLOSURE


def test_a_private_package_that_is_nowhere_is_named_with_the_command_that_helps(world: World, add: Add) -> None:
    add("acme-app", "1.0", "contoso-secret")
    with pytest.raises(UnknownPackageError, match="contoso-secret is neither at the source nor on the dest") as caught:
        world.mirror("acme-app")
    assert "acme-app needs it" in caught.value.message
    assert "amlpriv feed push" in str(caught.value)


def test_what_has_no_wheel_for_the_target_is_refused(world: World, add: Add) -> None:
    add("acme-windows", tag="cp311-cp311-win_amd64")
    with pytest.raises(NoWheelError, match="acme-windows has wheels for win_amd64 only"):
        world.mirror("acme-windows")


def test_a_file_that_is_not_what_its_page_says_is_missing_and_the_others_arrive(world: World, add: Add) -> None:
    add("acme-good")
    world.source.broken = add("acme-bad").name
    done = world.mirror("acme-good", "acme-bad")
    assert world.on_feed() == {"acme_good-1.0-py3-none-any.whl"}
    assert [file.step.name for file in done.missing] == ["acme-bad"]
    assert done.exit_code != 0
    with pytest.raises(Exception, match="acme_bad-1"):
        done.raise_if_incomplete()

    world.source.broken = ""
    assert world.mirror("acme-good", "acme-bad").complete


@pytest.mark.usefixtures("closure")
def test_a_feed_that_refuses_the_token_ends_it_at_once(world: World) -> None:
    world.environ["FEED_TOKEN"] = "wrong-" + PASSWORD
    with pytest.raises((AuthenticationError, PermissionDeniedError)) as caught:
        world.mirror("acme-app")
    assert world.environ["FEED_TOKEN"] not in str(caught.value)
    assert world.source.downloads == []


def test_a_source_archive_is_copied_when_asked_for_and_said(world: World) -> None:
    write_sdist(world.source.folder, "acme-source")
    with pytest.raises(NoWheelError, match="only a source archive"):
        world.mirror("acme-source")
    done = world.mirror("acme-source", include_sdist=True)
    assert world.on_feed() == {"acme_source-1.0.tar.gz"}
    assert "acme_source-1.0.tar.gz is a source archive" in done.plan.notes[0]


@pytest.mark.usefixtures("closure")
def test_devpi_takes_a_closure_as_well(world: World, tmp_path: Path) -> None:
    with devpi_server(tmp_path / "devpi") as devpi:
        for expected in (MirrorOutcome.SENT, MirrorOutcome.THERE):
            done = world.mirror("acme-app", to=devpi.simple)
            assert {file.outcome for file in done.files} == {expected}


def test_a_source_may_want_a_credential_of_its_own(world: World, add: Add) -> None:
    """And it is not the feed's: here the two change places."""
    add("acme-core", to=world.stored)
    with told_index() as told:
        options: dict[str, str | None] = {"source": world.feed.simple, "source_token_from": "env:FEED_TOKEN"}
        there: dict[str, str | None] = {"to": told.simple, "upload_url": f"{told.origin}/upload/", "token_from": None}
        done = world.mirror("acme-core", source_user=USER, user=None, **options, **there)
        assert done.complete
        assert set(told.files) == {"acme_core-1.0-py3-none-any.whl"}
        ours = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        assert not any(ours in one for one in told.authorizations)


@pytest.mark.usefixtures("closure")
@pytest.mark.parametrize(("status", "kind"), [(403, PermissionDeniedError), (413, InputError)])
def test_what_the_feed_does_not_take_is_refused_and_not_downloaded_twice(
    world: World, status: int, kind: type[AmlprivError]
) -> None:
    with told_index() as told:
        told.answer = (status, b"No.")
        there = {"to": told.simple, "upload_url": f"{told.origin}/upload/"}
        refused = world.mirror("acme-app", **there)
        assert {file.step.file.filename for file in refused.missing} == CLOSURE == set(refused.failures)
        assert {file.outcome.value for file in refused.files} == {"refused"}
        assert {type(error) for error in refused.failures.values()} == {kind}
        assert refused.exit_code == kind.exit_code
        assert PASSWORD not in json.dumps(refused.as_json())

        told.answer = None
        world.source.begun.clear()
        assert world.mirror("acme-app", **there).complete
        assert set(told.files) == CLOSURE
        assert world.source.begun == []


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        ((), {}, "Nothing is to be mirrored"),
        (("pandas >> 2",), {}, "is no requirement"),
        (("a @ https://files.example.org/a.whl",), {}, "a has an address of its own"),
        (("a",), {"pythons": ["three"]}, "'three' is no Python version"),
        (("a",), {"allow": ["b", "///"]}, "'///' is no name of a package"),
        (("a",), {"platforms": ["win_amd64"]}, "no platform to mirror for"),
        (("a",), {"to": None}, "Where the packages go is not said"),
    ],
)
def test_a_wrong_call_is_refused_with_the_reason(
    world: World, words: tuple[str, ...], more: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        world.mirror(*words, **more)
