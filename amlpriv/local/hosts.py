"""Which host names the local workspace stands in for, which are Azure's, and which are none of its business."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

__all__ = ["LOOPBACK", "Upstream", "destination", "is_excluded", "proxy_of", "without_azure"]

Destination = Literal["storage", "plane", "refused", "tunnel"]

PLANE_HOSTS = ("management.azure.com", "login.microsoftonline.com")
PLANE_SUFFIXES = (".api.azureml.ms", ".inference.ml.azure.com")
"""The workspace's own services (discovery, run history, artifacts), and the endpoints that score."""
BLOB_SUFFIX = ".blob.core.windows.net"
AZURE_DOMAINS = (
    "azure.com",
    "azure.net",
    "azurecr.io",
    "azureml.ms",
    "azureml.net",
    "azmk8s.io",
    "microsoftonline.com",
    "windows.net",
    "windowsazure.com",
    # Other ways to sign in, and what belongs to Azure's and to Microsoft's clouds of other names.
    "graph.microsoft.com",
    "graph.microsoft.us",
    "login.live.com",
    "login.microsoft.com",
    "azure.cn",
    "azure.us",
    "chinacloudapi.cn",
    "cloudapi.de",
    "microsoftazure.de",
    "microsoftonline.cn",
    "microsoftonline.de",
    "microsoftonline.us",
    "usgovcloudapi.net",
    # Telemetry of Azure's SDKs and extensions.
    "services.visualstudio.com",
)
"""What a program takes for Azure itself. Not among them: where files are handed out to everybody (mcr.microsoft.com,
packages.microsoft.com, azureedge.net, azurefd.net), documentation, and web sites that customers run in Azure."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""This machine, by all its usual names."""

FEED_HOST = "pkgs.dev.azure.com"
FEED_SUFFIX = ".pkgs.visualstudio.com"
"""Azure Artifacts, new and old."""

REAL_DOMAINS = ("dev.azure.com",)
"""Azure DevOps: private feeds (``pkgs.dev.azure.com``) and git repositories. They are real here as well."""

_FEED_STORAGE = re.compile(r"[a-z0-9]*vsblobprod[a-z0-9]*\.blob\.core\.windows\.net")
"""Where Azure Artifacts redirects downloads to, in the shape that its hosts are known to have."""


def destination(host: str, account: str, *, isolated: bool = False) -> Destination:
    """Where a connection to ``host`` leads, in a workspace whose storage account is ``account``. For ``isolated``
    clients, who reach no real feed, the feeds' hosts lead to ours."""
    host = host.lower().rstrip(".")
    if isolated and (host == FEED_HOST or host.endswith(FEED_SUFFIX)):
        return "plane"
    if host == account + BLOB_SUFFIX:
        return "storage"
    if host in PLANE_HOSTS or host.endswith(PLANE_SUFFIXES):
        return "plane"
    if _is_in(host, REAL_DOMAINS) or _FEED_STORAGE.fullmatch(host):
        return "tunnel"
    return "refused" if _is_in(host, AZURE_DOMAINS) else "tunnel"


def without_azure(no_proxy: str) -> str:
    """The list of ``NO_PROXY`` without what would lead past our proxy; loopback addresses are added."""
    entries = [entry.strip() for entry in no_proxy.split(",")]
    kept = [entry for entry in entries if entry and not _covers_azure(entry)]
    kept += [name for name in LOOPBACK if name not in kept]
    return ",".join(kept)


def is_excluded(host: str, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` says that ``host`` is to be reached directly: exact, a suffix, or ``*``."""
    host = host.lower().rstrip(".")
    for entry in no_proxy.lower().split(","):
        name = _bare(entry)
        if name == "*" or (name and _is_in(host, (name,))):
            return True
    return False


def proxy_of(environ: Mapping[str, str]) -> str:
    """The proxy for https that ``environ`` names, whoever's it is; empty when there is none."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return next((environ[name] for name in names if environ.get(name)), "")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The user's own proxy. Its password is part of it: never print one."""

    host: str
    port: int
    user: str
    password: str
    no_proxy: str

    def __repr__(self) -> str:
        return f"Upstream({self.host}:{self.port})"

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Upstream | None:
        """What ``HTTPS_PROXY`` or ``ALL_PROXY`` names; None when there is none, or it is a local workspace's own.

        Raises ValueError (without the URL in it) for anything but ``http://[user:password@]host[:port]``.
        """
        url = proxy_of(environ)
        if not url or url == environ.get("AMLPRIV_PROXY"):
            return None
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            port = parts.port or 80
        except ValueError:
            raise ValueError("the port of your HTTPS_PROXY is not a number") from None
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(
                f"your HTTPS_PROXY is a {parts.scheme}:// one, and only http:// ones can be passed through"
            )
        no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), no_proxy)


def _covers_azure(entry: str) -> bool:
    """Whether the entry and one of Azure's domains lie within each other; feeds that are real do not count."""
    name = _bare(entry)
    if not name or _is_in(name, REAL_DOMAINS):
        return False
    return name == "*" or _is_in(name, AZURE_DOMAINS) or any(_is_in(domain, (name,)) for domain in AZURE_DOMAINS)


def _bare(entry: str) -> str:
    name = entry.strip().lower()
    name = name if name == "*" else name.removeprefix("*").lstrip(".")
    return name.partition(":")[0] if name.count(":") == 1 else name


def _is_in(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
