"""One of each: a plane is asked for everything that it does for Azure Resource Manager, with all that can be said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Response
from amlpriv.local.plane.names import GROUP_ID, LOCATION, PROVIDER, SUBSCRIPTION, WORKSPACE_ID
from tests.contract.operations import Operation, find_operation
from tests.local_plane.clients import KEY, TENANT, Client
from tests.local_plane.memory_blobs import MemoryBlobs

ABOUT: dict[str, Any] = {"description": "About it.", "tags": {"team": "churn"}, "properties": {"a": "b"}}
_LOCATIONS = f"//subscriptions/{SUBSCRIPTION}/providers/{PROVIDER}/locations/{LOCATION}"
_USER = f"{GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me"
_IDENTITY = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {_USER: {}}}
_TRACKED: dict[str, Any] = {"location": LOCATION, "kind": "kind", "tags": {"team": "churn"}, "identity": _IDENTITY}
_SKU = {"name": "Default", "tier": "Standard", "size": "s", "family": "f", "capacity": 1}
_PROBE = {"failureThreshold": 3, "successThreshold": 1, "timeout": "PT2S", "period": "PT10S", "initialDelay": "PT1S"}


def new_plane(folder: Path) -> Plane:
    """A plane with an empty workspace, and no runner: jobs wait until they are cancelled."""
    return Plane(
        folder,
        account="amlprivacct",
        account_key=KEY,
        tenant=TENANT,
        now=lambda: datetime.now(timezone.utc),
        blobs=MemoryBlobs(),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request got."""

    operation: Operation
    response: Response


@dataclass
class Scenario:
    """Asks, and keeps the answers. Every request has to be in the table, and to succeed (or not) as it says."""

    plane: Plane
    answers: list[Answer] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Response:
        """``path`` is below the workspace unless it begins with two slashes."""
        operation = find_operation(method, path[1:] if path.startswith("//") else f"{WORKSPACE_ID}{path}")
        assert operation is not None, f"{method} {path} is not in the table"
        response = Client(self.plane)(method, path, body, **query)
        assert (response.status < 400) == (operation.refused is None), f"{method} {path}: {response.json()}"
        self.answers.append(Answer(operation, response))
        return response

    def follow(self, response: Response, header: str) -> None:
        """Ask for a long-running operation until it is over."""
        target = urlsplit(response.headers[header])
        for _ in range(2):
            self.ask("GET", f"/{target.path}")

    def play(self) -> None:
        """Everything."""
        steps: tuple[Callable[[], None], ...] = (
            self._workspace,
            self._datastores,
            self._assets,
            self._connections,
            self._computes,
            self._jobs,
            self._endpoints,
            self._batch,
            self._delete,
        )
        for step in steps:
            step()

    def _workspace(self) -> None:
        subscription, group = f"//subscriptions/{SUBSCRIPTION}", f"/{GROUP_ID}"
        for path in ("//subscriptions", subscription, f"{subscription}/resourceGroups", group, ""):
            self.ask("GET", path)
        for scope in (subscription, group):
            self.ask("GET", f"{scope}/providers/{PROVIDER}/workspaces")
        account = self.ask("GET", "").json()["properties"]["storageAccount"]
        self.ask("GET", f"/{account}")

    def _datastores(self) -> None:
        self.ask("GET", "/datastores")
        self.ask("GET", "/datastores/workspaceblobstore")
        for expirable in (True, False):
            self.ask("POST", "/datastores/workspaceblobstore/listSecrets", {"expirableSecret": expirable})

    def _assets(self) -> None:
        uri = f"https://amlprivacct.blob.core.windows.net/{self.plane.default_container}/folder/"
        route = {"path": "/", "port": 5001}
        routes = {"livenessRoute": route, "readinessRoute": route, "scoringRoute": route}
        conda = "dependencies:\n- python=3.11\n"
        self._asset("environments", image="ubuntu", condaFile=conda, inferenceConfig=routes)
        self._asset("environments", "2", build={"contextUri": uri, "dockerfilePath": "Dockerfile"})
        flavors = {"python_function": {"data": {"loader_module": "mlflow.sklearn"}}}
        self._asset("models", modelUri=uri, modelType="mlflow_model", flavors=flavors)
        self._asset("codes", codeUri=uri)
        specification = {"name": "one", "version": "1", "type": "command", "command": "ls"}
        self._asset("components", componentSpec=specification)
        self._asset("data", container={"dataType": "uri_folder"}, dataUri=uri, dataType="uri_folder")

    def _asset(self, kind: str, version: str = "1", container: dict[str, Any] | None = None, **fields: Any) -> None:
        path = f"/{kind}/one"
        self.ask("PUT", path, {"properties": {**ABOUT, **(container or {})}})
        body = {"properties": {**ABOUT, "isAnonymous": False, **fields}}
        for _ in range(2):  # created, and again
            self.ask("PUT", f"{path}/versions/{version}", body)
        if kind != "components":
            self.ask("POST", f"{path}/versions/9/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"})
        for below in (f"/{kind}", path, f"{path}/versions", f"{path}/versions/{version}"):
            self.ask("GET", below)

    def _connections(self) -> None:
        secret = {"accessKeyId": "me", "secretAccessKey": "canary"}
        fields: dict[str, Any] = {
            "category": "S3",
            "target": "https://contoso.test/",
            "authType": "AccessKey",
            "credentials": secret,
        }
        fields |= {"metadata": {"a": "b"}, "isSharedToAll": True, "expiryTime": "2027-01-01T00:00:00Z"}
        self.ask("PUT", "/connections/one", {"properties": fields})
        self.ask("PATCH", "/connections/one", {"properties": {"metadata": {"a": "c"}}})
        self.ask("POST", "/connections/one/listsecrets")
        for path in ("/connections", "/connections/one"):
            self.ask("GET", path)

    def _computes(self) -> None:
        nodes = {"vmSize": "STANDARD_NC6", "isolatedNetwork": False, "enableNodePublicIp": True, "subnet": {"id": "s"}}
        fields = {"computeType": "AmlCompute", "description": "About it.", "properties": nodes}
        for _ in range(2):
            self.ask("PUT", "/computes/one", {"location": LOCATION, "properties": fields})
        for path in ("/computes", "/computes/one", f"{_LOCATIONS}/vmSizes", f"{_LOCATIONS}/usages"):
            self.ask("GET", path)
        self.ask("POST", "/computes/one/listNodes")

    def _jobs(self) -> None:
        common = {**ABOUT, "displayName": "One", "experimentName": "all", "computeId": "cpu"}
        common |= {"identity": {"identityType": "AMLToken"}}
        common |= {"inputs": {"rate": {"jobInputType": "literal", "value": "1"}}}
        common |= {"outputs": {"model": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"}}}
        asset = f"{WORKSPACE_ID}/{{}}/one/versions/1"
        command = {
            "jobType": "Command",
            "command": "ls",
            "environmentId": asset.format("environments"),
            "codeId": asset.format("codes"),
            "environmentVariables": {"A": "b"},
            "resources": {"instanceCount": 1, "instanceType": "D2", "properties": {"a": {"b": 1}}},
            "distribution": {"distributionType": "TensorFlow", "workerCount": 1, "parameterServerCount": 1},
            "limits": {"jobLimitsType": "Command", "timeout": "PT5M"},
        }
        steps = {"first": {"type": "command", "componentId": asset.format("components")}}
        pipeline = {"jobType": "Pipeline", "jobs": steps, "settings": {"continue_on_step_failure": True}}
        for name, own in (("one", command), ("all", pipeline)):
            for _ in range(2):
                self.ask("PUT", f"/jobs/{name}", {"properties": {**common, **own}})
            self.ask("GET", f"/jobs/{name}")
            self.follow(self.ask("POST", f"/jobs/{name}/cancel"), "Location")
        self.ask("GET", "/jobs")

    def _endpoints(self) -> None:
        asset = f"{WORKSPACE_ID}/{{}}/one/versions/1"
        endpoint = {**_TRACKED, "sku": _SKU, "properties": {**ABOUT, "authMode": "Key", "compute": "k8s"}}
        deployment = {
            **ABOUT,
            "endpointComputeType": "Managed",
            "environmentId": asset.format("environments"),
            "environmentVariables": {"A": "b"},
            "codeConfiguration": {"codeId": asset.format("codes"), "scoringScript": "score.py"},
            "model": asset.format("models"),
            "modelMountPath": "/model",
            "instanceType": "Standard_DS3_v2",
            "appInsightsEnabled": False,
            "livenessProbe": _PROBE,
            "readinessProbe": _PROBE,
            "requestSettings": {"maxQueueWait": "PT1S", "requestTimeout": "PT5S"},
        }
        path = "/onlineEndpoints/churn"
        self._change(path, endpoint)
        self._change(f"{path}/deployments/blue", {**_TRACKED, "sku": _SKU, "properties": deployment})
        endpoint["properties"] = {**endpoint["properties"], "traffic": {"blue": 100}}
        self.ask("PUT", path, endpoint)
        for below in ("/onlineEndpoints", f"{path}/deployments", f"{path}/deployments/blue/skus"):
            self.ask("GET", below)
        self.ask("POST", f"{path}/deployments/blue/getLogs", {"tail": 10})
        self._keys(path)
        self.ask("PUT", "/onlineEndpoints/token", {**endpoint, "properties": {"authMode": "AMLToken"}})
        self.ask("POST", "/onlineEndpoints/token/token")

    def _batch(self) -> None:
        asset = f"{WORKSPACE_ID}/{{}}/one/versions/1"
        endpoint = {**_TRACKED, "sku": _SKU, "properties": {**ABOUT, "authMode": "AADToken"}}
        deployment = {
            **ABOUT,
            "environmentId": asset.format("environments"),
            "environmentVariables": {"A": "b"},
            "codeConfiguration": {"codeId": asset.format("codes"), "scoringScript": "score.py"},
            "model": {"referenceType": "Id", "assetId": asset.format("models")},
            "compute": "cpu",
            "resources": {"instanceCount": 1, "instanceType": "D2", "properties": {"a": {"b": 1}}},
        }
        path = "/batchEndpoints/nightly"
        self._change(path, endpoint)
        self._change(f"{path}/deployments/first", {**_TRACKED, "sku": _SKU, "properties": deployment})
        endpoint["properties"] = {**endpoint["properties"], "defaults": {"deploymentName": "first"}}
        self.ask("PUT", path, endpoint)
        for below in ("/batchEndpoints", path, f"{path}/deployments"):
            self.ask("GET", below)
        for action in ("listKeys", "regenerateKeys", "token"):
            self.ask("POST", f"{path}/{action}", {"keyType": "Primary"})

    def _change(self, path: str, body: dict[str, Any]) -> None:
        """Create, change, read."""
        self.follow(self.ask("PUT", path, body), "Azure-AsyncOperation")
        self.ask("PUT", path, body)
        self.follow(self.ask("PATCH", path, {"tags": {"team": "other"}}), "Location")
        self.ask("GET", path)

    def _keys(self, path: str) -> None:
        self.ask("POST", f"{path}/listKeys")
        self.follow(self.ask("POST", f"{path}/regenerateKeys", {"keyType": "Primary"}), "Location")

    def _delete(self) -> None:
        """Once with a thing there, once without."""
        assets = [
            f"/{kind}/one{version}"
            for kind in ("environments", "models", "codes", "components", "data")
            for version in ("/versions/1", "")
        ]
        deployments = ["/onlineEndpoints/churn/deployments/blue", "/batchEndpoints/nightly/deployments/first"]
        others = ["/connections/one", "/computes/one", "/jobs/one", "/jobs/all"]
        self.ask("PUT", "/onlineEndpoints/churn", {**_TRACKED, "properties": {"authMode": "Key"}})
        self.ask("PUT", "/batchEndpoints/nightly", {**_TRACKED, "properties": {"authMode": "AADToken"}})
        for path in (*deployments, "/onlineEndpoints/churn", "/batchEndpoints/nightly", *others, *assets):
            for _ in range(2):
                self.ask("DELETE", path)
