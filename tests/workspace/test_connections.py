"""Connections over raw requests: paging, refusals in words, and the credential as a server gets to see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import pytest

from amlpriv.connections.kinds import Auth, Category, NewConnection
from amlpriv.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
    UsageError,
)
from amlpriv.remote import RawAnswer
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import NoService

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
TOKEN = "canary-token-0123456789"


def document(name: str, auth: str = "PAT", **properties: Any) -> dict[str, Any]:
    shown = {"category": "PythonFeed", "target": f"https://{name}.example.org", "authType": auth, **properties}
    return {"name": name, "properties": shown}


@dataclass
class Scripted:
    """A control plane that gives these answers one after the other, and remembers what it was asked."""

    answers: list[RawAnswer]
    asked: list[tuple[str, str, Any, Any]] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        version: str | None = None,  # noqa: ARG002
    ) -> RawAnswer:
        self.asked.append((method, path, body, query))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def scripted(*answers: RawAnswer) -> tuple[Connections, Scripted]:
    service = Scripted(list(answers))
    return Connections(replace(MemoryWorkspace(lambda: NOW).open(), service=service)), service


def page(*names: str, link: str | None = None) -> RawAnswer:
    return RawAnswer(200, body={"value": [document(name) for name in names], "nextLink": link})


def test_all_pages_are_read() -> None:
    link = "https://management.azure.com/subscriptions/x/connections?api-version=2024-04-01&$skip=2&%24token=a%2Bb"
    connections, service = scripted(page("one", "two", link=link), page("three"))
    assert [item.name for item in connections.all()] == ["one", "two", "three"]
    assert service.asked == [
        ("GET", "connections", None, None),
        ("GET", "connections", None, {"$skip": "2", "$token": "a+b"}),
    ]


def test_a_list_that_goes_in_a_circle_ends_with_an_error() -> None:
    connections, _ = scripted(page("one", link="https://management.azure.com/x?$skip=1"))
    with pytest.raises(ServiceError, match="does not end"):
        connections.all()


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (lambda connections: connections.all(), "connections/read"),
        (lambda connections: connections.put(new()), "connections/write"),
        (lambda connections: connections.remove("team"), "connections/delete"),
    ],
)
def test_a_refusal_names_the_missing_action(call: Callable[[Connections], object], action: str) -> None:
    connections, _ = scripted(RawAnswer(403, "AuthorizationFailed", "The client does not have authorization."))
    with pytest.raises(PermissionDeniedError, match=r"403 AuthorizationFailed") as caught:
        call(connections)
    assert f"Microsoft.MachineLearningServices/workspaces/{action}" in (caught.value.hint or "")


def test_the_right_to_read_secrets_is_one_of_its_own() -> None:
    connections, _ = scripted(RawAnswer(403, "AuthorizationFailed", "no"))
    with pytest.raises(PermissionDeniedError) as caught:
        connections.credentials("team")
    assert "workspaces/connections/listsecrets/action" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "InvalidAuthenticationToken", AuthenticationError),
        (404, "UserError", NotFoundError),
        (404, "ResourceNotFound", NotFoundError),
        (409, "Conflict", ConflictError),
        (412, "", ConflictError),
        (429, "TooManyRequests", ServiceError),
        (500, "", ServiceError),
        (400, "ValidationError", ServiceError),
    ],
)
def test_each_answer_has_its_error(status: int, code: str, kind: type[Exception]) -> None:
    connections, _ = scripted(RawAnswer(status, code, "words"))
    with pytest.raises(kind):
        connections.get("team")


def test_a_missing_connection_and_a_missing_workspace_are_told_apart() -> None:
    connections, _ = scripted(RawAnswer(404, "UserError", "Connection team can't be found."))
    assert connections.find("team") is None
    assert not connections.remove("team")
    connections, _ = scripted(RawAnswer(404, "ResourceNotFound", "workspaces/ws was not found."))
    with pytest.raises(NotFoundError, match="ResourceNotFound"):
        connections.find("team")
    with pytest.raises(NotFoundError, match="ResourceNotFound"):
        connections.remove("team")


def test_deleting_what_is_not_there_is_told() -> None:
    assert not scripted(RawAnswer(204))[0].remove("team")
    assert scripted(RawAnswer(200))[0].remove("team")


def new(**fields: Any) -> NewConnection:
    given = {"auth": Auth.PAT, "secret": Secret(TOKEN), **fields}
    return NewConnection("te am", Category.FEED, "https://example.org", **given)


def test_what_is_written_has_the_secret_in_clear_and_nothing_more_than_asked_for() -> None:
    connections, service = scripted(RawAnswer(200, body=document("te am")))
    connections.put(new(), properties={"metadata": {"a": "b"}, "isSharedToAll": True})
    method, path, body, _ = service.asked[0]
    assert (method, path) == ("PUT", "connections/te%20am")
    assert body == {
        "properties": {
            "category": "PythonFeed",
            "target": "https://example.org",
            "authType": "PAT",
            "credentials": {"pat": TOKEN},
            "metadata": {"a": "b"},
            "isSharedToAll": True,
        }
    }


def test_a_token_takes_the_users_place() -> None:
    connections, service = scripted(RawAnswer(200, body=document("team", credentials={"pat": TOKEN})))
    found = connections.credentials("team")
    assert found is not None
    assert (found.user, found.password) == (Secret(TOKEN), None)
    assert service.asked[0][:2] == ("POST", "connections/team/listsecrets")


def test_user_and_password_are_decoded_as_pip_decodes_them() -> None:
    credentials = {"username": "me%40contoso.example", "password": "p%2Fq%25"}
    connections, _ = scripted(RawAnswer(200, body=document("team", "UsernamePassword", credentials=credentials)))
    found = connections.credentials("team")
    assert found is not None
    assert (found.user, found.password) == (Secret("me@contoso.example"), Secret("p/q%"))


def test_a_connection_without_a_credential_has_none() -> None:
    assert scripted(RawAnswer(200, body=document("team", "None")))[0].credentials("team") is None


@pytest.mark.parametrize("properties", [{"authType": "SAS", "credentials": {"sas": TOKEN}}, {"credentials": None}])
def test_a_credential_of_no_use_is_an_error_without_it(properties: dict[str, Any]) -> None:
    connections, _ = scripted(RawAnswer(200, body=document("team", **properties)))
    with pytest.raises(ServiceError) as caught:
        connections.credentials("team")
    assert TOKEN not in str(caught.value)


def test_an_empty_token_is_none() -> None:
    for auth, credentials in (("PAT", {"pat": ""}), ("UsernamePassword", {"username": "", "password": ""})):
        connections, _ = scripted(RawAnswer(200, body=document("team", auth, credentials=credentials)))
        with pytest.raises(ServiceError, match="has no credential for connection team"):
            connections.credentials("team")


def test_an_answer_that_is_no_connection_is_an_error() -> None:
    with pytest.raises(ServiceError, match="no connection"):
        scripted(RawAnswer(200, body={"hello": "world"}))[0].get("team")


def test_a_workspace_that_takes_no_raw_requests_says_so() -> None:
    with pytest.raises(UnsupportedError):
        Connections(replace(MemoryWorkspace(lambda: NOW).open(), service=NoService())).all()


@pytest.mark.parametrize("name", ["", " ", ".", "..", ".. ", "a/b", "../team", "a\\b", "%2e%2e", "a?b", "a#b", "a\nb"])
def test_what_would_lead_to_another_resource_is_no_name_of_a_connection(name: str) -> None:
    connections, service = scripted(RawAnswer(200, body=document("team")))
    calls: list[Callable[[], object]] = [
        lambda: connections.get(name),
        lambda: connections.find(name),
        lambda: connections.remove(name),
        lambda: connections.credentials(name),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="is no name of a connection") as caught:
            call()
        assert "[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}" in (caught.value.hint or "")
    assert service.asked == []


@pytest.mark.parametrize("name", ["ab", "_team", "my.search", "a (copy)", "grün", "x" * 60, "..."])
def test_names_that_other_tools_gave_can_be_read(name: str) -> None:
    connections, _ = scripted(RawAnswer(200, body=document(name.upper())))
    assert connections.get(name).name == name.upper()


def test_an_answer_about_another_connection_is_none() -> None:
    connections, _ = scripted(RawAnswer(200, body=document("workspace")))
    with pytest.raises(NotFoundError, match="answered with 'workspace'"):
        connections.get("team")
