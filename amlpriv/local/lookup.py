"""Reads resources of a running local workspace through its own REST API, from another process. Needs no azure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from amlpriv.connections.rewriting import KnownConnection, is_for_builds, read_known
from amlpriv.errors import NotFoundError, ServiceError
from amlpriv.local.asking import exchange
from amlpriv.local.credential import unsigned_token
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.state import State

__all__ = ["known_connections", "look_up", "look_up_all"]

API_VERSION = "2024-10-01"
SECONDS = 10.0
_SCOPE = "https://management.azure.com/.default"


def look_up(state: State, path: str) -> dict[str, Any]:
    """The resource at ``path`` below the workspace, or at a whole ARM id.

    Raises NotFoundError, ServiceError for another refusal, LocalWorkspaceError when there is no answer.
    """
    whole = path if path.lower().startswith("/subscriptions/") else f"{WORKSPACE_ID}/{path}"
    return _get(state, f"{quote(whole)}?api-version={API_VERSION}")


def look_up_all(state: State, path: str) -> Iterator[dict[str, Any]]:
    """The resources of a list, over all its pages. Raises as ``look_up`` does."""
    target = f"{quote(f'{WORKSPACE_ID}/{path}')}?api-version={API_VERSION}"
    while target:
        page = _get(state, target)
        yield from page["value"]
        link = urlsplit(page.get("nextLink") or "")
        target = f"{link.path}?{link.query}" if link.path else ""


def known_connections(state: State) -> tuple[KnownConnection, ...]:
    """The connections for feeds and repositories with their credentials, for a build on this machine. Raises as
    ``look_up`` does."""
    names = [str(item["name"]) for item in look_up_all(state, "connections") if is_for_builds(item)]
    paths = [quote(f"{WORKSPACE_ID}/connections/{name}/listsecrets") for name in names]
    return tuple(read_known(_get(state, f"{path}?api-version={API_VERSION}", "POST")) for path in paths)


def _get(state: State, target: str, method: str = "GET") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {unsigned_token(state.tenant, _SCOPE, int(time.time()))}"}
    status, content = exchange(state, method, target, headers, seconds=SECONDS)
    if status == 200 and isinstance(content, dict):
        return content
    message = str(content.get("error", {}).get("message", status)) if isinstance(content, dict) else str(status)
    raise NotFoundError(message) if status == 404 else ServiceError(message)
