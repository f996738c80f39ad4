"""The fixed names of the embedded workspace, as clients have to write them."""

from __future__ import annotations

__all__ = [
    "ARTIFACT_DATASTORE",
    "CLIENT_SECRET",
    "DEFAULT_DATASTORE",
    "GROUP_ID",
    "LOCATION",
    "PROVIDER",
    "RESOURCE_GROUP",
    "STORAGE_SUFFIX",
    "SUBSCRIPTION",
    "WORKSPACE",
    "WORKSPACE_ID",
]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
RESOURCE_GROUP = "amlpriv"
WORKSPACE = "local"
LOCATION = "westeurope"
"""Clients send it back when they create endpoints; it has to look like an Azure region."""

CLIENT_SECRET = "local"  # noqa: S105 - the whole world may know it: it opens nothing but this stand-in
"""The one client secret that the sign-in accepts, with any client id."""

STORAGE_SUFFIX = "core.windows.net"
DEFAULT_DATASTORE = "workspaceblobstore"
ARTIFACT_DATASTORE = "workspaceartifactstore"

PROVIDER = "Microsoft.MachineLearningServices"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
WORKSPACE_ID = f"{GROUP_ID}/providers/{PROVIDER}/workspaces/{WORKSPACE}"
"""ARM id of the workspace."""
