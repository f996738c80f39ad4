"""SDK v1's environment definitions: their versions, and how they are found again."""

from __future__ import annotations

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client

DEFINITIONS = f"//environment/v1.0{WORKSPACE_ID}/environments"


def test_a_definition_gets_the_next_version_unless_it_is_the_latest_again(ask: Client) -> None:
    first = {"Name": "churn", "python": {"interpreterPath": "python"}, "Docker": {"baseImage": "a"}}
    second = {**first, "EnvironmentVariables": {"STAGE": "test"}}
    versions = [ask("PUT", f"{DEFINITIONS}/churn", body).json()["version"] for body in (first, first, second, first)]
    assert versions == ["1", "1", "2", "3"]
    found = ask("GET", f"{DEFINITIONS}/churn/versions/2").json()
    assert (found["name"], found["docker"], found["environmentVariables"]) == (
        *("churn", {"baseImage": "a"}),
        {"STAGE": "test"},
    )
    assert ask("GET", f"{DEFINITIONS}/churn").json()["version"] == "3"
    assert [one["name"] for one in ask("GET", f"{DEFINITIONS}/").json()["value"]] == ["churn"]


def test_a_version_of_a_definition_never_changes(ask: Client) -> None:
    assert ask("PUT", f"{DEFINITIONS}/churn/versions/7", {"docker": {"baseImage": "a"}}).status == 200
    assert ask("PUT", f"{DEFINITIONS}/churn/versions/7", {"docker": {"baseImage": "a"}}).status == 200
    assert ask("PUT", f"{DEFINITIONS}/churn/versions/7", {"docker": {"baseImage": "b"}}).status == 409
    assert ask("PUT", f"{DEFINITIONS}/churn", {"docker": {"baseImage": "b"}}).json()["version"] == "8"


@pytest.mark.parametrize("path", ["nothing", "nothing/versions/1"])
def test_a_definition_that_is_not_there_is_404(ask: Client, path: str) -> None:
    assert ask("GET", f"{DEFINITIONS}/{path}").status == 404


def test_many_definitions_come_in_pages(ask: Client) -> None:
    for number in range(101):
        ask("PUT", f"{DEFINITIONS}/env{number}", {"docker": {}})
    first = ask("GET", DEFINITIONS).json()
    rest = ask("GET", DEFINITIONS, continuation=first["continuationToken"]).json()
    assert (len(first["value"]), len(rest["value"]), rest["continuationToken"]) == (100, 1, None)
