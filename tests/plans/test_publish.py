"""The plan: from what is wanted and what the workspace answered to the steps in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from amlpriv.errors import ConflictError
from amlpriv.plans.access import plan_policy
from amlpriv.plans.health import Health, Verdict
from amlpriv.plans.publish import Answers, blob_path, described, find_match, plan_publish, refuse_replaced
from amlpriv.plans.steps import Action, Wanted, WantedWheel
from amlpriv.remote import ContainerPolicies, RegisteredEnvironment, StoredBlob
from amlpriv.wheels.read import read_wheel
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
DIGEST = "0123456789abcdef" * 4
SIGNING = plan_policy(ContainerPolicies({}), now=NOW, lifetime=timedelta(days=30))


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    path = build_wheel(tmp_path)
    with path.open("rb") as stream:
        return read_wheel(path.name, stream)


@pytest.fixture
def wanted(wheel: Wheel) -> Wanted:
    return Wanted("churn", None, DIGEST, "ubuntu", (WantedWheel(wheel, blob_path(wheel)),))


def _version(version: str, digest: str | None = DIGEST, **more: str) -> RegisteredEnvironment:
    properties = {"amlpriv.digest": digest, **more} if digest else {}
    return RegisteredEnvironment("churn", version, f"/{version}", "ubuntu", None, properties)


def _steps(wanted: Wanted, answers: Answers) -> list[str]:
    return [str(step).partition(" (")[0] for step in plan_publish(wanted, answers).steps]


def test_a_path_is_made_of_name_version_and_hash(wheel: Wheel) -> None:
    assert blob_path(wheel) == (
        f"amlpriv/wheels/contoso-features/1.2.0/{wheel.sha256[:16]}/contoso_features-1.2.0-py3-none-any.whl"
    )


def test_the_first_plan(wanted: Wanted) -> None:
    plan = plan_publish(wanted, Answers(signing=SIGNING, notes=("a note",)))
    assert [str(step).partition(" (")[0] for step in plan.steps] == [
        "upload contoso_features-1.2.0-py3-none-any.whl",
        "create access policy amlpriv-1, valid until 2026-12-20",
        "register environment churn:c0123456789ab",
    ]
    assert (plan.created, plan.writes, plan.action, plan.notes) == (True, True, Action.CREATED, ("a note",))
    assert plan.expires == NOW + timedelta(days=30)


def test_a_stored_wheel_is_reused(wanted: Wanted, wheel: Wheel) -> None:
    path = blob_path(wheel)
    answers = Answers(stored={path: StoredBlob(path, wheel.size)}, signing=SIGNING)
    assert _steps(wanted, answers)[0] == f"reuse {wheel.filename}, stored at {path}"


def test_a_stored_wheel_of_another_size_is_a_conflict(wanted: Wanted, wheel: Wheel) -> None:
    path = blob_path(wheel)
    with pytest.raises(ConflictError, match=f"exists with 1 bytes; {wheel.filename} has {wheel.size}"):
        plan_publish(wanted, Answers(stored={path: StoredBlob(path, 1)}, signing=SIGNING))
    refuse_replaced(wanted.wheels[0], {})


def test_a_stored_wheel_of_another_md5_is_a_conflict(wanted: Wanted, wheel: Wheel) -> None:
    path, ours = blob_path(wheel), b"a" * 16
    for theirs, md5 in ((ours, ours), (None, ours), (b"b" * 16, None)):
        refuse_replaced(wanted.wheels[0], {path: StoredBlob(path, wheel.size, {}, theirs)}, md5)
    answers = Answers(stored={path: StoredBlob(path, wheel.size, {}, b"b" * 16)}, md5={wheel.name: ours})
    with pytest.raises(ConflictError, match="exists with other bytes than"):
        plan_publish(wanted, answers)


def test_what_lies_beside_is_mentioned_only_when_its_content_differs(wanted: Wanted, wheel: Wheel) -> None:
    beside = f"amlpriv/wheels/contoso-features/1.2.0/ffff/{wheel.filename}"
    for content, notes in ((wheel.content_hash, 0), ("f" * 64, 1)):
        blob = StoredBlob(beside, 5, {"amlpriv_content": content})
        assert len(plan_publish(wanted, Answers(stored={beside: blob}, signing=SIGNING)).notes) == notes
    other = f"amlpriv/wheels/contoso-features/1.2.00/ffff/{wheel.filename}"
    assert plan_publish(wanted, Answers(stored={other: StoredBlob(other, 5)}, signing=SIGNING)).notes == ()


def test_a_usable_match_is_kept(wanted: Wanted) -> None:
    health = Health(Verdict.USABLE, NOW)
    plan = plan_publish(wanted, Answers((_version("c0"),), _version("c0"), health))
    assert (plan.action, plan.version, plan.writes, plan.expires) == (Action.UNCHANGED, "c0", False, NOW)
    assert str(plan.steps[-1]) == "keep environment churn:c0"


def test_an_archived_match_is_restored_and_described_in_one(wanted: Wanted) -> None:
    match = replace(_version("c0"), archived=True, description="old")
    plan = plan_publish(wanted, Answers((match,), match, Health(Verdict.USABLE)))
    assert (plan.action, str(plan.steps[-1])) == (Action.RESTORED, "restore the archived environment churn:c0")


def test_new_words_are_written(wanted: Wanted) -> None:
    match = _version("c0")
    for changed in (replace(wanted, description="new"), replace(wanted, tags={"a": "b"})):
        plan = plan_publish(changed, Answers((match,), match, Health(Verdict.USABLE)))
        assert str(plan.steps[-1]) == "update the description and tags of environment churn:c0"
        assert (plan.writes, plan.created) == (True, False)


def test_words_that_the_file_does_not_give_are_kept(wanted: Wanted) -> None:
    match = replace(_version("c0"), description="theirs", tags={"a": "b"})
    assert not plan_publish(wanted, Answers((match,), match, Health(Verdict.USABLE))).writes
    more = replace(wanted, tags={"c": "d"})
    plan = plan_publish(more, Answers((match,), match, Health(Verdict.USABLE)))
    assert plan.because == ("description or tags changed",)
    assert described(more, match) == replace(match, tags={"a": "b", "c": "d"})


def test_no_description_and_an_empty_one_are_the_same(wanted: Wanted) -> None:
    match = replace(_version("c0"), description="")
    assert not plan_publish(wanted, Answers((match,), match, Health(Verdict.USABLE))).writes


def test_a_missing_blob_goes_back_to_where_the_registered_text_says(wanted: Wanted, wheel: Wheel) -> None:
    match = _version("c0")
    health = Health(Verdict.FADING, NOW, ("the blob is gone",), ("contoso-features",))
    answers = Answers((match,), match, health, {"contoso-features": "there.whl"}, signing=SIGNING)
    plan = plan_publish(wanted, answers)
    assert str(plan.steps[0]) == f"upload {wheel.filename} ({wheel.size} bytes) to there.whl"
    assert (plan.action, plan.because, plan.version) == (Action.RENEWED, ("the blob is gone",), "c0")


def test_a_dead_match_is_renewed_under_the_next_number(wanted: Wanted) -> None:
    base = "c0123456789ab"
    versions = tuple(_version(f"{base}{end}") for end in ("", "-2", "-10", "-x", "-2-3"))
    answers = Answers(versions, versions[0], Health(Verdict.DEAD, because=("revoked",)), signing=SIGNING)
    plan = plan_publish(wanted, answers)
    assert (plan.version, plan.action, plan.because) == (f"{base}-11", Action.RENEWED, ("revoked",))


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ((), None),
        (("c0123456789ab",), "c0123456789ab"),
        (("c0123456789ab-2", "c0123456789ab-10", "c0123456789ab"), "c0123456789ab-10"),
        (("7",), "7"),
    ],
)
def test_the_highest_renewal_is_the_match(wanted: Wanted, versions: tuple[str, ...], found: str | None) -> None:
    match = find_match(wanted, tuple(_version(version) for version in versions))
    assert (match.version if match else None) == found


def test_only_the_property_counts_not_the_name(wanted: Wanted) -> None:
    strangers = (_version("c0123456789ab", None), _version("c0123456789ab-2", "f" * 64))
    assert find_match(wanted, strangers) is None


def test_a_users_version_finds_itself_and_its_renewals_only(wanted: Wanted) -> None:
    mine = replace(wanted, version="7")
    assert find_match(mine, (_version("c0123456789ab"),)) is None
    found = find_match(mine, (_version("7"), _version("7-2"), _version("c0123456789ab-5")))
    assert found is not None
    assert found.version == "7-2"
    for digest in ("f" * 64, None):
        with pytest.raises(ConflictError, match="churn:7 is registered with other content"):
            find_match(mine, (_version("7", digest),))


def test_why_it_is_another_version(wanted: Wanted, wheel: Wheel) -> None:
    now = replace(wanted, summary={"conda": "a", "pip": "b"})
    same = f"version=1.2.0 sha256={wheel.sha256} content={wheel.content_hash}"
    key = "amlpriv.wheel.contoso-features"

    def because(image: str = "ubuntu", **properties: str) -> tuple[str, ...]:
        old = replace(_version("c9", "f" * 64), image=image)
        old = replace(old, properties={"amlpriv.digest": "f" * 64, **properties})
        return plan_publish(now, Answers((_version("by-hand", None), old), signing=SIGNING)).because

    assert because(**{key: same}) == ("the specification changed",)
    assert because() == ("contoso-features is new",)
    assert because(**{key: "version=1.1 sha256=a content=b"}) == ("contoso-features 1.1 became 1.2.0",)
    assert because(**{key: "version=1.2.0 sha256=a content=b"}) == ("contoso-features content changed",)
    assert because(**{key: same, "amlpriv.wheel.gone": same}) == ("gone is no longer shipped",)
    assert because("debian", **{key: same}) == ("image debian became ubuntu",)
    assert because(**{key: same, "amlpriv.conda": "a", "amlpriv.pip": "x"}) == ("the pip section changed",)
