"""Which signature a workspace allows, and what to do with the container's access policy."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from amlpriv.errors import UnsupportedError, UsageError
from amlpriv.remote import AccessPolicy, AccountRules, ContainerPolicies, StorageSecret

__all__ = [
    "DEFAULT_LIFETIME",
    "LONGEST_DELEGATION",
    "LONGEST_LIFETIME",
    "Access",
    "PolicyPlan",
    "asked_lifetime",
    "choose_access",
    "enough_life",
    "plan_policy",
    "policy_number",
]

DEFAULT_LIFETIME = timedelta(days=30)
LONGEST_LIFETIME = timedelta(days=180)
LONGEST_DELEGATION = timedelta(days=7)
"""A user delegation key lives 7 days at most, and its signatures die with it ('Get User Delegation Key')."""

BACKDATED = timedelta(minutes=15)
"""Clocks differ; Microsoft's SAS guidance is to start 15 minutes ago."""

SLOTS = 5
"""Stored access policies per container ('Define a stored access policy')."""

_POLICY = re.compile(r"amlpriv-(\d+)")


class PolicyAction(Enum):
    """What happens to the container's list of access policies."""

    KEEP = "keep"
    CREATE = "create"
    EXTEND = "extend"
    AD_HOC = "ad-hoc"


@dataclass(frozen=True, slots=True)
class Access:
    """How URLs will be signed, and for how long."""

    by_key: bool
    """With the account key and a stored access policy; otherwise with a user delegation key."""
    lifetime: timedelta
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """What happens to the access policy, and how long its URLs live."""

    action: PolicyAction
    policy: str
    """Id of the policy, for instance ``amlpriv-1``; empty for an ad-hoc signature."""
    expires: datetime
    wanted: ContainerPolicies | None = None
    """The whole list to be written, for CREATE and EXTEND."""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        until = f"until {self.expires:%Y-%m-%d}"
        match self.action:
            case PolicyAction.KEEP:
                return f"keep access policy {self.policy}, valid {until}"
            case PolicyAction.CREATE:
                return f"create access policy {self.policy}, valid {until}"
            case PolicyAction.EXTEND:
                return f"extend access policy {self.policy} {until}"
            case PolicyAction.AD_HOC:
                return f"sign without an access policy, valid {until}"


def _days(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:.3g} hours"


def asked_lifetime(expires: timedelta | None) -> timedelta:
    """What the user wants, or the default; UsageError for nothing and less."""
    if expires is not None and expires <= timedelta(0):
        raise UsageError(
            f"expires is {expires}: a URL must live for some time.", hint="For instance timedelta(days=30)."
        )
    return DEFAULT_LIFETIME if expires is None else expires


def choose_access(secret: StorageSecret, rules: AccountRules, asked: timedelta) -> Access:
    """Which kind of signature the service's answers allow.

    Raises UnsupportedError when the account refuses every URL that works without a sign-in.
    """
    if rules.user_bound_only:
        raise UnsupportedError(
            "The storage account demands user-bound delegation SAS (requireUserBoundUserDelegationSas): a URL that"
            " pip in the image builder could read is refused.",
            hint="Use the route feed, context or image.",
        )
    notes: list[str] = []
    lifetime = asked
    if lifetime > LONGEST_LIFETIME:
        lifetime = LONGEST_LIFETIME
        notes.append(f"{_days(asked)} were asked for; amlpriv signs for {_days(LONGEST_LIFETIME)} at most.")
    by_key = secret.account_key is not None and rules.shared_key is not False
    if not by_key:
        why = secret.reason if secret.account_key is None else "the storage account does not accept account keys"
        notes.append(f"User delegation SAS, because {why}.")
        if lifetime > LONGEST_DELEGATION:
            lifetime = LONGEST_DELEGATION
            notes.append(f"Such a URL lives {_days(LONGEST_DELEGATION)} at most.")
    if rules.sas_period is not None and rules.sas_period < lifetime:
        if rules.sas_period_blocks:
            lifetime = rules.sas_period
            notes.append(f"The storage account blocks a SAS of more than {_days(lifetime)}: that is its lifetime now.")
        else:
            notes.append(f"The storage account's SAS expiration policy asks for {_days(rules.sas_period)} at most.")
    return Access(by_key, lifetime, tuple(notes))


def enough_life(expires: datetime, *, now: datetime, lifetime: timedelta) -> bool:
    """Whether what expires then can be left alone: at least half of the lifetime that would be given now is left."""
    return expires - now >= lifetime / 2


def policy_number(name: str) -> int:
    """3 for ``amlpriv-3``; 0 for a policy that is not ours."""
    match = _POLICY.fullmatch(name)
    return int(match[1]) if match else 0


def plan_policy(
    current: ContainerPolicies,
    *,
    now: datetime,
    lifetime: timedelta,
    generation: int = 0,
    named: Collection[str] = (),
) -> PolicyPlan:
    """Keep, extend or create our policy in this container, or sign without one when all five places are taken.

    ``generation`` is the number of the newest policy that ever existed, ``named`` are all policies that URLs name,
    whether the container still has them or not: what is gone does not come back, since with it would come the URLs
    that were revoked.
    """
    asked = now + lifetime
    ours = {policy_number(name): name for name in current.policies if policy_number(name)}
    dead = max([generation, *(policy_number(name) for name in named)], default=0)
    newest = max(ours, default=0)
    if newest and newest >= dead:
        name = ours[newest]
        old = current.policies[name]
        # A day's slack: publishing twice on a day does not write the list twice.
        slack = min(timedelta(days=1), lifetime / 10)
        # One that begins later was written while somebody's clock was ahead: until then its URLs would be refused.
        begun = old.start is None or old.start <= now
        if begun and old.permission == "r" and old.expiry is not None and old.expiry >= asked - slack:
            return PolicyPlan(PolicyAction.KEEP, name, old.expiry)
        expires = asked if old.expiry is None else max(old.expiry, asked)
        wanted = _with(current, name, now, expires)
        return PolicyPlan(PolicyAction.EXTEND, name, expires, wanted)
    if len(current.policies) >= SLOTS:
        note = (
            f"All {SLOTS} access policies of the container are taken: the URL carries its own expiry, and only a"
            " rotated account key revokes it before that."
        )
        return PolicyPlan(PolicyAction.AD_HOC, "", asked, notes=(note,))
    name = f"amlpriv-{max(dead, newest) + 1}"
    return PolicyPlan(PolicyAction.CREATE, name, asked, _with(current, name, now, asked))


def _with(current: ContainerPolicies, name: str, now: datetime, expires: datetime) -> ContainerPolicies:
    policy = AccessPolicy("r", (now - BACKDATED).replace(microsecond=0), expires.replace(microsecond=0))
    return replace(current, policies={**current.policies, name: policy})
