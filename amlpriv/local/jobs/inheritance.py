"""Which variables a job gets from this machine. A job of Azure ML begins on a bare machine, too: what the shell that
happened to start the local workspace had, for instance other people's tokens, is none of its business."""

from __future__ import annotations

import re
from collections.abc import Mapping

from amlpriv.local.withheld import without_index_credentials, without_tokens

__all__ = ["inherited"]

_NAMES = (
    # Who, where, in which language.
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TEMP TMP XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME",
    # Windows.
    "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT OS USERPROFILE USERNAME USERDOMAIN COMPUTERNAME HOMEDRIVE HOMEPATH",
    "APPDATA LOCALAPPDATA PROGRAMDATA ALLUSERSPROFILE PUBLIC PROGRAMFILES COMMONPROGRAMFILES NUMBER_OF_PROCESSORS",
    # Libraries and devices of this machine.
    "LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH CUDA_HOME CUDA_PATH CUDA_VISIBLE_DEVICES",
    # The user's way out: proxy and certificates; and where packages come from.
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY NODE_USE_ENV_PROXY NETRC CONDARC MAMBA_ROOT_PREFIX",
    "CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR GIT_SSL_CAINFO",
    # The way to the local workspace (amlpriv.local.environment).
    "AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_SUBSCRIPTION_ID AZURE_TOKEN_CREDENTIALS",
    "AZUREML_ARM_SUBSCRIPTION AZUREML_ARM_RESOURCEGROUP AZUREML_ARM_WORKSPACE_NAME",
    # Ours, by name: others are tokens.
    "AMLPRIV_HOME AMLPRIV_CACHE AMLPRIV_AZURITE AMLPRIV_WORKSPACE AMLPRIV_PROXY AMLPRIV_ISOLATED AMLPRIV_PYTHONS",
    "AMLPRIV_BUILD_IN AMLPRIV_BUILD_IMAGE AMLPRIV_NO_BUILD_CACHE",
)
_KEPT = frozenset(name for line in _NAMES for name in line.split())
_BEGINNINGS = re.compile(r"(?:LC|PIP|UV|PROCESSOR|NVIDIA)_", re.IGNORECASE)


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of ``environ`` that a job gets: the user's folders, language, proxy, certificates, settings of pip and
    uv (their indexes too, without credentials: those serve the build of the environment alone), and the way to the
    local workspace. Names compare without regard to case (``http_proxy``).
    """
    kept = {name: value for name, value in environ.items() if name.upper() in _KEPT or _BEGINNINGS.match(name)}
    return without_index_credentials(without_tokens(kept))
