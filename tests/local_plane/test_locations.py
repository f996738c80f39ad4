"""Addresses of blobs: container and path, or not ours."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.locations import locate, whole_address
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.local.plane.store import Store
from amlpriv.secret import Secret

LONG = f"azureml://subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{WORKSPACE}/"


def now() -> datetime:
    return datetime(2026, 11, 20, tzinfo=timezone.utc)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    store = Store(tmp_path, now)
    return Context("acct", Secret("key"), "tenant", "start", store.workspace_guid, "default", now, store)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("azureml://datastores/workspaceblobstore/paths/a/b", ("default", "a/b")),
        (f"{LONG}datastores/workspaceblobstore/paths/a/b/", ("default", "a/b/")),
        (f"{LONG}datastores/workspaceartifactstore/paths/a", ("azureml", "a")),
        ("azureml://datastores/other/paths/a", None),
        ("azureml://jobs/j/outputs/artifacts/paths/model", ("azureml", "ExperimentRun/dcid.j/model")),
        ("azureml://jobs/j/outputs/model/paths/a/", ("default", "azureml/j/model/a/")),
        ("runs:/j/model", ("azureml", "ExperimentRun/dcid.j/model")),
        ("https://acct.blob.core.windows.net/c/a%20b/d", ("c", "a b/d")),
        ("https://other.blob.core.windows.net/c/a", None),
        ("https://contoso.test/a.csv", None),
        ("./here", None),
    ],
)
def test_where_an_address_leads(context: Context, uri: str, place: tuple[str, str] | None) -> None:
    assert locate(context, uri) == place


def test_a_short_address_gets_the_workspace() -> None:
    assert whole_address("azureml://datastores/d/paths/p") == f"{LONG}datastores/d/paths/p"
    for whole in (f"{LONG}datastores/d/paths/p", "https://a.test/b", "azureml://jobs/j/outputs/o/paths/p"):
        assert whole_address(whole) == whole
