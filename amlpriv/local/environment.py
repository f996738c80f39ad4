"""The environment variables that make an unmodified program talk to a local workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.credential import USER_ID
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.hosts import LOOPBACK, without_azure
from amlpriv.local.plane.names import CLIENT_SECRET
from amlpriv.local.state import State
from amlpriv.pip_config import has_proxy

__all__ = ["FEED_TOKEN", "ISOLATED", "Changes", "changes", "environment_variables", "outside"]

ISOLATED = "AMLPRIV_ISOLATED"
"""Set in a child that may reach no foreign host; what it starts in its turn inherits that."""

FEED_TOKEN = "AMLPRIV_LOCAL_FEED_TOKEN"  # noqa: S105 - the variable's name
"""In a child: a token that reads and writes the local workspace's package feeds, and opens nothing else."""

BUNDLE_VARIABLES = (
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
"""curl, Node.js, pip, requests (and the Azure SDK), OpenSSL (and uv, httpx, Go). Not git's: it never talks to us, and
its hosts are reached with their own certificates, as before."""

DROPPED = (
    # Which cloud: azure-ai-ml (the first three), azure-core, azure-identity, and AMLPRIV's own choice.
    "ARM_CLOUD_METADATA_URL",
    "AZUREML_CURRENT_CLOUD",
    "AZUREML_DEV_URL_MFE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLOUD",
    "AZURE_REGIONAL_AUTHORITY_NAME",
    "AZURE_SDK_CLOUD_CONF",
    # SDK v1's services.
    "AZUREML_DEV_URL_ARTIFACTS",
    "AZUREML_DISCOVERY_SERVICE_ENDPOINT",
    "AZUREML_EXPERIMENTATION_HOST",
    "AZUREML_SERVICE_ENDPOINT",
    # Other ways to sign in, which azure-identity's credentials find by themselves.
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "OBO_ENDPOINT",
    # Another set of CAs.
    "SSL_CERT_DIR",
)
"""What would lead elsewhere."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a child's environment has that ours has not, and the reverse. None of the values is a secret."""

    set: Mapping[str, str]
    unset: tuple[str, ...]

    def apply(self, environ: Mapping[str, str]) -> dict[str, str]:
        """A changed copy of ``environ``."""
        return {name: value for name, value in environ.items() if name not in self.unset} | dict(self.set)


def environment_variables(state: State, environ: Mapping[str, str], *, isolated: bool = False) -> dict[str, str]:
    """A full copy of ``environ`` for a child process: proxy, CA bundle, sign-in and names of the local workspace.

    The user's own proxy is left out here because the local one passes foreign hosts through it. The token of the local
    feed is in it, which ``changes`` leaves out because they are printed.
    """
    isolated = isolated or bool(environ.get(ISOLATED))
    return changes(state, environ, isolated=isolated).apply(environ) | _feed_token(state, isolated=isolated)


def changes(state: State, environ: Mapping[str, str], *, isolated: bool = False) -> Changes:
    """What of ``environ`` is different for a child of the local workspace. With ``isolated`` (or when ``environ`` is
    that of an isolated child) the proxy refuses every foreign host, plain http as well.

    Raises LocalWorkspaceError when the workspace was started by a version that cannot isolate.
    """
    isolated = isolated or bool(environ.get(ISOLATED))
    ours = {name: str(state.ca_bundle) for name in BUNDLE_VARIABLES}
    ours |= _isolated_proxy(state) if isolated else _proxy(state, environ)
    if environ.get("PIP_PROXY") or has_proxy(environ):  # pip asks its own setting before https_proxy
        ours["PIP_PROXY"] = ours["https_proxy"]
    if environ.get("AMLPRIV_HOME"):
        ours["AMLPRIV_HOME"] = str(state.root)  # the whole path: a child may go to another folder
    if environ.get("AZURE_TOKEN_CREDENTIALS"):
        ours["AZURE_TOKEN_CREDENTIALS"] = "prod"  # noqa: S105 - "dev" or a credential's name may leave ours out
    ours |= _sign_in(state) | _names(state)
    return Changes(ours, DROPPED)


def outside(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy of ``environ`` without a local workspace's proxy and isolation: what a shell that has them would pass on.

    The user's own proxy, which they replaced, is not in it.
    """
    own = environ.get("AMLPRIV_PROXY")
    proxies = {name for each in ("https_proxy", "http_proxy", "all_proxy") for name in (each, each.upper())}
    dropped = {name for name in (*proxies, "PIP_PROXY") if own and environ.get(name) == own}
    return {name: value for name, value in environ.items() if name not in {*dropped, ISOLATED, "AMLPRIV_PROXY"}}


def _feed_token(state: State, *, isolated: bool) -> dict[str, str]:
    """By an isolated child's token the feed knows that it must not ask its upstream for that child."""
    tokens = load_tokens(state.root)
    return {FEED_TOKEN: tokens["isolated" if isolated else "write"].reveal()} if tokens else {}


def _proxy(state: State, environ: Mapping[str, str]) -> dict[str, str]:
    no_proxy = without_azure(environ.get("no_proxy") or environ.get("NO_PROXY") or "")
    return _both("https_proxy", state.proxy_url) | _both("no_proxy", no_proxy) | _use_proxy(state.proxy_url)


def _isolated_proxy(state: State) -> dict[str, str]:
    if not state.ports.isolated:
        raise LocalWorkspaceError(
            "The local workspace was started by an older version, which cannot isolate.",
            hint="Start it again: amlpriv local stop, then amlpriv local start.",
        )
    url = state.isolated_url
    names = ("https_proxy", "http_proxy", "all_proxy")
    proxies = {name: value for each in names for name, value in _both(each, url).items()}
    return proxies | _both("no_proxy", ",".join(LOOPBACK)) | _use_proxy(url) | {ISOLATED: "1"}


def _use_proxy(url: str) -> dict[str, str]:
    """By AMLPRIV_PROXY a nested start knows that this is not the user's own proxy; Node.js asks to be told (24.5)."""
    return {"AMLPRIV_PROXY": url, "NODE_USE_ENV_PROXY": "1"}


def _both(name: str, value: str) -> dict[str, str]:
    return {name: value, name.upper(): value}


def _sign_in(state: State) -> dict[str, str]:
    """EnvironmentCredential prefers a client secret, and DefaultAzureCredential asks it first."""
    return {
        "AZURE_TENANT_ID": state.tenant,
        "AZURE_CLIENT_ID": USER_ID,
        "AZURE_CLIENT_SECRET": CLIENT_SECRET,
    }


def _names(state: State) -> dict[str, str]:
    """As a job of Azure ML has them, and as scripts like to read them."""
    return {
        "AMLPRIV_WORKSPACE": "local",
        "AZUREML_ARM_SUBSCRIPTION": state.subscription_id,
        "AZUREML_ARM_RESOURCEGROUP": state.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": state.workspace_name,
        "AZURE_SUBSCRIPTION_ID": state.subscription_id,
    }
