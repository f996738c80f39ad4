"""amlpriv's own questions to the running control plane, below ``/_amlpriv/``: counts, switches for tests."""

from __future__ import annotations

import hashlib
import json

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import ArmError, Response, json_response
from amlpriv.local.plane.routing import Access, Call, Route

__all__ = ["HEADER", "PREFIX", "ROUTES"]

PREFIX = "/_amlpriv/"
HEADER = "x-amlpriv-start-id"
"""Every route but ping wants the start id in it."""


def _ping(context: Context, _call: Call) -> Response:
    # The digest shows that we know the start id without telling it: whoever knows it may switch things.
    return json_response({"start_id": hashlib.sha256(context.start_id.encode()).hexdigest()})


def _counts(context: Context, _call: Call) -> Response:
    return json_response(context.tally.as_json())


def _unknown(context: Context, _call: Call) -> Response:
    return json_response({"value": list(context.unknown)})


def _get_settings(context: Context, _call: Call) -> Response:
    return json_response(context.switches.as_json())


def _put_settings(context: Context, call: Call) -> Response:
    context.switches.update(call.document())
    return json_response(context.switches.as_json())


def _reset_settings(context: Context, _call: Call) -> Response:
    context.switches.reset()
    return json_response(context.switches.as_json())


def _get_faults(context: Context, _call: Call) -> Response:
    return json_response({"value": context.faults.as_json()})


def _put_faults(context: Context, call: Call) -> Response:
    try:
        rules = json.loads(call.request.body or b"[]")
    except ValueError:
        raise ArmError(400, "InvalidFault", "The rules are not JSON.") from None
    context.faults.replace(rules)
    return json_response({"value": context.faults.as_json()})


def _get_aliases(context: Context, _call: Call) -> Response:
    return json_response(context.aliases.as_json())


def _put_aliases(context: Context, call: Call) -> Response:
    context.aliases.put(call["lease"], call.document().get("value"))
    return json_response(context.aliases.as_json())


def _drop_aliases(context: Context, call: Call) -> Response:
    context.aliases.drop(call["lease"])
    return json_response(context.aliases.as_json())


def _put_upstream(context: Context, call: Call) -> Response:
    if context.set_upstream is None:
        raise ArmError(501, "NotImplementedByLocalWorkspace", "This control plane has no proxy.")
    try:
        changed = context.set_upstream(call.document())
    except ValueError as error:
        raise ArmError(400, "InvalidUpstream", str(error)) from None
    return json_response({"changed": changed})


ROUTES = (
    Route("GET", f"{PREFIX}ping", _ping, Access.OPEN),
    Route("GET", f"{PREFIX}counts", _counts, Access.CONTROL),
    Route("GET", f"{PREFIX}unknown", _unknown, Access.CONTROL),
    Route("GET", f"{PREFIX}settings", _get_settings, Access.CONTROL),
    Route("PUT", f"{PREFIX}settings", _put_settings, Access.CONTROL),
    Route("DELETE", f"{PREFIX}settings", _reset_settings, Access.CONTROL),
    Route("GET", f"{PREFIX}faults", _get_faults, Access.CONTROL),
    Route("PUT", f"{PREFIX}faults", _put_faults, Access.CONTROL),
    Route("PUT", f"{PREFIX}upstream", _put_upstream, Access.CONTROL),
    Route("GET", f"{PREFIX}aliases", _get_aliases, Access.CONTROL),
    Route("PUT", f"{PREFIX}aliases/{{lease}}", _put_aliases, Access.CONTROL),
    Route("DELETE", f"{PREFIX}aliases/{{lease}}", _drop_aliases, Access.CONTROL),
)
