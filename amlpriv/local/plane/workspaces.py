"""The workspace itself (REST reference: Workspaces), and the storage account that belongs to it."""

from __future__ import annotations

from amlpriv.local.credential import USER_ID
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.names import GROUP_ID, LOCATION, STORAGE_SUFFIX, WORKSPACE, WORKSPACE_ID
from amlpriv.local.plane.resources import resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route

__all__ = ["ROUTES", "forbidden", "storage_account_id"]


def storage_account_id(context: Context) -> str:
    """ARM id of the storage account."""
    return f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{context.account}"


def forbidden(action: str, scope: str) -> ArmError:
    """403 as Azure Resource Manager says it when a role is missing."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{USER_ID}' with object id '{USER_ID}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
    )


def _get(context: Context, call: Call) -> Response:
    return json_response(_workspace(context, call))


def _list(context: Context, call: Call) -> Response:
    return json_response({"value": [_workspace(context, call)]})


def _workspace(context: Context, call: Call) -> Json:
    properties: Json = {
        "friendlyName": WORKSPACE,
        "description": "The embedded workspace of amlpriv",
        "workspaceId": context.workspace_guid,
        "tenantId": context.tenant,
        "storageAccount": storage_account_id(context),
        "keyVault": f"{GROUP_ID}/providers/Microsoft.KeyVault/vaults/amlpriv",
        "applicationInsights": f"{GROUP_ID}/providers/Microsoft.insights/components/amlpriv",
        "containerRegistry": None,
        "hbiWorkspace": False,
        "publicNetworkAccess": "Enabled",
        "allowPublicAccessWhenBehindVnet": False,
        "privateLinkCount": 0,
        "privateEndpointConnections": [],
        "sharedPrivateLinkResources": [],
        "v1LegacyMode": False,
        "provisioningState": "Succeeded",
        "discoveryUrl": f"{call.request.base}/discovery",
        "mlFlowTrackingUri": f"azureml://{LOCATION}.api.azureml.ms/mlflow/v1.0{WORKSPACE_ID}",
    }
    identity = {"type": "SystemAssigned", "principalId": context.workspace_guid, "tenantId": context.tenant}
    extra = {"location": LOCATION, "kind": "Default", "tags": {}, "identity": identity}
    sku = {"name": "Basic", "tier": "Basic"}
    return {**resource("", "", properties, created=context.store.created), **extra, "sku": sku}


def _storage_account(context: Context, call: Call) -> Response:
    identifier = storage_account_id(context)
    if call["account"].lower() != context.account.lower():
        raise ArmError(
            404,
            "ResourceNotFound",
            f"The Resource 'Microsoft.Storage/storageAccounts/{call['account']}' under resource group "
            f"'{call['group']}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        )
    settings = context.switches.now
    if settings.storage_account == "forbidden":
        raise forbidden("Microsoft.Storage/storageAccounts/read", identifier)
    properties = {
        "provisioningState": "Succeeded",
        "creationTime": context.store.created,
        "primaryLocation": LOCATION,
        "statusOfPrimary": "available",
        "allowSharedKeyAccess": True,
        "supportsHttpsTrafficOnly": True,
        "isHnsEnabled": False,
        "primaryEndpoints": {"blob": f"https://{context.account}.blob.{STORAGE_SUFFIX}/"},
        **settings.storage_properties,
    }
    return json_response(
        {
            "id": identifier,
            "name": context.account,
            "type": "Microsoft.Storage/storageAccounts",
            "location": LOCATION,
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS", "tier": "Standard"},
            "tags": {},
            "properties": properties,
        }
    )


_GROUP_PATH = "/subscriptions/{subscription}/resourceGroups/{group}"

ROUTES = (
    Route("GET", WORKSPACE_PATH, _get),
    Route("GET", f"{_GROUP_PATH}/providers/Microsoft.MachineLearningServices/workspaces", _list),
    Route("GET", "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces", _list),
    Route("GET", f"{_GROUP_PATH}/providers/Microsoft.Storage/storageAccounts/{{account}}", _storage_account),
)
