"""Places for content that a client uploads before it registers an asset (REST reference: ... Start Pending Upload)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.datastores import BACKDATED, container_sas
from amlpriv.local.plane.fields import text
from amlpriv.local.plane.http import ArmError, Response, json_response
from amlpriv.local.plane.names import STORAGE_SUFFIX
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.versioned import check_name
from amlpriv.local.plane.workspaces import storage_account_id

__all__ = ["pending_upload_routes"]

_LIFETIME = timedelta(hours=12)
_TYPE = "TemporaryBlobReference"


def _start(context: Context, call: Call) -> Response:
    """A container for each call: clients leave marks in one, and would find those of another upload."""
    check_name("asset", call["name"], call["version"])
    asked = text(call.document(), "pendingUploadType") or _TYPE
    if asked not in (_TYPE, "None"):
        raise ArmError(400, "UserError", f"pendingUploadType is {_TYPE} here.")

    container = f"{context.workspace_guid[:8]}-{uuid.uuid4()}"
    if context.blobs is not None:
        context.blobs.create_container(container)
    now, key = context.now(), context.account_key.reveal()
    token = container_sas(context.account, container, key, start=now - BACKDATED, expiry=now + _LIFETIME)
    uri = f"https://{context.account}.blob.{STORAGE_SUFFIX}/{container}"
    reference = {
        "blobUri": uri,
        "storageAccountArmId": storage_account_id(context),
        "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{token}"},
    }
    identifier = text(call.document(), "pendingUploadId") or str(uuid.uuid4())
    return json_response(
        {"pendingUploadId": identifier, "pendingUploadType": _TYPE, "blobReferenceForConsumption": reference}
    )


def pending_upload_routes(segments: Iterable[str]) -> tuple[Route, ...]:
    """``POST {segment}/{name}/versions/{version}/startPendingUpload`` for each kind of asset."""
    paths = (f"{WORKSPACE_PATH}/{segment}/{{name}}/versions/{{version}}/startPendingUpload" for segment in segments)
    return tuple(Route("POST", path, _start) for path in paths)
