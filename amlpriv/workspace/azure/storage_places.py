"""Which addresses are blobs of Azure Storage: a token of Microsoft Entra goes to these and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from amlpriv.secret import without_query
from amlpriv.workspace.azure.clouds import CLOUDS, Cloud

__all__ = ["StoragePlace", "storage_place"]

_ACCOUNT = r"(?P<account>[a-z0-9]{3,24})(-secondary)?"
_ZONED = re.compile(rf"{_ACCOUNT}\.z[0-9]{{2}}\.(blob|dfs)\.storage\.azure\.net")
"""Storage accounts with Azure DNS zone endpoints ('Storage account overview')."""


@dataclass(frozen=True, slots=True, repr=False)
class StoragePlace:
    """A blob."""

    url: str
    """At the blob endpoint; it may have a signature."""
    account: str
    container: str
    blob: str
    cloud: Cloud | None
    """None where only the user's own connection string says that it is storage: no token goes there."""

    @property
    def shown(self) -> str:
        """The address without its query."""
        return without_query(self.url)

    def __repr__(self) -> str:
        return f"StoragePlace({self.shown!r})"


def storage_place(url: str, *, endpoint: str | None = None, account: str | None = None) -> StoragePlace | None:
    """The blob that an https address means; None for every other address.

    Addresses of Data Lake Storage (``dfs``) are those of the blob endpoint under another name. ``endpoint`` is a blob
    endpoint that a connection string names (an emulator's, a custom domain's), of ``account``.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return None
    base = (endpoint or "").rstrip("/")
    if base and account and without_query(url).startswith(f"{base}/"):
        container, _, blob = unquote(without_query(url).removeprefix(f"{base}/")).partition("/")
        return StoragePlace(url, account, container, blob, None) if blob else None
    cloud, name = _of_host(host)
    container, _, blob = unquote(parts.path.lstrip("/")).partition("/")
    if cloud is None or parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        return None
    if not blob:  # a blob without a container is one of the container $root
        container, blob = "$root", container
    blob_host = host.replace(".dfs.", ".blob.", 1)
    return StoragePlace(urlunsplit(parts._replace(netloc=blob_host, fragment="")), name, container, blob, cloud)


def _of_host(host: str) -> tuple[Cloud | None, str]:
    for cloud in CLOUDS.values():
        match = re.fullmatch(rf"{_ACCOUNT}\.(blob|dfs)\.{re.escape(cloud.storage)}", host)
        if match:
            return cloud, match["account"]
    match = _ZONED.fullmatch(host)
    return (CLOUDS["AzureCloud"], match["account"]) if match else (None, "")
