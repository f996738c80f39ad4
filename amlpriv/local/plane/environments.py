"""Environments and their versions (REST reference: Environment Containers, Environment Versions).

Not documented, and assumed here: conda files are compared as YAML, not as text.
"""

from __future__ import annotations

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.environment_content import IMMUTABLE, check_name, content_of, read_version
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.store import Record
from amlpriv.local.plane.versioned import Kind, routes

__all__ = ["ROUTES"]


def _read(_context: Context, document: Json) -> Json:
    return read_version(document)


def _complete(_context: Context, _record: Record) -> Json:
    return {"environmentType": "UserCreated"}


_KIND = Kind(
    segment="environments",
    noun="environment",
    read=_read,
    content=content_of,
    immutable=IMMUTABLE,
    complete=_complete,
    check=check_name,
    hidden="CliV2AnonymousEnvironment",  # SDK v2 keeps environments without a name there
)

ROUTES = routes(_KIND)
