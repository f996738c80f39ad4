"""Datastores, their secrets, and what the storage account allows."""

from __future__ import annotations

import pytest

from amlpriv.errors import UnsupportedError
from amlpriv.remote import AccountRules
from tests.contract.conftest import Case


def test_the_default_datastore_is_a_blob_container(case: Case) -> None:
    found = case.workspace.datastores.default()
    assert (found.name, found.endpoint) == ("workspaceblobstore", "core.windows.net")
    assert found.container_url == f"https://{found.account}.blob.core.windows.net/{case.datastore.container}"


def test_another_kind_of_default_datastore_is_a_named_error(case: Case) -> None:
    case.switch("file-share")
    with pytest.raises(UnsupportedError, match="AzureFile, not blob storage"):
        case.workspace.datastores.default()


def test_the_secret_is_the_account_key(case: Case) -> None:
    assert case.workspace.datastores.secret("workspaceblobstore").account_key == case.key


def test_a_datastore_without_key_says_so(case: Case) -> None:
    case.switch("no-key")
    secret = case.workspace.datastores.secret("workspaceblobstore")
    assert secret.account_key is None
    assert secret.reason == "datastore workspaceblobstore has credentials of type None"


def test_an_account_without_rules_allows_everything(case: Case) -> None:
    rules = case.workspace.datastores.rules(case.workspace.datastores.default())
    assert rules in (AccountRules(), AccountRules(shared_key=True))
