"""feed push: to the local workspace's feed, which answers as Azure Artifacts does, by real uv and twine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

import amlpriv
from amlpriv.actions.feed_place import check_upload_url, feed_place
from amlpriv.actions.feed_push import Pushed, feed_push
from amlpriv.actions.local_feed import local_feed_create, local_feed_delete, local_feed_promote
from amlpriv.actions.opening import open_local
from amlpriv.connections.addresses import Credentials
from amlpriv.connections.kinds import Auth, Category, NewConnection
from amlpriv.credentials.found import Found
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedError,
    UsageError,
)
from amlpriv.indexes.uploading import Outcome
from amlpriv.local.feed.tokens import KINDS, FeedTokens, load_tokens
from amlpriv.local.state import State
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections
from tests.package_servers import told_index
from tests.wheelhouse import build_wheel

TOOLS = pytest.mark.parametrize("tool", ["uv", "twine"])


class Lines:
    """Progress that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, name: str, size: int) -> None: ...

    def advance(self, name: str, sent: int) -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def own_feed(local_environ: dict[str, str]) -> str:
    """The address of a feed without an upstream."""
    return local_feed_create("pushed", upstream=False, environ=local_environ).url


@pytest.fixture(scope="module")
def tokens(local_state: State) -> FeedTokens:
    """The local workspace's tokens."""
    found = load_tokens(local_state.root)
    assert found is not None
    return found


def wheel(folder: Path, name: str, version: str = "1.0", text: str = "x = 1\n", tag: str = "py3-none-any") -> Path:
    """A wheel of its own."""
    return build_wheel(folder, name=name, version=version, modules={f"{name}.py": text}, tag=tag)


def refused(
    kind: type[AmlprivError], path: Path, to: str, environ: Mapping[str, str], secret: Secret, tool: str = "uv"
) -> str:
    """The words of the error, without the token."""
    with pytest.raises(kind) as caught:
        feed_push(path, to=to, token=secret, tool=tool, environ=environ, progress=Lines())
    assert secret.reveal() not in str(caught.value)
    return str(caught.value)


@TOOLS
def test_a_push_to_the_local_feed_needs_no_token_to_be_named(
    local_environ: dict[str, str], tmp_path: Path, tool: str
) -> None:
    path, lines = wheel(tmp_path, f"local-{tool}"), Lines()
    result = feed_push(path, to="local", tool=tool, environ=local_environ, progress=lines)
    assert [item.outcome for item in result.items] == [Outcome.SENT]
    again = feed_push(path, to="local", environ=local_environ, progress=lines)
    assert [item.outcome for item in again.items] == [Outcome.THERE]
    assert result.requirements == (f"local-{tool}==1.0",)
    assert any("credential of the local workspace" in line for line in lines.said)


def test_the_address_of_the_local_feed_finds_its_token_as_well(
    local_environ: dict[str, str], own_feed: str, tmp_path: Path
) -> None:
    result = feed_push(wheel(tmp_path, "addressed"), to=own_feed, environ=local_environ)
    assert result.items[0].outcome is Outcome.SENT


def test_the_lines_for_an_environment_file_are_yaml_that_names_the_feed(
    local_environ: dict[str, str], own_feed: str, tmp_path: Path
) -> None:
    result = feed_push(wheel(tmp_path, "lined"), to=own_feed, dry_run=True, environ=local_environ)
    assert yaml.safe_load(result.lines) == {
        "sources": {"lined": {"index": "pushed"}},
        "indexes": {"pushed": {"url": own_feed}},
    }
    assert result.as_json()["requirements"] == ["lined==1.0"]
    assert repr(result).endswith("dry_run=True)")


@TOOLS
def test_a_token_that_may_only_read_is_told_which_role_and_scope_it_lacks(
    local_environ: dict[str, str], own_feed: str, tokens: FeedTokens, tmp_path: Path, tool: str
) -> None:
    words = refused(PermissionDeniedError, wheel(tmp_path, "readonly"), own_feed, local_environ, tokens.read, tool)
    assert "'Feed Publisher (Contributor)'" in words
    assert "'Packaging (Read & write)'" in words


def test_a_token_that_is_wrong_or_expired_is_named(
    local_environ: dict[str, str], own_feed: str, tokens: FeedTokens, tmp_path: Path
) -> None:
    path = wheel(tmp_path, "badtoken")
    assert "expired" in refused(AuthenticationError, path, own_feed, local_environ, tokens["expired"])
    wrong = Secret("a" * 76 + "AZDO" + "b" * 4)
    assert "--token-from" in refused(AuthenticationError, path, own_feed, local_environ, wrong)


def test_somebody_without_a_role_is_named(
    local_environ: dict[str, str], own_feed: str, tokens: FeedTokens, tmp_path: Path
) -> None:
    words = refused(PermissionDeniedError, wheel(tmp_path, "norole"), own_feed, local_environ, tokens["norole"])
    assert "Feed Publisher" in words


def test_other_bytes_are_a_conflict_and_the_version_is_reserved_for_ever(
    local_environ: dict[str, str], own_feed: str, tokens: FeedTokens, tmp_path: Path
) -> None:
    old, new = wheel(tmp_path / "old", "reserved"), wheel(tmp_path / "new", "reserved", text="x = 2\n")
    feed_push(old, to=own_feed, environ=local_environ)
    assert "reserved for ever" in refused(ConflictError, new, own_feed, local_environ, tokens.write)


@TOOLS
def test_a_version_that_was_deleted_cannot_come_back(
    local_environ: dict[str, str], own_feed: str, tokens: FeedTokens, tmp_path: Path, tool: str
) -> None:
    path = wheel(tmp_path, f"deleted-{tool}")
    feed_push(path, to=own_feed, environ=local_environ)
    local_feed_delete("pushed", f"deleted-{tool}", "1.0", environ=local_environ)
    words = refused(ConflictError, path, own_feed, local_environ, tokens.write, tool)
    assert "was deleted" in words
    assert "Raise the version" in words


@pytest.mark.parametrize("tag", ["py2.py3-none-any", "py3-none-any"])
def test_a_version_that_an_upstream_source_has_is_refused(
    local_environ: dict[str, str], tokens: FeedTokens, local_state: State, tmp_path: Path, tag: str
) -> None:
    """Once with the name of upstream's file, once with another one, which the feed's page does not list."""
    path = wheel(tmp_path, "six", "1.16.0", tag=tag)
    assert "upstream" in refused(ConflictError, path, local_state.feed_url(), local_environ, tokens.write)


def test_a_view_is_refused_before_any_token_is_looked_for(local_environ: dict[str, str], tmp_path: Path) -> None:
    path = wheel(tmp_path, "viewed")
    feed_push(path, to="local", environ=local_environ)
    local_feed_promote("private", "viewed", "1.0", environ=local_environ)
    view = feed_push(path, to="local", environ=local_environ).feed.simple or ""
    with pytest.raises(UnsupportedError, match="promotion"):
        feed_push(path, to=view.replace("/private/", "/private@Release/"), token_from="stdin", environ=local_environ)


def test_an_unknown_feed_is_named(
    local_environ: dict[str, str], tokens: FeedTokens, own_feed: str, tmp_path: Path
) -> None:
    path = wheel(tmp_path, "nowhere")
    words = refused(NotFoundError, path, own_feed.replace("/pushed/", "/nofeed/"), local_environ, tokens.write)
    assert "The feed with ID 'nofeed' doesn't exist." in words


def test_a_connection_with_a_whole_feed_as_its_target_names_the_feed(
    local_environ: dict[str, str],
    own_feed: str,
    tokens: FeedTokens,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    connections = Connections(open_local(environ=local_environ, start=False, say=lambda _: None))
    connections.put(NewConnection("push-whole", Category.FEED, own_feed, Auth.PAT, secret=tokens.read))
    organisation = "https://pkgs.dev.azure.com/contoso"
    connections.put(NewConnection("push-part", Category.FEED, organisation, Auth.PAT, secret=tokens.read))
    repository = "https://github.com/contoso/tools"
    connections.put(NewConnection("push-git", Category.GIT, repository, Auth.PAT, secret=tokens.read))
    request.addfinalizer(lambda: [connections.remove(name) for name in ("push-whole", "push-part", "push-git")])
    path = wheel(tmp_path, "connected")
    how = {"workspace": "local", "environ": local_environ}

    result: Pushed = feed_push(path, to="push-whole", **how)  # type: ignore[arg-type]
    assert result.items[0].outcome is Outcome.SENT  # with the user's own token: the connection's may only read
    assert yaml.safe_load(result.lines)["indexes"] == {"push-whole": {"url": own_feed, "connection": "push-whole"}}
    for name, words in (("push-part", "no single feed"), ("push-git", "no package feed")):
        with pytest.raises(UsageError, match=words):
            feed_push(path, to=name, **how)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="push-none"):
        feed_push(path, to="push-none", **how)  # type: ignore[arg-type]


def test_an_address_with_a_credential_in_it_is_refused(scrubbed: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Revoke it") as caught:
        feed_push(wheel(tmp_path, "leaky"), to="https://u:s3cr3t-token@feeds.example.org/simple/", environ=scrubbed)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("words", ["git+https://github.com/contoso/tools", "ftp://example.org/simple/", "a b"])
def test_what_is_no_feed_is_refused(scrubbed: dict[str, str], tmp_path: Path, words: str) -> None:
    with pytest.raises(UsageError):
        feed_push(wheel(tmp_path, "homeless"), to=words, environ=scrubbed)


def test_a_token_with_a_line_break_is_refused_before_it_is_sent(
    local_environ: dict[str, str], own_feed: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="line break"):
        feed_push(
            wheel(tmp_path, "broken"),
            to=own_feed,
            token_from="env:MY_TOKEN",
            environ={**local_environ, "MY_TOKEN": "secret-of-tests\n"},
        )


def test_what_is_no_distribution_is_refused_before_anything_is_opened(scrubbed: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        feed_push(tmp_path / "missing-1.0-py3-none-any.whl", to="local", start=False, environ=scrubbed)
    with pytest.raises(UsageError, match="no tool"):
        feed_push(tmp_path, to="local", tool="curl", environ=scrubbed)
    with pytest.raises(UsageError, match="exclude"):
        feed_push(
            wheel(tmp_path, "both"), to="https://e.example.org/simple/", token="t", token_from="stdin", environ=scrubbed
        )


@TOOLS
def test_a_certificate_that_is_not_trusted_is_named(
    local_state: State, scrubbed: dict[str, str], tokens: FeedTokens, tmp_path: Path, tool: str
) -> None:
    """Pages are read at one server, and files are sent to another one."""
    upload_url = local_state.feed_url(area="upload")
    with told_index() as told, pytest.raises(NetworkError, match="certificate") as caught:
        feed_push(
            wheel(tmp_path, "untrusted"),
            to=told.simple,
            token=tokens.write,
            tool=tool,
            upload_url=upload_url,
            environ=scrubbed,
        )
    assert "SSL_CERT_FILE" in str(caught.value)


def test_a_credential_that_was_found_for_the_feed_goes_to_no_other_server(
    scrubbed: dict[str, str], tmp_path: Path
) -> None:
    with told_index() as told, told_index() as other:
        host = told.origin.partition("://")[2]
        environ = {**scrubbed, "PIP_INDEX_URL": f"http://me:found-12345678@{host}/simple/"}
        for upload_url in (f"{other.origin}/upload/", "http://elsewhere.example.org/"):
            with pytest.raises(UsageError, match="is not sent there") as caught:
                feed_push(wheel(tmp_path, "astray"), to=told.simple, upload_url=upload_url, environ=environ)
            assert "--token-from" in str(caught.value)
        assert (told.authorizations, other.authorizations) == ([], [])
        named = {**environ, "MINE": "named-12345678"}
        away = f"{other.origin}/upload/"
        feed_push(wheel(tmp_path, "astray"), to=told.simple, upload_url=away, token_from="env:MINE", environ=named)
        assert len(other.authorizations) == 1
        same = f"{told.origin}/upload/"
        feed_push(wheel(tmp_path, "astray"), to=told.simple, upload_url=same, environ=environ)
        assert len(told.authorizations) == 1


@pytest.mark.parametrize(
    ("upload_url", "allowed"),
    [
        ("https://contoso.pkgs.visualstudio.com/ml/_packaging/f/pypi/upload/", True),
        ("https://pkgs.dev.azure.com/fabrikam/ml/_packaging/f/pypi/upload/", False),
        ("http://pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/upload/", False),
    ],
)
def test_an_organisation_is_a_place_of_its_own(scrubbed: dict[str, str], upload_url: str, allowed: bool) -> None:
    place = feed_place(
        "https://pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", environ=scrubbed, folder=Path.cwd()
    )
    found = Found(Credentials(None, Secret("found-12345678")), "AZURE_DEVOPS_EXT_PAT")
    with nullcontext() if allowed else pytest.raises(UsageError, match="is not sent there"):
        check_upload_url(place, upload_url, found)


def test_the_public_name_is_the_function() -> None:
    assert amlpriv.feed_push is feed_push
    assert set(KINDS) >= {"write", "read", "expired", "norole"}
