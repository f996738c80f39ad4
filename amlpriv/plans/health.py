"""Whether the signed URLs of a registered environment still work, and what is wrong when they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import Enum

from amlpriv.plans.access import LONGEST_DELEGATION, enough_life, policy_number
from amlpriv.remote import ContainerPolicies
from amlpriv.secret import SasUrl

__all__ = ["Evidence", "Health", "Verdict", "assess"]


class Verdict(Enum):
    """What can be done with a registered version."""

    USABLE = "usable"
    FADING = "fading"
    """Extending the policy, or uploading a lost blob again, brings the same URLs back."""
    DEAD = "dead"
    """Only other URLs help: the next renewal."""


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict and its reasons."""

    verdict: Verdict
    expires: datetime | None = None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Packages whose blob is gone."""
    notes: tuple[str, ...] = ()
    """What could not be found out."""

    @property
    def reason(self) -> str:
        """All reasons as one text."""
        return "; ".join(self.because)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about the URLs of a registered version, by package name."""

    urls: Mapping[str, SasUrl]
    statuses: Mapping[str, int]
    """HTTP status of a HEAD request."""
    policies: ContainerPolicies | None = None
    """None when it could not be read."""
    resigned: Mapping[str, SasUrl] | None = None
    """The same URLs signed with today's account key; None when there is no key."""
    rebuilt: frozenset[str] = frozenset()
    """Packages whose wheel now has other bytes than the registered one (the content being the same)."""
    plain: bool = False
    """The URLs have no signature; a status then says no more than whether the blob is there (200) or not (404)."""


def assess(evidence: Evidence, *, wanted: frozenset[str], now: datetime, lifetime: timedelta) -> Health:
    """The verdict on a registered version whose private packages are ``wanted``."""
    if frozenset(evidence.urls) != wanted:
        absent = ", ".join(sorted(wanted - frozenset(evidence.urls))) or "none"
        return Health(Verdict.DEAD, because=(f"the registered text has no signed URL for: {absent}",))
    if not wanted:
        return Health(Verdict.USABLE)
    if evidence.plain:
        return _with_blobs(evidence, None, ())
    policies = sorted({url.fields.get("si", "") for url in evidence.urls.values()})
    if policies == [""]:
        return _own_expiry(evidence, now, lifetime)
    if "" in policies or len(policies) > 1:
        return Health(Verdict.DEAD, because=("its URLs are signed in different ways",))
    return _by_policy(evidence, policies[0], now, lifetime)


def _own_expiry(evidence: Evidence, now: datetime, lifetime: timedelta) -> Health:
    expires = min(_time(url.fields.get("se")) or now for url in evidence.urls.values())
    if any("skoid" in url.fields for url in evidence.urls.values()):
        lifetime = min(lifetime, LONGEST_DELEGATION)
    if not enough_life(expires, now=now, lifetime=lifetime):
        word = "expired" if expires <= now else "expires"
        return Health(Verdict.DEAD, expires, (f"its signed URLs {word} on {expires:%Y-%m-%d %H:%M} UTC",))
    refused = sorted(name for name, status in evidence.statuses.items() if status not in (200, 404))
    if refused:
        return Health(Verdict.DEAD, expires, (f"storage refuses its signed URLs ({_statuses(evidence)})",))
    return _with_blobs(evidence, expires, ())


def _by_policy(evidence: Evidence, policy: str, now: datetime, lifetime: timedelta) -> Health:
    if evidence.resigned is not None and evidence.resigned != evidence.urls:
        return Health(Verdict.DEAD, because=("the storage account's key was rotated",))
    if evidence.policies is None:
        if all(status in (200, 404) for status in evidence.statuses.values()):
            note = "When its signed URLs expire cannot be read without the account key."
            return replace(_with_blobs(evidence, None, ()), notes=(note,))
        return Health(Verdict.DEAD, because=(f"storage refuses its signed URLs ({_statuses(evidence)})",))
    rule = evidence.policies.policies.get(policy)
    if rule is None:
        return Health(Verdict.DEAD, because=(f"access policy {policy} was revoked",))
    expires = rule.expiry
    if expires is None or not enough_life(expires, now=now, lifetime=lifetime):
        word = "has no expiry" if expires is None else ("expired" if expires <= now else "ends")
        date = "" if expires is None else f" on {expires:%Y-%m-%d %H:%M} UTC"
        reason = f"access policy {policy} {word}{date}"
        if any(policy_number(name) > policy_number(policy) for name in evidence.policies.policies):
            return Health(Verdict.DEAD, expires, (f"{reason}, and a newer one has taken its place",))
        return _with_blobs(evidence, expires, (reason,))
    refused = [status for status in evidence.statuses.values() if status not in (200, 404)]
    if refused:
        return Health(Verdict.DEAD, expires, (f"storage refuses its signed URLs ({_statuses(evidence)})",))
    return _with_blobs(evidence, expires, ())


def _with_blobs(evidence: Evidence, expires: datetime | None, because: tuple[str, ...]) -> Health:
    missing = tuple(sorted(name for name, status in evidence.statuses.items() if status == 404))
    gone = tuple(f"the blob of {name} is gone" for name in missing)
    if evidence.rebuilt.intersection(missing):
        # The registered URL has the hash of bytes that nobody has any more.
        return Health(Verdict.DEAD, expires, (*because, *gone), missing)
    verdict = Verdict.FADING if because or missing else Verdict.USABLE
    return Health(verdict, expires, (*because, *gone), missing)


def _statuses(evidence: Evidence) -> str:
    return ", ".join(f"{name}: HTTP {status}" for name, status in sorted(evidence.statuses.items()))


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
