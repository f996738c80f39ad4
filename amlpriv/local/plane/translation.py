"""Between the names by which a client knows the workspace and the local ones: in ids, links and fields of names.

Only what is an id (or a link to one) is translated. What a user wrote for people or for programs stays as it is: a
job's command, environment variables, literal inputs, descriptions, tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from amlpriv.local.plane.http import Request, Response
from amlpriv.local.plane.names import PROVIDER, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

__all__ = ["LOCAL_NAMES", "Names", "Rewriting"]

_WORKSPACE_TYPE = f"{PROVIDER}/workspaces".lower()
_IS_ID = re.compile(r"(?:azureml:|[a-z][a-z0-9+.-]*://[^\s\"'<>]*?)?/?subscriptions/", re.IGNORECASE).match
"""An ARM id, with ``azureml:`` before it, or a URL with one in it."""

_VERBATIM = frozenset({"command", "comment", "description", "displayname", "environmentvariables", "tags"})
"""Fields with words of the user's own: texts, and objects that hold nothing but texts."""
_NAMED_BY_USERS = frozenset({"inputs", "jobs", "outputs"})
"""Objects whose keys are names that a user gave."""


@dataclass(frozen=True, slots=True)
class Names:
    """The three names of a workspace."""

    subscription: str
    group: str
    workspace: str

    def matches(self, found: tuple[str, ...]) -> int:
        """How many of the names in an id (subscription, group, workspace) are ours, from the left."""
        count = 0
        for ours, theirs in zip((self.subscription, self.group, self.workspace), found, strict=False):
            if ours.lower() != theirs.lower():
                break
            count += 1
        return count


LOCAL_NAMES = Names(SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Between the names that a client uses and the local ones."""

    client: Names
    """Spelled as the client spells them."""

    def request(self, request: Request) -> Request:
        """The request in local names."""
        inward = _Translation(self.client, LOCAL_NAMES)
        return replace(
            request,
            path="/".join(quote(part, safe="") if changed else part for part, changed in inward.segments(request.path)),
            query={name: inward.text(value) for name, value in request.query.items()},
            body=inward.body(request.body),
        )

    def response(self, response: Response) -> Response:
        """The response in the client's names."""
        outward = _Translation(LOCAL_NAMES, self.client)
        headers = {name: outward.text(value) for name, value in response.headers.items()}
        body = outward.body(response.body, refusal=response.status >= 400) if response.body else response.body
        return replace(response, body=body, headers=headers)


class _Translation:
    """From some names to others, in ids and in the fields that hold a name alone."""

    def __init__(self, source: Names, target: Names) -> None:
        self._source, self._target = source, target
        end = r"(?![\w.()-])"
        self._pattern = re.compile(
            rf"(subscriptions/){re.escape(source.subscription)}{end}"
            rf"(?:(/resourceGroups/){re.escape(source.group)}{end}"
            rf"(?:((?:/providers/{re.escape(PROVIDER)})?/workspaces/){re.escape(source.workspace)}{end})?)?",
            re.IGNORECASE,
        )
        self._fields = {
            "subscriptionid": (source.subscription, target.subscription),
            "resourcegroup": (source.group, target.group),
            "resourcegroupname": (source.group, target.group),
            "workspacename": (source.workspace, target.workspace),
        }

    def text(self, text: str) -> str:
        """All ids in the text."""
        return self._pattern.sub(self._put, text)

    def segments(self, path: str) -> Iterable[tuple[str, bool]]:
        """The path's segments, and which of them are other ones now; those are not encoded."""
        before = path.split("/")
        after = self.text("/".join(map(_opaque, before))).split("/")
        return [(new, True) if new != _opaque(old) else (old, False) for old, new in zip(before, after, strict=True)]

    def body(self, body: bytes, *, refusal: bool = False) -> bytes:
        """The ids and names in a JSON body, of a ``refusal`` those in its message as well; another body stays."""
        try:
            content = json.loads(body)
        except ValueError:
            return body
        changed = self._value(content)
        if refusal and isinstance(changed, dict) and isinstance(changed.get("error"), dict):
            changed["error"] = self._error(changed["error"])
        return body if changed == content else json.dumps(changed).encode()

    def _error(self, error: dict[str, Any]) -> dict[str, Any]:
        """Our own words about a workspace: ``subscription '...'``, ``resource group '...'``, ``workspaces/...'``."""
        message = self.text(str(error.get("message", "")))
        for before, old, new in (
            (r"subscription '", self._source.subscription, self._target.subscription),
            (r"resource group '", self._source.group, self._target.group),
            (rf"{re.escape(PROVIDER)}/workspaces/", self._source.workspace, self._target.workspace),
        ):
            pattern = re.compile(rf"(?<={before})({re.escape(old)})(?=')", re.IGNORECASE)
            message = "".join(new if index % 2 else part for index, part in enumerate(pattern.split(message)))
        return {**error, "message": message}

    def _put(self, match: re.Match[str]) -> str:
        names = (self._target.subscription, self._target.group, self._target.workspace)
        return "".join(prefix + name for prefix, name in zip(match.groups(), names, strict=True) if prefix)

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value) if _IS_ID(value) and "\n" not in value else value
            case list():
                return [self._value(item) for item in value]
            case dict():
                if str(value.get("type", "")).lower() == _WORKSPACE_TYPE:
                    value = self._workspace(value)
                literal = any(_plain(key) == "jobinputtype" and _is(item, "literal") for key, item in value.items())
                return {
                    self._value(key): item if literal and key == "value" else self._field(key, item)
                    for key, item in value.items()
                }
        return value

    def _workspace(self, value: dict[str, Any]) -> dict[str, Any]:
        """The workspace itself says its name without an id."""
        pair = (self._source.workspace, self._target.workspace)
        changed = {**value, "name": self._swap(value.get("name"), pair)}
        properties = value.get("properties")
        if isinstance(properties, dict) and "friendlyName" in properties:
            changed["properties"] = {**properties, "friendlyName": self._swap(properties["friendlyName"], pair)}
        return changed

    def _field(self, key: str, item: Any) -> Any:
        plain = _plain(key)
        if plain in _NAMED_BY_USERS and isinstance(item, dict):
            return {name: self._value(each) for name, each in item.items()}
        if plain in _VERBATIM and (isinstance(item, str) or _holds_texts_only(item)):
            return item
        known = self._fields.get(plain)
        return self._swap(item, known) if known and isinstance(item, str) else self._value(item)

    def _swap(self, item: Any, pair: tuple[str, str]) -> Any:
        return pair[1] if isinstance(item, str) and item.lower() == pair[0].lower() else item


def _opaque(segment: str) -> str:
    """A decoded segment in which no slash can be taken for a separator."""
    return segment if "%2f" in segment.lower() else unquote(segment)


def _plain(key: str) -> str:
    """A field's name as REST (``jobInputType``) and the SDK's YAML (``job_input_type``) have in common."""
    return key.lower().replace("_", "")


def _is(value: Any, word: str) -> bool:
    return isinstance(value, str) and value.lower() == word


def _holds_texts_only(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) or item is None for item in value.values())
