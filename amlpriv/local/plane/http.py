"""What passes between the server and the control plane: a request, a response, and ARM's form of an error."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from amlpriv.local.feed.bodies import Body

__all__ = ["ArmError", "Json", "Request", "Response", "error_response", "json_response", "read_target"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read completely, or but for ``stream``."""

    method: str
    path: str
    """As sent: percent-encoded, without the query."""
    query: Mapping[str, str]
    """Decoded; the first value of a repeated field."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)
    host: str = "localhost"
    """The Host header: links in responses lead back to it."""
    isolated: bool = False
    """Whether it came from a client of ``--isolated``: what is started for it may reach no foreign host either."""
    stream: Body | None = field(default=None, repr=False)
    """The body, still to be read, of what may be too large for ``body``: an upload to a feed."""

    @property
    def base(self) -> str:
        """``https://host[:port]``."""
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None
    """A file to send in place of ``body``."""
    reason: str = ""
    """Words for the status line in place of the usual ones."""

    def json(self) -> Any:
        """The body as JSON; None when there is none."""
        return None if self.body is None else json.loads(self.body)


class ArmError(Exception):
    """Raised by a handler to answer with an error in ARM's form."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The response that says so."""
        return error_response(self.status, self.code, self.message, headers=self.headers)


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``value`` as a JSON body."""
    fields = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, json.dumps(value).encode(), fields)


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: Sequence[Json] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``{"error": {"code", "message", "details"}}``, the common error form of Azure Resource Manager."""
    return json_response({"error": {"code": code, "message": message, "details": list(details)}}, status, headers)


def read_target(target: str) -> tuple[str, dict[str, str]]:
    """Path and query fields of a request line's target; doubled slashes at the start become one."""
    path, _, query = target.partition("#")[0].partition("?")
    fields: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        fields.setdefault(name, value)
    return "/" + path.lstrip("/"), fields
