"""The control plane's values: times, durations, and what a storage account allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from amlpriv.errors import NotFoundError, UnsupportedError
from amlpriv.local.state import State
from amlpriv.remote import AccountRules, WorkspaceName
from amlpriv.workspace.azure.control import parse_duration, parse_time
from amlpriv.workspace.azure.opening import open_azure
from tests.workspace.sites import LocalSite


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1.00:00:00", timedelta(days=1)),
        ("07.12:30:05", timedelta(days=7, hours=12, minutes=30, seconds=5)),
        ("0.01:00:00", timedelta(hours=1)),
        ("00:30:00", timedelta(minutes=30)),
        ("", None),
        ("P1D", None),
        ("1 day", None),
        ("x.00:00:00", None),
        ("1.00:00", None),
        ("-1.00:00:00", None),
    ],
)
def test_a_sas_expiration_period_is_days_and_a_clock(text: str, span: timedelta | None) -> None:
    assert parse_duration(text) == span


NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T12:00:00+00:00", NOON),
        ("2026-11-20T12:00:00", NOON),
        ("2026-11-20T12:00:00.1234567+00:00", NOON.replace(microsecond=123456)),
        ("2026-11-20T12:00:00.5Z", NOON.replace(microsecond=500000)),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2026-11-20", None),
    ],
)
def test_an_arm_time_has_up_to_seven_digits(text: str | None, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@pytest.fixture
def site(local_state: State) -> Iterator[LocalSite]:
    site = LocalSite(local_state)
    yield site
    site.reset()


def _rules(site: LocalSite) -> AccountRules:
    datastores = site.open().datastores
    return datastores.rules(datastores.default())


@pytest.mark.local
def test_the_account_tells_its_rules(site: LocalSite) -> None:
    policy = {"sasExpirationPeriod": "5.00:00:00", "expirationAction": "Block"}
    site.settings(storage_properties={"allowSharedKeyAccess": False, "sasPolicy": policy})
    assert _rules(site) == AccountRules(False, timedelta(days=5), sas_period_blocks=True)


@pytest.mark.local
def test_an_account_that_only_logs(site: LocalSite) -> None:
    policy = {"sasExpirationPeriod": "0.12:00:00", "expirationAction": "Log"}
    site.settings(storage_properties={"sasPolicy": policy, "requireUserBoundUserDelegationSas": True})
    assert _rules(site) == AccountRules(True, timedelta(hours=12), sas_period_blocks=False, user_bound_only=True)


@pytest.mark.local
def test_an_account_that_may_not_be_read_has_unknown_rules(site: LocalSite) -> None:
    site.settings(storage_account="forbidden", storage_properties={"allowSharedKeyAccess": False})
    assert _rules(site) == AccountRules()


@pytest.mark.local
def test_the_workspace_knows_the_account_when_the_datastore_does_not(site: LocalSite) -> None:
    site.settings(datastore_account="absent", storage_properties={"allowSharedKeyAccess": False})
    before = len(site.requests())
    assert _rules(site).shared_key is False
    asked = [line["path"].rpartition("/providers/")[2] for line in site.requests()[before:]]
    assert asked == [
        "Microsoft.MachineLearningServices/workspaces/local/datastores",
        "Microsoft.MachineLearningServices/workspaces/local",
        f"Microsoft.Storage/storageAccounts/{site.state.account}",
    ]


@pytest.mark.local
def test_secrets_are_never_an_exception(site: LocalSite) -> None:
    site.settings(list_secrets="forbidden")
    secret = site.open().datastores.secret("workspaceblobstore")
    assert secret.account_key is None
    assert "listSecrets/action" in secret.reason

    site.settings(list_secrets="ok", datastore_credentials="Sas")
    assert site.open().datastores.secret("workspaceblobstore").reason.endswith("credentials of type Sas")


@pytest.mark.local
def test_a_data_lake_is_no_blob_container(site: LocalSite) -> None:
    site.settings(datastore_type="AzureDataLakeGen2")
    with pytest.raises(UnsupportedError, match="AzureDataLakeGen2, not blob storage") as caught:
        site.open().datastores.default()
    assert "feed, context or image" in str(caught.value)


@pytest.mark.local
def test_a_workspace_that_does_not_exist_is_named(site: LocalSite) -> None:
    name = WorkspaceName(site.name.subscription, site.name.resource_group, "no-such")
    from amlpriv.local.credential import LocalCredential

    opened = open_azure(
        name, environ={}, credential=LocalCredential(site.state.tenant), connection=site.connection(), local=True
    )
    with pytest.raises(NotFoundError, match="workspaces/no-such"):
        opened.datastores.default()
    for environment in ("churn", "environment"):
        with pytest.raises(NotFoundError, match="workspaces/no-such") as caught:
            opened.environments.versions(environment)
        assert caught.value.code == "ResourceNotFound"
