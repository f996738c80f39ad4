"""How a connection's target and an address relate: is one below the other, and if not, what keeps them apart.

Paths compare name by name: ``/contoso`` is no part of ``/contoso-2``. A slash at the end and the way a name is quoted
make no difference here; whether they make one to the service is not documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from amlpriv.connections.addresses import Address
from amlpriv.connections.azure_hosts import AzurePlace, azure_place

__all__ = ["Closeness", "Relation", "relate"]


class Relation(Enum):
    """The first three match; the others are in the order in which a near miss is worth telling."""

    WHOLE = "whole address"
    BELOW = "part of the path"
    HOST_ONLY = "host"
    LEGACY = "old host against new"
    WEB_HOST = "host of the web pages"
    CASE = "case"
    SCHEME = "scheme"
    PORT = "port"
    SCOPE = "organisation against project"
    PATH = "path"
    ORGANISATION = "organisation"
    HOST = "another host"

    @property
    def matches(self) -> bool:
        """Whether the address is at or below the target."""
        return self in (Relation.WHOLE, Relation.BELOW, Relation.HOST_ONLY)

    @property
    def far(self) -> bool:
        """Whether the two have nothing to do with each other."""
        return self in (Relation.ORGANISATION, Relation.HOST)

    @property
    def rank(self) -> int:
        """The lower, the nearer."""
        return list(Relation).index(self)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near a target is to an address."""

    relation: Relation
    depth: int
    """How many names of the path the target has; among those that match, the most wins."""


def relate(target: Address, address: Address) -> Closeness:
    """How the target of a connection relates to an address that is to be fetched."""
    depth = len(target.parts)
    here, there = azure_place(target), azure_place(address)
    if target.host != address.host:
        return Closeness(_other_host(here, there), depth)
    if target.scheme != address.scheme:
        return Closeness(Relation.SCHEME, depth)
    if target.port != address.port:
        return Closeness(Relation.PORT, depth)
    if address.parts[:depth] == target.parts:
        whole = Relation.WHOLE if len(address.parts) == depth else Relation.BELOW
        return Closeness(whole if depth else Relation.HOST_ONLY, depth)
    if _lower(address.parts[:depth]) == _lower(target.parts):
        return Closeness(Relation.CASE, depth)
    return Closeness(_other_path(here, there), depth)


def _other_host(here: AzurePlace | None, there: AzurePlace | None) -> Relation:
    if here is None or there is None:
        return Relation.HOST
    if (here.organisation or "").lower() != (there.organisation or "").lower():
        return Relation.ORGANISATION if here.organisation and there.organisation else Relation.HOST
    return Relation.LEGACY if here.service is there.service else Relation.WEB_HOST


def _other_path(here: AzurePlace | None, there: AzurePlace | None) -> Relation:
    if here is None or there is None:
        return Relation.PATH
    if (here.organisation or "").lower() != (there.organisation or "").lower():
        return Relation.ORGANISATION
    return Relation.SCOPE if _project(here) != _project(there) else Relation.PATH


def _project(place: AzurePlace) -> str | None:
    first = place.rest[0] if place.rest else "_"
    return None if first.startswith("_") else first.lower()


def _lower(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)
