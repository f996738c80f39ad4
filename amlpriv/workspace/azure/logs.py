"""Keeping signatures out of the logs of the libraries that send our requests."""

from __future__ import annotations

import logging

from amlpriv.secret import RedactingFilter

__all__ = ["redact_logs"]

LOGGERS = (
    "azure.core.pipeline.policies._retry",
    "azure.core.pipeline.policies._universal",
    "azure.core.pipeline.policies.http_logging_policy",
    "azure.core.pipeline.transport._requests_basic",
    "azure.storage.blob._shared.base_client",
    "azure.storage.blob._shared.policies",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
"""By name, since a logger's filter does not see what its children log. urllib3.connectionpool writes every request line
at DEBUG, query included; the others write addresses when something goes wrong, or when a user asks for it."""

_FILTER = RedactingFilter()


def redact_logs() -> None:
    """Take secrets out of what these loggers say, from now on, for the whole process; twice is as once.

    It stays: several threads send at once, and a connection logs when it is closed, too.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
