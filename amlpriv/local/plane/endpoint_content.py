"""What an endpoint is made of: reads request bodies, refuses what the service refuses, fills in its defaults.

Sources: REST reference (Online Endpoints, Batch Endpoints), "Manage and increase quotas" (names), "Online endpoint YAML
schema". Traffic has a share for each deployment, in percent.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from amlpriv.local.plane.fields import mapping, properties_of, refusal, text, texts
from amlpriv.local.plane.http import ArmError, Json
from amlpriv.local.plane.names import LOCATION, WORKSPACE_ID

__all__ = [
    "BATCH",
    "ONLINE",
    "Kind",
    "check_location",
    "check_name",
    "check_traffic",
    "merged",
    "read_endpoint",
    "shown",
]

_NAME = re.compile(r"[a-zA-Z](?:[a-zA-Z0-9-]{1,30})[a-zA-Z0-9]")


@dataclass(frozen=True, slots=True)
class Kind:
    """Online or batch."""

    segment: str
    """In paths and in the store."""
    deployments: str
    """In the store; the records are named ``endpoint/deployment``."""
    noun: str
    """In messages."""
    auth_modes: tuple[str, ...]
    scoring_path: str


ONLINE = Kind("onlineEndpoints", "onlineDeployments", "online endpoint", ("Key", "AMLToken", "AADToken"), "/score")
BATCH = Kind("batchEndpoints", "batchDeployments", "batch endpoint", ("AADToken",), "/jobs")


def check_name(noun: str, name: str) -> None:
    """ArmError (400) for a name that the service would not take."""
    if not _NAME.fullmatch(name):
        message = (
            f"The {noun} name '{name}' is not valid: 3 to 32 letters, digits and '-', a letter first and no '-' last."
        )
        unique = f" It must be unique in the region {LOCATION}." if noun.endswith("endpoint") else ""
        raise refusal(message + unique)


def check_location(document: Json) -> str:
    """The location in ARM's spelling; ArmError (400) without one, or with another than the workspace's."""
    given = text(document, "location")
    if not given:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    location = given.replace(" ", "").lower()
    if location != LOCATION:
        raise refusal(f"The location '{given}' is not that of the workspace, which is '{LOCATION}'.")
    return location


def check_traffic(properties: Json, deployments: Collection[str]) -> None:
    """ArmError (400) when a share is for no deployment of the endpoint, or when the shares do not add up."""
    traffic = _shares(properties, "traffic")
    mirror = _shares(properties, "mirrorTraffic")
    wanted = {name for shares in (traffic, mirror) for name, share in shares.items() if share}
    unknown = sorted(wanted - set(deployments))  # a share of 0 is left over from a deployment that was deleted
    if unknown:
        raise refusal(f"The traffic names deployments that do not exist: {', '.join(unknown)}.")
    if sum(traffic.values()) not in (0, 100):
        raise refusal(f"The traffic adds up to {sum(traffic.values())} percent; it has to be 0 or 100.")
    if len(mirror) > 1 or sum(mirror.values()) > 50:
        raise refusal("Mirror traffic goes to one deployment, and is 50 percent at most.")


def _shares(properties: Json, name: str) -> dict[str, int]:
    shares = mapping(properties, name) or {}
    for value in shares.values():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
            raise refusal(f"{name} has a whole number from 0 to 100 for each deployment.")
    return shares


def read_endpoint(kind: Kind, name: str, document: Json) -> Json:
    """The record of an endpoint, but for its keys; ArmError (400)."""
    check_name(kind.noun, name)
    location = check_location(document)
    given = properties_of(document)
    mode = text(given, "authMode") or ""
    modes = {one.lower(): one for one in kind.auth_modes}
    if mode.lower() not in modes:
        raise refusal(f"authMode is one of {', '.join(kind.auth_modes)} for an {kind.noun}, not '{mode}'.")
    properties: Json = {
        "authMode": modes[mode.lower()],
        "description": text(given, "description"),
        "properties": texts(given, "properties", strict=False),
    }
    if kind is ONLINE:
        properties |= {
            "compute": text(given, "compute"),
            "mirrorTraffic": _shares(given, "mirrorTraffic"),
            "publicNetworkAccess": text(given, "publicNetworkAccess") or "Enabled",
            "traffic": _shares(given, "traffic"),
        }
    else:
        properties["defaults"] = mapping(given, "defaults")
    return {
        "name": name,
        "location": location,
        "kind": text(document, "kind"),
        "tags": texts(document, "tags"),
        "identity": _identity(document, name),
        "sku": mapping(document, "sku"),
        "properties": properties,
    }


def _identity(document: Json, name: str) -> Json:
    """As the service completes it: who the endpoint signs in as. The ids are made from the name."""
    given = mapping(document, "identity") or {"type": "SystemAssigned"}
    kinds = {part.strip().lower() for part in (text(given, "type") or "").split(",")}
    if not kinds <= {"systemassigned", "userassigned", "none"}:
        raise refusal(f"identity.type '{given.get('type')}' is not valid.")
    identity: Json = {"type": ",".join(_IDENTITIES[kind] for kind in sorted(kinds))}
    if "systemassigned" in kinds:
        identity |= {"principalId": _identifier(name), "tenantId": _identifier("tenant")}
    if "userassigned" in kinds:
        users = mapping(given, "userAssignedIdentities")
        if not users:
            raise refusal("identity.userAssignedIdentities is required for identity.type 'UserAssigned'.")
        identity["userAssignedIdentities"] = {
            user: {"clientId": _identifier(f"client {user}"), "principalId": _identifier(user)} for user in users
        }
    return identity


_IDENTITIES = {"systemassigned": "SystemAssigned", "userassigned": "UserAssigned", "none": "None"}


def _identifier(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{WORKSPACE_ID}#{text}"))


def merged(known: Mapping[str, Any], document: Json) -> Json:
    """A request body for PUT from what is known and what a PATCH says: tags and properties are replaced one by one."""
    whole = {
        name: known[name] for name in ("location", "kind", "tags", "identity", "sku", "properties") if name in known
    }
    for name, value in document.items():
        old = whole.get(name)
        if name == "properties" and isinstance(value, dict) and isinstance(old, dict):
            whole[name] = {**old, **value}
        elif name in ("tags", "identity", "sku", "properties"):
            whole[name] = value
    return whole


def shown(kind: Kind, record: Mapping[str, Any]) -> Json:
    """The part of the REST body that is the endpoint's own; keys are never in it."""
    host = f"https://{record['name'].lower()}.{LOCATION}.inference.ml.azure.com"
    properties = {
        **record["properties"],
        "keys": None,
        "scoringUri": f"{host}{kind.scoring_path}",
        "swaggerUri": f"{host}/swagger.json",
        "provisioningState": record["state"],
    }
    fields = {name: record.get(name) for name in ("location", "kind", "tags", "identity", "sku")}
    return {**fields, "properties": properties}
