"""Where this process may look for credentials: its environment, the local workspace, the user's sign-in to Azure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TextIO

from amlpriv.connections.addresses import LOOPBACK, Address, Credentials, read_address
from amlpriv.connections.azure_hosts import AzureService, azure_place
from amlpriv.credentials.found import Sources
from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.environment import FEED_TOKEN, ISOLATED
from amlpriv.local.home import Home
from amlpriv.local.state import State
from amlpriv.secret import Secret

__all__ = ["credential_sources"]


def credential_sources(
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    user: str | None = None,
    stdin: TextIO | None = None,
    prompt: Callable[[str], str] | None = None,
    credential: object = None,
) -> Sources:
    """Everything that `amlpriv.credentials.finding.find_credential` may ask. Asks nothing yet.

    ``name`` is the index's, for ``UV_INDEX_<NAME>_PASSWORD``; ``user`` goes with the token. ``credential`` is an
    azure-identity credential that was handed over, which goes before DefaultAzureCredential.
    """

    def entra(way: str) -> Secret:
        from amlpriv.workspace.azure.tokens import devops_token

        given: Any = _local_credential(environ) if way == "local" else credential if way == "default" else None
        return devops_token(way, credential=given)

    def vault(reference: str) -> Secret:
        from amlpriv.workspace.azure.tokens import key_vault_secret

        given: Any = credential
        return key_vault_secret(reference, credential=given)

    def local(address: Address) -> Credentials | None:
        return _local_login(address, environ)

    return Sources(environ, name=name, user=user, stdin=stdin, prompt=prompt, local=local, entra=entra, vault=vault)


def _local_login(address: Address, environ: Mapping[str, str]) -> Credentials | None:
    """The token of the running local workspace for its own feeds; None for every other address.

    In a child that may reach nothing else, the hosts of Azure Artifacts lead there as well.
    """
    from amlpriv.local.feed.tokens import load_tokens

    token = environ.get(FEED_TOKEN)
    place = azure_place(address) if environ.get(ISOLATED) and address.scheme == "https" else None
    if token and place is not None and place.service is AzureService.FEEDS:
        return Credentials(Secret("local"), Secret(token))

    state = _running(environ) if address.host in LOOPBACK and address.scheme == "https" else None
    if state is None or address.port != read_address(state.feed_url()).port or "_packaging" not in address.parts:
        return None
    tokens = load_tokens(state.root)
    return Credentials(Secret("local"), tokens.write) if tokens is not None else None


def _local_credential(environ: Mapping[str, str]) -> object:
    from amlpriv.local.credential import LocalCredential

    state = _running(environ)
    if state is None:
        raise LocalWorkspaceError("The local workspace is not running.", hint="Run 'amlpriv local start'.")
    return LocalCredential(state.tenant)


def _running(environ: Mapping[str, str]) -> State | None:
    from amlpriv.local.lifecycle import status

    return status(Home.find(environ))
