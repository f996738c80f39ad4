"""Credentials of the user's shell that are nobody else's business: not the supervisor's, Azurite's, a deployment's or a
job's. Azure ML has none of them either."""

from __future__ import annotations

import re
from collections.abc import Mapping

from amlpriv.connections.addresses import take_credentials
from amlpriv.credentials.variables import ENDPOINTS

__all__ = ["without_index_credentials", "without_tokens"]

_NAMES = frozenset({"SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", *ENDPOINTS})
"""Of ``amlpriv.credentials.order``, those that only serve somebody who connects or pushes."""
_TOKENS = re.compile(r"(?:UV_PUBLISH|TWINE|AMLPRIV_SAS)_", re.IGNORECASE)
_OF_INDEXES = re.compile(r"UV_INDEX_.+_(?:USERNAME|PASSWORD)", re.IGNORECASE)
_SETTINGS = re.compile(r"(?:PIP|UV)_", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def without_tokens(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy without tokens for uploads (uv, twine), Azure DevOps and private storage. What pip and uv need to read the
    user's indexes stays: environments are built with it."""
    return {name: value for name, value in environ.items() if name.upper() not in _NAMES and not _TOKENS.match(name)}


def without_index_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy whose settings of pip and uv have the same addresses, and no user or password for them."""
    return {name: _bare(name, value) for name, value in environ.items() if not _OF_INDEXES.fullmatch(name)}


def _bare(name: str, value: str) -> str:
    """A value may have several addresses, and uv's ``NAME=ADDRESS``."""
    if not _SETTINGS.match(name) or "@" not in value:
        return value
    return _ADDRESS.sub(lambda found: take_credentials(found[0])[0], value)
