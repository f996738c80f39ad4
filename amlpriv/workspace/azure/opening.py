"""From a name and a credential to an open workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amlpriv.errors import UsageError
from amlpriv.remote import Datastore, WorkspaceName
from amlpriv.secret import Secret
from amlpriv.workspace.azure.clouds import Cloud, cloud_of_endpoint, cloud_of_environ
from amlpriv.workspace.azure.transport import Connection, CountingTransport
from amlpriv.workspace.ports import Blobs, RequestCounter, Workspace

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["open_azure", "open_client"]


def open_azure(
    name: WorkspaceName,
    *,
    environ: Mapping[str, str],
    credential: TokenCredential | None = None,
    cloud: Cloud | None = None,
    connection: Connection | None = None,
    local: bool = False,
    block_size: int | None = None,
) -> Workspace:
    """A workspace of Azure, signed in with ``credential`` or else DefaultAzureCredential. Sends nothing yet."""
    from amlpriv.workspace.azure.control import AzureDatastores, AzureEnvironments, ControlPlane
    from amlpriv.workspace.azure.service import AzureService

    counter, conn = RequestCounter(), connection or Connection()
    chosen = cloud or cloud_of_environ(environ)
    signed_in = credential if credential is not None else _default_credential(chosen, counter, conn)
    plane = ControlPlane(name, signed_in, chosen, counter, conn)

    def open_blobs(datastore: Datastore, key: Secret | None) -> Blobs:
        from amlpriv.workspace.azure.blobs import BLOCK, AzureBlobs

        return AzureBlobs(datastore, key or signed_in, counter, conn, block_size=block_size or BLOCK)

    ports = (AzureDatastores(plane), AzureEnvironments(plane), open_blobs, counter, local)
    return Workspace(name, *ports, service=AzureService(plane))


def open_client(ml_client: Any) -> Workspace:
    """The workspace that an ``azure.ai.ml.MLClient`` is bound to, with the same credential and cloud."""
    name = ml_client.workspace_name
    if not name:
        raise UsageError(
            "This MLClient is not bound to a workspace.",
            hint="Make it with workspace_name=..., or with MLClient.from_config(credential).",
        )
    whole = WorkspaceName(str(ml_client.subscription_id), str(ml_client.resource_group_name), str(name))
    # MLClient has no public accessor for these two; both have had these names since its first release.
    credential, endpoint = ml_client._credential, str(getattr(ml_client, "_base_url", "") or "")
    cloud = cloud_of_endpoint(endpoint) if endpoint else None
    return open_azure(whole, environ={}, credential=credential, cloud=cloud)


def _default_credential(cloud: Cloud, counter: RequestCounter, connection: Connection) -> TokenCredential:
    from azure.identity import DefaultAzureCredential

    transport = CountingTransport(counter, "sign_in", connection)
    return DefaultAzureCredential(authority=cloud.authority, transport=transport)
