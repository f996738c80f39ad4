"""A control plane that knows connections and nothing else: what it is sent stays in a dict, for tests of the verbs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from amlpriv.credentials.found import Sources
from amlpriv.remote import RawAnswer
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
PAT = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
"""Of the form that Azure DevOps had before 2024."""
OTHER_PAT = PAT[::-1]


@dataclass
class ConnectionService:
    """The part of the control plane that ``amlpriv connect`` uses."""

    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The properties of each connection, with its credentials."""
    denied: tuple[str, ...] = ()
    """Methods that the identity may not use; POST is that of listsecrets."""
    asked: list[str] = field(default_factory=list)
    """Methods and paths."""
    forgetful: bool = False
    """Whether the metadata that is sent is dropped."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,  # noqa: ARG002
        version: str | None = None,  # noqa: ARG002
    ) -> RawAnswer:
        self.asked.append(f"{method} {path}")
        if method in self.denied:
            return RawAnswer(403, "AuthorizationFailed", f"may not {method}")
        name = unquote(path.removeprefix("connections").strip("/").removesuffix("/listsecrets"))
        if method == "PUT" and body is not None:
            self.stored[name] = json.loads(json.dumps(body["properties"]))
            if self.forgetful:
                self.stored[name].pop("metadata", None)
        elif not name:
            return RawAnswer(200, body={"value": [self._shown(each) for each in self.stored]})
        elif name not in self.stored:
            return RawAnswer(204) if method == "DELETE" else RawAnswer(404, "UserError", "no such connection")
        elif method == "DELETE":
            del self.stored[name]
            return RawAnswer(200)
        return RawAnswer(200, body=self._shown(name, secrets=method == "POST"))

    def _shown(self, name: str, *, secrets: bool = False) -> dict[str, Any]:
        properties = dict(self.stored[name])
        if not secrets:
            properties["credentials"] = None
        return {"name": name, "properties": properties, "systemData": {"createdAt": "2026-09-01T10:00:00.1234567Z"}}

    def workspace(self) -> Workspace:
        """A workspace with these connections."""
        return replace(MemoryWorkspace(lambda: NOW).open(), service=self)


def sources(environ: Mapping[str, str] | None = None, **given: Any) -> Sources:
    """Nowhere to look but these variables; nobody to ask."""
    return Sources(environ or {}, prompt=given.pop("prompt", _nobody), **given)


def _nobody(question: str) -> str:
    raise EOFError(question)
