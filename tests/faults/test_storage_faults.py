"""Storage that is busy, cut off or forgetful: what was asked happens once, or is a named error."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO

import pytest

from amlpriv.errors import ConflictError, NetworkError, PermissionDeniedError, ServiceError, UnsupportedError
from amlpriv.remote import AccessPolicy, BlobUpload, ContainerPolicies
from amlpriv.workspace.sas import PolicySigner
from tests.faults.conftest import Weather
from tests.faults.faultserver import Rule

pytestmark = pytest.mark.local

BLOCK = 100_000
PATH = "amlpriv/wheels/x/1/ab/x-1-py3-none-any.whl"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def _upload(data: bytes, path: str = PATH) -> BlobUpload:
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    return BlobUpload(path, len(data), md5, {"amlpriv_upload": uuid.uuid4().hex}, lambda: BytesIO(data))


SMALL = b"wheel"
LARGE = bytes(range(256)) * 1100  # three blocks of 100 000


@pytest.mark.parametrize("do", ["status", "drop", "drop_after"])
@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["one piece", "three blocks"])
def test_one_fault_is_survived_and_the_blob_is_whole(weather: Weather, do: str, data: bytes) -> None:
    for kind in ("PUT", "PUT block", "PUT blocklist"):
        weather.storage.rules.append(Rule(kind, do))
    blobs = weather.blobs(weather.open(block_size=BLOCK))

    assert blobs.put(_upload(data)) is True
    assert blobs.get(PATH) == data
    assert any(seen.deed == do for seen in weather.storage.seen)


@pytest.mark.parametrize(("data", "last"), [(SMALL, "PUT"), (LARGE, "PUT blocklist")], ids=["one piece", "blocks"])
def test_a_reply_that_was_lost_is_our_own_upload(weather: Weather, data: bytes, last: str) -> None:
    weather.storage.rules.append(Rule(last, "drop_after"))
    blobs = weather.blobs(weather.open(block_size=BLOCK))
    assert blobs.put(_upload(data)) is True
    assert weather.storage.kinds()[-3:] == [last, last, "HEAD"]


def test_a_reply_that_was_lost_is_not_ours_when_another_wrote_the_same(weather: Weather) -> None:
    weather.blobs().put(_upload(SMALL))
    weather.storage.rules.append(Rule("PUT", "drop_after"))
    assert weather.blobs().put(_upload(SMALL)) is False


def test_other_bytes_are_a_conflict_after_a_lost_reply_too(weather: Weather) -> None:
    weather.blobs().put(_upload(b"other"))
    weather.storage.rules.append(Rule("PUT", "drop_after"))
    with pytest.raises(ConflictError, match="exists with other bytes"):
        weather.blobs().put(_upload(SMALL))
    assert weather.blobs().get(PATH) == b"other"


def test_retry_after_is_obeyed(weather: Weather) -> None:
    rule = Rule("PUT", "status", status=429, code="TooManyRequests", headers={"Retry-After": "1"})
    weather.storage.rules.append(rule)
    assert weather.blobs().put(_upload(SMALL)) is True
    first, second = (seen.at for seen in weather.storage.seen)
    assert 1.0 <= second - first < 5


def test_an_upload_that_is_cut_off_leaves_nothing_to_be_seen(weather: Weather) -> None:
    weather.storage.rules.append(Rule("PUT block", "cut", skip=1, times=100))
    with pytest.raises(NetworkError, match="uploading x-1-py3-none-any") as caught:
        weather.blobs(weather.open(block_size=BLOCK, total=1)).put(_upload(LARGE))
    assert "HTTPS_PROXY" in str(caught.value)

    weather.storage.rules.clear()
    assert weather.blobs().stored("amlpriv/wheels/") == {}
    assert weather.blobs(weather.open(block_size=BLOCK)).put(_upload(LARGE)) is True
    assert weather.blobs().get(PATH) == LARGE


def test_storage_that_stays_busy_is_a_service_error(weather: Weather) -> None:
    weather.storage.rules.append(Rule("GET list", "status", times=100))
    with pytest.raises(ServiceError, match=r"listing container .* 503 ServerBusy") as caught:
        weather.blobs(weather.open(total=2)).stored("amlpriv/")
    assert caught.value.hint == "Try again later."
    assert weather.storage.kinds() == ["GET list"] * 3


def test_retries_are_counted(weather: Weather) -> None:
    weather.storage.rules.append(Rule("GET list", "status", times=2))
    workspace = weather.open()
    weather.blobs(workspace).stored("amlpriv/")
    assert workspace.requests.storage == 3 == len(weather.storage.seen)


@pytest.mark.parametrize("do", ["short", "drop"])
def test_a_read_that_breaks_off_is_repeated(weather: Weather, do: str) -> None:
    weather.blobs().put(_upload(LARGE))
    weather.storage.rules.append(Rule("GET", do))
    assert weather.blobs().get(PATH) == LARGE


def test_a_head_that_breaks_off_is_repeated(weather: Weather) -> None:
    weather.blobs().put(_upload(SMALL))
    blobs = weather.blobs()
    blobs.set_policies(ContainerPolicies({"p": AccessPolicy("r", START, START + timedelta(days=36500))}))
    url = PolicySigner(weather.site.datastore, weather.site.state.account_key, "p", START).sign(PATH)
    weather.storage.rules += [Rule("HEAD", "drop"), Rule("HEAD", "status")]
    assert blobs.head(url) == 200
    assert [seen.headers.get("authorization") for seen in weather.storage.seen if seen.method == "HEAD"] == [None] * 3


def test_a_refused_key_is_told_apart_from_a_missing_role(weather: Weather) -> None:
    weather.storage.rules.append(Rule("GET acl", "status", status=403, code="KeyBasedAuthenticationNotPermitted"))
    with pytest.raises(UnsupportedError):
        weather.blobs().policies()
    weather.storage.rules.append(Rule("GET acl", "status", status=403, code="AuthorizationFailure"))
    with pytest.raises(PermissionDeniedError, match="AuthorizationFailure"):
        weather.blobs().policies()


def test_a_refused_delegation_key_names_the_permission(weather: Weather) -> None:
    code = "AuthorizationPermissionMismatch"
    weather.storage.rules.append(Rule("POST userdelegationkey", "status", status=403, code=code))
    blobs = weather.open().open_blobs(weather.site.datastore, None)
    with pytest.raises(PermissionDeniedError, match=code) as caught:
        blobs.delegation_key(START, START + timedelta(days=1))
    assert "generateUserDelegationKey" in str(caught.value)


@pytest.mark.parametrize("text", [b"<?xml version='1.0'?><EnumerationResults><Blobs>", b"", b"\xff", b"<html/>"])
def test_nonsense_in_a_listing_is_a_named_error(weather: Weather, text: bytes) -> None:
    """Least of all is it an empty container: then everything would be uploaded again."""
    weather.storage.rules.append(Rule("GET list", "text", times=9, text=text))
    with pytest.raises(ServiceError):
        weather.blobs(weather.open(total=1)).stored("amlpriv/")


@pytest.mark.parametrize("text", [b"<?xml version='1.0'?><SignedIdentifiers>", b"", b"\xff", b"<html/>"])
def test_nonsense_about_policies_is_a_named_error(weather: Weather, text: bytes) -> None:
    """Least of all is it an empty list: writing it back would revoke everybody's URLs."""
    weather.storage.rules.append(Rule("GET acl", "text", times=9, text=text))
    with pytest.raises(ServiceError):
        weather.blobs(weather.open(total=1)).policies()


ACL = """<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>
<SignedIdentifier><Id>theirs</Id><AccessPolicy><Expiry>2099-01-01T00:00:00.1234567Z</Expiry>
<Permission>racwdl</Permission></AccessPolicy></SignedIdentifier>
<SignedIdentifier><Id>dated</Id><AccessPolicy><Start>2026-01-01</Start><Expiry>2099-01-01T10:30Z</Expiry>
<Permission>rl</Permission></AccessPolicy></SignedIdentifier>
<SignedIdentifier><Id>bare</Id></SignedIdentifier>
</SignedIdentifiers>"""


def test_foreign_policies_go_back_as_they_came(weather: Weather) -> None:
    """Half-filled ones too, which Azurite does not take. Times lose their fractions of a second: the library's way."""
    weather.storage.rules.append(Rule("GET acl", "text", text=ACL.encode()))
    weather.storage.rules.append(Rule("PUT acl", "status", status=400, code="Seen", times=1))
    blobs = weather.blobs()
    current = blobs.policies()
    assert set(current.policies) == {"theirs", "dated", "bare"}
    assert current.policies["theirs"].expiry == datetime(2099, 1, 1, tzinfo=timezone.utc)

    ours = AccessPolicy("r", START, START + timedelta(days=30))
    with pytest.raises(ServiceError):
        blobs.set_policies(replace(current, policies={**current.policies, "amlpriv-1": ours}))
    sent = weather.storage.seen[-1].body.decode()
    assert "<Id>theirs</Id><AccessPolicy><Expiry>2099-01-01T00:00:00Z</Expiry>" in sent
    assert "<Start>2026-01-01T00:00:00Z</Start><Expiry>2099-01-01T10:30:00Z</Expiry><Permission>rl</Permission>" in sent
    assert "<Id>amlpriv-1</Id><AccessPolicy><Start>2026-01-01T00:00:00Z</Start>" in sent
    assert "<Id>bare</Id>" in sent
    assert "<Permission>None" not in sent


def test_a_lost_reply_to_set_policies_is_at_worst_a_conflict(weather: Weather) -> None:
    """The second attempt may find its own change: whoever asked reads again and sees that it is done."""
    blobs = weather.blobs()
    weather.storage.rules.append(Rule("PUT acl", "drop_after"))
    policy = AccessPolicy("r", START, START + timedelta(days=30))
    with suppress(ConflictError):
        blobs.set_policies(replace(blobs.policies(), policies={"amlpriv-1": policy}))
    assert set(blobs.policies().policies) == {"amlpriv-1"}


def test_a_lock_that_cannot_be_given_back_is_no_error(weather: Weather) -> None:
    """The lease ends by itself; what was done under it is done."""
    weather.storage.rules.append(Rule("PUT lease", "drop", skip=1, times=100))
    with weather.blobs(weather.open(total=1)).lock("amlpriv/.lock") as held:
        held.remember(2)
    assert weather.blobs().stored("amlpriv/.lock")["amlpriv/.lock"].metadata == {"amlpriv_generation": "2"}


@pytest.mark.parametrize("kind", ["PUT metadata", "HEAD"])
def test_a_lock_that_was_lost_is_a_named_error(weather: Weather, kind: str) -> None:
    rule = Rule(kind, "status", status=412, code="LeaseLost", times=9)
    weather.storage.rules.append(rule)
    with (
        pytest.raises(ConflictError, match=r"locking container .*412"),
        weather.blobs().lock("amlpriv/.lock") as held,
    ):
        held.remember(2)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_storage_says_nothing_about_a_url(weather: Weather, status: int) -> None:
    """Otherwise it would be taken for a dead one, and a new version registered."""
    url = PolicySigner(weather.site.datastore, weather.site.state.account_key, "p", START).sign(PATH)
    weather.storage.rules.append(Rule("HEAD", "status", status=status, times=9))
    with pytest.raises(ServiceError, match=f"the service answered {status}") as caught:
        weather.blobs(weather.open(total=1)).head(url)
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("AuthorizationPermissionMismatch", "Storage Blob Data Contributor"), ("AuthorizationFailure", "firewall")],
)
def test_a_403_of_storage_says_what_is_missing(weather: Weather, code: str, hint: str) -> None:
    weather.storage.rules.append(Rule("GET list", "status", status=403, code=code, times=9))
    with pytest.raises(PermissionDeniedError, match=hint):
        weather.open().open_blobs(weather.site.datastore, None).stored("amlpriv/")


@pytest.mark.parametrize("kind", ["PUT lease", "PUT metadata", "PUT"])
@pytest.mark.parametrize("do", ["status", "drop"])
def test_the_lock_survives_a_fault(weather: Weather, kind: str, do: str) -> None:
    weather.storage.rules.append(Rule(kind, do))
    with weather.blobs().lock("amlpriv/.lock") as held:
        held.remember(2)
    with weather.blobs().lock("amlpriv/.lock") as held:
        assert held.generation == 2
