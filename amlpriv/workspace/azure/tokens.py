"""Tokens that the user's own sign-in gives: one for Azure DevOps, and secrets of Key Vault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from amlpriv.connections.tokens import AZURE_DEVOPS_APP
from amlpriv.errors import AuthenticationError, NotFoundError, PermissionDeniedError, ServiceError, UsageError
from amlpriv.secret import Secret
from amlpriv.workspace.azure.errors import error_of_response, translated
from amlpriv.workspace.azure.transport import Connection, CountingTransport
from amlpriv.workspace.ports import RequestCounter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["DEVOPS_SCOPE", "VAULTS", "VaultCloud", "devops_token", "key_vault_secret"]

DEVOPS_SCOPE = f"{AZURE_DEVOPS_APP}/.default"
"""Azure DevOps, "Service principals and managed identities": the application's id, not its URI."""

SECRETS_VERSION = "7.4"
"""Key Vault REST reference, Get Secret."""

PUBLIC = "login.microsoftonline.com"

_TOOL_SECONDS = 10
_VAULT = re.compile(r"[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]", re.IGNORECASE)
_PATH = re.compile(r"/secrets/(?P<name>[0-9A-Za-z-]{1,127})(/(?P<version>[0-9a-fA-F]{32}))?/?")


@dataclass(frozen=True, slots=True)
class VaultCloud:
    """The vaults of one cloud, and who signs in to them."""

    suffix: str
    scope: str
    authority: str
    port: int | None = None
    """None for that of https; a stand-in in tests has another one, and as suffix its whole host."""


VAULTS: Sequence[VaultCloud] = (
    VaultCloud(".vault.azure.net", "https://vault.azure.net/.default", PUBLIC),
    VaultCloud(".vault.azure.cn", "https://vault.azure.cn/.default", "login.chinacloudapi.cn"),
    VaultCloud(".vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net/.default", "login.microsoftonline.us"),
)
"""Key Vault, "About keys, secrets, and certificates": DNS suffixes for object identifiers. A token goes nowhere else
(the SDK's "challenge resource verification" is for the same)."""


def devops_token(
    way: Literal["default", "azure-cli"] | str = "default",
    *,
    credential: TokenCredential | None = None,
    authority: str = PUBLIC,
    connection: Connection | None = None,
) -> Secret:
    """An Entra token for Azure DevOps; it lives for about an hour. It is for Azure DevOps's own hosts only.

    ``credential`` if given (the local workspace's, an MLClient's), else Azure CLI's or DefaultAzureCredential, which
    reads this process's environment. Azure DevOps Services has no sovereign clouds, hence the public authority
    (assumed: its hosts are the public ones only). Raises AuthenticationError and NetworkError.
    """
    with translated("signing in to Azure DevOps"), _signed_in(credential, way, authority, connection) as signed_in:
        return Secret(str(signed_in.get_token(DEVOPS_SCOPE).token))


def key_vault_secret(
    reference: str,
    *,
    credential: TokenCredential | None = None,
    connection: Connection | None = None,
    vaults: Sequence[VaultCloud] = VAULTS,
) -> Secret:
    """The value of a secret: ``https://VAULT.vault.azure.net/secrets/NAME[/VERSION]``, without a version the current.

    Needs the role Key Vault Secrets User, or the access policy Get. Raises UsageError for an address of no vault,
    AuthenticationError, PermissionDeniedError, NotFoundError, NetworkError, ServiceError.
    """
    cloud, url, name = _read_reference(reference, vaults)
    doing = f"reading the Key Vault secret {name}"
    with _signed_in(credential, "default", cloud.authority, connection) as signed_in:
        answer = _get(url, signed_in, cloud.scope, connection or Connection(), doing)
    value = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise ServiceError(f"{doing}: the answer has no value.", hint="Check the vault's address.")
    return Secret(value)


def _read_reference(reference: str, vaults: Sequence[VaultCloud]) -> tuple[VaultCloud, str, str]:
    try:
        parts = urlsplit(reference.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    path = _PATH.fullmatch(parts.path)
    cloud = next((each for each in vaults if host.endswith(each.suffix) and port == each.port), None)
    whole = cloud is not None and (
        host == cloud.suffix or _VAULT.fullmatch(host.removesuffix(cloud.suffix)) is not None
    )
    if cloud is None or not whole or path is None or parts.scheme != "https" or "@" in parts.netloc or parts.query:
        raise UsageError(
            "This is not the address of a Key Vault secret.",
            hint=f"Write https://VAULT{vaults[0].suffix}/secrets/NAME or .../NAME/VERSION; "
            f"known vaults end in {', '.join(each.suffix for each in vaults)}.",
        )
    origin = f"https://{host}" + (f":{port}" if port is not None else "")
    tail = f"{path['name']}/{path['version']}" if path["version"] else path["name"]
    return cloud, f"{origin}/secrets/{tail}", str(path["name"])


def _get(url: str, credential: TokenCredential, scope: str, conn: Connection, doing: str) -> Any:
    from azure.core import PipelineClient
    from azure.core.exceptions import HttpResponseError
    from azure.core.pipeline import policies
    from azure.core.rest import HttpRequest

    # No policy for redirects and none for challenges: the token goes to the vault that was named, or nowhere.
    chain = [
        policies.UserAgentPolicy(base_user_agent="amlpriv"),
        conn.policy(),
        policies.BearerTokenCredentialPolicy(credential, scope),
    ]
    transport = CountingTransport(RequestCounter(), "control_plane", conn)
    pipeline: PipelineClient[Any, Any] = PipelineClient(url, policies=chain, transport=transport)
    with translated(doing), pipeline as client:
        response = client.send_request(HttpRequest("GET", url, params={"api-version": SECRETS_VERSION}))
        if response.status_code != 200:
            error = HttpResponseError(response=response)
            raise _refusal(error, doing) from error
        return response.json()


def _refusal(error: Any, doing: str) -> Exception:
    ours = error_of_response(error, doing)
    match ours:
        case AuthenticationError():
            hint = "The vault may belong to another tenant: sign in there (az login --tenant, AZURE_TENANT_ID)."
        case PermissionDeniedError():
            hint = "The identity needs the role Key Vault Secrets User; or the vault's firewall refuses this machine."
        case NotFoundError():
            hint = "Check the names of vault and secret; a deleted secret must be recovered first."
        case _:
            return ours
    return type(ours)(ours.message, hint=hint)


@contextmanager
def _signed_in(
    credential: TokenCredential | None, way: str, authority: str, connection: Connection | None
) -> Iterator[TokenCredential]:
    """The given credential, or one of our own, which is closed at the end."""
    from azure.identity import AzureCliCredential, DefaultAzureCredential

    if credential is not None:
        yield credential
        return
    if way == "azure-cli":
        with AzureCliCredential(process_timeout=_TOOL_SECONDS) as own:
            yield own
        return
    transport = CountingTransport(RequestCounter(), "sign_in", connection or Connection())
    with DefaultAzureCredential(authority=authority, transport=transport, process_timeout=_TOOL_SECONDS) as default:
        yield default
