"""Raw requests to the control plane, for ``amlpriv verify``: a refusal is an answer like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.remote import RawAnswer
from amlpriv.secret import redact
from amlpriv.workspace.azure.control import API_VERSION, ControlPlane

__all__ = ["AzureService"]

LONGEST_MESSAGE = 600


class AzureService:
    """The port ``Service`` over Azure Resource Manager."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> RawAnswer:
        below = f"{self._plane.name.arm_id}/{path}".rstrip("/")
        response = self._plane.exchange(
            method,
            path if path.startswith("/subscriptions/") else below,
            doing=f"asking {method} {path or 'the workspace'}",
            body=body,
            query=query,
            version=version or API_VERSION,
        )
        found = _json(response)
        code, message = _error(found) if response.status_code >= 400 else ("", "")
        return RawAnswer(response.status_code, code, message, dict(response.headers), found)


def _json(response: Any) -> Mapping[str, Any]:
    """The JSON object of a response; an empty one for anything else."""
    if not response.content:
        return {}
    try:
        found = response.json()
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are both of it
        return {}
    return found if isinstance(found, dict) else {}


def _error(body: Mapping[str, Any]) -> tuple[str, str]:
    """Code and message of an error in ARM's form: ``{"error": {"code": ..., "message": ...}}``."""
    error = body.get("error", body)
    if not isinstance(error, dict):
        return "", redact(str(error))[:LONGEST_MESSAGE]
    return str(error.get("code") or ""), redact(str(error.get("message") or ""))[:LONGEST_MESSAGE]
