"""Endpoints and deployments for tests: request bodies, and what deployments refer to."""

from __future__ import annotations

from typing import Any

from amlpriv.local.plane.http import Response
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client

ENVIRONMENT = f"{WORKSPACE_ID}/environments/env/versions/1"
CODE = f"{WORKSPACE_ID}/codes/code/versions/1"
MODEL = f"{WORKSPACE_ID}/models/model/versions/1"
FLOW = f"{WORKSPACE_ID}/models/flow/versions/1"


def endpoint(mode: str = "Key", *, location: str | None = "westeurope", **properties: Any) -> dict[str, Any]:
    """The body of a PUT."""
    body: dict[str, Any] = {"properties": {"authMode": mode, **properties}}
    return body if location is None else {"location": location, **body}


def deployment(**properties: Any) -> dict[str, Any]:
    """The body of a PUT for an online deployment; a property that is None is left out."""
    usual = {
        "endpointComputeType": "Managed",
        "environmentId": ENVIRONMENT,
        "codeConfiguration": {"codeId": CODE, "scoringScript": "score.py"},
        "model": MODEL,
        "instanceType": "Standard_DS3_v2",
        **properties,
    }
    return {"location": "westeurope", "properties": {name: value for name, value in usual.items() if value is not None}}


def batch(**properties: Any) -> dict[str, Any]:
    """The body of a PUT for a batch deployment."""
    usual = {"environmentId": ENVIRONMENT, "model": {"referenceType": "Id", "assetId": MODEL}, "compute": "cpu"}
    return {"location": "westeurope", "properties": {**usual, **properties}}


def register(ask: Client) -> None:
    """What the bodies refer to."""
    ask.put("env", "1")
    assert ask("PUT", "/codes/code/versions/1", {"properties": {"codeUri": _uri(ask, "code")}}).status == 201
    for name, kind in (("model", "custom_model"), ("flow", "mlflow_model")):
        body = {"properties": {"modelUri": _uri(ask, name), "modelType": kind}}
        assert ask("PUT", f"/models/{name}/versions/1", body).status == 201


def _uri(ask: Client, path: str) -> str:
    return f"https://amlprivacct.blob.core.windows.net/{ask.plane.default_container}/{path}"


def make(ask: Client, name: str = "churn", *deployments: str, mode: str = "Key", **traffic: int) -> Response:
    """An online endpoint with deployments and traffic; the last answer."""
    answer = ask("PUT", f"/onlineEndpoints/{name}", endpoint(mode))
    assert answer.status == 201, answer.json()
    for one in deployments:
        answer = ask("PUT", f"/onlineEndpoints/{name}/deployments/{one}", deployment())
        assert answer.status == 201, answer.json()
    return ask("PUT", f"/onlineEndpoints/{name}", endpoint(mode, traffic=traffic)) if traffic else answer


def error(answer: Response) -> tuple[int, str]:
    """Status and message of a refusal."""
    return answer.status, str(answer.json()["error"]["message"])
