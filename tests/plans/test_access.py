"""Which signature is allowed, and what happens to the access policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from amlpriv.errors import UnsupportedError
from amlpriv.plans.access import (
    DEFAULT_LIFETIME,
    LONGEST_DELEGATION,
    LONGEST_LIFETIME,
    choose_access,
    enough_life,
    plan_policy,
    policy_number,
)
from amlpriv.remote import AccessPolicy, AccountRules, ContainerPolicies, StorageSecret
from amlpriv.secret import Secret

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
KEY = StorageSecret(Secret("a2V5"))
NO_KEY = StorageSecret(None, "datastore d has credentials of type None")
MONTH = DEFAULT_LIFETIME


def _policy(days: float, permission: str = "r") -> AccessPolicy:
    return AccessPolicy(permission, NOW - timedelta(days=1), NOW + timedelta(days=days))


def _container(**policies: AccessPolicy) -> ContainerPolicies:
    return ContainerPolicies({name.replace("_", "-"): policy for name, policy in policies.items()}, "blob", NOW)


def test_a_key_that_may_be_used_is_used() -> None:
    for rules in (AccountRules(), AccountRules(shared_key=True)):
        access = choose_access(KEY, rules, MONTH)
        assert (access.by_key, access.lifetime, access.notes) == (True, MONTH, ())


def test_without_key_the_reason_is_told_and_a_week_is_the_end() -> None:
    access = choose_access(NO_KEY, AccountRules(), MONTH)
    assert (access.by_key, access.lifetime) == (False, LONGEST_DELEGATION)
    assert access.notes == (
        "User delegation SAS, because datastore d has credentials of type None.",
        "Such a URL lives 7 days at most.",
    )


def test_a_short_wish_needs_no_word_about_the_week() -> None:
    access = choose_access(NO_KEY, AccountRules(), timedelta(hours=12))
    assert (access.lifetime, len(access.notes)) == (timedelta(hours=12), 1)


def test_an_account_without_shared_keys_is_signed_for_by_the_identity() -> None:
    access = choose_access(KEY, AccountRules(shared_key=False), MONTH)
    assert access.notes[0] == "User delegation SAS, because the storage account does not accept account keys."


def test_no_lifetime_is_beyond_180_days() -> None:
    access = choose_access(KEY, AccountRules(), timedelta(days=1000))
    assert access.lifetime == LONGEST_LIFETIME == timedelta(days=180)
    assert choose_access(KEY, AccountRules(), LONGEST_LIFETIME).notes == ()


@pytest.mark.parametrize(
    ("period", "blocks", "lifetime", "word"),
    [
        (timedelta(days=5), True, timedelta(days=5), "blocks a SAS of more than 5 days"),
        (timedelta(hours=8), True, timedelta(hours=8), "blocks a SAS of more than 8 hours"),
        (timedelta(days=5), False, MONTH, "asks for 5 days at most"),
        (timedelta(days=60), True, MONTH, ""),
    ],
)
def test_the_accounts_own_limit(period: timedelta, blocks: bool, lifetime: timedelta, word: str) -> None:
    access = choose_access(KEY, AccountRules(True, period, blocks), MONTH)
    assert access.lifetime == lifetime
    assert word in " ".join(access.notes)
    assert bool(access.notes) is bool(word)


def test_urls_for_named_users_only_leave_the_other_routes() -> None:
    with pytest.raises(UnsupportedError, match="feed, context or image"):
        choose_access(KEY, AccountRules(user_bound_only=True), MONTH)


def test_half_of_what_would_be_given_is_enough() -> None:
    half = NOW + timedelta(days=15)
    assert enough_life(half, now=NOW, lifetime=MONTH)
    assert not enough_life(half - timedelta(seconds=1), now=NOW, lifetime=MONTH)


@pytest.mark.parametrize(
    ("name", "number"), [("amlpriv-1", 1), ("amlpriv-12", 12), ("amlpriv", 0), ("amlpriv-x", 0), ("my-amlpriv-1", 0)]
)
def test_our_policies_have_a_number(name: str, number: int) -> None:
    assert policy_number(name) == number


def test_the_first_policy_is_created_beside_the_others() -> None:
    current = _container(theirs=_policy(5, "rl"))
    plan = plan_policy(current, now=NOW, lifetime=MONTH)
    assert str(plan) == "create access policy amlpriv-1, valid until 2026-12-20"
    assert plan.wanted is not None
    ours = AccessPolicy("r", NOW - timedelta(minutes=15), NOW + MONTH)
    assert plan.wanted == replace(current, policies={**current.policies, "amlpriv-1": ours})


def test_a_policy_that_lives_long_enough_is_kept() -> None:
    for days in (29, 30, 90):
        plan = plan_policy(_container(amlpriv_1=_policy(days)), now=NOW, lifetime=MONTH)
        assert (plan.wanted, plan.expires) == (None, NOW + timedelta(days=days))
        assert str(plan).startswith("keep access policy amlpriv-1")


@pytest.mark.parametrize("old", [_policy(28), _policy(-1), AccessPolicy("r", NOW, None), _policy(90, "rl")])
def test_a_policy_that_ends_too_early_or_allows_too_much_is_written_again(old: AccessPolicy) -> None:
    plan = plan_policy(_container(amlpriv_1=old), now=NOW, lifetime=MONTH)
    assert str(plan).startswith("extend access policy amlpriv-1")
    assert plan.wanted is not None
    new = plan.wanted.policies["amlpriv-1"]
    assert (new.permission, new.expiry) == ("r", max(NOW + MONTH, old.expiry or NOW))


def test_a_policy_that_begins_in_the_future_is_written_again() -> None:
    """It was written while somebody's clock was ahead."""
    ahead = AccessPolicy("r", NOW + timedelta(hours=23), NOW + timedelta(days=31))
    plan = plan_policy(_container(**{"amlpriv-1": ahead}), now=NOW, lifetime=timedelta(days=30))
    assert str(plan).startswith("extend access policy amlpriv-1")
    assert plan.wanted is not None
    begin = plan.wanted.policies["amlpriv-1"].start
    assert begin is not None
    assert begin < NOW


def test_fractions_of_a_second_stay_out() -> None:
    plan = plan_policy(_container(), now=NOW + timedelta(microseconds=5), lifetime=MONTH)
    assert plan.wanted is not None
    new = plan.wanted.policies["amlpriv-1"]
    assert new.start is not None
    assert new.expiry is not None
    assert (new.start.microsecond, new.expiry.microsecond) == (0, 0)


def test_the_newest_of_ours_counts() -> None:
    current = _container(amlpriv_1=_policy(90), amlpriv_3=_policy(90), amlpriv_2=_policy(90))
    assert plan_policy(current, now=NOW, lifetime=MONTH).policy == "amlpriv-3"


@pytest.mark.parametrize(
    ("generation", "revoked", "name"),
    [(0, (), "amlpriv-1"), (1, (), "amlpriv-2"), (0, ("amlpriv-1",), "amlpriv-2"), (3, ("amlpriv-1",), "amlpriv-4")],
)
def test_a_dead_policy_never_comes_back(generation: int, revoked: tuple[str, ...], name: str) -> None:
    plan = plan_policy(_container(), now=NOW, lifetime=MONTH, generation=generation, named=revoked)
    assert plan.policy == name


def test_an_older_policy_is_no_substitute_for_a_revoked_newer_one() -> None:
    plan = plan_policy(_container(amlpriv_1=_policy(90)), now=NOW, lifetime=MONTH, named=("amlpriv-2",))
    assert plan.policy == "amlpriv-3"


def test_five_places_are_all_there_are() -> None:
    theirs = {f"theirs_{number}": _policy(5) for number in range(4)}
    assert plan_policy(_container(**theirs), now=NOW, lifetime=MONTH).policy == "amlpriv-1"
    full = _container(**theirs, one_more=_policy(5))
    plan = plan_policy(full, now=NOW, lifetime=MONTH)
    assert (plan.policy, plan.wanted, plan.expires) == ("", None, NOW + MONTH)
    assert str(plan) == "sign without an access policy, valid until 2026-12-20"
    assert "only a rotated account key revokes it" in plan.notes[0]
    # Ours among the five is still ours.
    assert plan_policy(_container(**theirs, amlpriv_1=_policy(1)), now=NOW, lifetime=MONTH).policy == "amlpriv-1"
