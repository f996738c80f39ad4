"""``amlpriv.connect.test``: what is tried, with whose credential, and what a failure is called.

The feed is the local workspace's own, the repository is served by real git; nothing here is on the network.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import amlpriv
from amlpriv.actions.connect import Where
from amlpriv.actions.connect_testing import Tried
from amlpriv.actions.credential_sources import credential_sources
from amlpriv.errors import NotFoundError, UsageError
from amlpriv.local.feed.tokens import FeedTokens, load_tokens
from amlpriv.local.state import State
from tests.actions.connection_service import NOW, PAT, ConnectionService, sources
from tests.repositories.servers import TOKEN, GitServer, make_private_repository, serve_git
from tests.wheelhouse import build_wheel

pytestmark = pytest.mark.local

PACKAGE = "contoso-connected"


@pytest.fixture(scope="module")
def tokens(local_state: State) -> FeedTokens:
    found = load_tokens(local_state.root)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def feed_url(local_state: State, tokens: FeedTokens, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a feed that has a wheel for Python 3.11 on linux, sent there as twine sends it."""
    import requests

    wheel = build_wheel(
        tmp_path_factory.mktemp("w"), name=PACKAGE, version="1.2", tag="cp311-cp311-manylinux_2_17_x86_64"
    )
    answer = requests.post(
        local_state.feed_url(area="upload"),
        data={":action": "file_upload", "protocol_version": "1"},
        files={"content": (wheel.name, wheel.read_bytes())},
        auth=("any", tokens.write.reveal()),
        verify=str(local_state.ca_bundle),
        timeout=30,
    )
    assert answer.status_code < 300, answer.text
    return local_state.feed_url()


@pytest.fixture
def service() -> ConnectionService:
    return ConnectionService()


@pytest.fixture
def attempt(
    service: ConnectionService, feed_url: str, scrubbed: dict[str, str], local_environ: dict[str, str]
) -> Callable[..., Tried]:
    """Stores a connection for the feed with this secret, and tries it."""
    environ = {**scrubbed, "AMLPRIV_HOME": local_environ["AMLPRIV_HOME"]}
    where: Where = {"now": NOW, "sources": credential_sources(environ), "environ": environ}

    def call(secret: str | None, package: str | None = PACKAGE, url: str = feed_url, **options: Any) -> Tried:
        target = url.partition("/_packaging")[0]
        service.stored["team"] = {
            "category": "PythonFeed",
            "target": target,
            "authType": "PAT" if secret else "None",
            "credentials": {"pat": secret} if secret else None,
            "metadata": {"amlpriv.url": url},
        }
        return amlpriv.connect.test("team", package, workspace=service.workspace(), **options, **where)

    return call


def failed(tested: Tried) -> list[str]:
    return [step.name for step in tested.steps if not step.ok]


def test_the_page_and_one_file_are_read_with_the_connections_own_credential(
    attempt: Callable[..., Tried], tokens: FeedTokens
) -> None:
    tested = attempt(tokens["read"].reveal())
    names = [step.name for step in tested.steps]
    assert names == ["connection", "credential", "page", "choice", "file", "hosts", "match"]
    assert (tested.ok, tested.exit_code, tested.own) == (True, 0, True)
    shown = repr(tested) + json.dumps(tested.as_json())
    assert tokens["read"].reveal() not in shown
    assert "sha256 is right" in shown


@pytest.mark.parametrize(
    ("kind", "code", "step", "words"),
    [
        ("expired", 10, "page", "has expired"),
        ("norole", 11, "page", "Feed Reader"),
        ("listonly", 10, "file", "does not accept the credential"),
    ],
)
def test_what_a_token_lacks_is_named(
    attempt: Callable[..., Tried], tokens: FeedTokens, kind: str, code: int, step: str, words: str
) -> None:
    tested = attempt(tokens[kind].reveal())
    assert (tested.exit_code, failed(tested)) == (code, [step])
    assert words in repr(tested)


def test_a_wrong_token_and_none_at_all(attempt: Callable[..., Tried]) -> None:
    assert attempt(PAT).exit_code == 10
    tested = attempt(None)
    assert tested.exit_code == 10
    assert "The connection has none" in repr(tested)


def test_a_package_or_a_version_that_is_not_there(attempt: Callable[..., Tried], tokens: FeedTokens) -> None:
    token = tokens["isolated"].reveal()
    assert (attempt(token, "contoso-nowhere").exit_code, attempt(token, f"{PACKAGE}==9").exit_code) == (12, 12)
    with pytest.raises(UsageError, match="is no package"):
        attempt(token, "contoso==")


def test_a_feed_that_is_not_there(attempt: Callable[..., Tried], tokens: FeedTokens, feed_url: str) -> None:
    tested = attempt(tokens["read"].reveal(), url=feed_url.replace("/private/", "/nothing/"))
    assert (tested.exit_code, failed(tested)) == (12, ["page"])


def test_a_feed_that_does_not_answer(attempt: Callable[..., Tried]) -> None:
    tested = attempt(PAT, url="https://127.0.0.1:9/local/ml/_packaging/private/pypi/simple/")
    assert (tested.exit_code, failed(tested)) == (14, ["page"])


def test_the_file_is_chosen_for_the_specification(
    attempt: Callable[..., Tried], tokens: FeedTokens, feed_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "conda.yml"
    text = "dependencies:\n- python={}\n- pip\n- pip:\n  - --index-url {}\n  - contoso-connected\n"
    file.write_text(text.format("3.11", feed_url))
    tested = attempt(tokens["read"].reveal(), file=file)
    assert (tested.exit_code, tested.steps[-1].name) == (0, "lines")
    assert "uses it in line 5" in tested.steps[-1].words
    file.write_text(text.format("3.12", feed_url))
    assert failed(attempt(tokens["read"].reveal(), file=file)) == ["choice"]
    file.write_text(text.format("3.11", "https://other.example.org/simple/"))
    tested = attempt(tokens["read"].reveal(), file=file)
    assert (failed(tested), tested.exit_code) == (["lines"], 1)


def test_who_may_not_read_the_secret_proves_another_credential(
    service: ConnectionService, attempt: Callable[..., Tried], tokens: FeedTokens
) -> None:
    service.denied = ("POST",)
    tested = attempt(PAT)
    assert (tested.own, tested.exit_code, failed(tested)) == (False, 11, ["credential"])
    step = next(step for step in tested.steps if step.name == "credential")
    assert "yours (the local workspace)" in step.words
    assert "listsecrets/action" in step.fix
    assert tokens.write.reveal() not in repr(tested) + json.dumps(tested.as_json())


def test_where_your_own_credential_is_from_is_told_on_demand(attempt: Callable[..., Tried], tokens: FeedTokens) -> None:
    tested = attempt(tokens["read"].reveal(), verbose=True)
    step = next(step for step in tested.steps if step.name == "yours")
    assert "the local workspace" in step.words
    assert any(note.startswith("address: ") for note in step.notes)


def test_another_connection_that_is_closer_is_told(
    service: ConnectionService, attempt: Callable[..., Tried], tokens: FeedTokens, feed_url: str
) -> None:
    service.stored["closer"] = {"category": "PythonFeed", "target": feed_url.rstrip("/"), "authType": "PAT"}
    tested = attempt(tokens["read"].reveal())
    assert (failed(tested), tested.exit_code) == (["match", "credential"], 1)
    assert "'closer'" in repr(tested)
    assert [path for path in service.asked if path.startswith("POST")] == []


TARGET = "https://pkgs.dev.azure.com/contoso"


@pytest.mark.parametrize(
    ("category", "url", "made_for"),
    [
        ("PythonFeed", "{server}/simple/", None),
        ("PythonFeed", None, "{server}/simple/"),
        ("PythonFeed", "https://pkgs.dev.azure.com/fabrikam/_packaging/x/pypi/simple/", None),
        ("PythonFeed", "https://pkgs.dev.azure.com.example.org/contoso/_packaging/x/pypi/simple/", None),
        ("Git", "{server}/contoso/private.git", None),
        ("Git", None, "{server}/contoso/private.git"),
    ],
)
def test_the_secret_is_neither_read_nor_sent_where_the_target_does_not_match(
    service: ConnectionService, scrubbed: dict[str, str], category: str, url: str | None, made_for: str | None
) -> None:
    service.stored["team"] = {
        "category": category,
        "target": TARGET,
        "authType": "PAT",
        "credentials": {"pat": PAT},
    }
    asked: list[str] = []
    with listening(asked) as server:
        service.stored["team"]["metadata"] = {"amlpriv.url": (made_for or TARGET).format(server=server)}
        address = url.format(server=server) if url else None
        where: Where = {"now": NOW, "sources": sources(scrubbed)}
        tested = amlpriv.connect.test("team", url=address, workspace=service.workspace(), **where)
    assert asked == []
    assert [path for path in service.asked if path.startswith("POST")] == []
    assert [step.name for step in tested.steps] == ["connection", "match", "credential"]
    assert (failed(tested), tested.exit_code, tested.own) == (["match", "credential"], 1, False)
    assert "not sent" in repr(tested)


@pytest.mark.parametrize(("scheme", "steps"), [("https", ["match", "credential"]), ("http", ["credential"])])
def test_the_secret_does_not_go_by_plain_http(
    service: ConnectionService, scrubbed: dict[str, str], scheme: str, steps: list[str]
) -> None:
    target = f"{scheme}://index.example.org"
    service.stored["team"] = {"category": "PythonFeed", "target": target, "authType": "PAT"}
    where: Where = {"now": NOW, "sources": sources(scrubbed)}
    url = "http://index.example.org/simple/"
    tested = amlpriv.connect.test("team", url=url, workspace=service.workspace(), **where)
    assert (failed(tested), tested.exit_code) == (steps, 1)
    assert [path for path in service.asked if path.startswith("POST")] == []


@contextlib.contextmanager
def listening(asked: list[str]) -> Iterator[str]:
    """A server that remembers whoever asks it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization')}")
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_of_several_that_are_equally_close_each_is_tried(
    service: ConnectionService, attempt: Callable[..., Tried], tokens: FeedTokens, feed_url: str
) -> None:
    for name in ("other", "wide"):
        target = feed_url.partition("/_packaging")[0]
        target = target if name == "other" else target.rpartition("/")[0]
        service.stored[name] = {"category": "PythonFeed", "target": target, "authType": "PAT"}
    tested = attempt(tokens["read"].reveal())
    assert (failed(tested), tested.own) == (["match"], True)
    assert "equally close" in repr(tested)
    service.asked.clear()
    workspace = service.workspace()
    wide = amlpriv.connect.test("wide", url=feed_url, workspace=workspace, now=NOW, sources=sources())
    assert (failed(wide), wide.own) == (["match", "credential"], False)
    assert [path for path in service.asked if path.startswith("POST")] == []


def test_it_is_asked_what_to_try_where_the_target_is_for_many(service: ConnectionService) -> None:
    service.stored["team"] = {
        "category": "PythonFeed",
        "target": "https://pkgs.dev.azure.com/contoso",
        "authType": "PAT",
    }
    service.stored["code"] = {"category": "Git", "target": "https://github.com/contoso", "authType": "PAT"}
    service.stored["model"] = {"category": "AzureOpenAI", "target": "https://x.example.org", "authType": "ApiKey"}
    where: Where = {"now": NOW, "sources": sources()}
    for name, words in (("team", "say which index"), ("code", "say which repository"), ("model", "none for a feed")):
        with pytest.raises(UsageError, match=words):
            amlpriv.connect.test(name, workspace=service.workspace(), **where)
    with pytest.raises(NotFoundError):
        amlpriv.connect.test("nothing", workspace=service.workspace(), **where)


@pytest.fixture(scope="module")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    root = tmp_path_factory.mktemp("git") / "repositories"
    make_private_repository(root)
    with serve_git(root) as server:
        yield server


@pytest.mark.parametrize(
    ("token", "ref", "code"),
    [(TOKEN, None, 0), (TOKEN, "v1.0", 0), (TOKEN, "v9", 12), ("canary-wrong-token", None, 10)],
)
def test_a_repository_is_asked_with_the_connections_own_credential(
    service: ConnectionService, git_server: GitServer, scrubbed: dict[str, str], token: str, ref: str | None, code: int
) -> None:
    service.stored["code"] = {
        "category": "Git",
        "target": git_server.url().removesuffix(".git"),
        "authType": "PAT",
        "credentials": {"pat": token},
    }
    tested = amlpriv.connect.test(
        "code",
        ref,
        url=git_server.url(),
        workspace=service.workspace(),
        now=NOW,
        sources=sources(scrubbed),
    )
    assert (tested.exit_code, failed(tested)) == (code, ["repository"] if code else [])
    assert token not in repr(tested) + json.dumps(tested.as_json())
