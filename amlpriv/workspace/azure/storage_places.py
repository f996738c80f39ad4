"""Which addresses are blobs of Azure Storage: a token of Microsoft Entra goes to these and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from amlpriv.workspace.azure.clouds import CLOUDS, Cloud

__all__ = ["StoragePlace", "storage_place"]

_ACCOUNT = r"(?P<account>[a-z0-9]{3,24})(-secondary)?"
_ZONED = re.compile(rf"{_ACCOUNT}\.z[0-9]{{2}}\.(blob|dfs)\.storage\.azure\.net")
"""Storage accounts with Azure DNS zone endpoints ('Storage account overview')."""


@dataclass(frozen=True, slots=True, repr=False)
class StoragePlace:
    """A blob."""

    endpoint: str
    """Of the account's blobs, without a slash at the end."""
    account: str
    container: str
    blob: str
    """Decoded."""
    cloud: Cloud | None
    """None where only the user's own connection string says that it is storage: no token goes there."""
    query: str = ""
    """May hold a signature."""

    @property
    def shown(self) -> str:
        """The blob in words, without its query."""
        return f"{self.blob} in container {self.container} of storage account {self.account}"

    @property
    def signature(self) -> str:
        """The query when it is a shared access signature; a secret."""
        return self.query if self.field("sig") else ""

    def field(self, name: str) -> str:
        """A field of the query; empty when it is not there."""
        return parse_qs(self.query).get(name, [""])[0]

    def __repr__(self) -> str:
        return f"StoragePlace({self.shown!r})"


def storage_place(url: str, *, endpoint: str = "", account: str = "") -> StoragePlace | None:
    """The blob that an https address means; None for every other address.

    Addresses of Data Lake Storage (``dfs``) are those of the blob endpoint under another name. ``endpoint`` is a blob
    endpoint that a connection string names (an emulator's, a custom domain's), of ``account``.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    base = endpoint.rstrip("/")
    whole = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if base and account and whole.startswith(f"{base}/"):
        container, _, blob = unquote(whole.removeprefix(f"{base}/")).partition("/")
        return StoragePlace(base, account, container, blob, None, parts.query) if blob else None
    cloud, name = _of_host(host)
    if cloud is None or parts.scheme != "https" or port not in (None, 443):
        return None
    container, _, blob = unquote(parts.path.lstrip("/")).partition("/")
    if not blob:  # a blob without a container is one of the container $root
        container, blob = "$root", container
    return StoragePlace(f"https://{host.replace('.dfs.', '.blob.', 1)}", name, container, blob, cloud, parts.query)


def _of_host(host: str) -> tuple[Cloud | None, str]:
    for cloud in CLOUDS.values():
        match = re.fullmatch(rf"{_ACCOUNT}\.(blob|dfs)\.{re.escape(cloud.storage)}", host)
        if match:
            return cloud, match["account"]
    match = _ZONED.fullmatch(host)
    return (CLOUDS["AzureCloud"], match["account"]) if match else (None, "")
