"""The control plane as one function from request to response; `amlpriv.local.plane.server` puts it on a port."""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from amlpriv.errors import AmlprivError, StorageFullError
from amlpriv.local.feed.control import ROUTES as FEED_ROUTES
from amlpriv.local.home import make_private_folder, write_private
from amlpriv.local.plane import (
    artifacts,
    codes,
    components,
    computes,
    connections,
    control,
    data,
    datastores,
    datastores_v1,
    definitions,
    deployments,
    discovery,
    endpoints,
    environments,
    history,
    identity,
    jobs,
    models,
    operations,
    scoring,
    subscriptions,
    workspaces,
)
from amlpriv.local.plane.aliases import Aliases
from amlpriv.local.plane.context import Blobs, Context, Runner, Tally
from amlpriv.local.plane.faults import Fault
from amlpriv.local.plane.http import ArmError, Request, Response, error_response
from amlpriv.local.plane.names import PROVIDER, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route, Router, check_api_version
from amlpriv.local.plane.store import Store
from amlpriv.local.requests import Service
from amlpriv.secret import Secret, redact

if TYPE_CHECKING:
    from amlpriv.local.feed.service import FeedService

__all__ = ["ROUTES", "Plane"]

_LOG = logging.getLogger(__name__)
_REMEMBERED = 1000

ROUTES: tuple[Route, ...] = (
    *identity.ROUTES,
    *control.ROUTES,
    *workspaces.ROUTES,
    *datastores.ROUTES,
    *datastores_v1.ROUTES,
    *environments.ROUTES,
    *models.ROUTES,
    *codes.ROUTES,
    *components.ROUTES,
    *data.ROUTES,
    *computes.ROUTES,
    *connections.ROUTES,
    *subscriptions.ROUTES,
    *discovery.ROUTES,
    *artifacts.ROUTES,
    *definitions.ROUTES,
    *jobs.ROUTES,
    *history.ROUTES,
    *operations.ROUTES,
    *endpoints.ROUTES,
    *deployments.ROUTES,
    *scoring.ROUTES,
    *FEED_ROUTES,
)
"""One row for every operation; a new resource type is a module with its own ``ROUTES``, and a line here."""


class Plane:
    """Azure Resource Manager and Azure ML's management API for the embedded workspace. Safe between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        account: str,
        account_key: str,
        tenant: str,
        now: Callable[[], datetime],
        start_id: str | None = None,
        blobs: Blobs | None = None,
        make_runner: Callable[[Context], Runner] | None = None,
        set_upstream: Callable[[Any], bool] | None = None,
        feeds: FeedService | None = None,
    ) -> None:
        """``now`` gives an aware time. Raises LocalWorkspaceError when the folder cannot be used."""
        make_private_folder(folder)
        store = Store(folder, now)
        store.assets("environments")
        self._context = Context(
            account=account,
            account_key=Secret(account_key),
            tenant=tenant,
            start_id=start_id or uuid.uuid4().hex,
            workspace_guid=store.workspace_guid,
            container=f"azureml-blobstore-{store.workspace_guid}",
            now=now,
            store=store,
            aliases=Aliases(folder / "aliases.json"),
            blobs=blobs,
            set_upstream=set_upstream,
            root=folder.parent,
            feeds=feeds,
        )
        if make_runner is not None:
            runner = make_runner(self._context)
            self._context = replace(self._context, runner=runner)
            self._context.aliases.hold_while(lambda: runner.is_busy)
        self._router = Router(ROUTES)
        self._unknown_file = folder / "unknown.json"
        self.unknown.extend(self._remembered())

    @property
    def start_id(self) -> str:
        """What ``/_amlpriv/`` wants to hear."""
        return self._context.start_id

    @property
    def default_container(self) -> str:
        """The blob container of the default datastore: ``azureml-blobstore-<guid>``, the same after a restart."""
        return self._context.container

    @property
    def containers(self) -> tuple[str, ...]:
        """The containers that have to exist."""
        return (self.default_container, "azureml")

    @property
    def unknown(self) -> list[str]:
        """What was asked for and is not imitated, as ``METHOD path``."""
        return self._context.unknown

    @property
    def tally(self) -> Tally:
        """Requests by service; the server counts."""
        return self._context.tally

    def service(self, request: Request) -> Service | None:
        """``sign_in``, ``feed``, ``control_plane``, or None for amlpriv's own questions."""
        if request.path.lower().startswith(control.PREFIX):
            return None
        if self.is_of_feed(request):
            return "feed"
        return "sign_in" if identity.is_sign_in(request) else "control_plane"

    def is_of_feed(self, request: Request) -> bool:
        """Whether a request is one of a package feed: its body is not to be read before it is handled."""
        return self._context.feeds is not None and self._context.feeds.owns(request)

    def fault(self, request: Request) -> Fault | None:
        """The fault that a test ordered for this request; it counts as used."""
        return self._context.faults.take(request.method, request.path) if self.service(request) else None

    def handle(self, request: Request) -> Response:
        """Answer a request; never raises. A name that stands for the embedded workspace is its name here."""
        renamed = self._context.aliases.find(request)
        if renamed is None:
            return self._handle(request)
        return renamed.response(self._handle(renamed.request(request)))

    def _handle(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except ArmError as refusal:
            response = refusal.response()
        except StorageFullError as error:
            response = error_response(507, "LocalWorkspaceStorageFull", redact(str(error)))
        except AmlprivError as error:
            response = error_response(500, type(error).__name__, redact(str(error)))
        except Exception as error:
            _LOG.error("%s %s failed\n%s", request.method, redact(request.path), self._redact(traceback.format_exc()))
            message = f"The local workspace failed ({type(error).__name__}); its log has the details."
            response = error_response(500, "LocalWorkspaceCrash", message)
        return replace(response, headers={"x-ms-request-id": str(uuid.uuid4()), **response.headers})

    def _redact(self, text: str) -> str:
        return redact(text, self._context.account_key.reveal(), self.start_id)

    def _answer(self, request: Request) -> Response:
        if self._context.feeds is not None and self._context.feeds.owns(request):
            return self._context.feeds.answer(request)
        found = self._router.find(request.method, request.path)
        if found is None:
            return self._answer_unknown(request)
        route, parameters = found
        if route.access is Access.CONTROL:
            given = request.headers.get(control.HEADER, "")
            if not hmac.compare_digest(given.encode(), self.start_id.encode()):
                raise ArmError(403, "NotThisLocalWorkspace", f"The header {control.HEADER} is missing or another one.")
        if route.access in (Access.ARM, Access.SERVICE):
            _check_arm(self._context, request, parameters, versioned=route.access is Access.ARM)
        return route.handler(self._context, Call(request, parameters))

    def _answer_unknown(self, request: Request) -> Response:
        """Names are checked first, so that a wrong workspace is told as such; then the gap is named."""
        status = 404
        if request.path.lower().startswith("/subscriptions/"):
            _check_arm(self._context, request, _names_in(request.path))
            status = 501
        self._remember(f"{request.method} {request.path}")
        message = f"The local workspace does not imitate {request.method} {unquote(request.path)}."
        return error_response(status, "NotImplementedByLocalWorkspace", redact(message))

    def _remember(self, asked: str) -> None:
        """For ``local status``, after a restart as well: its counts are kept too."""
        if asked in self.unknown or len(self.unknown) >= _REMEMBERED:
            return
        self.unknown.append(asked)
        with contextlib.suppress(AmlprivError):
            write_private(self._unknown_file, json.dumps(self.unknown) + "\n")

    def _remembered(self) -> list[str]:
        """What an earlier run was asked for and this one, perhaps a newer version, does not know either."""
        try:
            kept = json.loads(self._unknown_file.read_text(encoding="utf-8"))
            stored = [str(each).partition(" ")[::2] for each in kept] if isinstance(kept, list) else []
        except (OSError, ValueError):
            return []
        return [f"{method} {path}" for method, path in stored if self._router.find(method, path) is None]


def _names_in(path: str) -> Mapping[str, str]:
    """The names in the path, as far as it follows the pattern of the workspace."""
    names = {}
    for expected, given in zip(WORKSPACE_PATH.split("/"), path.split("/"), strict=False):
        if expected.startswith("{"):
            names[expected.strip("{}")] = unquote(given)
        elif expected.lower() != given.lower():
            break
    return names


def _check_arm(context: Context, request: Request, names: Mapping[str, str], *, versioned: bool = True) -> None:
    """What Azure Resource Manager looks at before it asks a provider: token, version, names."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = "Authentication failed. The 'Authorization' header is missing or is not a bearer token."
        authority = f"https://login.microsoftonline.com/{context.tenant}"
        challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
        raise ArmError(401, "AuthenticationFailed", message, headers={"WWW-Authenticate": challenge})
    if versioned:
        check_api_version(request)

    given = {name: value for name, value in names.items() if value.lower() != _EXPECTED.get(name, value.lower())}
    if "subscription" in given:
        message = f"The subscription '{given['subscription']}' could not be found."
        raise ArmError(404, "SubscriptionNotFound", message)
    if "group" in given:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{given['group']}' could not be found.")
    if "workspace" in given:
        message = f"The Resource '{PROVIDER}/workspaces/{given['workspace']}' under resource group '{names['group']}'"
        more = "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        raise ArmError(404, "ResourceNotFound", f"{message} was not found. {more}")


_EXPECTED = {"subscription": SUBSCRIPTION, "group": RESOURCE_GROUP, "workspace": WORKSPACE}
