"""Publishing in bad weather: it is finished, or nothing of it can be seen, and the next attempt finishes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.publish import Published
from amlpriv.actions.signed import signed_urls
from amlpriv.errors import NetworkError, PermissionDeniedError, ServiceError
from amlpriv.remote import AccessPolicy, ContainerPolicies
from tests.actions.projects import Project
from tests.faults.conftest import Weather
from tests.faults.faultserver import Rule

pytestmark = pytest.mark.local


@pytest.fixture
def publisher(tmp_path: Path, weather: Weather, environ: Mapping[str, str]) -> Iterator[Publisher]:
    project = Project(tmp_path, name=f"churn-{uuid.uuid4().hex[:8]}")
    project.wheel()
    yield Publisher(project, weather, environ)
    weather.site.reset()


class Publisher:
    """A project whose way to the workspace is bad."""

    def __init__(self, project: Project, weather: Weather, environ: Mapping[str, str]) -> None:
        self.project, self.weather, self.environ = project, weather, environ

    def __call__(self, **options: Any) -> Published:
        workspace = self.weather.open(total=options.pop("total", 6))
        return self.project.publish(workspace, self.environ, **options)

    def versions(self) -> list[str]:
        return [item.version for item in self.weather.site.open().environments.versions(self.project.name)]


STORAGE = ("GET acl", "PUT acl", "PUT", "PUT lease", "PUT metadata", "GET list", "HEAD")
PLANE = ("GET * /datastores", "POST * /listSecrets", "GET * /versions")


@pytest.mark.parametrize("do", ["status", "drop", "drop_after"])
def test_every_request_may_fail_once(publisher: Publisher, do: str) -> None:
    weather = publisher.weather
    weather.storage.rules = [Rule(kind, do) for kind in STORAGE]
    weather.plane.rules = [Rule(kind, do) for kind in PLANE]
    weather.plane.rules.append(Rule("PUT * ", do))
    result = publisher()

    assert (result.plan.action.value, publisher.versions()) == ("created", [result.version])
    assert result.registered is not None
    url = signed_urls(result.registered)["contoso-features"]
    assert weather.blobs().head(url) == 200
    assert all(seen.deed == "" or seen.deed == do for seen in weather.storage.seen)
    [policy] = weather.blobs().policies().policies
    assert policy == "amlpriv-1"
    assert publisher().plan.action.value == "unchanged"


def test_an_upload_that_does_not_get_through_registers_nothing(publisher: Publisher) -> None:
    weather = publisher.weather
    weather.storage.rules = [Rule("PUT", "cut", times=100)]
    with pytest.raises(NetworkError, match="uploading contoso_features"):
        publisher(total=1)
    weather.storage.rules = []
    assert publisher.versions() == []
    assert weather.blobs().stored("amlpriv/wheels/") == {}
    assert weather.blobs().policies().policies == {}
    assert publisher().plan.action.value == "created"


def test_a_registration_that_does_not_get_through_is_repeated_with_the_same_url(publisher: Publisher) -> None:
    weather = publisher.weather
    weather.plane.rules = [Rule("PUT * ", "status", times=100)]
    with pytest.raises(ServiceError, match="registering environment"):
        publisher(total=1)
    weather.plane.rules = []
    assert publisher.versions() == []
    result = publisher()
    assert result.as_json()["steps"][0].startswith("reuse contoso_features")  # type: ignore[index]


def test_a_registration_whose_answer_is_lost_is_found_by_the_next_publish(publisher: Publisher) -> None:
    weather = publisher.weather
    weather.plane.rules = [Rule("PUT * ", "drop_after", times=100)]
    with pytest.raises(NetworkError):
        publisher(total=1)
    weather.plane.rules = []
    result = publisher()
    assert (result.plan.action.value, publisher.versions()) == ("unchanged", [result.version])


def test_an_account_that_refuses_its_key_gets_a_user_delegation_url(publisher: Publisher) -> None:
    code = "KeyBasedAuthenticationNotPermitted"
    publisher.weather.storage.rules = [Rule("GET acl", "status", status=403, code=code, times=100)]
    result = publisher()
    assert code in result.plan.notes[0]
    assert result.registered is not None
    url = signed_urls(result.registered)["contoso-features"]
    assert "skoid" in url.fields
    assert publisher.weather.blobs().head(url) == 200


def test_a_refused_delegation_key_names_what_is_missing(publisher: Publisher) -> None:
    publisher.weather.site.settings(datastore_credentials="None")
    code = "AuthorizationPermissionMismatch"
    publisher.weather.storage.rules = [Rule("POST userdelegationkey", "status", status=403, code=code, times=100)]
    with pytest.raises(PermissionDeniedError, match=code) as caught:
        publisher()
    assert "generateUserDelegationKey" in str(caught.value)
    assert publisher.versions() == []


def test_a_policy_that_acts_late_is_waited_for(publisher: Publisher) -> None:
    """A new stored access policy takes up to 30 seconds to act; until then storage answers 403."""
    publisher.weather.storage.rules = [Rule("HEAD * .whl", "status", status=403, code="AuthenticationFailed")]
    assert publisher().plan.action.value == "created"
    heads = [seen.at for seen in publisher.weather.storage.seen if seen.path.endswith(".whl") and seen.kind == "HEAD"]
    assert heads[-1] - heads[-2] > 1.5


def test_a_firewall_before_storage_is_named(publisher: Publisher) -> None:
    publisher.weather.site.settings(datastore_credentials="None")
    publisher.weather.storage.rules = [
        Rule("HEAD * .whl", "status", status=403, code="AuthorizationFailure", times=100)
    ]
    with pytest.raises(PermissionDeniedError, match="Storage answers 403") as caught:
        publisher()
    assert "firewall" in str(caught.value)
    assert publisher.versions() == []


def test_another_tool_that_changes_policies_at_the_same_time_loses_nothing(publisher: Publisher) -> None:
    """Their change comes between our reading and our writing: If-Unmodified-Since refuses ours, and we read again."""
    weather = publisher.weather
    blobs = weather.blobs()
    theirs = AccessPolicy("rl", datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2099, 1, 1, tzinfo=timezone.utc))
    blobs.set_policies(ContainerPolicies({"theirs": theirs}))
    weather.storage.rules = [Rule("PUT acl", "status", status=412, code="ConditionNotMet")]
    publisher()
    assert set(blobs.policies().policies) == {"theirs", "amlpriv-1"}
