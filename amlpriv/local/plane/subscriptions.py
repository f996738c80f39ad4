"""What signed-in clients ask before they ask for the workspace: subscriptions, resource groups.

REST reference: Subscriptions (List, Get), Resource Groups (List, Get). SDK v1 looks for its subscription here.
"""

from __future__ import annotations

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.names import GROUP_ID, LOCATION, RESOURCE_GROUP, SUBSCRIPTION
from amlpriv.local.plane.routing import Call, Route

__all__ = ["ROUTES"]


def _subscription(context: Context) -> Json:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": context.tenant,
        "displayName": "amlpriv",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "amlpriv", "quotaId": "amlpriv", "spendingLimit": "On"},
        "managedByTenants": [],
    }


def _group() -> Json:
    return {
        "id": GROUP_ID,
        "name": RESOURCE_GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": LOCATION,
        "properties": {"provisioningState": "Succeeded"},
    }


def _list(context: Context, _call: Call) -> Response:
    return json_response({"value": [_subscription(context)]})


def _get(context: Context, _call: Call) -> Response:
    return json_response(_subscription(context))


def _list_groups(_context: Context, _call: Call) -> Response:
    return json_response({"value": [_group()]})


def _get_group(_context: Context, _call: Call) -> Response:
    return json_response(_group())


ROUTES = (
    Route("GET", "/subscriptions", _list),
    Route("GET", "/subscriptions/{subscription}", _get),
    Route("GET", "/subscriptions/{subscription}/resourceGroups", _list_groups),
    Route("GET", "/subscriptions/{subscription}/resourceGroups/{group}", _get_group),
)
