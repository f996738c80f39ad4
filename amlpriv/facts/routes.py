"""The ways in which a wheel's bytes reach the image."""

from __future__ import annotations

from enum import Enum

__all__ = ["Route"]


class Route(Enum):
    """How the bytes of a private package reach the image."""

    SAS = "sas"
    """In workspace blob storage; the specification holds a URL with a shared access signature."""
    PLAIN = "plain"
    """In workspace blob storage, by plain URLs that the service replaces: where 'amlpriv verify --live' has seen it."""
    FEED = "feed"
    """On a package index; the credential is in a workspace connection."""
    DIRECT = "direct"
    """At an address of the user's own that stays in the specification: the image build has to be able to read it."""
    CONTEXT = "context"
    """In a Docker build context."""
    IMAGE = "image"
    """In an image that is built elsewhere and registered by its digest."""
    MODEL = "model"
    """Inside an MLflow model."""
