"""The environment variables that make an unmodified program talk to a local workspace."""

from __future__ import annotations

from collections.abc import Mapping

from amlpriv.local.credential import USER_ID
from amlpriv.local.hosts import without_azure
from amlpriv.local.plane.names import CLIENT_SECRET
from amlpriv.local.state import State

__all__ = ["environment_variables"]

BUNDLE_VARIABLES = (
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
DROPPED = ("AZUREML_CURRENT_CLOUD", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "SSL_CERT_DIR")
"""What would lead elsewhere: a cloud that the child does not know, other ways to sign in, another set of CAs."""


def environment_variables(state: State, environ: Mapping[str, str]) -> dict[str, str]:
    """A full copy of ``environ`` for a child process: proxy, CA bundle and sign-in of the local workspace.

    The user's own proxy is left out here because the local one passes foreign hosts through it.
    """
    ours = {name: str(state.ca_bundle) for name in BUNDLE_VARIABLES}
    no_proxy = without_azure(environ.get("no_proxy") or environ.get("NO_PROXY") or "")
    for name, value in (("https_proxy", state.proxy_url), ("no_proxy", no_proxy)):
        ours |= {name: value, name.upper(): value}
    ours |= {
        "AMLPRIV_PROXY": state.proxy_url,  # by which a nested start knows that this is not the user's own proxy
        "AZURE_TENANT_ID": state.tenant,
        "AZURE_CLIENT_ID": USER_ID,
        "AZURE_CLIENT_SECRET": CLIENT_SECRET,
    }
    return {name: value for name, value in environ.items() if name not in DROPPED} | ours
