"""amlpriv local feed, as it is typed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.interpreters import uv_program
from amlpriv.local.environment import FEED_TOKEN, environment_variables
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import stop
from amlpriv.local.state import State
from amlpriv.processes import run as run_tool
from tests.cli.conftest import Amlpriv, Ended
from tests.wheelhouse import build_wheel

pytestmark = pytest.mark.local

FEED = ("local", "feed")


@pytest.fixture
def run(amlpriv: Amlpriv, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """The command line with the shared local workspace."""
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    return lambda *words: amlpriv(*FEED, *words)


def push(state: State, wheel: Path, feed: str) -> None:
    """Put a wheel into a feed, as a child of the workspace does."""
    inside = environment_variables(state, os.environ)
    words = ("publish", "--publish-url", state.feed_url(feed, area="upload"), wheel)
    login = {"UV_PUBLISH_USERNAME": "any", "UV_PUBLISH_PASSWORD": inside[FEED_TOKEN]}
    assert run_tool([uv_program(inside), *words], env={**inside, **login}, timeout=60).succeeded


def test_create_prints_the_address_and_list_shows_what_there_is(run: Callable[..., Ended], local_state: State) -> None:
    made = run("create", "cli-made", "--no-upstream")
    assert (made.code, made.out) == (0, local_state.feed_url("cli-made") + "\n")
    again = run("create", "cli-made")
    assert again.code == 13
    assert "There is a feed 'cli-made' already." in again.err
    other = run("create", "cli-org", "--organization", "contoso", "--no-project", "--json").json
    assert other["url"] == local_state.feed_url("cli-org", organisation="contoso", project=None)
    assert (other["upstream"], other["project"], other["packages"]) == (True, None, [])
    push(local_state, build_wheel(local_state.root / "built", name="listed"), "cli-made")
    listed = {one["name"]: one for one in run("list", "--json").json["feeds"]}
    assert {"private", "cli-made", "cli-org"} <= set(listed)
    assert [one["versions"] for one in listed["cli-made"]["packages"]] == [["1.2.0"]]
    text = run("list").out
    assert f"cli-made: 1 package, upstream off\n  {local_state.feed_url('cli-made')}\n    listed 1.2.0\n" in text
    for wrong in ("no good", "a/b/c/d", "a//b", "/b"):
        assert run("create", wrong).code == 2
    whole = run("create", "contoso/sales/cli-whole", "--json").json
    assert whole["url"] == local_state.feed_url("cli-whole", organisation="contoso", project="sales")
    assert run("create", "contoso/cli-short", "--json").json["project"] is None
    assert run("create", "contoso/sales/cli-twice", "--project", "other").code == 2
    assert run("create", "cli-spelt", "--organisation", "contoso", "--json").json["organisation"] == "contoso"


def test_token_prints_the_token_and_nothing_else(run: Callable[..., Ended], local_state: State) -> None:
    tokens = load_tokens(local_state.root)
    assert tokens is not None
    assert (run("token").out, run("token").err) == (f"{tokens.write.reveal()}\n", "")
    for kind in ("write", "read", "expired", "norole", "listonly"):
        assert run("token", "--kind", kind).out == f"{tokens[kind].reveal()}\n"
    assert run("token", "--kind", "read", "--json").json == {"token": tokens.read.reveal()}
    assert run("token", "--kind", "other").code == 2


def test_delete_promote_and_allow_external(run: Callable[..., Ended], local_state: State) -> None:
    run("create", "cli-changed")
    push(local_state, build_wheel(local_state.root / "built", name="changed"), "cli-changed")
    assert run("promote", "cli-changed", "Changed", "1.2.0").out == "changed 1.2.0 stands in cli-changed@Release\n"
    told = run("promote", "cli-changed", "changed", "1.2.0", "--view", "prerelease", "--json").json
    assert told == {"feed": "cli-changed", "package": "changed", "version": "1.2.0", "view": "Prerelease"}
    assert run("promote", "cli-changed", "changed", "9").code == 12
    assert "are allowed in cli-changed" in run("allow-external", "cli-changed", "changed").out
    assert run("allow-external", "cli-changed", "changed", "--no", "--json").json["allow_external"] is False
    assert run("delete", "cli-changed", "changed", "1.2.0").out == "deleted changed 1.2.0 from cli-changed\n"
    gone = run("delete", "cli-changed", "changed", "1.2.0", "--json")
    assert (gone.code, gone.json["error"]["type"]) == (12, "NotFoundError")
    assert run("delete", "contoso/sales/cli-whole", "changed", "1.2.0").code == 12
    assert run("delete", "nowhere", "changed", "1.2.0").code == 12
    assert run("delete", "cli-changed", "..", "1.2.0").code == 2
    assert run("delete", "cli-changed", "changed", "no version").code == 2
    packages = next(one for one in run("list", "--json").json["feeds"] if one["name"] == "cli-changed")["packages"]
    assert packages == []


def test_the_status_and_the_log_know_the_feed(run: Callable[..., Ended], amlpriv: Amlpriv, local_state: State) -> None:
    run("list")
    status = amlpriv("local", "status", "--json").json
    assert status["feed"] == local_state.feed_url()
    assert "feed" in status["requests"]
    assert f"  feed        {local_state.feed_url()}\n" in amlpriv("local", "status").out
    assert amlpriv("local", "log", "--service", "feed", "--json").code == 0


def test_a_workspace_that_does_not_run_is_started(
    process: Callable[..., Ended], local_environ: dict[str, str], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", Home.find(local_environ).cache)
    environ = {**local_environ, "AMLPRIV_HOME": str(home.root), "AMLPRIV_CACHE": str(home.cache)}
    try:
        ended = process(*FEED, "list", "--json", environ=environ)
        assert [one["name"] for one in json.loads(ended.out)["feeds"]] == ["private"]
        assert "Starting the local workspace" in ended.err
    finally:
        stop(home)
