"""Every operation of Azure Resource Manager refuses in the same form: 400, 401, 404, 409 with code and message."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from amlpriv.local.plane.http import Response
from amlpriv.local.plane.names import GROUP_ID, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_ID
from amlpriv.local.plane.routing import WORKSPACE_PATH
from tests.contract.operations import Operation, operations
from tests.contract.scenario import new_plane
from tests.local_plane.clients import Client

OF_ARM = [row for row in operations() if row.pattern.startswith("/subscriptions")]
NAMES = {"subscription": SUBSCRIPTION, "group": RESOURCE_GROUP, "workspace": WORKSPACE, "location": LOCATION}
ALWAYS_THERE = re.compile(r"/computes/\{name\}")
"""Any name is this machine, and an asset need not be there for its upload to start."""


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """An empty workspace."""
    return Client(new_plane(tmp_path_factory.mktemp("plane")))


def path_of(row: Operation) -> str:
    """A path of this pattern, with names of things that are not there."""
    return "/" + re.sub(r"\{(\w+)\*?\}", lambda match: NAMES.get(match[1], "missing"), row.pattern)


def label(row: Operation) -> str:
    return f"{row.method} {row.pattern.removeprefix(WORKSPACE_PATH)}".replace("/", " ")


def check(response: Response, status: int) -> dict[str, Any]:
    """The error, in the form that Azure Resource Manager gives errors."""
    assert response.status == status
    assert response.headers["Content-Type"].startswith("application/json")
    assert uuid.UUID(response.headers["x-ms-request-id"])
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert re.fullmatch(r"[A-Za-z]+", body["error"]["code"])
    assert len(body["error"]["message"]) > 20
    return dict(body["error"])


@pytest.mark.parametrize("row", OF_ARM, ids=label)
def test_401_without_a_token(ask: Client, row: Operation) -> None:
    response = Client(ask.plane, {})(row.method, path_of(row))
    assert check(response, 401)["code"] == "AuthenticationFailed"
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("row", OF_ARM, ids=label)
def test_400_without_an_api_version(ask: Client, row: Operation) -> None:
    response = ask(row.method, path_of(row), **{"api-version": ""})
    assert check(response, 400)["code"] == "MissingApiVersionParameter"


@pytest.mark.parametrize("row", [row for row in OF_ARM if row.method == "PUT"], ids=label)
@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"properties": 1}'], ids=["text", "list", "number"])
def test_400_for_a_body_that_is_none(ask: Client, row: Operation, body: bytes) -> None:
    looks_there_first = "{endpoint}" in row.pattern and body.startswith(b"{")
    check(ask(row.method, path_of(row), body), 404 if looks_there_first else 400)


def _is_about_one(row: Operation) -> bool:
    """A thing that has to be there; what deletes one is content when it is not."""
    named = re.search(r"\{(name|endpoint|version|operation|account)\}", row.pattern)
    needs = row.method in ("GET", "PATCH", "POST") and not row.pattern.endswith("startPendingUpload")
    return bool(named) and needs and not ALWAYS_THERE.search(row.pattern)


@pytest.mark.parametrize("row", [row for row in OF_ARM if _is_about_one(row)], ids=label)
def test_404_for_what_is_not_there(ask: Client, row: Operation) -> None:
    error = check(ask(row.method, path_of(row), {"keyType": "Primary", "properties": {}}), 404)
    assert error["code"] in ("UserError", "ResourceNotFound")
    assert "missing" in error["message"].lower()


@pytest.mark.parametrize("row", [row for row in OF_ARM if row.method == "DELETE"], ids=label)
def test_204_for_deleting_what_is_not_there(ask: Client, row: Operation) -> None:
    if "{endpoint}" in row.pattern:
        check(ask("DELETE", path_of(row)), 404)  # the endpoint is missing
    else:
        assert ask("DELETE", path_of(row)).status == 204


@pytest.mark.parametrize("name", ["subscription", "group", "workspace"])
def test_404_in_another_place(ask: Client, name: str) -> None:
    place = {"subscription": SUBSCRIPTION, "group": f"/{RESOURCE_GROUP}/", "workspace": f"/{WORKSPACE}"}[name]
    other = WORKSPACE_ID.replace(place, re.sub(r"\w+", "other", place, count=1))
    assert other != WORKSPACE_ID
    assert check(ask("GET", f"/{other}"), 404)["code"].endswith("NotFound")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("environments", "image"),
        ("models", "modelUri"),
        ("codes", "codeUri"),
        ("components", "componentSpec"),
        ("data", "dataUri"),
    ],
)
def test_409_for_other_content_of_a_version(ask: Client, path: str, field: str) -> None:
    values: tuple[Any, Any] = ("https://contoso.test/a", "https://contoso.test/b")
    if field == "componentSpec":
        common = {"name": "taken", "version": "1", "type": "command"}
        values = ({**common, "command": "ls"}, {**common, "command": "cat"})
    bodies = ({"properties": {"dataType": "uri_file", field: value}} for value in values)
    first, other = (ask("PUT", f"/{path}/taken/versions/1", body) for body in bodies)
    assert first.status == 201
    assert "taken" in check(other, 409)["message"]


def test_404_names_the_storage_account_of_another(ask: Client) -> None:
    path = f"/{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/missing"
    assert check(ask("GET", path), 404)["code"] == "ResourceNotFound"
