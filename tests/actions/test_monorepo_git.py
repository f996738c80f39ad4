"""A package of a repository of several packages: what it requires from there comes from the same commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlpriv.errors import InputError
from tests.actions.monorepos import USES_TOOL, WORKSPACE, Repository
from tests.repositories.servers import TOKEN, GitServer, git, serve_git

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("git")]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    (tmp_path / "served").mkdir()
    with serve_git(tmp_path / "served") as running:
        yield running


@pytest.fixture
def remote(tmp_path: Path) -> Repository:
    """The work tree of what is served."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login token password {TOKEN}\n", encoding="utf-8")
    netrc.chmod(0o600)
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "NETRC": str(netrc)}
    own |= {"AMLPRIV_CACHE": str(tmp_path / "cache"), "AMLPRIV_HOME": str(tmp_path / "home")}
    (tmp_path / "work").mkdir()
    git("init", "--quiet", cwd=tmp_path / "work")
    return Repository(tmp_path / "work", {**os.environ, **own})


def commit(remote: Repository, server: GitServer) -> str:
    """Commit, tag as v1.0 and serve; the commit."""
    git("add", ".", cwd=remote.root)
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "all", cwd=remote.root)
    git("tag", "v1.0", cwd=remote.root)
    git("clone", "--quiet", "--bare", remote.root, remote.root.parent / "served" / "mono.git", cwd=remote.root)
    return git("rev-parse", "HEAD", cwd=remote.root)


def environment(remote: Repository, server: GitServer) -> Path:
    local = Repository(remote.root.parent / "local", remote.environ)
    source = f'{{git: "{server.url("mono.git")}", tag: v1.0, subdirectory: packages/features}}'
    return local.environment(["contoso-features"], {"contoso-features": source})


def test_members_and_siblings_come_from_the_same_commit(remote: Repository, server: GitServer) -> None:
    remote.write("pyproject.toml", WORKSPACE)
    source = "[tool.uv.sources]\ncontoso-core = {workspace = true}\n"
    remote.project("packages/features", ["contoso-core"], source)
    remote.project("packages/core", ["contoso-deep"])
    remote.project("libs/deep")
    made = commit(remote, server)
    prepared = remote.prepare(environment(remote, server))
    assert list(prepared.wheels) == ["contoso-core", "contoso-deep", "contoso-features"]
    fields = {name: origin.fields for name, origin in prepared.origins.items()}
    assert f"commit={made} subdirectory=packages/core" in fields["contoso-core"]
    assert f"commit={made} subdirectory=libs/deep" in fields["contoso-deep"]
    words = "contoso-deep: taken from libs/deep of that repository, a project beside contoso-core, which needs it"
    assert words in remote.said
    assert prepared.notes == (words,)
    assert not prepared.report.errors


def test_a_path_out_of_the_repository_is_told(remote: Repository, server: GitServer) -> None:
    outside = remote.root.parent / "elsewhere"
    Repository(outside, remote.environ).project("core")
    source = f'[tool.uv.sources]\ncontoso-core = {{path = "{(outside / "core").as_posix()}"}}\n'
    remote.project("packages/features", ["contoso-core"], source)
    commit(remote, server)
    with pytest.raises(InputError, match=r"contoso-features needs a package from .* outside of its repository"):
        remote.prepare(environment(remote, server))


def test_build_requirements_come_from_the_same_commit(remote: Repository, server: GitServer) -> None:
    remote.project("packages/features", backend=USES_TOOL)
    remote.tools()
    commit(remote, server)
    prepared = remote.prepare(environment(remote, server))
    assert str(prepared.wheels["contoso-features"].version) == "5.0"
    assert list(prepared.wheels) == ["contoso-features"]


def test_a_repository_that_a_folder_of_poetry_names_is_fetched(remote: Repository, server: GitServer) -> None:
    """Poetry writes the repository's address into the wheel, where pip would not take the shipped wheel for it."""
    remote.project("packages/core")
    made = commit(remote, server)
    local = Repository(remote.root.parent / "local", remote.environ)
    build = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
    head = '[tool.poetry]\nname = "contoso-features"\nversion = "1.0"\ndescription = "x"\nauthors = []\n'
    source = f'{{git = "{server.url("mono.git")}", tag = "v1.0", subdirectory = "packages/core"}}'
    lines = f'[tool.poetry.dependencies]\npython = ">=3.10"\ncontoso-core = {source}\n'
    local.write("packages/features/pyproject.toml", build + head + lines)
    local.write("packages/features/contoso_features/__init__.py", "")
    prepared = local.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]
    assert f"commit={made}" in prepared.origins["contoso-core"].fields
    assert [str(item) for item in prepared.wheels["contoso-features"].requires_dist] == ["contoso-core"]
