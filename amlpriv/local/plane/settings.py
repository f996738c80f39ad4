"""Switches for tests: what the workspace's storage pretends to be. Kept in memory, gone with a restart."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from amlpriv.local.plane.http import ArmError

__all__ = ["Settings", "Switches"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "datastore_account": ("named", "absent"),
    "datastore_credentials": ("AccountKey", "Sas", "None"),
    "datastore_type": ("AzureBlob", "AzureFile", "AzureDataLakeGen2"),
    "list_secrets": ("ok", "forbidden"),
    "long_running": ("poll", "immediate", "fail"),
    "storage_account": ("ok", "forbidden"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """``PUT /_amlpriv/settings`` takes any of these."""

    datastore_account: str = "named"
    """Whether a datastore says which subscription and resource group its storage account is in."""
    datastore_credentials: str = "AccountKey"
    datastore_type: str = "AzureBlob"
    """Of the default datastore."""
    list_secrets: str = "ok"
    long_running: str = "poll"
    """Whether an operation is polled, is over with its first answer, or is polled and fails."""
    storage_account: str = "ok"
    """Whether the storage account's resource may be read."""
    storage_properties: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the storage account's ``properties``, for instance ``{"allowSharedKeyAccess": false}``."""


class Switches:
    """The settings in force; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settings = Settings()

    @property
    def now(self) -> Settings:
        """The settings in force."""
        return self._settings

    def update(self, changes: Mapping[str, Any]) -> Settings:
        """Change some; ArmError (400) for an unknown name or value, and then nothing is changed."""
        names = {one.name for one in fields(Settings)}
        for name, value in changes.items():
            allowed = _CHOICES.get(name)
            if name not in names or (allowed and value not in allowed):
                raise ArmError(400, "InvalidSetting", f"There is no setting {name} with this value.")
            if name == "storage_properties" and not isinstance(value, dict):
                raise ArmError(400, "InvalidSetting", "storage_properties is an object.")
        with self._lock:
            self._settings = replace(self._settings, **changes)
            return self._settings

    def reset(self) -> Settings:
        """Back to the defaults."""
        with self._lock:
            self._settings = Settings()
            return self._settings

    def as_json(self) -> dict[str, Any]:
        """The settings in force, as they are set."""
        return asdict(self._settings)
