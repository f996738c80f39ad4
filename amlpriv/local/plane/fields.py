"""Reads the fields of a request's JSON body; what has the wrong type is refused with 400."""

from __future__ import annotations

from typing import Any

from amlpriv.local.plane.http import ArmError, Json

__all__ = ["flag", "mapping", "properties_of", "refusal", "required", "text", "texts", "without_empty"]


def refusal(message: str) -> ArmError:
    """400 in the words of Azure ML, which calls it a user's error."""
    return ArmError(400, "UserError", message)


def properties_of(document: Json) -> Json:
    """The object under ``properties``, which every resource's body has; ArmError (400) without it."""
    given = document.get("properties")
    if not isinstance(given, dict):
        raise refusal("The request body has no 'properties'.")
    return given


def text(given: Json, name: str) -> str | None:
    """A string or None; ArmError (400)."""
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise refusal(f"{name} is not a string.")
    return value


def required(given: Json, name: str) -> str:
    """A string that is not empty; ArmError (400)."""
    value = text(given, name)
    if not value:
        raise refusal(f"{name} is required.")
    return value


def texts(given: Json, name: str, *, strict: bool = True) -> dict[str, str | None]:
    """A dictionary of strings; ArmError (400). Not ``strict``: numbers become strings, as clients send some."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refusal(f"{name} is not an object of strings.")
    if not strict:
        value = {key: str(item) if isinstance(item, (int, float)) else item for key, item in value.items()}
    if not all(item is None or isinstance(item, str) for item in value.values()):
        raise refusal(f"{name} is not an object of strings.")
    return value


def mapping(given: Json, name: str) -> Json | None:
    """An object, or None for none and an empty one; ArmError (400)."""
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise refusal(f"{name} is not an object.")
    return value or None


def flag(given: Json, name: str) -> bool:
    """True, or False for None; ArmError (400)."""
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise refusal(f"{name} is neither true nor false.")
    return bool(value)


def without_empty(value: Any) -> Any:
    """``value`` without entries that are None, at any depth; an empty object is None."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None} or None
    return value
