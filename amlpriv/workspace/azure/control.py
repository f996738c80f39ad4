"""The control plane over REST: datastores and environments of one workspace.

Requests follow the Azure Machine Learning REST reference, api-version 2024-04-01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, ARMHttpLoggingPolicy

from amlpriv.errors import ServiceError, UnsupportedError
from amlpriv.remote import AccountRules, Datastore, RegisteredEnvironment, StorageSecret, WorkspaceName
from amlpriv.secret import Secret, redact
from amlpriv.workspace.azure.clouds import Cloud
from amlpriv.workspace.azure.errors import error_of_response, translated
from amlpriv.workspace.azure.transport import Connection, CountingTransport
from amlpriv.workspace.ports import VERSIONS_PAGE, RequestCounter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["API_VERSION", "ControlPlane", "parse_duration", "parse_time"]

API_VERSION = "2024-04-01"
STORAGE_API_VERSION = "2023-05-01"

_STRANGE = "The control plane's answer is not what its reference describes; a proxy or a gateway may have written it."
_NO_WORKSPACE = frozenset({"", "ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"})
"""Codes with which Resource Manager, which knows no environments, says that what is above them does not exist (its
'Common deployment errors'). The workspace itself says NotFound or UserError; without a code it is nobody we know."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)?$")


class ControlPlane:
    """Sends authenticated requests to Azure Resource Manager."""

    def __init__(
        self, name: WorkspaceName, credential: TokenCredential, cloud: Cloud, counter: RequestCounter, conn: Connection
    ) -> None:
        self.name = name
        self.cloud = cloud
        chain = [
            policies.RequestIdPolicy(),
            policies.HeadersPolicy(),
            policies.UserAgentPolicy(base_user_agent="amlpriv"),
            policies.ContentDecodePolicy(),
            conn.policy(),
            ARMChallengeAuthenticationPolicy(credential, cloud.scope),
            ARMHttpLoggingPolicy(),
        ]
        transport = CountingTransport(counter, "control_plane", conn)
        self._client: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            cloud.resource_manager, policies=chain, transport=transport
        )

    def exchange(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        version: str = API_VERSION,
    ) -> Any:
        """The response, whatever its status is; NetworkError and AuthenticationError when there is none."""
        parameters = {"api-version": version, **(query or {})}
        request = HttpRequest(method, self.cloud.resource_manager + path, params=parameters, json=body)
        with translated(doing):
            return self._client.send_request(request)

    def send(self, method: str, path: str, *, doing: str, **options: Any) -> dict[str, Any]:
        """The JSON object that the service answers; any of ``amlpriv.errors`` otherwise. Options as ``exchange``."""
        response = self.exchange(method, path, doing=doing, **options)
        with translated(doing):
            if response.status_code >= 400:
                error = HttpResponseError(response=response, error_format=ARMErrorFormat)
                raise error_of_response(error, doing) from error
            answer = response.json() if response.content else {}
        return dict(_object(answer))


class AzureDatastores:
    """Datastores over REST."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def default(self) -> Datastore:
        answer = self._plane.send(
            "GET",
            f"{self._plane.name.arm_id}/datastores",
            query={"isDefault": "true", "count": "1"},
            doing=f"asking workspace {self._plane.name} for its default datastore",
        )
        items = _objects(answer.get("value"))
        if not items:
            raise UnsupportedError(
                f"Workspace {self._plane.name} has no default datastore.",
                hint="Set one: az ml datastore update --set is_default=true.",
            )
        return _datastore(items[0], self._plane.cloud)

    def secret(self, name: str) -> StorageSecret:
        from amlpriv.errors import PermissionDeniedError

        try:
            answer = self._plane.send(
                "POST",
                f"{self._plane.name.arm_id}/datastores/{quote(name)}/listSecrets",
                body={"expirableSecret": False},
                doing=f"asking for the key of datastore {name}",
            )
        except PermissionDeniedError as error:
            return StorageSecret(None, redact(error.message))
        key = answer.get("key")
        if isinstance(key, str) and key:
            return StorageSecret(Secret(key))
        return StorageSecret(None, f"datastore {name} has credentials of type {answer.get('secretsType', 'None')}")

    def rules(self, datastore: Datastore) -> AccountRules:
        from amlpriv.errors import NotFoundError, PermissionDeniedError

        try:
            account_id = datastore.account_id or self._workspace_account(datastore)
            if account_id is None:
                return AccountRules()
            doing = f"reading the rules of storage account {datastore.account}"
            answer = self._plane.send("GET", account_id, version=STORAGE_API_VERSION, doing=doing)
        except (PermissionDeniedError, NotFoundError):
            return AccountRules()
        return _rules(_object(answer.get("properties")))

    def _workspace_account(self, datastore: Datastore) -> str | None:
        """ARM id of the workspace's own storage account, when it is the one of the datastore."""
        answer = self._plane.send("GET", self._plane.name.arm_id, doing=f"reading workspace {self._plane.name}")
        account_id = str(_object(answer.get("properties")).get("storageAccount") or "")
        return account_id if account_id.rpartition("/")[2].lower() == datastore.account.lower() else None


class AzureEnvironments:
    """Environments over REST."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def _path(self, name: str, version: str | None = None) -> str:
        path = f"{self._plane.name.arm_id}/environments/{quote(name, safe='')}/versions"
        return path if version is None else f"{path}/{quote(version, safe='')}"

    def versions(self, name: str) -> tuple[RegisteredEnvironment, ...]:
        from amlpriv.errors import NotFoundError

        query = {"listViewType": "All", "$orderBy": "createdtime desc", "$top": str(VERSIONS_PAGE)}
        try:
            answer = self._plane.send("GET", self._path(name), query=query, doing=f"listing environment {name}")
        except NotFoundError as error:
            if error.code in _NO_WORKSPACE:
                raise
            return ()
        return tuple(_environment(item, name) for item in _objects(answer.get("value")))

    def get(self, name: str, version: str) -> RegisteredEnvironment:
        answer = self._plane.send("GET", self._path(name, version), doing=f"reading environment {name}:{version}")
        return _environment(answer, name)

    def put(self, environment: RegisteredEnvironment) -> RegisteredEnvironment:
        body: dict[str, Any] = {
            "image": environment.image,
            "osType": environment.os_type,
            "isAnonymous": False,
            "isArchived": environment.archived,
            "properties": dict(environment.properties),
            "tags": dict(environment.tags),
        }
        if environment.conda is not None:
            body["condaFile"] = environment.conda.reveal()
        if environment.description:
            body["description"] = environment.description
        answer = self._plane.send(
            "PUT",
            self._path(environment.name, environment.version),
            body={"properties": body},
            doing=f"registering environment {environment.name}:{environment.version}",
        )
        return _environment(answer, environment.name)


def _object(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for null. ServiceError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ServiceError(_STRANGE)
    return value


def _objects(value: object) -> list[Mapping[str, Any]]:
    """A JSON list of objects, as ``_object``."""
    if value is not None and not isinstance(value, list):
        raise ServiceError(_STRANGE)
    return [_object(item) for item in value or ()]


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(text) for key, text in _object(value).items()}


def _datastore(item: Mapping[str, Any], cloud: Cloud) -> Datastore:
    properties = _object(item.get("properties"))
    name, kind = str(item.get("name") or "workspaceblobstore"), properties.get("datastoreType")
    if kind != "AzureBlob":
        raise UnsupportedError(
            f"The default datastore {name} is {kind or 'of an unknown type'}, not blob storage.",
            hint="Make a blob datastore the default, or use the route feed, context or image.",
        )
    account, container = properties.get("accountName"), properties.get("containerName")
    if not account or not container:
        raise ServiceError(f"Datastore {name} names no storage account or no container.")
    subscription, group = properties.get("subscriptionId"), properties.get("resourceGroup")
    account_id = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
        if subscription and group
        else None
    )
    return Datastore(name, str(account), str(container), str(properties.get("endpoint") or cloud.storage), account_id)


def _rules(properties: Mapping[str, Any]) -> AccountRules:
    policy = _object(properties.get("sasPolicy"))
    bound = properties.get("requireUserBoundUserDelegationSas", policy.get("requireUserBoundUserDelegationSas"))
    shared = properties.get("allowSharedKeyAccess")
    return AccountRules(
        shared_key=True if shared is None else bool(shared),
        sas_period=parse_duration(str(policy.get("sasExpirationPeriod") or "")),
        sas_period_blocks=str(policy.get("expirationAction", "")).lower() == "block",
        user_bound_only=bool(bound),
    )


def _environment(item: Mapping[str, Any], name: str) -> RegisteredEnvironment:
    properties = _object(item.get("properties"))
    arm_id = str(item.get("id") or "")
    conda = properties.get("condaFile")
    return RegisteredEnvironment(
        name=name,
        version=arm_id.rpartition("/versions/")[2] or str(item.get("name") or ""),
        id=arm_id,
        image=properties.get("image"),
        conda=Secret(str(conda)) if conda else None,
        properties=_texts(properties.get("properties")),
        tags=_texts(properties.get("tags")),
        description=properties.get("description"),
        archived=bool(properties.get("isArchived")),
        created_at=parse_time(_object(item.get("systemData")).get("createdAt")),
        os_type=str(properties.get("osType") or "Linux"),
    )


def parse_time(text: str | None) -> datetime | None:
    """An ARM time (ISO 8601, up to seven digits of a second) in UTC; None for none."""
    if not text:
        return None
    match = _TIME.match(text)
    if match is None:
        return None
    # fromisoformat of Python 3.10 reads neither seven digits nor a Z.
    moment = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return moment.replace(microsecond=int(((match[2] or "") + "000000")[:6]))


def parse_duration(text: str) -> timedelta | None:
    """``DD.HH:MM:SS``, the form of sasExpirationPeriod; None for anything else."""
    days, _, clock = text.rpartition(".")
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or (days and not days.isdigit()):
        return None
    hours, minutes, seconds = (int(part) for part in parts)
    return timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=seconds)
