"""Publishing over a workspace in memory: what happens the first time, the second time, and when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.publish import Published, Quiet
from amlpriv.actions.signed import signed_urls
from amlpriv.errors import (
    AmlprivError,
    ConflictError,
    FindingsError,
    InputError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
    UsageError,
)
from amlpriv.plans.steps import Describe, Keep, Register, Restore, Reuse, Sign, Upload
from amlpriv.remote import AccessPolicy, AccountRules, ContainerPolicies, RegisteredEnvironment, StoredBlob
from amlpriv.secret import SasUrl
from amlpriv.workspace.memory import DATASTORE
from amlpriv.workspace.ports import Blobs, Environments
from tests.actions.projects import NOW, Office, Project, project

FOREVER = datetime(2099, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def office(tmp_path: Path, environ: Mapping[str, str]) -> Office:
    """A project with one wheel, and an empty workspace."""
    return Office(project(tmp_path), environ)


def _kinds(result: Published) -> list[type]:
    return [type(step) for step in result.plan.steps]


def _urls(result: Published) -> Mapping[str, SasUrl]:
    assert result.registered is not None
    return signed_urls(result.registered)


def _head(office: Office, url: SasUrl) -> int:
    return office.memory.open().open_blobs(DATASTORE, None).head(url)


# --- the first time


def test_the_first_time_everything_is_made(office: Office) -> None:
    result = office.publish()
    assert _kinds(result) == [Upload, Sign, Register]
    assert (result.plan.created, result.plan.action.value, result.plan.because) == (True, "created", ())
    assert result.version == f"c{result.plan.wanted.digest[:12]}"
    assert result.reference == f"azureml:churn-train:{result.version}"
    assert _head(office, _urls(result)["contoso-features"]) == 200
    policy = office.memory.acl.policies["amlpriv-1"]
    assert (policy.permission, policy.expiry) == ("r", NOW + timedelta(days=30))
    assert policy.start == NOW - timedelta(minutes=15)


def test_the_registered_text_has_the_signed_url_with_its_hash(office: Office) -> None:
    result = office.publish()
    assert result.registered is not None
    assert result.registered.conda is not None
    url = _urls(result)["contoso-features"].reveal()
    line = f"contoso-features @ {url}#sha256={result.sha256('contoso-features')}"
    assert line in result.registered.conda.reveal()
    assert line in result.reveal_spec()


def test_what_is_shown_has_no_signature(office: Office) -> None:
    result = office.publish()
    signature = _urls(result)["contoso-features"].reveal().rpartition("sig=")[2]
    for shown in (repr(result), str(result), json.dumps(result.as_json()), repr(result.registered), repr(result.plan)):
        assert signature not in shown


def test_a_finding_stops_everything(office: Office) -> None:
    office.project.wheel(tag="cp38-cp38-win_amd64")
    with pytest.raises(FindingsError, match="AP101"):
        office.publish()
    assert office.requests == {"control_plane": 0, "storage": 0}


# --- the second time


def test_the_second_time_nothing_is_written_and_four_requests_are_sent(office: Office) -> None:
    first = office.publish()
    before = (dict(office.memory.blobs), dict(office.memory.environments), office.memory.acl)
    again = office.publish()

    assert office.requests == {"control_plane": 2, "storage": 2}
    assert _kinds(again) == [Reuse, Keep]
    assert (again.plan.created, again.plan.action.value, again.version) == (False, "unchanged", first.version)
    assert again.plan.expires == NOW + timedelta(days=30)
    assert (dict(office.memory.blobs), dict(office.memory.environments), office.memory.acl) == before


def test_the_second_time_by_user_delegation_takes_two_requests(office: Office) -> None:
    office.memory.hands_out_key = False
    first = office.publish()
    again = office.publish()
    assert office.requests == {"control_plane": 1, "storage": 1}
    assert (again.plan.action.value, again.version) == ("unchanged", first.version)


def test_a_wheel_rebuilt_from_the_same_source_is_not_a_new_package(office: Office) -> None:
    first = office.publish()
    office.project.wheel(generator="hatchling 99")
    again = office.publish()
    assert (again.plan.action.value, again.version) == ("unchanged", first.version)
    # Told is the hash of the bytes that get installed, not of those that were built just now.
    shown: Any = again.as_json()["wheels"]
    [wheel] = shown
    assert wheel["sha256"] == first.sha256("contoso-features") != again.plan.wanted.wheels[0].wheel.sha256
    assert wheel["sha256"][:16] in wheel["blob"]


def test_a_changed_module_is_a_new_version_that_says_why(office: Office) -> None:
    first = office.publish()
    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    second = office.publish()
    assert second.version != first.version
    assert second.plan.because == ("contoso-features content changed",)
    assert second.plan.notes == (
        "contoso-features 1.2.0 is already stored with other content; this one goes beside it.",
    )
    assert len(office.memory.blobs) == 2


def test_everything_that_differs_is_named(office: Office) -> None:
    office.publish()
    office.project.wheel(version="1.3.0")
    office.project.wheel("contoso-nlp", "2.0")
    office.project.listed = ["contoso-features", "contoso-nlp", "pandas>=2"]
    second = office.publish(image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260201.v1")
    assert [text.split(" became ")[0].split(" mcr")[0] for text in second.plan.because] == [
        "contoso-features 1.2.0",
        "contoso-nlp is new",
        "image",
        "the pip section changed",
    ]


def test_going_back_finds_the_old_version_again(office: Office) -> None:
    first = office.publish()
    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    office.publish()
    office.project.wheel()
    back = office.publish()
    assert (back.plan.action.value, back.version) == ("unchanged", first.version)


def test_another_name_is_another_environment_with_the_same_wheel(office: Office) -> None:
    first = office.publish()
    other = office.publish(name="churn-score")
    assert (other.plan.created, other.version) == (True, first.version)
    assert _kinds(other) == [Reuse, Sign, Register]
    assert len(office.memory.blobs) == 1


def test_an_archived_version_is_restored(office: Office) -> None:
    first = office.publish()
    key = ("churn-train", first.version)
    office.memory.environments[key] = replace(office.memory.environments[key], archived=True)
    again = office.publish()
    assert _kinds(again) == [Reuse, Restore]
    assert (again.plan.action.value, again.plan.created, again.version) == ("restored", False, first.version)
    assert again.plan.because == (f"churn-train:{first.version} was archived",)
    assert not office.memory.environments[key].archived


def test_a_new_description_is_written_without_a_new_version(office: Office) -> None:
    first = office.publish()
    office.project.top = {"description": "Trains the churn model.", "tags": "{team: churn}"}
    again = office.publish()
    assert _kinds(again) == [Reuse, Describe]
    assert (again.plan.created, again.version) == (False, first.version)
    registered = office.memory.environments["churn-train", first.version]
    assert (registered.description, registered.tags) == ("Trains the churn model.", {"team": "churn"})
    assert _kinds(office.publish()) == [Reuse, Keep]


def test_words_of_others_are_left_alone(office: Office) -> None:
    office.project.top = {"tags": "{team: churn}"}
    first = office.publish()
    key = ("churn-train", first.version)
    theirs = {"team": "other", "reviewed-by": "ann"}
    office.memory.environments[key] = replace(office.memory.environments[key], tags=theirs, description="By Ann.")
    again = office.publish()
    assert (_kinds(again), again.plan.because) == ([Reuse, Describe], ("description or tags changed",))
    registered = office.memory.environments[key]
    assert (registered.tags, registered.description) == ({"team": "churn", "reviewed-by": "ann"}, "By Ann.")
    office.project.top = {}
    assert _kinds(office.publish()) == [Reuse, Keep]


def test_a_restored_version_keeps_the_words_of_others(office: Office) -> None:
    first = office.publish()
    key = ("churn-train", first.version)
    changed = replace(office.memory.environments[key], archived=True, tags={"a": "b"}, description="By Ann.")
    office.memory.environments[key] = changed
    office.publish()
    assert office.memory.environments[key] == replace(changed, archived=False)


def test_only_another_version_of_ones_own_is_no_change_of_the_content(office: Office) -> None:
    office.publish(version="1")
    assert office.publish(version="2").plan.because == ("registered under another version: 1",)


def test_the_json_of_a_rebuilt_wheel_is_about_the_stored_one(office: Office) -> None:
    first = office.publish()
    office.project.wheel(generator="hatchling 99.99.99.99.99")
    again = office.publish()
    before: Any = first.as_json()["wheels"]
    now: Any = again.as_json()["wheels"]
    same = ("filename", "sha256", "size", "blob", "content_hash")
    assert [now[0][key] for key in same] == [before[0][key] for key in same]
    assert now[0]["size"] != again.plan.wanted.wheels[0].wheel.size


def _bury(office: Office, result: Published, newer: int = 120) -> None:
    """As many newer versions as push this one from the first page."""
    old = office.memory.environments["churn-train", result.version]
    for number in range(newer):
        key = ("churn-train", f"x{number}")
        office.memory.environments[key] = replace(old, version=key[1], properties={"amlpriv.digest": f"{number:064}"})


def test_a_version_behind_a_hundred_newer_ones_is_found(office: Office) -> None:
    first = office.publish()
    _bury(office, first)
    again = office.publish()
    assert (again.version, again.plan.action.value, again.plan.created) == (first.version, "unchanged", False)


@pytest.mark.parametrize("fate", ["dead", "archived", "renewed before"])
def test_what_lies_behind_a_hundred_newer_versions_is_judged_as_well(office: Office, fate: str) -> None:
    first = office.publish()
    if fate == "renewed before":
        office.memory.rotate_key()
        assert office.publish().version == f"{first.version}-2"
    _bury(office, first)
    key = ("churn-train", first.version)
    if fate == "dead":
        office.memory.rotate_key()
    if fate == "archived":
        office.memory.environments[key] = replace(office.memory.environments[key], archived=True)
    again = office.publish()
    version, action = {
        "dead": (f"{first.version}-2", "renewed"),
        "archived": (first.version, "restored"),
        "renewed before": (f"{first.version}-2", "unchanged"),
    }[fate]
    assert (again.version, again.plan.action.value) == (version, action)
    assert _head(office, _urls(again)["contoso-features"]) == 200


# --- time


@pytest.mark.parametrize("days", [0, -1])
def test_a_lifetime_of_nothing_is_refused(office: Office, days: int) -> None:
    with pytest.raises(UsageError, match="must live for some time"):
        office.publish(expires=timedelta(days=days))
    assert office.requests == {"control_plane": 0, "storage": 0}


def test_without_the_key_the_expiry_is_not_known_and_that_is_said(office: Office) -> None:
    first = office.publish()
    office.memory.hands_out_key = False
    again = office.publish()
    assert (again.version, again.plan.action.value, again.plan.expires) == (first.version, "unchanged", None)
    assert again.plan.notes == ("When its signed URLs expire cannot be read without the account key.",)


@pytest.mark.parametrize(("days", "action"), [(14, "unchanged"), (16, "renewed"), (29, "renewed"), (31, "renewed")])
def test_a_policy_with_less_than_half_its_life_is_extended(office: Office, days: int, action: str) -> None:
    first = office.publish()
    office.clock.move(days=days)
    again = office.publish()
    assert (again.plan.action.value, again.version, again.plan.created) == (action, first.version, False)
    assert office.policies == ["amlpriv-1"]
    expected = NOW + timedelta(days=days + 30 if action == "renewed" else 30)
    assert again.plan.expires == office.memory.acl.policies["amlpriv-1"].expiry == expected
    assert _urls(again) == _urls(first)
    assert _head(office, _urls(first)["contoso-features"]) == 200


def test_an_expired_policy_says_so(office: Office) -> None:
    office.publish()
    office.clock.move(days=31)
    assert office.publish().plan.because == ("access policy amlpriv-1 expired on 2026-12-20 12:00 UTC",)


def test_a_longer_wish_extends_and_a_shorter_one_never_shortens(office: Office) -> None:
    office.publish(expires=timedelta(days=1))
    assert office.publish(expires=timedelta(days=60)).plan.expires == NOW + timedelta(days=60)
    assert office.publish(expires=timedelta(days=1)).plan.expires == NOW + timedelta(days=60)


def test_nothing_lives_longer_than_180_days(office: Office) -> None:
    result = office.publish(expires=timedelta(days=365))
    assert result.plan.expires == NOW + timedelta(days=180)
    assert result.plan.notes == ("365 days were asked for; amlpriv signs for 180 days at most.",)


def test_a_delegated_url_that_ends_soon_is_the_next_renewal(office: Office) -> None:
    office.memory.hands_out_key = False
    first = office.publish()
    assert first.plan.expires == NOW + timedelta(days=7)
    office.clock.move(days=3)
    assert office.publish().version == first.version
    office.clock.move(days=1)
    second = office.publish()
    assert (second.version, second.plan.action.value) == (f"{first.version}-2", "renewed")
    assert "expires on 2026-11-27" in second.plan.because[0]
    assert second.plan.expires == NOW + timedelta(days=11)
    assert office.publish().plan.action.value == "unchanged"


# --- what somebody else did


def test_a_revoked_policy_never_comes_back(office: Office) -> None:
    first = office.publish()
    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
    second = office.publish()

    assert (second.version, second.plan.action.value) == (f"{first.version}-2", "renewed")
    assert second.plan.because == ("access policy amlpriv-1 was revoked",)
    assert office.policies == ["amlpriv-2"]
    assert _kinds(second) == [Reuse, Sign, Register]
    assert _head(office, _urls(first)["contoso-features"]) == 403
    assert _head(office, _urls(second)["contoso-features"]) == 200
    assert office.publish().version == second.version


def test_a_revoked_policy_is_remembered_by_other_environments_too(office: Office) -> None:
    """The number of the newest policy lies beside the lock: a new environment does not revive the old URLs."""
    first = office.publish()
    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
    office.publish(name="churn-score")
    assert office.policies == ["amlpriv-2"]
    assert _head(office, _urls(first)["contoso-features"]) == 403


def test_a_revoked_policy_does_not_come_back_when_its_number_was_forgotten(office: Office) -> None:
    """Somebody deleted the blob beside which the number lies; the registered URLs name it as well."""
    first = office.publish()
    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
    office.memory.generation = 0
    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    office.publish()
    assert office.policies == ["amlpriv-2"]
    assert _head(office, _urls(first)["contoso-features"]) == 403


def test_an_older_version_under_an_outlived_policy_is_renewed(office: Office) -> None:
    """Extending the newest policy would not bring back URLs that name an older one."""
    first = office.publish()
    old = office.memory.acl.policies
    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    office.publish()
    office.memory.acl = ContainerPolicies(old, last_modified=office.memory.acl.last_modified)
    office.memory.generation = 0
    office.clock.move(days=40)
    office.project.wheel()
    again = office.publish()
    assert (again.version, _urls(again)["contoso-features"].fields["si"]) == (f"{first.version}-2", "amlpriv-3")
    assert _head(office, _urls(again)["contoso-features"]) == 200


def test_a_rotated_key_is_noticed(office: Office) -> None:
    first = office.publish()
    office.memory.rotate_key()
    second = office.publish()
    assert (second.version, second.plan.because) == (f"{first.version}-2", ("the storage account's key was rotated",))
    assert office.policies == ["amlpriv-1"]
    assert _head(office, _urls(second)["contoso-features"]) == 200
    office.memory.rotate_key()
    assert office.publish().version == f"{first.version}-3"


def test_a_lost_blob_is_uploaded_again(office: Office) -> None:
    first = office.publish()
    office.memory.blobs.clear()
    again = office.publish()
    assert (again.version, again.plan.action.value, again.plan.created) == (first.version, "renewed", False)
    assert again.plan.because == ("the blob of contoso-features is gone",)
    assert _head(office, _urls(first)["contoso-features"]) == 200
    assert office.publish().plan.action.value == "unchanged"


def test_a_lost_blob_whose_bytes_nobody_has_is_the_next_renewal(office: Office) -> None:
    first = office.publish()
    office.memory.blobs.clear()
    office.project.wheel(generator="hatchling 99")
    second = office.publish()
    assert (second.version, second.plan.created) == (f"{first.version}-2", True)
    assert _head(office, _urls(second)["contoso-features"]) == 200


def test_a_blob_of_the_same_path_and_another_size_is_not_used(office: Office) -> None:
    result = office.publish(dry_run=True)
    office.memory.blobs[result.plan.wanted.wheels[0].path] = (b"broken", {})
    with pytest.raises(ConflictError, match="exists with 6 bytes"):
        office.publish()
    assert not office.memory.environments


def test_a_blob_of_the_same_path_and_size_with_other_bytes_is_not_used(office: Office) -> None:
    first = office.publish()
    path = first.plan.wanted.wheels[0].path
    office.memory.blobs[path] = (b"X" * len(office.memory.blobs[path][0]), office.memory.blobs[path][1])
    with pytest.raises(ConflictError, match="exists with other bytes than contoso_features"):
        office.publish(name="churn-score")
    assert len(office.memory.environments) == 1


def test_foreign_policies_are_left_alone(office: Office) -> None:
    theirs = {f"theirs-{number}": AccessPolicy("rl", None, FOREVER) for number in range(4)}
    office.memory.acl = ContainerPolicies(theirs, "blob")
    office.publish()
    assert office.policies == [*theirs, "amlpriv-1"]
    assert {name: office.memory.acl.policies[name] for name in theirs} == theirs
    assert office.memory.acl.public_access == "blob"


def test_without_a_free_policy_the_url_has_its_own_expiry(office: Office) -> None:
    theirs = {f"theirs-{number}": AccessPolicy("rl", None, FOREVER) for number in range(5)}
    office.memory.acl = ContainerPolicies(theirs)
    result = office.publish()
    assert office.policies == list(theirs)
    assert "All 5 access policies of the container are taken" in result.plan.notes[0]
    fields = _urls(result)["contoso-features"].fields
    assert (fields["sp"], fields["se"], "si" in fields) == ("r", "2026-12-20T12:00:00Z", False)
    assert office.publish().plan.action.value == "unchanged"


# --- what the account allows


def test_an_account_that_blocks_long_lifetimes_caps_ours(office: Office) -> None:
    office.memory.rules = AccountRules(True, timedelta(days=5), sas_period_blocks=True)
    result = office.publish()
    assert result.plan.expires == NOW + timedelta(days=5)
    assert result.plan.notes == ("The storage account blocks a SAS of more than 5 days: that is its lifetime now.",)
    again = office.publish()
    assert (again.plan.action.value, again.version) == ("unchanged", result.version)
    assert not again.plan.writes


def test_an_account_that_blocks_long_lifetimes_and_has_no_policy_free(office: Office) -> None:
    office.memory.rules = AccountRules(True, timedelta(days=5), sas_period_blocks=True)
    office.memory.acl = ContainerPolicies({f"theirs-{number}": AccessPolicy("r", None, None) for number in range(5)})
    first = office.publish()
    assert office.publish().version == first.version
    office.clock.move(days=3)
    assert office.publish().version == f"{first.version}-2"


def test_an_account_that_only_logs_is_mentioned(office: Office) -> None:
    office.memory.rules = AccountRules(True, timedelta(days=5), sas_period_blocks=False)
    result = office.publish()
    assert result.plan.expires == NOW + timedelta(days=30)
    assert result.plan.notes == ("The storage account's SAS expiration policy asks for 5 days at most.",)


def test_an_account_that_wants_to_know_the_reader_is_refused_with_what_works(office: Office) -> None:
    office.memory.rules = AccountRules(user_bound_only=True)
    with pytest.raises(UnsupportedError, match="requireUserBoundUserDelegationSas") as caught:
        office.publish()
    assert "feed, context or image" in str(caught.value)
    assert not office.memory.blobs


@pytest.mark.parametrize("how", ["rules say so", "storage says so", "no key"])
def test_without_a_usable_key_the_identity_signs(office: Office, how: str) -> None:
    memory = office.memory
    if how == "rules say so":
        memory.rules = AccountRules(shared_key=False)
    memory.takes_key = how != "storage says so"
    memory.hands_out_key = how != "no key"
    result = office.publish()
    fields = _urls(result)["contoso-features"].fields
    assert fields["skoid"] == "oid"
    assert result.plan.expires == NOW + timedelta(days=7)
    assert result.plan.notes[0].startswith("User delegation SAS, because ")
    assert result.plan.notes[1] == "Such a URL lives 7 days at most."
    assert office.policies == []
    assert office.publish().plan.action.value == "unchanged"


def test_without_key_and_permission_the_missing_permission_is_named(office: Office) -> None:
    office.memory.hands_out_key = office.memory.delegation_allowed = False
    with pytest.raises(PermissionDeniedError, match="generateUserDelegationKey"):
        office.publish()
    assert not office.memory.environments


def test_an_account_that_stops_taking_keys_is_the_next_renewal(office: Office) -> None:
    first = office.publish()
    office.memory.rotate_key()
    office.memory.takes_key = False
    second = office.publish()
    assert second.version == f"{first.version}-2"
    assert second.plan.because == ("storage refuses its signed URLs (contoso-features: HTTP 403)",)


def test_a_default_datastore_that_is_no_blob_storage_is_a_named_error(office: Office) -> None:
    office.memory.blob_datastore = False
    with pytest.raises(UnsupportedError, match="not blob storage"):
        office.publish()


# --- versions of the user's own


def test_a_version_of_ones_own_never_gets_other_content(office: Office) -> None:
    office.publish(version="7")
    again = office.publish(version="7")
    assert (again.version, again.plan.action.value) == ("7", "unchanged")

    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    with pytest.raises(ConflictError, match="churn-train:7 is registered with other content"):
        office.publish(version="7")
    assert len(office.memory.environments) == 1


def test_a_version_of_ones_own_is_renewed_beside_itself(office: Office) -> None:
    office.publish(version="7")
    office.memory.rotate_key()
    assert office.publish(version="7").version == "7-2"
    assert office.publish(version="7").plan.action.value == "unchanged"


def test_a_version_that_somebody_registered_by_hand_is_not_ours(office: Office) -> None:
    first = office.publish(dry_run=True)
    ours = ("churn-train", first.version)
    made = office.publish().registered
    assert made is not None
    office.memory.environments[ours] = replace(made, properties={})
    assert office.publish().version == f"{first.version}-2"


# --- several wheels


def test_what_a_private_package_needs_is_shipped_with_it(tmp_path: Path, environ: Mapping[str, str]) -> None:
    made = project(tmp_path, requires=["contoso-nlp>=2", "pandas"])
    made.wheel("contoso-nlp", "2.1")
    result = Office(made, environ).publish()
    assert set(_urls(result)) == {"contoso-features", "contoso-nlp"}


def test_more_than_twenty_wheels_have_a_manifest(tmp_path: Path, environ: Mapping[str, str]) -> None:
    made = Project(tmp_path, listed=[f"contoso-p{number:02}" for number in range(22)])
    for name in made.listed:
        made.wheel(name, "1.0")
    office = Office(made, environ)
    result = office.publish()

    assert result.registered is not None
    listed = [key for key in result.registered.properties if key.startswith("amlpriv.wheel.")]
    path = result.registered.properties["amlpriv.manifest"]
    assert (len(listed), path) == (20, f"amlpriv/manifests/{result.plan.wanted.digest}.json")
    manifest = json.loads(office.memory.blobs[path][0])
    assert [item["name"] for item in manifest["wheels"]] == sorted(made.listed)
    again = office.publish()
    assert (again.plan.action.value, office.requests) == ("unchanged", {"control_plane": 2, "storage": 3})


def test_of_more_than_twenty_wheels_only_what_changed_is_named(tmp_path: Path, environ: Mapping[str, str]) -> None:
    made = Project(tmp_path, listed=[f"contoso-p{number:02}" for number in range(22)])
    for name in made.listed:
        made.wheel(name, "1.0")
    office = Office(made, environ)
    first = office.publish()
    made.wheel("contoso-p21", "1.1")
    assert office.publish(dry_run=True).plan.because == ("contoso-p21 1.0 became 1.1",)
    assert first.registered is not None
    del office.memory.blobs[first.registered.properties["amlpriv.manifest"]]
    assert office.publish(dry_run=True).plan.because == ("the specification changed",)


def _many(folder: Path, environ: Mapping[str, str], names: list[str]) -> Office:
    made = Project(folder, listed=names)
    for name in names:
        made.wheel(name, "1.0")
    return Office(made, environ)


@pytest.mark.parametrize("names", [[f"contoso-p{n:02}" for n in range(12)], list("abcdefghijkl"), ["alpha", "zeta"]])
@pytest.mark.parametrize("key", [True, False])
def test_the_second_time_takes_five_requests_at_most(
    tmp_path: Path, environ: Mapping[str, str], names: list[str], key: bool
) -> None:
    office = _many(tmp_path, environ, names)
    office.memory.hands_out_key = key
    first = office.publish()
    again = office.publish()
    assert (again.plan.action.value, again.version) == ("unchanged", first.version)
    assert sum(office.requests.values()) == (5 if key else 3)


def test_of_many_wheels_the_lost_ones_are_uploaded_again(tmp_path: Path, environ: Mapping[str, str]) -> None:
    office = _many(tmp_path, environ, ["alpha", "beta", "gamma", "zeta"])
    first = office.publish()
    for lost in (["alpha", "gamma"], ["alpha", "beta", "gamma", "zeta"]):
        for path in [path for path in office.memory.blobs if path.split("/")[2] in lost]:
            del office.memory.blobs[path]
        again = office.publish()
        assert (again.version, again.plan.action.value) == (first.version, "renewed")
        assert again.plan.because == tuple(f"the blob of {name} is gone" for name in lost)
        assert {_head(office, url) for url in _urls(again).values()} == {200}


def test_of_many_wheels_a_refused_signature_is_noticed(tmp_path: Path, environ: Mapping[str, str]) -> None:
    office = _many(tmp_path, environ, ["alpha", "beta", "gamma", "zeta"])
    first = office.publish()
    office.memory.rotate_key()
    assert office.publish().version == f"{first.version}-2"
    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
    assert office.publish().version == f"{first.version}-3"


def test_packages_that_have_no_beginning_in_common_are_listed_one_by_one(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    """Otherwise all wheels that were ever stored would be listed."""
    office = _many(tmp_path, environ, ["alpha", "zeta"])
    asked: list[str] = []
    opened = office.memory.open()
    spied = replace(opened, open_blobs=lambda store, key: Spy(opened.open_blobs(store, key), asked))
    office.project.publish(spied, environ, now=NOW)
    assert [prefix for prefix in asked if "wheels" in prefix] == [
        "amlpriv/wheels/alpha/1.0/",
        "amlpriv/wheels/zeta/1.0/",
    ]


class Spy:
    """A container that remembers what was listed."""

    def __init__(self, real: Blobs, asked: list[str]) -> None:
        self.real, self.asked = real, asked

    def stored(self, prefix: str) -> Mapping[str, StoredBlob]:
        self.asked.append(prefix)
        return self.real.stored(prefix)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_a_manifest_that_is_there_already_is_no_obstacle(tmp_path: Path, environ: Mapping[str, str]) -> None:
    made = Project(tmp_path, listed=[f"contoso-p{number:02}" for number in range(22)])
    for name in made.listed:
        made.wheel(name, "1.0")
    office = Office(made, environ)
    first = office.publish()
    made.wheel("contoso-p00", "1.0", generator="hatchling 99")
    office.memory.rotate_key()
    second = office.publish()
    assert second.version == f"{first.version}-2"
    assert second.registered is not None
    listed = json.loads(office.memory.blobs[second.registered.properties["amlpriv.manifest"]][0])["wheels"]
    assert [item["sha256"] for item in listed] == [item.wheel.sha256 for item in second.plan.wanted.wheels]


def test_an_environment_without_private_packages_touches_no_storage(tmp_path: Path, environ: Mapping[str, str]) -> None:
    file = tmp_path / "conda.yml"
    file.write_text("channels: [conda-forge]\ndependencies: [python=3.11, pip=25.3, {pip: [pandas>=2]}]\n")
    office = Office(project(tmp_path), environ)
    from amlpriv.actions.publish import publish

    for action in ("created", "unchanged"):
        office.memory.requests = type(office.memory.requests)()
        result = publish(file, name="plain", image="ubuntu", workspace=office.memory.open(), now=NOW, environ=environ)
        assert (result.plan.action.value, office.requests["storage"]) == (action, 0)


# --- trying it out, and being disturbed


def test_a_dry_run_tells_what_then_happens_and_writes_nothing(office: Office) -> None:
    for change in ("none", "time", "key"):
        if change == "time":
            office.clock.move(days=40)
        if change == "key":
            office.memory.rotate_key()
        before = (dict(office.memory.blobs), dict(office.memory.environments), office.memory.acl)
        dry = office.publish(dry_run=True)
        assert (dict(office.memory.blobs), dict(office.memory.environments), office.memory.acl) == before
        wet = office.publish()
        assert dry.as_json()["steps"] == wet.as_json()["steps"]
        assert (dry.plan.action, dry.version, dry.plan.expires) == (wet.plan.action, wet.version, wet.plan.expires)
        assert (dry.dry_run, wet.dry_run) == (True, False)


def test_publishers_at_the_same_time_make_one_version(office: Office) -> None:
    office.project.write()
    from amlpriv.actions.publish import publish

    def run(_: int) -> Published:
        return publish(office.project.file, workspace=office.memory.open(), environ=office.environ, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(8)))
    assert len({result.id for result in results}) == 1
    assert (len(office.memory.environments), len(office.memory.puts), office.policies) == (1, 1, ["amlpriv-1"])


class Meddler(Quiet):
    """Publishes something of its own in the middle of a publish."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.done: list[Published] = []

    def begin(self, name: str, size: int) -> None:  # noqa: ARG002
        if not self.done:
            self.done.append(self.office.project.publish(self.office.memory.open(), self.office.environ, now=NOW))


def test_somebody_faster_with_the_same_content_is_as_good(office: Office, tmp_path: Path) -> None:
    """Theirs has other bytes of the same content: another URL under the version that we wanted."""
    slow = Office(project(tmp_path / "slow"), office.environ)
    slow.memory = office.memory
    office.project.wheel(generator="hatchling 99")
    meddler = Meddler(office)

    result = slow.publish(progress=meddler)
    [theirs] = meddler.done
    assert result.id == theirs.id
    assert (result.plan.action.value, result.plan.created, theirs.plan.created) == ("unchanged", False, True)
    assert result.registered == theirs.registered
    assert len(office.memory.environments) == 1
    assert result.blobs == theirs.blobs


@pytest.mark.parametrize(("fate", "action"), [("dead", "renewed"), ("archived", "restored")])
def test_what_somebody_faster_registered_is_judged_like_any_other(office: Office, fate: str, action: str) -> None:
    """Theirs is archived, or has stopped working, by the time that ours is refused."""

    class Late(Meddler):
        def begin(self, name: str, size: int) -> None:
            if not self.done:
                super().begin(name, size)
                if fate == "dead":
                    office.memory.acl = ContainerPolicies({}, last_modified=office.memory.acl.last_modified)
                else:
                    key = ("churn-train", self.done[0].version)
                    office.memory.environments[key] = replace(office.memory.environments[key], archived=True)

    slow = Office(project(office.project.folder / "slow"), office.environ)
    slow.memory = office.memory
    office.project.wheel(generator="hatchling 99")
    late = Late(office)
    result = slow.publish(progress=late)
    [theirs] = late.done
    assert result.plan.action.value == action
    assert (result.version == theirs.version) is (fate == "archived")
    assert _head(office, _urls(result)["contoso-features"]) == 200


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, PermissionDeniedError, "A firewall of the storage account"),
        (404, NotFoundError, "Somebody deleted the blob meanwhile"),
        (409, ServiceError, "ask who runs the storage account"),
    ],
)
@pytest.mark.parametrize("refused", ["alpha", "beta"])
def test_a_new_url_that_does_not_work_is_told_by_its_status(
    tmp_path: Path, environ: Mapping[str, str], status: int, error: type[AmlprivError], words: str, refused: str
) -> None:
    office = _many(tmp_path, environ, ["alpha", "beta"])
    office.memory.hands_out_key = False  # no policy is waited for
    opened = office.memory.open()
    answering = replace(opened, open_blobs=lambda store, key: Answering(opened.open_blobs(store, key), refused, status))
    with pytest.raises(error, match=f"answers {status} to the signed URL of {refused}") as caught:
        office.project.publish(answering, environ, now=NOW)
    assert words in str(caught.value)
    assert not office.memory.environments


class Answering:
    """A container that answers something else for one package."""

    def __init__(self, real: Blobs, package: str, status: int) -> None:
        self.real, self.package, self.status = real, package, status

    def head(self, url: SasUrl) -> int:
        return self.status if f"/{self.package}/" in url.url else self.real.head(url)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_somebody_faster_with_other_content_under_our_version_is_a_conflict(office: Office, tmp_path: Path) -> None:
    slow = Office(project(tmp_path / "slow"), office.environ)
    slow.memory = office.memory
    slow.project.top = office.project.top = {"version": '"7"'}
    office.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    with pytest.raises(ConflictError, match="churn-train:7 is registered with other content"):
        slow.publish(progress=Meddler(office))


class Rewriter(Quiet):
    """A build that writes the wheel again, in the moment before it is uploaded."""

    def __init__(self, wheel: Path, data: bytes) -> None:
        self.wheel, self.data = wheel, data

    def begin(self, name: str, size: int) -> None:  # noqa: ARG002
        self.wheel.write_bytes(self.data)


@pytest.mark.parametrize("cut", [0, 1, 100_000])
def test_a_wheel_that_changes_before_its_upload_is_not_stored(office: Office, cut: int) -> None:
    wheel = office.project.folder / office.project.sources["contoso-features"]
    data = wheel.read_bytes()
    with pytest.raises(InputError, match="changed while it was being published") as caught:
        office.publish(progress=Rewriter(wheel, data[:-1] + b"Z" if cut == 0 else data[:-cut]))
    assert caught.value.file == str(wheel)
    assert not office.memory.blobs
    assert not office.memory.environments


@dataclass
class Rewriting:
    """Environments whose listing is the moment in which somebody writes the wheel again."""

    real: Environments
    wheel: Path

    def versions(self, name: str) -> tuple[RegisteredEnvironment, ...]:
        self.wheel.write_bytes(self.wheel.read_bytes()[:-1] + b"Z")
        return self.real.versions(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.mark.parametrize("stored", [False, True])
def test_a_wheel_that_changes_after_it_was_checked_is_not_stored(office: Office, stored: bool) -> None:
    if stored:
        office.publish()
        office.project.name = "churn-score"
    before = dict(office.memory.blobs)
    opened = office.memory.open()
    wheel = office.project.folder / office.project.sources["contoso-features"]
    rewriting = replace(opened, environments=Rewriting(opened.environments, wheel))
    with pytest.raises(InputError, match="changed while it was being published"):
        office.project.publish(rewriting, office.environ, now=NOW)
    assert office.memory.blobs == before


class Interrupter(Quiet):
    """Ctrl-C at the second upload."""

    def advance(self, name: str, sent: int) -> None:  # noqa: ARG002
        if name.startswith("contoso_nlp"):
            raise KeyboardInterrupt


def test_an_interrupted_publish_is_simply_repeated(office: Office) -> None:
    office.project.wheel("contoso-nlp", "2.0")
    office.project.listed.append("contoso-nlp")
    with pytest.raises(KeyboardInterrupt):
        office.publish(progress=Interrupter())
    assert not office.memory.environments
    assert not office.memory.acl.policies
    assert office.publish().plan.action.value == "created"
