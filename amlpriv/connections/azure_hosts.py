"""Hosts of Azure DevOps, new and old, and the organisation that each of them means.

Sources: Azure Artifacts, "Project-scoped feeds" and the Python quickstart (addresses of feeds); Azure DevOps, "Allowed
IP addresses and domain URLs" (hosts). Azure DevOps still hands out both hosts (azure-pipelines-tasks#14827).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from amlpriv.connections.addresses import Address

__all__ = ["AzurePlace", "AzureService", "azure_place", "is_id"]

_GUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_ORG_HOST = re.compile(r"(?P<org>[a-z0-9][a-z0-9-]*)(?P<pkgs>\.pkgs)?\.visualstudio\.com")


class AzureService(Enum):
    """Which part of Azure DevOps answers at a host."""

    FEEDS = "feeds"
    WEB = "web"
    """The web pages, and git by https."""


@dataclass(frozen=True, slots=True)
class AzurePlace:
    """An address of Azure DevOps Services: the organisation, and the path behind it."""

    service: AzureService
    organisation: str | None
    rest: tuple[str, ...]
    legacy: bool
    """Whether the host is one of ``visualstudio.com``."""


def azure_place(address: Address) -> AzurePlace | None:
    """What an address means in Azure DevOps Services; None for other hosts."""
    if address.host in ("pkgs.dev.azure.com", "dev.azure.com"):
        service = AzureService.FEEDS if address.host.startswith("pkgs") else AzureService.WEB
        organisation = address.parts[0] if address.parts else None
        return AzurePlace(service, organisation, address.parts[1:], legacy=False)
    match = _ORG_HOST.fullmatch(address.host)
    if match is None or match["org"] in ("vs-ssh", "www", "app"):
        return None
    rest = address.parts[1:] if address.parts[:1] and address.parts[0].lower() == "defaultcollection" else address.parts
    return AzurePlace(AzureService.FEEDS if match["pkgs"] else AzureService.WEB, match["org"], rest, legacy=True)


def is_id(name: str) -> bool:
    """Whether a project or a feed is named by its GUID, as Azure Artifacts' own download links do."""
    return _GUID.fullmatch(name) is not None
