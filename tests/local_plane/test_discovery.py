"""Discovery of a workspace's services."""

from __future__ import annotations

import pytest

from amlpriv.local.plane.http import Request
from tests.local_plane.clients import Client

V1_KEYS = ("api", "experimentation", "history", "hyperdrive", "modelmanagement", "studio")
"""What azureml-core 1.61 asks for."""


def discover(ask: Client, path: str, host: str) -> dict[str, str]:
    answer = ask.plane.handle(Request("GET", path, {}, {}, host=host))
    assert answer.status == 200
    found: dict[str, str] = answer.json()
    return found


def test_the_workspace_says_where_to_discover(ask: Client) -> None:
    assert ask("GET", "").json()["properties"]["discoveryUrl"] == "https://localhost:9/discovery"


@pytest.mark.parametrize("path", ["/discovery", "/discovery/", "/discovery/workspaces/0-0", "/discovery/v1.0"])
def test_all_services_are_at_one_host_and_nobody_signs_in(ask: Client, path: str) -> None:
    found = discover(ask, path, "management.azure.com")
    assert set(V1_KEYS) <= set(found)
    assert {"catalog", "gallery", "labeling", "notebooks", "pipelines"} <= set(found)
    assert {url for name, url in found.items() if name != "studio"} == {"https://westeurope.api.azureml.ms"}


def test_without_the_proxy_the_services_are_at_the_port_that_was_asked(ask: Client) -> None:
    assert discover(ask, "/discovery", "localhost:9443")["api"] == "https://localhost:9443"
