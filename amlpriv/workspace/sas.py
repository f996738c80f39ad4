"""Shared access signatures for one blob: pure functions of a key and the fields.

The string to sign is the one of REST API version 2020-12-06 and later, up to but not including 2025-07-05, from the
Microsoft pages 'Create a service SAS' and 'Create a user delegation SAS'. The version is fixed here and not taken
from a library: another ``sv`` is another URL, and another URL is another environment.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote, urlencode

from amlpriv.remote import Datastore, DelegationKey
from amlpriv.secret import SasUrl, Secret

__all__ = ["SIGNED_VERSION", "AdHocSigner", "DelegationSigner", "PolicySigner", "Signer", "blob_url", "sas_time"]

SIGNED_VERSION = "2023-11-03"


def sas_time(moment: datetime) -> str:
    """ISO 8601 in UTC without fractions, as SAS fields have it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def blob_url(datastore: Datastore, path: str) -> str:
    """Address of a blob. ``!`` and ``+`` of versions are percent-encoded, as the storage SDK does."""
    return f"{datastore.container_url}/{quote(path, safe='/~')}"


def _sign(key: str, lines: list[str]) -> str:
    digest = hmac.new(base64.b64decode(key), "\n".join(lines).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _url(datastore: Datastore, path: str, fields: dict[str, str]) -> SasUrl:
    query = urlencode({name: value for name, value in fields.items() if value}, quote_via=quote, safe="")
    return SasUrl(f"{blob_url(datastore, path)}?{query}")


def _service_sas(datastore: Datastore, key: Secret, path: str, *, si: str = "", st: str = "", se: str = "") -> SasUrl:
    permission = "" if si else "r"
    resource = f"/blob/{datastore.account}/{datastore.container}/{path}"
    # permissions, start, expiry, resource, identifier, IP, protocol, version, kind, snapshot, encryption scope, and
    # the five response headers rscc, rscd, rsce, rscl, rsct
    lines = [permission, st, se, resource, si, "", "https", SIGNED_VERSION, "b", "", "", "", "", "", "", ""]
    fields = {"sv": SIGNED_VERSION, "spr": "https", "st": st, "se": se, "sr": "b", "sp": permission, "si": si}
    return _url(datastore, path, {**fields, "sig": _sign(key.reveal(), lines)})


@dataclass(frozen=True, slots=True)
class PolicySigner:
    """Service SAS bound to a stored access policy: permission and expiry stand in the policy, not in the URL."""

    datastore: Datastore
    account_key: Secret
    policy: str
    expires: datetime

    def sign(self, path: str) -> SasUrl:
        """The URL of a blob; the same on every call."""
        return _service_sas(self.datastore, self.account_key, path, si=self.policy)


@dataclass(frozen=True, slots=True)
class AdHocSigner:
    """Service SAS with its own expiry: it cannot be revoked without rotating the account key."""

    datastore: Datastore
    account_key: Secret
    starts: datetime
    expires: datetime

    def sign(self, path: str) -> SasUrl:
        """The URL of a blob."""
        st, se = sas_time(self.starts), sas_time(self.expires)
        return _service_sas(self.datastore, self.account_key, path, st=st, se=se)


@dataclass(frozen=True, slots=True)
class DelegationSigner:
    """User delegation SAS: signed with a key that a signed-in identity obtained; 7 days at most."""

    datastore: Datastore
    key: DelegationKey
    starts: datetime
    expires: datetime

    def sign(self, path: str) -> SasUrl:
        """The URL of a blob."""
        st, se = sas_time(self.starts), sas_time(self.expires)
        key = self.key
        resource = f"/blob/{self.datastore.account}/{self.datastore.container}/{path}"
        identity = [key.oid, key.tid, key.start, key.expiry, key.service, key.version]
        # ... identity, authorized and unauthorized object id, correlation id, IP, protocol, version, kind, and the rest
        lines = ["r", st, se, resource, *identity, "", "", "", "", "https", SIGNED_VERSION, "b", *[""] * 7]
        fields = {
            "sv": SIGNED_VERSION,
            "spr": "https",
            "st": st,
            "se": se,
            "sr": "b",
            "sp": "r",
            "skoid": key.oid,
            "sktid": key.tid,
            "skt": key.start,
            "ske": key.expiry,
            "sks": key.service,
            "skv": key.version,
            "sig": _sign(key.value.reveal(), lines),
        }
        return _url(self.datastore, path, fields)


Signer = PolicySigner | AdHocSigner | DelegationSigner
