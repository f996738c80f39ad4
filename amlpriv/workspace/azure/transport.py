"""One retry policy, one counter and one way of connecting for all requests to Azure."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryMode, RetryPolicy
from azure.core.pipeline.transport import RequestsTransport

from amlpriv.errors import LocalWorkspaceError
from amlpriv.workspace.azure.logs import redact_logs
from amlpriv.workspace.ports import RequestCounter

__all__ = ["Connection", "CountingTransport", "PatientRetryPolicy"]

LONGEST_WAIT = 120.0
"""Seconds. A Retry-After that asks for more is the end: nobody sits before a silent terminal for so long."""

_COUNTING = threading.Lock()
_STORAGE_OPTIONS = ("hosts", "location_mode", "retry_to_secondary", "retry_hook", "use_location")


class PatientRetryPolicy(RetryPolicy[Any, Any]):
    """azure-core's retry policy for the control plane and for storage alike.

    azure-storage-blob's own one waits 18 s after the first 503 and does not retry a 429. This one backs off from 0.4 s
    on, and obeys Retry-After, also of a 429.
    """

    def __init__(self, *, total: int = 6, backoff: float = 0.4, longest: float = 30.0) -> None:
        super().__init__(
            retry_total=total,
            retry_connect=min(total, 3),
            retry_read=total,
            retry_status=total,
            retry_backoff_factor=backoff,
            retry_backoff_max=longest,
            retry_mode=RetryMode.Exponential,
        )

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        mode = request.context.options.get("location_mode")
        response = super().send(request)
        if mode is not None:
            # azure-storage-blob's own policy leaves it there, and its paging reads it.
            response.http_response.location_mode = mode
        return response

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        wait = self.get_retry_after(response)
        return (wait is None or wait <= LONGEST_WAIT) and super().is_retry(settings, response)

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        for name in _STORAGE_OPTIONS:
            options.pop(name, None)
        settings = super().configure_retries(options)
        # The only POSTs that amlpriv sends are questions: listSecrets and Get User Delegation Key.
        return {**settings, "methods": frozenset({*settings["methods"], "POST"})}


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach Azure: nothing special, or through a proxy, usually the local workspace's with its certificate."""

    proxy: str | None = None
    ca_bundle: str | None = None
    retry: dict[str, Any] = field(default_factory=dict)
    own_proxy: bool = True
    """Whether ``proxy`` is the local workspace's, and not one of the user's."""

    def policy(self) -> PatientRetryPolicy:
        """A new retry policy."""
        return PatientRetryPolicy(**self.retry)

    def options(self) -> dict[str, Any]:
        """Keyword arguments for a client's pipeline."""
        options: dict[str, Any] = {"retry_policy": self.policy(), "connection_timeout": 20, "read_timeout": 60}
        if self.proxy:
            options["proxies"] = {"https": self.proxy}
        if self.ca_bundle:
            options["connection_verify"] = self.ca_bundle
        return options


class CountingTransport(RequestsTransport):  # type: ignore[misc]  # azure-core loads it lazily, so mypy sees Any
    """azure-core's transport over requests, which counts what it sends."""

    def __init__(
        self, counter: RequestCounter, plane: Literal["control_plane", "storage", "sign_in"], connection: Connection
    ) -> None:
        options = connection.options()
        options.pop("retry_policy")
        proxies = options.pop("proxies", None)
        super().__init__(**options)
        redact_logs()
        self._counter = counter
        self._plane = plane
        self._proxies = proxies
        self._own_proxy = connection.own_proxy

    def send(self, request: Any, **kwargs: Any) -> Any:
        with _COUNTING:
            setattr(self._counter, self._plane, getattr(self._counter, self._plane) + 1)
        if self._proxies:
            kwargs.setdefault("proxies", self._proxies)
        try:
            return super().send(request, **kwargs)
        except (ServiceRequestError, ServiceResponseError) as error:
            if self._proxies and self._own_proxy and not _listens(self._proxies["https"]):
                raise LocalWorkspaceError(
                    "The local workspace ended while it was used.",
                    hint="'amlpriv local status' says why; the next command starts it again.",
                ) from error
            raise


def _listens(url: str) -> bool:
    """Whether the local workspace's proxy is there: without it no further attempt makes sense."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5):
            return True
    except OSError:
        return False
