"""The verdict on the URLs of a registered version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest

from amlpriv.plans.health import Evidence, Health, Verdict, assess
from amlpriv.remote import AccessPolicy, ContainerPolicies
from amlpriv.secret import SasUrl

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
MONTH = timedelta(days=30)
HOST = "https://acct.blob.core.windows.net/c"


def _by_policy(policy: str = "amlpriv-1", signature: str = "s") -> SasUrl:
    return SasUrl(f"{HOST}/a.whl?sv=2023-11-03&si={policy}&sig={signature}")


def _own(days: float, more: str = "") -> SasUrl:
    ends = (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return SasUrl(f"{HOST}/a.whl?sv=2023-11-03&se={ends}{more}&sig=s")


def _policies(days: float | None = 30, name: str = "amlpriv-1") -> ContainerPolicies:
    expiry = None if days is None else NOW + timedelta(days=days)
    return ContainerPolicies({name: AccessPolicy("r", NOW, expiry)})


def _assess(
    urls: Mapping[str, SasUrl],
    statuses: Mapping[str, int] | None = None,
    policies: ContainerPolicies | None = None,
    *,
    resigned: Mapping[str, SasUrl] | None = None,
    rebuilt: frozenset[str] = frozenset(),
    wanted: frozenset[str] = frozenset("a"),
) -> Health:
    evidence = Evidence(urls, statuses or dict.fromkeys(urls, 200), policies, resigned, rebuilt)
    return assess(evidence, wanted=wanted, now=NOW, lifetime=MONTH)


def test_all_is_well() -> None:
    health = _assess({"a": _by_policy()}, policies=_policies(), resigned={"a": _by_policy()})
    assert health == Health(Verdict.USABLE, NOW + MONTH)
    assert health.reason == ""


def test_nothing_private_is_always_well() -> None:
    assert _assess({}, wanted=frozenset()) == Health(Verdict.USABLE)


def test_plain_urls_live_as_long_as_their_blobs() -> None:
    url = SasUrl(f"{HOST}/a.whl")
    cases = ((200, "", "USABLE"), (404, "", "FADING"), (404, "a", "DEAD"), (200, "a", "USABLE"))
    for status, rebuilt, verdict in cases:
        evidence = Evidence({"a": url}, {"a": status}, rebuilt=frozenset(rebuilt), plain=True)
        health = assess(evidence, wanted=frozenset("a"), now=NOW, lifetime=MONTH)
        assert (health.verdict, health.expires) == (Verdict[verdict], None)


def test_a_text_without_our_urls_is_dead() -> None:
    health = _assess({}, wanted=frozenset({"a", "b"}))
    assert (health.verdict, health.reason) == (Verdict.DEAD, "the registered text has no signed URL for: a, b")
    assert _assess({"a": _by_policy(), "b": _by_policy()}, policies=_policies()).verdict is Verdict.DEAD


@pytest.mark.parametrize(
    ("days", "verdict", "reason"),
    [
        (15, Verdict.USABLE, ""),
        (14, Verdict.FADING, "access policy amlpriv-1 ends on 2026-12-04 12:00 UTC"),
        (-1, Verdict.FADING, "access policy amlpriv-1 expired on 2026-11-19 12:00 UTC"),
        (None, Verdict.FADING, "access policy amlpriv-1 has no expiry"),
    ],
)
def test_the_life_of_a_policy(days: float | None, verdict: Verdict, reason: str) -> None:
    status = 200 if days and days > 0 else 403
    health = _assess({"a": _by_policy()}, {"a": status}, _policies(days))
    assert (health.verdict, health.reason) == (verdict, reason)


def test_an_ended_policy_with_a_successor_is_not_brought_back() -> None:
    both = ContainerPolicies({**_policies(-1).policies, **_policies(30, "amlpriv-2").policies})
    health = _assess({"a": _by_policy()}, {"a": 403}, both)
    assert health.verdict is Verdict.DEAD
    assert health.reason.endswith("and a newer one has taken its place")


def test_a_policy_that_is_gone_was_revoked() -> None:
    health = _assess({"a": _by_policy()}, {"a": 403}, ContainerPolicies({}))
    assert (health.verdict, health.reason) == (Verdict.DEAD, "access policy amlpriv-1 was revoked")


def test_another_signature_than_todays_key_makes_is_a_rotated_key() -> None:
    health = _assess({"a": _by_policy()}, {"a": 403}, _policies(), resigned={"a": _by_policy(signature="t")})
    assert (health.verdict, health.reason) == (Verdict.DEAD, "the storage account's key was rotated")


def test_a_refusal_without_known_reason_tells_the_status() -> None:
    health = _assess({"a": _by_policy()}, {"a": 403}, _policies())
    assert (health.verdict, health.reason) == (Verdict.DEAD, "storage refuses its signed URLs (a: HTTP 403)")


@pytest.mark.parametrize(("status", "verdict"), [(200, Verdict.USABLE), (404, Verdict.FADING), (403, Verdict.DEAD)])
def test_policies_that_cannot_be_read_leave_the_word_to_storage(status: int, verdict: Verdict) -> None:
    assert _assess({"a": _by_policy()}, {"a": status}).verdict is verdict


def test_a_lost_blob_can_be_brought_back_unless_its_bytes_are_gone() -> None:
    health = _assess({"a": _by_policy()}, {"a": 404}, _policies())
    assert (health.verdict, health.missing, health.reason) == (Verdict.FADING, ("a",), "the blob of a is gone")
    health = _assess({"a": _by_policy()}, {"a": 404}, _policies(), rebuilt=frozenset("a"))
    assert (health.verdict, health.missing) == (Verdict.DEAD, ("a",))


def test_a_rebuilt_wheel_that_is_still_stored_is_no_matter() -> None:
    assert _assess({"a": _by_policy()}, policies=_policies(), rebuilt=frozenset("a")).verdict is Verdict.USABLE


def test_all_reasons_are_told() -> None:
    both = {"a": _by_policy(), "b": _by_policy()}
    health = _assess(both, {"a": 200, "b": 404}, _policies(3), wanted=frozenset({"a", "b"}))
    assert health.reason == "access policy amlpriv-1 ends on 2026-11-23 12:00 UTC; the blob of b is gone"


def test_urls_of_different_kinds_are_made_anew() -> None:
    for other in (_by_policy("amlpriv-2"), _own(30)):
        health = _assess({"a": _by_policy(), "b": other}, policies=_policies(), wanted=frozenset({"a", "b"}))
        assert (health.verdict, health.reason) == (Verdict.DEAD, "its URLs are signed in different ways")


@pytest.mark.parametrize(
    ("days", "more", "verdict"),
    [
        (15, "", Verdict.USABLE),
        (14, "", Verdict.DEAD),
        (-1, "", Verdict.DEAD),
        (3.5, "&skoid=o", Verdict.USABLE),
        (3, "&skoid=o", Verdict.DEAD),
    ],
)
def test_a_url_with_its_own_expiry_cannot_be_extended(days: float, more: str, verdict: Verdict) -> None:
    """A delegated one cannot live longer than a week: half of that is enough."""
    assert _assess({"a": _own(days, more)}).verdict is verdict


def test_the_first_to_expire_counts() -> None:
    health = _assess({"a": _own(30), "b": _own(20)}, wanted=frozenset({"a", "b"}))
    assert health.expires == NOW + timedelta(days=20)


@pytest.mark.parametrize(("status", "verdict"), [(403, Verdict.DEAD), (404, Verdict.FADING)])
def test_storage_has_the_last_word_on_an_own_expiry_too(status: int, verdict: Verdict) -> None:
    assert _assess({"a": _own(30)}, {"a": status}).verdict is verdict
