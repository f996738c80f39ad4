"""A project that has the local feed among its uv indexes is built like any other one."""

from __future__ import annotations

from pathlib import Path

from amlpriv.actions.build_indexes import environ_to_build
from amlpriv.actions.packages import wheel_at
from amlpriv.local.environment import BUNDLE_VARIABLES
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.state import State

BUILT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
PROJECT = f'[project]\nname = "contoso-pp"\nversion = "1.0"\n{BUILT}[tool.setuptools]\npackages = ["contoso_pp"]\n'


def project(folder: Path, url: str, name: str = "my-feed") -> Path:
    (folder / "contoso_pp").mkdir(parents=True)
    (folder / "contoso_pp" / "__init__.py").touch()
    index = f'[[tool.uv.index]]\nname = "{name}"\nurl = "{url}"\n'
    (folder / "pyproject.toml").write_text(PROJECT + index, encoding="utf-8")
    return folder


def environ_of(state: State, scrubbed: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in scrubbed.items() if name != "UV_NO_CONFIG"}
    return {**kept, "AMLPRIV_HOME": str(state.root), "AMLPRIV_CACHE": str(Path(scrubbed["HOME"], "cache"))}


def test_what_a_build_requires_comes_through_the_local_feed(
    local_state: State, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    environ = environ_of(local_state, scrubbed)
    place = project(tmp_path / "pp", local_state.feed_url())
    wheel = wheel_at(place, "contoso-pp", tmp_path / "work", environ=environ)
    assert wheel.name == "contoso_pp-1.0-py3-none-any.whl"
    said: list[str] = []
    wheel_at(place, "contoso-pp", tmp_path / "work again", environ=environ, say=said.append)
    assert said == ["unchanged, not built again: pp"]


def test_only_the_local_feed_changes_the_surroundings(
    local_state: State, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    environ, tokens = environ_of(local_state, scrubbed), load_tokens(local_state.root)
    assert tokens is not None
    around = environ_to_build(project(tmp_path / "pp", local_state.feed_url()), environ)
    login = {"UV_INDEX_MY_FEED_USERNAME": "local", "UV_INDEX_MY_FEED_PASSWORD": tokens.read.reveal()}
    bundles = dict.fromkeys(BUNDLE_VARIABLES, str(local_state.ca_bundle))
    assert around == {**environ, **bundles, **login}
    inner = tmp_path / "pp" / "packages" / "inner"
    inner.mkdir(parents=True)
    assert environ_to_build(inner, environ) == around  # of a workspace's members
    own = {**environ, "UV_INDEX_MY_FEED_PASSWORD": "mine"}
    assert environ_to_build(tmp_path / "pp", own)["UV_INDEX_MY_FEED_PASSWORD"] == "mine"
    for number, url in enumerate(("https://feed.example.org/simple/", "https://localhost:9/simple/", "what")):
        assert environ_to_build(project(tmp_path / str(number), url), environ) is environ


def test_files_that_make_no_sense_are_left_to_others(scrubbed: dict[str, str], tmp_path: Path) -> None:
    for number, text in enumerate(
        ("[tool]\nuv = 1", "tool = 1", "[tool.uv]\nindex = [1]", "no toml", "[tool.uv.index]")
    ):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "pyproject.toml").write_text(text, encoding="utf-8")
        assert environ_to_build(tmp_path / str(number), scrubbed) is scrubbed
