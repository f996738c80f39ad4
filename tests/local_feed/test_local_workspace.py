"""The feed in a whole local workspace: its address, isolated clients, the log, what children get."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from amlpriv.actions.local_log import local_log
from amlpriv.interpreters import uv_program
from amlpriv.local.environment import FEED_TOKEN, changes, environment_variables
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.home import Home
from amlpriv.local.launching import refused_hosts
from amlpriv.local.lifecycle import reset, start, stop
from amlpriv.local.state import State
from amlpriv.processes import Completed, run
from tests.wheelhouse import build_wheel

pytestmark = pytest.mark.local


def publish(state: State, environ: Mapping[str, str], wheel: Path, url: str = "") -> Completed:
    words = ("publish", "--publish-url", url or state.feed_url(area="upload"), wheel)
    variables = {"UV_PUBLISH_USERNAME": "any", "UV_PUBLISH_PASSWORD": environ[FEED_TOKEN]}
    return run([uv_program(environ), *words], env={**environ, **variables}, timeout=60)


def install(environ: Mapping[str, str], url: str, what: str, target: Path) -> Completed:
    index = url.replace("https://", f"https://any:{environ[FEED_TOKEN]}@")
    words = ("pip", "install", "--no-cache", "--no-deps", "--python", sys.executable, "--target", target, what)
    return run([uv_program(environ), *words], env={**environ, "UV_DEFAULT_INDEX": index}, timeout=60)


def test_a_child_has_a_token_and_what_it_needs_for_the_feed(
    local_state: State, local_environ: Mapping[str, str], scrubbed: dict[str, str], tmp_path: Path
) -> None:
    child = environment_variables(local_state, scrubbed)
    tokens = load_tokens(local_state.root)
    assert tokens is not None
    assert child[FEED_TOKEN] == tokens.write.reveal()
    assert FEED_TOKEN not in changes(local_state, scrubbed).set  # `local env` prints these
    wheel = build_wheel(tmp_path, name="from-a-child")
    assert publish(local_state, child, wheel).succeeded
    assert install(child, local_state.feed_url(), "from-a-child", tmp_path / "a").succeeded
    lines = local_log(last=20, service="feed", environ=local_environ)
    assert "upload" in "".join(str(line) for line in lines)
    assert not any(tokens.write.reveal() in str(line.as_json()) for line in lines)


@pytest.mark.parametrize(
    "place", ["https://pkgs.dev.azure.com/local/ml", "https://local.pkgs.visualstudio.com/ml"], ids=["new", "old"]
)
def test_for_an_isolated_child_the_real_hosts_lead_here(
    local_state: State, scrubbed: dict[str, str], tmp_path: Path, place: str
) -> None:
    child = environment_variables(local_state, scrubbed, isolated=True)
    base = f"{place}/_packaging/private/pypi"
    name = f"isolated-{'new' if 'dev' in place else 'old'}"
    before = refused_hosts(local_state)
    published = publish(local_state, child, build_wheel(tmp_path, name=name), f"{base}/upload/")
    assert published.succeeded, published.tail
    installed = install(child, f"{base}/simple/", name, tmp_path / "a")
    assert installed.succeeded, installed.tail
    assert not install(child, f"{base}/simple/", "six", tmp_path / "b").succeeded  # no upstream for it
    assert not install(child, local_state.feed_url(), "six", tmp_path / "c").succeeded
    assert refused_hosts(local_state) == before


def test_its_address_and_its_packages_are_there_after_a_restart(
    local_environ: dict[str, str], scrubbed: dict[str, str], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", Home.find(local_environ).cache)
    try:
        first = start(home, say=lambda _: None, environ=local_environ, lifeline=True)
        assert publish(first, environment_variables(first, scrubbed), build_wheel(tmp_path, name="lasting")).succeeded
        stop(home)
        second = start(home, say=lambda _: None, environ=local_environ, lifeline=True)
        assert second.feed_url() == first.feed_url()
        child = environment_variables(second, scrubbed)
        assert install(child, second.feed_url(), "lasting", tmp_path / "a").succeeded
        reset(home)
        assert not home.feeds.exists()
    finally:
        stop(home)


def test_the_address_names_what_is_asked_for(local_state: State) -> None:
    base = f"https://localhost:{local_state.ports.plane}"
    assert local_state.feed_url() == f"{base}/local/ml/_packaging/private/pypi/simple/"
    made = local_state.feed_url("team@Release", organisation="contoso", project=None, area="upload")
    assert made == f"{base}/contoso/_packaging/team@Release/pypi/upload/"
