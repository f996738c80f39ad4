"""Which Azure cloud answers: by AZURE_CLOUD, or by the endpoint of a client."""

from __future__ import annotations

import pytest

from amlpriv.errors import UsageError
from amlpriv.workspace.azure.clouds import Cloud, cloud_of_endpoint, cloud_of_environ


def test_without_a_word_it_is_public_azure() -> None:
    cloud = cloud_of_environ({})
    assert (cloud.resource_manager, cloud.storage) == ("https://management.azure.com", "core.windows.net")
    assert cloud.scope == "https://management.azure.com/.default"
    assert cloud_of_environ({"AZURE_CLOUD": ""}) == cloud


@pytest.mark.parametrize("text", ["AzureChinaCloud", "AZURE_CHINA_CLOUD", "azurechinacloud"])
def test_a_cloud_is_named_as_az_or_as_azure_core_does(text: str) -> None:
    cloud = cloud_of_environ({"AZURE_CLOUD": text})
    assert (cloud.name, cloud.storage, cloud.authority) == (
        "AzureChinaCloud",
        "core.chinacloudapi.cn",
        "login.chinacloudapi.cn",
    )


def test_an_unknown_cloud_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="AzureCloud, AzureChinaCloud, AzureUSGovernment"):
        cloud_of_environ({"AZURE_CLOUD": "AzureMoonCloud"})


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_client_brings_its_cloud(slash: str) -> None:
    found = cloud_of_endpoint(f"https://management.usgovcloudapi.net{slash}")
    assert (found.name, found.storage) == ("AzureUSGovernment", "core.usgovcloudapi.net")


def test_a_cloud_of_ones_own_keeps_its_endpoint() -> None:
    found = cloud_of_endpoint("https://management.local.azurestack.external/")
    assert found == Cloud(
        "custom", "https://management.local.azurestack.external", "login.microsoftonline.com", "core.windows.net"
    )
