"""Connections to other services, package feeds among them (REST reference: Workspace Connections).

What may be read is a record like any other. The credentials are in ``connection-secrets/``, one file (0600) for each
connection, and leave it through ``listsecrets`` only. Not documented, and assumed here: reading shows
``"credentials": null``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from amlpriv.connections.rewriting import KnownConnection, is_for_builds, read_known
from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import make_private_folder, write_private
from amlpriv.local.plane.connection_content import Connection, check_connection_name, read_connection
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import properties_of
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.resources import not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.store import Assets, Record
from amlpriv.secret import redact

__all__ = ["ROUTES", "credentials_of", "known_connections"]

_SECRET_FILE = "secretFile"  # noqa: S105 - a field of the record: which file has the credentials
_FOLDER = "connection-secrets"
_V1 = "2020-01-01"
"""SDK v1's api-version: its client reads a list that is nothing but a list."""


def credentials_of(context: Context, name: str) -> Json | None:
    """The credentials of a connection; None when it has none, or there is no such connection.

    Raises LocalWorkspaceError when their file is damaged or gone.
    """
    with context.store.lock:
        found = _assets(context).get(name)
        return _read_credentials(context, found.record) if found else None


def known_connections(context: Context) -> tuple[KnownConnection, ...]:
    """Those for feeds and repositories with their credentials, for the builds of environments. Raises as
    ``credentials_of``."""
    with context.store.lock:
        records = [container.record for container in _assets(context).newest_first()]
        used = [record for record in records if is_for_builds(_body(record))]
        return tuple(read_known(_body(record, _read_credentials(context, record))) for record in used)


def _assets(context: Context) -> Assets:
    return context.store.assets("connections")


def _record(context: Context, name: str) -> Record:
    found = _assets(context).get(name)
    if found is None:
        raise not_found(f"Connection {name} can't be found in the workspace.")
    return found.record


def _body(record: Record, credentials: Json | None = None) -> Json:
    shown = {name: value for name, value in record.properties.items() if name != _SECRET_FILE}
    if shown.get("target"):
        shown["target"] = redact(str(shown["target"]))  # of a record that somebody edited: no other has a secret there
    properties = {**shown, "credentials": credentials, "createdByWorkspaceArmId": WORKSPACE_ID}
    path = f"connections/{record.name}"
    return resource(path, "connections", properties, created=record.created, modified=record.modified)


def _secret_folder(context: Context) -> Path:
    return context.store.folder / _FOLDER


def _read_credentials(context: Context, record: Record) -> Json | None:
    name = record.properties.get(_SECRET_FILE)
    if name is None:
        return None
    try:
        document = json.loads((_secret_folder(context) / str(name)).read_text(encoding="utf-8"))
        credentials = document["credentials"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalWorkspaceError(
            f"the credentials of the connection {record.name} cannot be read: {type(error).__name__}",
            hint="Create the connection again.",
        ) from None
    return credentials if isinstance(credentials, dict) else None


def _write(context: Context, name: str, connection: Connection) -> Record:
    """The secret first, under a name of its own: a crash in between leaves the old connection as it was."""
    properties = dict(connection.properties)
    if connection.credentials is not None:
        properties[_SECRET_FILE] = f"{file_name(name)}.{uuid.uuid4().hex[:12]}.json"
        make_private_folder(_secret_folder(context))
        document = {"name": name, "credentials": connection.credentials}
        write_private(_secret_folder(context) / properties[_SECRET_FILE], json.dumps(document, indent=2) + "\n")
    record = _assets(context).put_container(name, properties).record
    _drop_secrets(context, name, kept=properties.get(_SECRET_FILE))
    return record


def _drop_secrets(context: Context, name: str, *, kept: str | None = None) -> None:
    if not _secret_folder(context).is_dir():
        return
    begin = f"{file_name(name)}."
    for path in _secret_folder(context).iterdir():
        if path.name.startswith(begin) and path.name != kept:
            path.unlink(missing_ok=True)


def _get(context: Context, call: Call) -> Response:
    with context.store.lock:
        return json_response(_body(_record(context, call["name"])))


def _list(context: Context, call: Call) -> Response:
    with context.store.lock:
        if call.query("api-version") == _V1:
            return json_response(list(_visible(context, call)))
        return page(call, _visible(context, call))


def _visible(context: Context, call: Call) -> Iterator[Json]:
    """``category`` and ``target`` choose; ``includeAll`` is about connections that datastores have: none here."""
    category, target = (call.query("category") or "").lower(), call.query("target")
    for container in _assets(context).newest_first():
        properties = container.record.properties
        if category in ("", str(properties["category"]).lower()) and target in (None, properties.get("target")):
            yield _body(container.record)


def _put(context: Context, call: Call) -> Response:
    check_connection_name(call["name"])
    connection = read_connection(call.document())
    with context.store.lock:
        return json_response(_body(_write(context, call["name"], connection)))


def _patch(context: Context, call: Call) -> Response:
    """What the body says replaces what there is; another authType needs its credentials with it."""
    given = properties_of(call.document())
    with context.store.lock:
        record = _record(context, call["name"])
        merged = {**record.properties, **given}
        if merged["authType"] == record.properties["authType"] and given.get("credentials") is None:
            merged["credentials"] = _read_credentials(context, record)
        connection = read_connection({"properties": merged})
        return json_response(_body(_write(context, call["name"], connection)))


def _delete(context: Context, call: Call) -> Response:
    with context.store.lock:
        _drop_secrets(context, call["name"])  # first: whatever happens, no secret is left behind
        return Response(200 if _assets(context).delete(call["name"]) else 204)


def _list_secrets(context: Context, call: Call) -> Response:
    with context.store.lock:
        record = _record(context, call["name"])
        return json_response(_body(record, _read_credentials(context, record)))


_PATH = f"{WORKSPACE_PATH}/connections"

ROUTES = (
    Route("GET", _PATH, _list),
    Route("GET", f"{_PATH}/{{name}}", _get),
    Route("PUT", f"{_PATH}/{{name}}", _put),
    Route("PATCH", f"{_PATH}/{{name}}", _patch),
    Route("DELETE", f"{_PATH}/{{name}}", _delete),
    Route("POST", f"{_PATH}/{{name}}/listsecrets", _list_secrets),
)
