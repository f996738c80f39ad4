"""The artifact service: named files below ``Environment/...`` or ``ExperimentRun/...`` in the container ``azureml``.

SDK v1 uploads private wheels through it: it asks for a place, gets a signed URL, and writes the blob, which must not
be there yet. What counts is the blob. A place that was given away and not filled is given away again after a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from amlpriv.local.plane.context import Blobs, Context
from amlpriv.local.plane.datastores import BACKDATED, blob_sas
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.names import STORAGE_SUFFIX
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route

__all__ = ["ARTIFACTS_PATH", "ROUTES", "artifact_uri"]

CONTAINER = "azureml"
MOST = 500
"""Artifacts in one request."""
_LIFETIME = timedelta(hours=1)
_PROMISED = timedelta(minutes=1)


def artifact_uri(context: Context, path: str, *, permissions: str = "r") -> str:
    """The signed URL of a blob of the artifact container, good for an hour."""
    now = context.now()
    token = blob_sas(
        *(context.account, CONTAINER, path, context.account_key.reveal()),
        permissions=permissions,
        start=now - BACKDATED,
        expiry=now + _LIFETIME,
    )
    return f"https://{context.account}.blob.{STORAGE_SUFFIX}/{CONTAINER}/{quote(path, safe='/~')}?{token}"


def _create(context: Context, call: Call) -> Response:
    """All in one answer: those that could be made, and an error for each of the others."""
    asked = call.document().get("paths")
    if not isinstance(asked, list) or len(asked) > MOST:
        raise ArmError(400, "UserError", f"'paths' is a list of at most {MOST} artifacts.")
    artifacts: Json = {}
    contents: Json = {}
    errors: Json = {}
    for item in asked:
        name = _path_in(item)
        path = f"{call['origin']}/{call['container']}/{name}"
        if _promise(context, path):
            artifacts[name] = _artifact(context, call, name)
            contents[name] = _content(context, call, name, permissions="racw")
        else:
            message = f"Resource Conflict: ArtifactId {path} already exists."
            errors[name] = {"error": {"code": "UserError", "message": message}}
    return json_response({"artifacts": artifacts, "artifactContentInformation": contents, "errors": errors})


def _path_in(item: object) -> str:
    path = item.get("path") if isinstance(item, dict) else None
    if not isinstance(path, str) or not path.strip("/") or ".." in path.split("/"):
        raise ArmError(400, "UserError", "Every artifact needs a 'path' without '..'.")
    return path.strip("/")


def _promise(context: Context, path: str) -> bool:
    """Give the place away, to one client only; False when it is taken."""
    if path in _blobs(context).sizes(CONTAINER, path):
        return False
    with context.store.lock:
        promised = context.store.assets("artifacts")
        known = promised.get(path)
        if known and abs(context.now() - _moment(known.record.modified)) < _PROMISED:
            return False
        promised.put_container(path, {})
        return True


def _moment(stamp: str) -> datetime:
    whole, _, rest = stamp.partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6]}+00:00")


def _get_metadata(context: Context, call: Call) -> Response:
    _check_there(context, call)
    return json_response(_artifact(context, call, call["path"]))


def _get_content(context: Context, call: Call) -> Response:
    _check_there(context, call)
    return json_response(_content(context, call, call["path"]))


def _get_write_content(context: Context, call: Call) -> Response:
    return json_response(_content(context, call, _path_in({"path": call["path"]}), permissions="racw"))


def _list(context: Context, call: Call) -> Response:
    return json_response({"value": [_artifact(context, call, name) for name in _names(context, call)]})


def _list_contents(context: Context, call: Call) -> Response:
    return json_response({"value": [_content(context, call, name) for name in _names(context, call)]})


def _names(context: Context, call: Call) -> list[str]:
    start = f"{call['origin']}/{call['container']}/"
    found = _blobs(context).sizes(CONTAINER, start + call.parameters.get("path", ""))
    return [path.removeprefix(start) for path in found]


def _check_there(context: Context, call: Call) -> None:
    path = f"{call['origin']}/{call['container']}/{call['path']}"
    if path not in _blobs(context).sizes(CONTAINER, path):
        raise ArmError(404, "UserError", f"Artifact {path} was not found.")


def _artifact(context: Context, call: Call, name: str) -> Json:
    path = f"{call['origin']}/{call['container']}/{name}"
    return {
        "artifactId": path,
        "origin": call["origin"],
        "container": call["container"],
        "path": name,
        "createdTime": context.now().isoformat(),
        "dataPath": {"dataStoreName": "workspaceartifactstore", "relativePath": path},
    }


def _content(context: Context, call: Call, name: str, *, permissions: str = "r") -> Json:
    path = f"{call['origin']}/{call['container']}/{name}"
    uri = artifact_uri(context, path, permissions=permissions)
    return {"contentUri": uri, "origin": call["origin"], "container": call["container"], "path": name}


def _blobs(context: Context) -> Blobs:
    if context.blobs is None:
        raise ArmError(503, "ServiceUnavailable", "This control plane has no storage.")
    return context.blobs


ARTIFACTS_PATH = f"/artifact/v2.0{WORKSPACE_PATH}/artifacts"
_NAME = "{origin}/{container}/{path*}"

ROUTES = (
    Route("POST", f"{ARTIFACTS_PATH}/batch/metadata/{{origin}}/{{container}}", _create, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/metadata/{_NAME}", _get_metadata, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/contentinfo/{_NAME}", _get_content, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/write/{_NAME}", _get_write_content, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/prefix/contentinfo/{{origin}}/{{container}}", _list_contents, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/prefix/contentinfo/{_NAME}", _list_contents, Access.SERVICE),
    Route("GET", f"{ARTIFACTS_PATH}/{{origin}}/{{container}}", _list, Access.SERVICE),
)
"""SDK v1's client names no api-version; origins and containers are case-sensitive, as blob paths are."""
