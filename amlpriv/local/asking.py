"""amlpriv's own questions to a running control plane (``/_amlpriv/...``), from another process."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.proxy import START_ID_HEADER
from amlpriv.local.state import State

__all__ = ["ask", "exchange"]

SECONDS = 5.0


def ask(state: State, method: str, path: str, body: object = None) -> Any:
    """The answer's JSON; ``path`` is below ``/_amlpriv/``. Raises LocalWorkspaceError when there is none, or a
    refusal."""
    data = None if body is None else json.dumps(body).encode()
    headers = {START_ID_HEADER: state.start_id.reveal()}
    status, content = exchange(state, method, f"/_amlpriv/{path}", headers, data)
    if status != 200:
        raise LocalWorkspaceError(
            f"The local workspace refused {method} {path}: {content.get('error', {}).get('message', status)}"
        )
    return content


def exchange(
    state: State,
    method: str,
    target: str,
    headers: Mapping[str, str],
    data: bytes | None = None,
    *,
    seconds: float = SECONDS,
) -> tuple[int, Any]:
    """Status and JSON of the control plane's answer. Raises LocalWorkspaceError when there is none."""
    context = ssl.create_default_context(cafile=str(state.ca_bundle))
    connection = http.client.HTTPSConnection("localhost", state.ports.plane, timeout=seconds, context=context)
    try:
        connection.request(method, target, data, dict(headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise LocalWorkspaceError(
            f"The local workspace's control plane does not answer: {error or type(error).__name__}.",
            hint="Stop it and start it again: amlpriv local stop, amlpriv local start.",
        ) from error
    finally:
        connection.close()
