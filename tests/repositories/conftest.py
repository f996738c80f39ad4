"""One private repository, served by http with a password and by ssh with a key, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.repositories.servers import GitServer, SshServer, make_private_repository, serve_git, serve_ssh


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bare repositories; the work tree of ``team/private.git`` lies beside it."""
    root = tmp_path_factory.mktemp("git") / "repositories"
    make_private_repository(root)
    return root


@pytest.fixture(scope="session")
def work_tree(repositories: Path) -> Path:
    """The work tree of ``team/private.git``."""
    return repositories.parent / "work-team-private"


@pytest.fixture(scope="session")
def git_server(repositories: Path) -> Iterator[GitServer]:
    """The repositories by http."""
    with serve_git(repositories) as server:
        yield server


@pytest.fixture(scope="session")
def ssh_server(repositories: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """The repositories by ssh."""
    try:
        with serve_ssh(repositories, tmp_path_factory.mktemp("ssh") / "server") as server:
            yield server
    except FileNotFoundError:
        pytest.skip("NOT PROVEN here: git by ssh, since there is no sshd (Debian: apt-get install openssh-server)")


@pytest.fixture
def by_ssh(scrubbed: dict[str, str], ssh_server: SshServer) -> Mapping[str, str]:
    """An environment whose ssh has the right key and knows the host."""
    return {**scrubbed, "GIT_SSH_COMMAND": ssh_server.command()}
