"""A control plane that is busy, cut off or talks nonsense: retried, or a named error, never a traceback."""

from __future__ import annotations

import pytest

from amlpriv.errors import AmlprivError, AuthenticationError, NetworkError, ServiceError
from amlpriv.remote import RegisteredEnvironment
from amlpriv.secret import Secret
from tests.faults.conftest import Weather
from tests.faults.faultserver import Rule

pytestmark = pytest.mark.local

DATASTORES = "GET * /datastores"


@pytest.mark.parametrize("do", ["status", "drop", "drop_after", "short"])
def test_one_fault_is_survived(weather: Weather, do: str) -> None:
    weather.plane.rules.append(Rule(DATASTORES, do))
    workspace = weather.open()
    assert workspace.datastores.default().name == "workspaceblobstore"
    assert workspace.requests.control_plane == 2


def test_retry_after_is_obeyed(weather: Weather) -> None:
    rule = Rule(DATASTORES, "status", status=429, code="TooManyRequests", headers={"Retry-After": "1"})
    weather.plane.rules.append(rule)
    weather.open().datastores.default()
    first, second = (seen.at for seen in weather.plane.seen)
    assert 1.0 <= second - first < 5


def test_nobody_waits_for_an_hour(weather: Weather) -> None:
    rule = Rule(DATASTORES, "status", status=429, code="TooManyRequests", headers={"Retry-After": "3600"})
    weather.plane.rules.append(rule)
    with pytest.raises(ServiceError, match="429") as caught:
        weather.open().datastores.default()
    assert caught.value.hint == "Try again later."


def test_a_service_that_stays_away_is_a_network_error(weather: Weather) -> None:
    weather.plane.rules.append(Rule(DATASTORES, "drop", times=100))
    with pytest.raises(NetworkError, match="asking workspace local for its default datastore: no answer"):
        weather.open(total=2).datastores.default()
    assert len(weather.plane.seen) == 3


def test_a_service_that_stays_busy_is_a_service_error(weather: Weather) -> None:
    weather.plane.rules.append(Rule(DATASTORES, "status", times=100))
    with pytest.raises(ServiceError, match="the service answered 503"):
        weather.open(total=2).datastores.default()


@pytest.mark.parametrize(
    "text",
    [
        b'{"value": [{"name": "workspacebl',
        b"<html>a captive portal</html>",
        b"",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"null",
        b'{"value": 5}',
        b'{"value": ["x"]}',
        b'{"value": [{"name": "x", "properties": 3}]}',
        b'{"value": [{"name": "x", "properties": {"datastoreType": "AzureBlob"}}]}',
    ],
)
def test_nonsense_is_a_named_error(weather: Weather, text: bytes) -> None:
    weather.plane.rules.append(Rule(DATASTORES, "text", times=100, text=text))
    with pytest.raises(AmlprivError) as caught:
        weather.open(total=1).datastores.default()
    assert caught.value.exit_code in (15, 16)


@pytest.mark.parametrize(
    "text",
    [
        b'{"value": 5}',
        b'{"value": ["x"]}',
        b'{"value": [{"properties": "x"}]}',
        b'{"value": [{"id": 1, "properties": {"properties": [], "tags": "x"}}]}',
    ],
)
def test_nonsense_about_environments_is_a_service_error(weather: Weather, text: bytes) -> None:
    weather.open().environments.put(_environment(weather, "c1"))
    weather.plane.rules.append(Rule("GET * /versions", "text", times=100, text=text))
    with pytest.raises(ServiceError):
        weather.open(total=1).environments.versions(_environment(weather, "c1").name)


def test_nonsense_instead_of_a_key_is_no_key(weather: Weather) -> None:
    for text in (b'{"key": {}}', b'{"key": 5}', b"{}"):
        weather.plane.rules = [Rule("POST * /listSecrets", "text", text=text)]
        assert weather.open(total=1).datastores.secret("workspaceblobstore").account_key is None
    weather.plane.rules = [Rule("POST * /listSecrets", "text", text=b"[]")]
    with pytest.raises(ServiceError):
        weather.open(total=1).datastores.secret("workspaceblobstore")


def test_nonsense_about_the_account_is_a_service_error(weather: Weather) -> None:
    datastores = weather.open().datastores
    store = datastores.default()
    for text in (b'{"properties": "x"}', b'{"properties": {"sasPolicy": "x"}}'):
        weather.plane.rules = [Rule(f"GET * /{store.account}", "text", text=text)]
        with pytest.raises(ServiceError):
            datastores.rules(store)


def _environment(weather: Weather, version: str) -> RegisteredEnvironment:
    name = f"env-{weather.site.container}"
    return RegisteredEnvironment(name, version, "", "ubuntu", Secret("dependencies: [pip]"), {"amlpriv.digest": "d"})


@pytest.mark.parametrize("do", ["status", "drop", "drop_after"])
def test_registering_survives_a_fault(weather: Weather, do: str) -> None:
    weather.plane.rules.append(Rule("PUT * /versions/c1", do))
    workspace = weather.open()
    made = workspace.environments.put(_environment(weather, "c1"))
    assert made.version == "c1"
    assert [item.version for item in workspace.environments.versions(made.name)] == ["c1"]


def test_a_lost_answer_about_the_key_is_asked_again(weather: Weather) -> None:
    weather.plane.rules.append(Rule("POST * /listSecrets", "drop_after"))
    assert weather.open().datastores.secret("workspaceblobstore").account_key == weather.site.state.account_key


def test_a_token_that_is_not_accepted_says_sign_in(weather: Weather) -> None:
    weather.plane.rules.append(Rule(DATASTORES, "status", status=401, code="ExpiredAuthenticationToken", times=9))
    with pytest.raises(AuthenticationError, match="az login"):
        weather.open().datastores.default()
