"""What a workspace holds, as values."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from amlpriv import remote
from amlpriv.remote import AccountRules, Datastore, RegisteredEnvironment, StorageSecret, WorkspaceName
from amlpriv.secret import Secret


def test_the_arm_id_is_azures() -> None:
    """As the REST reference of Microsoft.MachineLearningServices writes it."""
    name = WorkspaceName("00000000-0000-0000-0000-000000000001", "ml-rg", "churn")
    assert name.arm_id == (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/ml-rg"
        "/providers/Microsoft.MachineLearningServices/workspaces/churn"
    )
    assert str(name) == "churn"


@pytest.mark.parametrize("endpoint", ["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net"])
def test_a_container_has_the_address_of_its_cloud(endpoint: str) -> None:
    """Without a slash at the end."""
    datastore = Datastore("workspaceblobstore", "contosostore", "azureml-blobstore-1", endpoint)
    assert datastore.container_url == f"https://contosostore.blob.{endpoint}/azureml-blobstore-1"


@pytest.mark.parametrize("name", remote.__all__)
def test_all_are_frozen_values(name: str) -> None:
    """A plan that was decided by them stays true."""
    cls: Any = getattr(remote, name)
    assert hasattr(cls, "__slots__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(object.__new__(cls), dataclasses.fields(cls)[0].name, "other")


def test_what_is_secret_does_not_print() -> None:
    """Keys, and conda texts with signed URLs."""
    environment = RegisteredEnvironment("churn", "c1", "/id", None, Secret("- x @ https://h/x.whl?sig=canary"))
    assert "canary" not in repr([environment, StorageSecret(Secret("canary"))])


def test_what_the_service_did_not_tell_is_not_assumed() -> None:
    """None is neither yes nor no."""
    assert AccountRules() == AccountRules(None, None, False, False)
    assert AccountRules(sas_period=timedelta(days=1)).shared_key is None
