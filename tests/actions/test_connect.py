"""``amlpriv.connect``: what is written, what is refused before anybody is asked, and that no secret is shown."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import amlpriv
from amlpriv.actions.connect import Where
from amlpriv.actions.connect_values import Written
from amlpriv.actions.feed_place import feed_place
from amlpriv.default_index import built_in_index
from amlpriv.errors import ConflictError, NotFoundError, PermissionDeniedError, ServiceError, UsageError
from amlpriv.secret import Secret
from tests.actions.connection_service import NOW, OTHER_PAT, PAT, ConnectionService, sources

URL = "https://pkgs.dev.azure.com/contoso/ml/_packaging/private/pypi/simple/"
TARGET = "https://pkgs.dev.azure.com/contoso"
JFROG = "https://contoso.jfrog.io/artifactory/api/pypi/ml/simple"


@pytest.fixture
def service() -> ConnectionService:
    return ConnectionService()


@pytest.fixture
def where() -> Where:
    """Nothing of this machine."""
    return {"now": NOW, "sources": sources({"TOKEN": PAT, "BROKEN": f"{PAT[:9]}\n{PAT[9:]}"})}


@pytest.fixture
def feed(service: ConnectionService, where: Where) -> Callable[..., Written]:
    """``amlpriv.connect.feed`` with a token at hand."""

    def call(name: str = "team", url: str = URL, **options: Any) -> Written:
        chosen = {"secret": PAT, "workspace": service.workspace(), **options}
        return amlpriv.connect.feed(name, url, **chosen, **where)

    return call


def test_a_feed_of_azure_artifacts_is_written_as_documented(
    service: ConnectionService, feed: Callable[..., Written]
) -> None:
    written = feed()
    assert service.stored["team"] == {
        "category": "PythonFeed",
        "target": TARGET,
        "authType": "PAT",
        "credentials": {"pat": PAT},
        "isSharedToAll": True,
        "metadata": {"amlpriv.url": URL},
    }
    assert (written.action, written.target, written.origin) == ("created", TARGET, "the call")
    assert written.verdict is not None
    assert (written.verdict.connection, written.verdict.confidence.value) == ("team", "documented")


@pytest.mark.parametrize("url", [TARGET, "https://dev.azure.com/contoso", "https://pkgs.dev.azure.com/contoso/"])
def test_the_address_of_a_whole_organisation_will_do(
    service: ConnectionService, feed: Callable[..., Written], url: str
) -> None:
    assert (feed(url=url).url, service.stored["team"]["target"]) == (TARGET, TARGET)
    assert service.stored["team"]["metadata"] == {}


def test_the_user_decides_about_the_target(service: ConnectionService, feed: Callable[..., Written]) -> None:
    written = feed(target=URL.rstrip("/"))
    assert (service.stored["team"]["target"], written.chosen_target) == (URL.rstrip("/"), False)


def test_user_and_password_are_sent_url_encoded(service: ConnectionService, feed: Callable[..., Written]) -> None:
    feed(url=JFROG, user="me@contoso.example", secret="p/q%")
    assert service.stored["team"]["authType"] == "UsernamePassword"
    assert service.stored["team"]["credentials"] == {"username": "me%40contoso.example", "password": "p%2Fq%25"}


def test_a_server_with_one_user_for_all_tokens_gets_it(
    service: ConnectionService, feed: Callable[..., Written]
) -> None:
    url = "https://gitlab.example.org/api/v4/projects/1/packages/pypi/simple"
    written = feed(url=url, secret="glpat-0123456789abcdefghij")
    assert service.stored["team"]["credentials"]["username"] == "__token__"
    assert written.user == "__token__"


@pytest.mark.parametrize("secret", [PAT, Secret(PAT), lambda: PAT, lambda: Secret(PAT)])
def test_a_secret_is_a_text_a_secret_or_a_function(
    service: ConnectionService, feed: Callable[..., Written], secret: object
) -> None:
    feed(secret=secret)
    assert service.stored["team"]["credentials"] == {"pat": PAT}


def test_the_credential_is_taken_from_where_the_user_says(
    service: ConnectionService, feed: Callable[..., Written]
) -> None:
    written = feed(secret=None, token_from="env:TOKEN")
    assert service.stored["team"]["credentials"] == {"pat": PAT}
    assert written.origin == "the variable TOKEN"


def test_without_a_word_a_person_is_asked(service: ConnectionService, where: Where) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return PAT

    where["sources"] = sources(prompt=ask)
    amlpriv.connect("feed", "team", url=URL, workspace=service.workspace(), **where)
    assert service.stored["team"]["credentials"] == {"pat": PAT}
    assert "pkgs.dev.azure.com" in asked[0]


def test_a_public_feed_has_no_credential_and_a_second_time_changes_nothing(
    service: ConnectionService, feed: Callable[..., Written]
) -> None:
    assert feed(secret=None, auth="none").action == "created"
    assert "credentials" not in service.stored["team"]
    service.asked.clear()
    assert feed(secret=None, auth="none").action == "unchanged"
    assert service.asked == ["GET connections"]


def test_a_repository_is_written_without_its_git(service: ConnectionService, where: Where) -> None:
    token = "ghp_" + "a1B2" * 9
    written = amlpriv.connect.git(
        "code", "git@github.com:contoso/private.git", secret=token, workspace=service.workspace(), **where
    )
    assert service.stored["code"]["category"] == "Git"
    assert service.stored["code"]["target"] == "https://github.com/contoso/private"
    assert written.url == "https://github.com/contoso/private.git"


def test_the_address_of_a_whole_account_will_do(service: ConnectionService, where: Where) -> None:
    workspace = service.workspace()
    amlpriv.connect.git("code", "https://github.com/contoso", secret="ghp_" + "a1B2" * 9, workspace=workspace, **where)
    assert service.stored["code"]["target"] == "https://github.com/contoso"
    assert service.stored["code"]["metadata"] == {}
    amlpriv.connect.git("lab", "https://gitlab.com/contoso", secret="glpat-" + "a" * 20, workspace=workspace, **where)
    assert service.stored["lab"]["credentials"]["username"] == "oauth2"


def test_a_dry_run_checks_everything_and_writes_nothing(
    service: ConnectionService, feed: Callable[..., Written]
) -> None:
    written = feed(dry_run=True)
    assert (written.action, written.dry_run, service.stored) == ("created", True, {})
    assert service.asked == ["GET connections"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "ab"}, "'ab' is no name for a connection"),
        ({"name": "-team"}, "is no name"),
        ({"url": "not an address"}, "The address cannot be used"),
        ({"url": "git+https://github.com/contoso/x"}, "address of a git repository"),
        ({"url": f"https://u:{PAT}@pkgs.dev.azure.com/contoso/_packaging/x/pypi/simple/"}, "has a credential in it"),
        ({"url": "https://dev.azure.com/contoso", "target": "https://dev.azure.com/contoso"}, "host of the web pages"),
        ({"auth": "oauth"}, "'oauth' is no way to sign in"),
        ({"auth": "none"}, "goes with no user and no token"),
        ({"auth": "pat", "user": "me"}, "A token has no user beside it"),
        ({"auth": "basic"}, "needs a user"),
        ({"auth": "basic", "user": "me:more"}, "a user with ':' in it"),
        ({"url": JFROG, "user": "me:more"}, "RFC 7617"),
        ({"url": "git@github.com:contoso/x.git"}, "address of a git repository"),
        ({"url": JFROG}, "needs a user"),
        ({"secret": None, "token_from": PAT}, "names a place where the token is"),
        ({"token_from": "env:TOKEN"}, "exclude each other"),
        ({"secret": None, "token_from": "azure-cli"}, "lives for about an hour"),
        ({"secret": None, "token_from": "Entra"}, "lives for about an hour"),
        ({"expires": "soon"}, "'soon' is no day"),
    ],
)
def test_what_is_wrong_is_told_before_anybody_is_asked(
    service: ConnectionService, feed: Callable[..., Written], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        feed(**options)
    assert words in caught.value.message
    assert caught.value.hint
    assert PAT not in str(caught.value)
    assert service.asked == []


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "the token is empty"),
        (f"{PAT}\n", "a blank or a line break at its end"),
        (f"{PAT[:5]}\n{PAT[5:]}", "a line break or a control character"),
        (f"Bearer {PAT}", "name of a scheme"),
        ("<your-token>", "placeholder"),
        (f'"{PAT}"', "quotation marks"),
        (base64.b64encode(f":{PAT}".encode()).decode(), "in base64"),
        (7, "A int is no secret"),
    ],
)
def test_what_is_no_token_is_refused_without_being_shown(
    service: ConnectionService, feed: Callable[..., Written], secret: object, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        feed(secret=secret)
    assert words in caught.value.message
    assert not secret or str(secret).strip() not in str(caught.value)
    assert service.stored == {}


def test_a_variable_with_two_lines_or_that_is_not_set_is_refused(feed: Callable[..., Written]) -> None:
    with pytest.raises(UsageError, match="line break or a control character"):
        feed(secret=None, token_from="env:BROKEN")
    with pytest.raises(UsageError, match="NOTHING is not set"):
        feed(secret=None, token_from="env:NOTHING")


def entra(now: datetime, lifetime: timedelta) -> str:
    """An access token for Azure DevOps; nobody checks its signature here."""
    claims = {
        "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
        "aud": "499b84ac-1321-427f-aa17-267ca6975798",
        "exp": int((now + lifetime).timestamp()),
    }
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".s"


def test_a_token_of_an_hour_is_taken_by_force_only(service: ConnectionService, feed: Callable[..., Written]) -> None:
    token = entra(NOW, timedelta(hours=1))
    with pytest.raises(UsageError, match="of no use in a connection") as caught:
        feed(secret=token)
    assert token not in str(caught.value)
    feed(secret=token, force=True)
    assert service.stored["team"]["metadata"]["amlpriv.expires"] == "2026-11-20"


def test_a_token_that_has_ended_is_refused_by_force_too(feed: Callable[..., Written]) -> None:
    with pytest.raises(UsageError, match="the token expired at"):
        feed(secret=entra(NOW, timedelta(hours=-1)), force=True)
    with pytest.raises(UsageError, match="ended on 2026-11-01"):
        feed(expires="2026-11-01", force=True)


def test_a_name_that_is_taken_is_not_replaced(service: ConnectionService, feed: Callable[..., Written]) -> None:
    feed()
    with pytest.raises(ConflictError, match="is there already") as caught:
        feed(secret=OTHER_PAT)
    assert "connect rotate team" in (caught.value.hint or "")
    assert feed(secret=OTHER_PAT, force=True).action == "replaced"
    assert service.stored["team"]["credentials"] == {"pat": OTHER_PAT}


def test_a_name_that_stands_for_another_target_is_never_replaced(feed: Callable[..., Written]) -> None:
    feed()
    other = "https://pkgs.dev.azure.com/fabrikam/_packaging/x/pypi/simple/"
    with pytest.raises(ConflictError, match=r"contoso.*fabrikam"):
        feed(url=other, force=True)


def test_another_way_to_sign_in_is_another_connection(feed: Callable[..., Written]) -> None:
    feed()
    with pytest.raises(ConflictError, match="signs in by PAT, not by UsernamePassword"):
        feed(auth="basic", user="me")
    assert feed(auth="basic", user="me", force=True).connection.auth == "UsernamePassword"


def test_two_connections_that_match_equally_well_are_a_warning(feed: Callable[..., Written]) -> None:
    feed()
    written = feed(name="second")
    assert "ambiguous" in [item.code for item in written.complaints]
    exact = feed(name="third", target=URL.rstrip("/"))
    assert [item.code for item in exact.complaints if item.severity.value == "warning"] == []
    shadowed = feed(name="fourth")
    assert "other-connection" in [item.code for item in shadowed.complaints]


def test_a_rotation_changes_the_secret_and_nothing_else(service: ConnectionService, where: Where) -> None:
    service.stored["team"] = {
        "category": "PythonFeed",
        "target": f"{TARGET}/",
        "authType": "PAT",
        "credentials": {"pat": PAT},
        "isSharedToAll": False,
        "sharedUserList": ["somebody"],
        "metadata": {"owner": "ml", "amlpriv.expires": "2026-11-25"},
        "expiryTime": "2026-11-25T00:00:00Z",
    }
    written = amlpriv.connect.rotate("team", secret=OTHER_PAT, workspace=service.workspace(), **where)
    assert service.stored["team"] == {
        "category": "PythonFeed",
        "target": f"{TARGET}/",
        "authType": "PAT",
        "credentials": {"pat": OTHER_PAT},
        "isSharedToAll": False,
        "sharedUserList": ["somebody"],
        "metadata": {"owner": "ml", "amlpriv.rotated": "2026-11-20T12:00:00Z"},
    }
    assert written.action == "rotated"
    assert "no-expiry" in [item.code for item in written.complaints]


def test_a_rotation_keeps_the_user(service: ConnectionService, feed: Callable[..., Written], where: Where) -> None:
    feed(url=JFROG, user="me@contoso.example", secret="old")
    amlpriv.connect.rotate("team", secret="new/er", workspace=service.workspace(), **where)
    assert service.stored["team"]["credentials"] == {"username": "me%40contoso.example", "password": "new%2Fer"}


def test_without_the_right_to_read_secrets_a_rotation_needs_the_user(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed(url=JFROG, user="me", secret="old")
    service.denied = ("POST",)
    with pytest.raises(PermissionDeniedError, match="stored with its password") as caught:
        amlpriv.connect.rotate("team", secret="newer", workspace=service.workspace(), **where)
    assert "--user" in (caught.value.hint or "")
    amlpriv.connect.rotate("team", secret="newer", user="me", workspace=service.workspace(), **where)
    assert service.stored["team"]["credentials"]["password"] == "newer"


def test_a_rotation_gives_a_credential_to_one_without(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed(secret=None, auth="none")
    written = amlpriv.connect.rotate(
        "team", secret=PAT, expires=date(2027, 1, 31), workspace=service.workspace(), **where
    )
    assert (written.connection.auth, service.stored["team"]["credentials"]) == ("PAT", {"pat": PAT})
    assert service.stored["team"]["metadata"]["amlpriv.expires"] == "2027-01-31"


def test_a_rotation_is_read_back(service: ConnectionService, feed: Callable[..., Written], where: Where) -> None:
    feed()
    service.forgetful = True
    with pytest.raises(ServiceError, match="another metadata of connection 'team'"):
        amlpriv.connect.rotate("team", secret=OTHER_PAT, workspace=service.workspace(), **where)


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"category": "AzureOpenAI", "target": "https://x.example.org", "authType": "ApiKey"}, "none for a feed"),
        ({"category": "PythonFeed", "target": TARGET, "authType": "SAS"}, "signs in by SAS"),
        ({"category": "PythonFeed", "target": f"https://u:{PAT}@x.example.org", "authType": "PAT"}, "credential in it"),
    ],
)
def test_what_cannot_be_rotated_is_left_alone(
    service: ConnectionService, where: Where, properties: dict[str, Any], words: str
) -> None:
    service.stored["other"] = properties
    with pytest.raises(UsageError, match=words) as caught:
        amlpriv.connect.rotate("other", secret=OTHER_PAT, workspace=service.workspace(), **where)
    assert PAT not in str(caught.value)
    assert service.stored["other"] is properties


def test_the_list_has_feeds_and_repositories_and_warns(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed(name="zeta", expires="2026-11-30")
    feed(name="Alpha", target="https://pkgs.dev.azure.com/fabrikam")
    service.stored["past"] = {**service.stored["zeta"], "metadata": {"amlpriv.expires": "2026-11-19"}}
    service.stored["model"] = {"category": "AzureOpenAI", "target": "https://x.example.org", "authType": "ApiKey"}
    listing = amlpriv.connect.list(workspace=service.workspace(), **where)
    assert [item.name for item in listing] == ["Alpha", "past", "zeta"]
    assert (len(listing), listing[0].name, listing.hidden) == (3, "Alpha", 1)
    assert [(item.days_left, item.warning) for item in listing][1:] == [
        (-1, "The token of 'past' ended on 2026-11-19. Replace it: amlpriv connect rotate past"),
        (10, "The token of 'zeta' ends in 10 days, on 2026-11-30. Replace it: amlpriv connect rotate zeta"),
    ]
    assert listing[0].age == 80
    assert PAT not in repr(listing) + json.dumps(listing.as_json())
    everything = amlpriv.connect.list(workspace=service.workspace(), everything=True, **where)
    assert [item.name for item in everything] == ["Alpha", "model", "past", "zeta"]


def test_the_list_says_what_the_lines_of_a_file_get(
    service: ConnectionService, feed: Callable[..., Written], where: Where, tmp_path: Path
) -> None:
    feed()
    file = tmp_path / "conda.yml"
    file.write_text(
        "dependencies:\n- python=3.11\n- pip\n- pip:\n"
        f"  - --index-url {URL}\n  - x @ git+https://github.com/contoso/x@v1\n  - numpy\n"
    )
    lines = amlpriv.connect.list(workspace=service.workspace(), file=file, **where).lines
    assert [(line.position.line if line.position else 0, line.verdict.code.value) for line in lines] == [
        (5, "match"),
        (6, "no-connection"),
    ]


def test_showing_and_removing_a_connection(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed(expires="2027-01-31")
    workspace = service.workspace()
    found = amlpriv.connect.show("team", workspace=workspace, **where)
    assert (found.url, found.expires, found.days_left) == (URL, date(2027, 1, 31), 72)
    assert repr(found) == f"<PythonFeed 'team' for {TARGET}, PAT, until 2027-01-31>"
    assert "credentials" not in found.as_json()
    assert amlpriv.connect.remove("team", workspace=workspace, dry_run=True, **where).name == "team"
    assert "team" in service.stored
    amlpriv.connect.remove("team", workspace=workspace, **where)
    assert service.stored == {}


def test_an_unknown_connection_is_told_with_one_that_is_nearly_called_so(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed()
    with pytest.raises(NotFoundError) as caught:
        amlpriv.connect.show("teem", workspace=service.workspace(), **where)
    assert caught.value.hint == "Did you mean team?"
    with pytest.raises(NotFoundError):
        amlpriv.connect.remove("nothing-like-it", workspace=service.workspace(), **where)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_missing_right_is_named(
    service: ConnectionService, feed: Callable[..., Written], where: Where, method: str
) -> None:
    feed(name="first")
    service.denied = (method,)
    workspace = service.workspace()
    calls: dict[str, Callable[[], object]] = {
        "GET": lambda: amlpriv.connect.list(workspace=workspace, **where),
        "PUT": lambda: feed(name="second", url=JFROG, user="me"),
        "DELETE": lambda: amlpriv.connect.remove("first", workspace=workspace, **where),
    }
    with pytest.raises(PermissionDeniedError) as caught:
        calls[method]()
    assert "workspaces/connections/" in (caught.value.hint or "")


def test_nothing_that_comes_back_shows_the_secret(feed: Callable[..., Written]) -> None:
    written = feed()
    assert repr(written).startswith(
        f"team created in workspace {written.workspace.split()[-1]} (PythonFeed for {TARGET}, PAT)"
    )
    assert PAT not in repr(written) + str(written) + json.dumps(written.as_json())


def test_a_connection_remembers_the_feed_it_was_made_for(
    service: ConnectionService, feed: Callable[..., Written], environ: dict[str, str], tmp_path: Path
) -> None:
    """Its target is the organisation, and still ``feed push team`` knows which feed is meant."""
    feed()
    place = feed_place("team", environ=environ, folder=tmp_path, workspace=service.workspace())
    assert (str(place.feed), place.connection) == (URL, "team")
    del service.stored["team"]["metadata"]
    with pytest.raises(UsageError, match="no single feed"):
        feed_place("team", environ=environ, folder=tmp_path, workspace=service.workspace())


def test_a_netrc_file_gives_user_and_password(
    service: ConnectionService, feed: Callable[..., Written], where: Where, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine contoso.jfrog.io login me@contoso.example password p/q\n")
    netrc.chmod(0o600)
    where["sources"] = sources({"NETRC": str(netrc)})
    written = feed(url=JFROG, secret=None, token_from="netrc")
    assert service.stored["team"]["credentials"] == {"username": "me%40contoso.example", "password": "p%2Fq"}
    assert "netrc" in (written.origin or "")
    assert "me@contoso.example" not in repr(written) + json.dumps(written.as_json())


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
def test_a_netrc_file_that_others_may_read_is_told(feed: Callable[..., Written], where: Where, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine pkgs.dev.azure.com login me password {PAT}\n")
    for mode, told in ((0o644, True), (0o600, False)):
        netrc.chmod(mode)
        where["sources"] = sources({"NETRC": str(netrc)})
        written = feed(secret=None, token_from="netrc", force=True)
        assert ("netrc-mode" in [item.code for item in written.complaints]) is told


@pytest.mark.parametrize(
    ("login", "options", "auth"),
    [
        ("me@contoso.example", {}, "UsernamePassword"),
        ("me@contoso.example", {"auth": "pat"}, "PAT"),
        ("token", {}, "PAT"),
        ("x:y", {}, None),
    ],
)
def test_the_login_of_a_netrc_file_is_kept_where_it_is_a_user(
    service: ConnectionService,
    feed: Callable[..., Written],
    where: Where,
    tmp_path: Path,
    login: str,
    options: dict[str, Any],
    auth: str | None,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine index.example.org login {login} password {PAT}\n")
    netrc.chmod(0o600)
    where["sources"] = sources({"NETRC": str(netrc)})
    url = "https://index.example.org/simple/"
    if auth is None:
        with pytest.raises(UsageError, match="RFC 7617"):
            feed(url=url, secret=None, token_from="netrc", **options)
        return
    written = feed(url=url, secret=None, token_from="netrc", **options)
    assert (written.connection.auth, service.stored["team"]["authType"]) == (auth, auth)
    user = service.stored["team"]["credentials"].get("username")
    assert user == ("me%40contoso.example" if auth == "UsernamePassword" else None)
    assert written.user is None


def test_a_rotation_takes_no_user_with_a_colon(
    service: ConnectionService, feed: Callable[..., Written], where: Where
) -> None:
    feed(url=JFROG, user="me", secret="old")
    with pytest.raises(UsageError, match="RFC 7617"):
        amlpriv.connect.rotate("team", secret="newer", user="x:y", workspace=service.workspace(), **where)
    assert service.stored["team"]["credentials"]["password"] == "old"


def test_a_rotation_looks_for_a_credential_of_its_target_whatever_the_metadata_say(
    service: ConnectionService, feed: Callable[..., Written], where: Where, tmp_path: Path
) -> None:
    feed()
    service.stored["team"]["metadata"] = {"amlpriv.url": "https://other.example.org/simple/"}
    netrc = tmp_path / "netrc"
    netrc.write_text(
        f"machine other.example.org login me password canary\n"
        f"machine pkgs.dev.azure.com login me password {OTHER_PAT}\n"
    )
    where["sources"] = sources({"NETRC": str(netrc)})
    amlpriv.connect.rotate("team", token_from="netrc", workspace=service.workspace(), **where)
    assert service.stored["team"]["credentials"] == {"pat": OTHER_PAT}


def test_a_target_that_never_serves_the_connections_own_address_is_a_warning(feed: Callable[..., Written]) -> None:
    url = "https://index.example.org/simple/"
    feed(name="unrelated", url="https://index.example.org/other/simple/")
    written = feed(url=url, target="https://other.example.org")
    warnings = [item for item in written.complaints if item.severity.value == "warning"]
    assert [item.code for item in warnings] == ["target-elsewhere"]
    assert "never used" in warnings[0].message
    assert "--target" in warnings[0].fix
    assert written.verdict is not None
    assert "unrelated" not in str(written.verdict) + repr(written)


def test_a_token_for_the_public_index_is_a_warning(
    feed: Callable[..., Written], where: Where, scrubbed: dict[str, str]
) -> None:
    url = built_in_index(scrubbed).url
    where["sources"] = sources(scrubbed)
    written = feed(url=url)
    (warning,) = [item for item in written.complaints if item.code == "public-index"]
    assert "takes no token from a build" in warning.message
    for name, options in (("anonymous", {"url": url, "secret": None, "auth": "none"}), ("azure", {"url": URL})):
        assert "public-index" not in [item.code for item in feed(name=name, **options).complaints]
    own = feed(name="own", url="https://index.example.org/simple/")
    assert "public-index" not in [item.code for item in own.complaints]
