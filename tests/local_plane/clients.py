"""Ways to talk to a control plane: directly, or over HTTPS."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import Message
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Request, Response, read_target
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.server import Server

KEY = base64.b64encode(b"canary-account-key" * 3).decode()
TENANT = "11111111-2222-4333-8444-555555555555"
NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def move(self, delta: timedelta) -> None:
        self.time += delta


@dataclass
class Client:
    """Asks a plane directly, as a signed-in client of Azure Resource Manager."""

    plane: Plane
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": "Bearer x"})

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Response:
        """``path`` is below the workspace unless it begins with two slashes."""
        full = path[1:] if path.startswith("//") else f"{WORKSPACE_ID}{path}"
        full, fields = read_target(full)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.plane.handle(
            Request(method, full, {"api-version": "2024-04-01", **fields, **query}, self.headers, data, "localhost:9")
        )

    def control(self, method: str, path: str, body: Any = None) -> Response:
        """One of amlpriv's own questions."""
        headers = {"x-amlpriv-start-id": self.plane.start_id}
        data = b"" if body is None else json.dumps(body).encode()
        return self.plane.handle(Request(method, f"/_amlpriv/{path}", {}, headers, data))

    def put(self, name: str, version: str, **properties: Any) -> Response:
        """Register an environment version; image only unless more is said."""
        body = {"properties": {"image": "ubuntu", **properties}}
        return self("PUT", f"/environments/{name}/versions/{version}", body)

    def names(self, path: str, **query: str) -> list[str]:
        """The names in a list."""
        return [item["name"] for item in self("GET", path, **query).json()["value"]]


@dataclass
class Lines:
    """A log in a list."""

    lines: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, service: str, method: str, path: str, query: str, status: int) -> None:
        with self.lock:
            self.lines.append((service, method, path, query, status))


@dataclass
class Site:
    """A plane on a port."""

    plane: Plane
    server: Server
    log: Lines
    ca: Path

    def connect(self) -> HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.ca))
        return HTTPSConnection("localhost", self.server.port, context=context, timeout=10)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **query: str
    ) -> tuple[int, Any, Message]:
        """One request on its own connection: status, JSON, headers."""
        fields = {"Authorization": "Bearer x", "x-amlpriv-start-id": self.plane.start_id, **(headers or {})}
        connection = self.connect()
        try:
            target = f"{path}?{urlencode({'api-version': '2024-04-01', **query})}"
            connection.request(method, target, body=body or None, headers=fields)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers
        finally:
            connection.close()
