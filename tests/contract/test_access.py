"""Access policies, the lock around them, and URLs that storage accepts or refuses."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from threading import Thread

import pytest

from amlpriv.errors import ConflictError, LockedError
from amlpriv.remote import AccessPolicy, BlobUpload
from amlpriv.workspace.sas import AdHocSigner, DelegationSigner, PolicySigner, Signer
from tests.contract.conftest import Case

PATH = "amlpriv/wheels/x/1!2.0+cu118/ab/x-1!2.0+cu118-py3-none-any.whl"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(2099, 1, 1, tzinfo=timezone.utc)
READ = AccessPolicy("r", START, END)
# Azurite refuses a policy without start, expiry or permission; tests/faults/ looks at those.
FOREIGN = {"theirs": AccessPolicy("rl", START, END), "all": AccessPolicy("racwdl", START, END)}


def _put(case: Case, path: str = PATH) -> None:
    md5 = hashlib.md5(b"wheel", usedforsecurity=False).digest()
    case.blobs().put(BlobUpload(path, 5, md5, {}, lambda: BytesIO(b"wheel")))


def _set(case: Case, **policies: AccessPolicy) -> None:
    current = case.blobs().policies()
    names = {name.replace("_", "-"): policy for name, policy in policies.items()}
    case.blobs().set_policies(replace(current, policies={**current.policies, **names}))


def test_foreign_policies_and_public_access_are_kept(case: Case) -> None:
    case.publish_container()
    _set(case, **FOREIGN)
    before = case.blobs().policies()
    _set(case, amlpriv_1=READ)

    after = case.blobs().policies()
    assert after.public_access == "blob"
    assert {name: after.policies[name] for name in FOREIGN} == {name: before.policies[name] for name in FOREIGN}
    assert [(p.permission, p.start, p.expiry) for p in after.policies.values()] == [
        ("rl", START, END),
        ("racwdl", START, END),
        ("r", START, END),
    ]


def test_a_container_without_policies_has_an_empty_list(case: Case) -> None:
    assert case.blobs().policies().policies == {}
    assert case.blobs().policies().public_access is None


def test_a_list_that_changed_meanwhile_is_not_overwritten(case: Case) -> None:
    _set(case, theirs=READ)
    case.next_second()
    old = case.blobs().policies()
    case.next_second()
    _set(case, other=READ)

    with pytest.raises(ConflictError):
        case.blobs().set_policies(replace(old, policies={}))
    assert set(case.blobs().policies().policies) == {"theirs", "other"}


def test_the_lock_lets_one_in_after_the_other(case: Case) -> None:
    order: list[str] = []

    def second() -> None:
        with case.blobs().lock("amlpriv/.lock"):
            order.append("second")

    with case.blobs().lock("amlpriv/.lock"):
        waiting = Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def test_the_lock_remembers_the_newest_policy(case: Case) -> None:
    with case.blobs().lock("amlpriv/.lock") as held:
        assert held.generation == 0
        held.remember(3)
    with case.blobs().lock("amlpriv/.lock") as held:
        assert held.generation == 3
    stored = case.blobs().stored("amlpriv/.lock")
    assert stored["amlpriv/.lock"].metadata == {"amlpriv_generation": "3"}


def test_a_lock_is_released_by_an_error(case: Case) -> None:
    with pytest.raises(LockedError, match="by a test"), case.blobs().lock("amlpriv/.lock"):
        raise LockedError("by a test")
    with case.blobs().lock("amlpriv/.lock") as held:
        assert held.generation == 0


def test_a_url_by_policy_works_until_the_policy_goes(case: Case) -> None:
    _put(case)
    _set(case, amlpriv_1=READ)
    url = PolicySigner(case.datastore, case.key, "amlpriv-1", END).sign(PATH)
    assert case.blobs().head(url) == 200

    case.next_second()
    case.blobs().set_policies(replace(case.blobs().policies(), policies={}))
    assert case.blobs().head(url) == 403


def test_a_url_by_an_expired_policy_is_refused(case: Case) -> None:
    _put(case)
    now = case.clock()
    _set(case, amlpriv_1=AccessPolicy("r", now - timedelta(hours=2), now - timedelta(hours=1)))
    assert case.blobs().head(PolicySigner(case.datastore, case.key, "amlpriv-1", END).sign(PATH)) == 403


def _signers(case: Case, starts: datetime, ends: datetime) -> dict[str, Signer]:
    delegated = case.workspace.open_blobs(case.datastore, None).delegation_key(starts, ends)
    return {
        "ad hoc": AdHocSigner(case.datastore, case.key, starts, ends),
        "delegated": DelegationSigner(case.datastore, delegated, starts, ends),
    }


@pytest.mark.parametrize("kind", ["ad hoc", "delegated"])
def test_a_url_with_its_own_expiry_is_readable(case: Case, kind: str) -> None:
    _put(case)
    now = case.clock()
    signer = _signers(case, now - timedelta(minutes=15), now + timedelta(days=1))[kind]
    assert case.blobs().head(signer.sign(PATH)) == 200
    assert case.blobs().head(signer.sign("amlpriv/wheels/gone.whl")) == 404


def test_a_url_that_has_expired_is_refused(case: Case) -> None:
    _put(case)
    now = case.clock()
    signer = AdHocSigner(case.datastore, case.key, now - timedelta(hours=2), now - timedelta(hours=1))
    assert case.blobs().head(signer.sign(PATH)) == 403


def test_a_url_for_another_blob_is_refused(case: Case) -> None:
    _put(case)
    _put(case, "amlpriv/wheels/other.whl")
    now = case.clock()
    url = AdHocSigner(case.datastore, case.key, now, now + timedelta(days=1)).sign("amlpriv/wheels/other.whl")
    moved = type(url)(url.reveal().replace("amlpriv/wheels/other.whl", "amlpriv/wheels/another.whl"))
    assert case.blobs().head(moved) == 403
