"""What the resources of a workspace have in common: ids, ``systemData``, pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlencode

from amlpriv.local.credential import USER_ID
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.names import PROVIDER, WORKSPACE_ID
from amlpriv.local.plane.routing import Call

__all__ = ["PAGE", "is_listed", "not_found", "page", "resource"]

PAGE = 100
"""Records of a page when the client does not say how many it wants."""

_VIEWS = {"activeonly": (False,), "archivedonly": (True,), "all": (False, True)}


def resource(path: str, kind: str, properties: Json, *, created: str, modified: str | None = None) -> Json:
    """An ARM resource below the workspace; ``path`` is ``environments/churn``, ``kind`` its type's last part."""
    return {
        "id": f"{WORKSPACE_ID}/{path}" if path else WORKSPACE_ID,
        "name": path.rpartition("/")[2] or WORKSPACE_ID.rpartition("/")[2],
        "type": f"{PROVIDER}/workspaces/{kind}".rstrip("/"),
        "properties": properties,
        "systemData": {
            "createdAt": created,
            "createdBy": "amlpriv",
            "createdByType": "Application",
            "lastModifiedAt": modified or created,
            "lastModifiedBy": "amlpriv",
            "lastModifiedByType": "Application",
            "createdByIdentity": USER_ID,
        },
    }


def is_listed(call: Call, *, archived: bool) -> bool:
    """Whether ``listViewType`` asks for a thing that is, or is not, archived; ArmError (400) for an unknown one."""
    view = call.query("listViewType") or "ActiveOnly"
    wanted = _VIEWS.get(view.lower())
    if wanted is None:
        raise ArmError(400, "BadArgument", f"The value '{view}' of the query parameter 'listViewType' is not valid.")
    return archived in wanted


def page(call: Call, items: Iterable[Json], *, top: str = "$top", skip: str = "$skip") -> Response:
    """One page of ``items``; ``nextLink`` leads to the next on the same host.

    ``$top`` is the number of records in all (REST reference: 'Maximum number of records to return'), ``$skip`` is a
    continuation token: here a number.
    """
    asked = call.number(top, least=1)
    offset = call.number(skip) or 0
    size = PAGE if asked is None else min(asked, PAGE)
    window: Iterator[Json] = islice(iter(items), offset, offset + size + 1)
    found = list(window)
    body: Json = {"value": found[:size]}
    left = None if asked is None else asked - size
    if len(found) > size and left != 0:
        body["nextLink"] = _next_link(call, top, left, skip, offset + size)
    return json_response(body)


def _next_link(call: Call, top: str, left: int | None, skip: str, offset: int) -> str:
    fields = {name: value for name, value in call.request.query.items() if name.lower() not in (top, skip)}
    fields[skip] = str(offset)
    if left is not None:
        fields[top] = str(left)
    return f"{call.request.base}{call.request.path}?{urlencode(fields)}"


def not_found(what: str) -> ArmError:
    """404 in the words of Azure ML, which calls it a user's error."""
    return ArmError(404, "UserError", what)
