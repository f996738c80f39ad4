"""What the workspace tells about its storage: secrets, rules of the account, how soon an access policy acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, quote

from amlpriv.probes.probe import Answer, Cost, Probe, unanswered, yes_or_no
from amlpriv.probes.site import Site, said
from amlpriv.remote import AccessPolicy, ContainerPolicies, RawAnswer
from amlpriv.secret import SasUrl
from amlpriv.workspace.sas import DelegationSigner, PolicySigner

__all__ = ["POLICY", "PROBES", "judge_propagation", "judge_rules", "judge_secrets", "signed_url"]

POLICY = "amlpriv-verify"
ACCOUNT_API_VERSION = "2023-05-01"


def secret_facts(answer: RawAnswer) -> dict[str, object]:
    """What a secret is, without the secret."""
    if not answer.ok:
        return {"refused": said(answer)}
    token = str(answer.body.get("sasToken") or "").lstrip("?")
    fields = {name: values[0] for name, values in parse_qs(token).items() if name != "sig"}
    return {
        "secretsType": answer.body.get("secretsType"),
        "has_key": bool(answer.body.get("key")),
        "has_sas": bool(token),
        "sas_fields": fields,
        "other_fields": sorted(set(answer.body) - {"secretsType", "key", "sasToken"}),
    }


def judge_secrets(answers: Mapping[bool, RawAnswer], now: datetime) -> Answer:
    """Yes when ``expirableSecret: false`` gives the account key. By whether it may expire."""
    plain, expiring = secret_facts(answers[False]), secret_facts(answers[True])
    fields = expiring.get("sas_fields")
    ends = fields.get("se") if isinstance(fields, dict) else None
    kinds = f"false: {plain.get('secretsType') or plain.get('refused')}"
    words = f"expirableSecret {kinds}, true: {expiring.get('secretsType') or expiring.get('refused')}"
    words += f", which ends at {ends} (asked at {now:%Y-%m-%dT%H:%MZ})." if ends else ", without an end."
    return yes_or_no(bool(plain.get("has_key")), words, false=plain, true=expiring)


def _ask_secrets(site: Site) -> Answer:
    path = f"datastores/{quote(site.datastore().name, safe='')}/listSecrets"
    bodies: Mapping[bool, Mapping[str, Any]] = {
        False: {"expirableSecret": False},
        True: {"expirableSecret": True, "expireAfterHours": 1},
    }
    answers = {kind: site.ask("POST", path, body) for kind, body in bodies.items()}
    return judge_secrets(answers, datetime.now(timezone.utc))


def judge_rules(answer: RawAnswer) -> Answer:
    """Yes when the account's rules can be read."""
    if not answer.ok:
        return yes_or_no(False, f"The storage account's rules cannot be read: {said(answer)}.")
    found, network = answer.properties, answer.properties.get("networkAcls") or {}
    keys = ("allowSharedKeyAccess", "allowBlobPublicAccess", "publicNetworkAccess", "sasPolicy", "keyPolicy")
    details: dict[str, object] = {key: found.get(key) for key in keys}
    details["requireUserBoundUserDelegationSas"] = found.get("requireUserBoundUserDelegationSas")
    details["networkAcls"] = {
        "defaultAction": network.get("defaultAction"),
        "bypass": network.get("bypass"),
        "ipRules": len(network.get("ipRules") or ()),
        "virtualNetworkRules": len(network.get("virtualNetworkRules") or ()),
    }
    words = (
        f"They can be read: allowSharedKeyAccess {details['allowSharedKeyAccess']}, sasPolicy {details['sasPolicy']},"
    )
    return yes_or_no(True, f"{words} network default {network.get('defaultAction')}.", **details)


def _ask_rules(site: Site) -> Answer:
    account = site.datastore().account_id
    if account is None:
        properties = site.ask("GET", "").properties
        account = str(properties.get("storageAccount") or "")
    if not account:
        return unanswered("The workspace does not say what its storage account is.")
    return judge_rules(site.ask("GET", account, version=ACCOUNT_API_VERSION))


def judge_propagation(before: int, lets_in: float | None, keeps_out: float | None, patience: float) -> Answer:
    """Yes when a new policy acted and a deleted one ended, both in time. Seconds, or None for 'not in time'."""
    details = {"status_before": before, "seconds_until_in": lets_in, "seconds_until_out": keeps_out}
    if lets_in is None:
        return unanswered(f"The signed URL was not let in within {patience:.0f} s.", **details)
    words = f"A new policy lets in after {lets_in:.1f} s"
    if keeps_out is None:
        return yes_or_no(False, f"{words}; a deleted one still lets in after {patience:.0f} s.", **details)
    return yes_or_no(True, f"{words}, a deleted one keeps out after {keeps_out:.1f} s.", **details)


def _until(site: Site, done: Callable[[], bool]) -> float | None:
    """Seconds until it is so; None when it is not in time."""
    begun = site.clock()
    while not done():
        if site.clock() - begun > site.settle_seconds:
            return None
        site.sleep(0.5)
    return site.clock() - begun


def signed_url(site: Site, path: str, *, settle: bool = True) -> SasUrl:
    """A blob of this run's own container, signed by an access policy of that container, or else by delegation."""
    place = replace(site.datastore(), container=site.own_container())
    now, key = datetime.now(timezone.utc), site.secret().account_key
    starts, expires = now - timedelta(minutes=15), now + timedelta(hours=12)
    blobs = site.blobs(place.container)
    if key is None:
        delegated = blobs.delegation_key(starts, expires)
        return DelegationSigner(place, delegated, starts, expires).sign(path)
    url = PolicySigner(place, key, POLICY, expires).sign(path)
    current = blobs.policies()
    if POLICY not in current.policies:
        wanted = {POLICY: AccessPolicy("r", starts, expires)}
        blobs.set_policies(ContainerPolicies(wanted, current.public_access, current.last_modified))
    if settle:
        _until(site, lambda: blobs.head(url) == 200)
    return url


def _ask_propagation(site: Site) -> Answer:
    if site.secret().account_key is None:
        return unanswered(f"An access policy needs the account key: {site.secret().reason}.")
    place = replace(site.datastore(), container=site.own_container())
    path = site.upload("propagation", b"amlpriv verify", container=place.container)
    blobs = site.blobs(place.container)
    before = blobs.head(PolicySigner(place, site.secret_key(), POLICY, datetime.now(timezone.utc)).sign(path))
    url = signed_url(site, path, settle=False)
    lets_in = _until(site, lambda: blobs.head(url) == 200)
    current = blobs.policies()
    if lets_in is not None:
        blobs.set_policies(ContainerPolicies({}, current.public_access, None))
    keeps_out = _until(site, lambda: blobs.head(url) != 200) if lets_in is not None else None
    return judge_propagation(before, lets_in, keeps_out, site.settle_seconds)


PROBES = (
    Probe(
        "V05",
        "Does listSecrets with expirableSecret false give the account key?",
        "With the key URLs are signed under an access policy that can be revoked; without it by user delegation.",
        "nothing",
        Cost.REQUESTS,
        _ask_secrets,
    ),
    Probe(
        "V06",
        "Can the storage account's rules be read, and what are they?",
        "amlpriv caps lifetimes and names other routes by them.",
        "nothing",
        Cost.REQUESTS,
        _ask_rules,
    ),
    Probe(
        "V07",
        "How soon does a new access policy let a signed URL in, and a deleted one keep it out?",
        "publish waits up to 40 s for a new policy; revoke promises when a URL is dead.",
        "one blob container with one blob and one access policy",
        Cost.BLOBS,
        _ask_propagation,
    ),
)
