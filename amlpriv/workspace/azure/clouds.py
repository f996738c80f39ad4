"""Where each Azure cloud answers. Chosen by AZURE_CLOUD or by the MLClient that we are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amlpriv.errors import UsageError

__all__ = ["CLOUDS", "Cloud", "cloud_of_endpoint", "cloud_of_environ"]


@dataclass(frozen=True, slots=True)
class Cloud:
    """The endpoints of one Azure cloud."""

    name: str
    resource_manager: str
    authority: str
    storage: str

    @property
    def scope(self) -> str:
        """Token scope of the control plane."""
        return f"{self.resource_manager}/.default"


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("AzureCloud", "https://management.azure.com", "login.microsoftonline.com", "core.windows.net"),
        Cloud(
            "AzureChinaCloud",
            "https://management.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "core.chinacloudapi.cn",
        ),
        Cloud(
            "AzureUSGovernment",
            "https://management.usgovcloudapi.net",
            "login.microsoftonline.us",
            "core.usgovcloudapi.net",
        ),
    )
}
"""All of them, by the names that the Azure CLI has for them."""
_ALIASES = {
    "azurecloud": "AzureCloud",
    "azure_public_cloud": "AzureCloud",
    "azurechinacloud": "AzureChinaCloud",
    "azure_china_cloud": "AzureChinaCloud",
    "azureusgovernment": "AzureUSGovernment",
    "azure_us_government": "AzureUSGovernment",
}


def cloud_of_environ(environ: Mapping[str, str]) -> Cloud:
    """The cloud that AZURE_CLOUD names, in the spelling of az or of azure-core; public Azure without it."""
    asked = environ.get("AZURE_CLOUD") or "AzureCloud"
    name = _ALIASES.get(asked.lower())
    if name is None:
        raise UsageError(
            f"AZURE_CLOUD is {asked!r}, which is no cloud that amlpriv knows.", hint=f"Known: {', '.join(CLOUDS)}."
        )
    return CLOUDS[name]


def cloud_of_endpoint(resource_manager: str) -> Cloud:
    """The cloud with this Resource Manager; for an unknown one the public cloud's other endpoints."""
    address = resource_manager.rstrip("/")
    for cloud in CLOUDS.values():
        if cloud.resource_manager == address:
            return cloud
    public = CLOUDS["AzureCloud"]
    return Cloud("custom", address, public.authority, public.storage)
