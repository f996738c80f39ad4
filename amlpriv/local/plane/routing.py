"""The routing table: which handler answers which method and path. Paths compare without regard to case, as in ARM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import ArmError, Json, Request, Response
from amlpriv.secret import redact

__all__ = ["WORKSPACE_PATH", "Access", "Call", "Handler", "Route", "Router", "check_api_version"]

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:-preview)?", re.ASCII | re.IGNORECASE)

WORKSPACE_PATH = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
"""Pattern of the workspace: what a resource's routes begin with."""


class Access(Enum):
    """What a request must bring along."""

    ARM = "arm"
    """A bearer token, an api-version, and the names of the embedded workspace."""
    SERVICE = "service"
    """A bearer token and the names of the embedded workspace: the workspace's own services."""
    OPEN = "open"
    """Nothing: sign-in."""
    CONTROL = "control"
    """The start id in ``x-amlpriv-start-id``."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route."""

    request: Request
    parameters: Mapping[str, str]
    """The path's parts in braces, decoded, in the caller's spelling."""

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]

    def query(self, name: str) -> str | None:
        """A field of the query; its name compares without regard to case."""
        for field, value in self.request.query.items():
            if field.lower() == name.lower():
                return value
        return None

    def number(self, name: str, *, least: int = 0) -> int | None:
        """A whole number of the query; ArmError (400) for anything else."""
        text = self.query(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < least:
            raise ArmError(400, "BadArgument", f"The value '{text}' of the query parameter '{name}' is not valid.")
        return int(text)

    def document(self) -> Json:
        """The body as a JSON object; ArmError (400) for anything else. No body is an empty object."""
        if not self.request.body:
            return {}
        try:
            document = json.loads(self.request.body.decode("utf-8"))
            json.dumps(document, ensure_ascii=False).encode("utf-8")  # a lone surrogate could not be written to a file
        except (ValueError, RecursionError):
            raise ArmError(400, "InvalidRequestContent", "The request content was invalid JSON.") from None
        if not isinstance(document, dict):
            raise ArmError(400, "InvalidRequestContent", "The request content is not a JSON object.")
        return document


def check_api_version(request: Request) -> None:
    """ArmError (400) without an api-version, or with one that is no date."""
    given = next((value for name, value in request.query.items() if name.lower() == "api-version"), "")
    if not given:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if not _API_VERSION.fullmatch(given):
        message = f"The api-version '{redact(given[:50])}' is invalid; its form is YYYY-MM-DD or YYYY-MM-DD-preview."
        raise ArmError(400, "InvalidApiVersionParameter", message)


Handler = Callable[[Context, Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table; ``pattern`` has its variable segments in braces, for instance ``/a/{name}``.

    ``{path*}`` is the rest of a path, slashes included.
    """

    method: str
    pattern: str
    handler: Handler
    access: Access = Access.ARM


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, _compile(route.pattern)) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route and its parameters, or None."""
        path = path.rstrip("/") or "/"
        for route, pattern in self._routes:
            match = pattern.fullmatch(path) if route.method == method else None
            if match is not None:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+\*?)\}", pattern)
    literal = [re.escape(part) if index % 2 == 0 else _group(part) for index, part in enumerate(parts)]
    return re.compile("".join(literal), re.IGNORECASE)


def _group(name: str) -> str:
    return f"(?P<{name[:-1]}>.+)" if name.endswith("*") else f"(?P<{name}>[^/]+)"
