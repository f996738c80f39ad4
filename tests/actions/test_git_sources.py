"""Packages from git repositories: fetched with the user's own credential, built here, pinned to the commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from amlpriv.actions.composing import asset_properties
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.errors import AuthenticationError, InputError, NotFoundError
from amlpriv.plans.steps import Upload
from tests.repositories.conftest import git_server, repositories, ssh_server, work_tree
from tests.repositories.servers import PASSWORD, TOKEN, GitServer, SshServer, git

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("git")]

__all__ = ["git_server", "repositories", "ssh_server", "work_tree"]

FILE = """\
name: gitted
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  channels: [conda-forge]
  dependencies: [python=3.11, pip=25.3, {{pip: [{pip}]}}]
{sources}"""


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """No git configuration of the user's, a cache of its own; the package index stays the user's."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "AMLPRIV_CACHE": str(tmp_path / "cache")}
    dropped = ("SSH_AUTH_SOCK", "GIT_ASKPASS", "NETRC")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, **own, "AMLPRIV_HOME": str(tmp_path / "home"), "NETRC": str(tmp_path / "no-netrc")}


def write(folder: Path, sources: str, pip: str = "mypackage1") -> Path:
    """An environment file."""
    path = folder / "environment.yml"
    path.write_text(FILE.format(pip=pip, sources=f"sources:\n  {sources}\n" if sources else ""), encoding="utf-8")
    return path


@contextmanager
def prepared(path: Path, environ: dict[str, str]) -> Iterator[tuple[Prepared, list[str]]]:
    """What is known of a file, and what was said on the way."""
    said: list[str] = []
    with preparing(path, environ=environ, say=said.append, name="gitted", python="3.11") as found:
        yield found, said


def test_a_tag_and_a_subdirectory_become_a_wheel_with_its_commit(
    tmp_path: Path, git_server: GitServer, work_tree: Path, surroundings: dict[str, str]
) -> None:
    """The token comes from a netrc file, as git has it; the plan and the properties have the commit."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login token password {TOKEN}\n", encoding="utf-8")
    netrc.chmod(0o600)
    file = write(tmp_path, f'mypackage1: {{git: "{git_server.url()}", tag: v1.0, subdirectory: packages/mypackage1}}')
    with prepared(file, {**surroundings, "NETRC": str(netrc)}) as (found, _):
        (item,) = found.wanted.wheels
        assert str(item.wheel.version) == "1.0"
        commit = git("rev-parse", "v1.0^{commit}", cwd=work_tree)
        assert commit[:12] in str(Upload(item))
        stored = asset_properties(found.wanted, None)["amlpriv.wheel.mypackage1"]
        assert f"git={git_server.url()} commit={commit} subdirectory=packages/mypackage1" in stored
        assert TOKEN not in stored


def test_the_same_commit_gives_the_same_digest(
    tmp_path: Path, git_server: GitServer, surroundings: dict[str, str]
) -> None:
    """Whatever it is called: the digest is of the content."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login reader password {PASSWORD}\n", encoding="utf-8")
    netrc.chmod(0o600)
    digests = set()
    for name in ("tag: v1.0", "rev: v1.0"):
        file = write(tmp_path, f'mypackage1: {{git: "{git_server.url()}", {name}, subdirectory: packages/mypackage1}}')
        with prepared(file, {**surroundings, "NETRC": str(netrc)}) as (found, _):
            digests.add(found.digest)
    assert len(digests) == 1


def test_by_ssh_in_the_pip_section_is_packed_too(
    tmp_path: Path, ssh_server: SshServer, surroundings: dict[str, str]
) -> None:
    """The image builder has no key. The line need not name its package."""
    line = f'"git+{ssh_server.url()}@v1.0#subdirectory=packages/mypackage1"'
    with prepared(write(tmp_path, "", line), {**surroundings, "GIT_SSH_COMMAND": ssh_server.command()}) as (found, _):
        assert list(found.wheels) == ["mypackage1"]
        assert [line.text for line in found.conda.pip] == ["mypackage1"]
        assert not [finding for finding in found.report if finding.code == "AP107"]


def test_a_credential_in_the_address_of_a_requirements_file_is_used_once_and_reported(
    tmp_path: Path, git_server: GitServer, surroundings: dict[str, str]
) -> None:
    """It is in no text that goes on."""
    url = git_server.url().replace("://", f"://token:{TOKEN}@")
    file = tmp_path / "requirements.txt"
    file.write_text(f"mypackage1 @ git+{url}@v1.0#subdirectory=packages/mypackage1\n", encoding="utf-8")
    with prepared(file, surroundings) as (found, said):
        assert list(found.wheels) == ["mypackage1"]
        assert any("used once" in line for line in said)
        assert TOKEN not in "\n".join(said) + str(found.canonical) + repr(found)


def test_an_https_line_of_a_conda_file_is_left_to_the_image_build(tmp_path: Path, surroundings: dict[str, str]) -> None:
    """It may have a connection for it; of a requirements file it is packed."""
    line = '"mypackage1 @ git+https://git.example.org/team/private@v1.0"'
    with prepared(write(tmp_path, "", line), surroundings) as (found, _):
        assert not found.wheels
        assert found.conda.pip[0].text.startswith("mypackage1 @ git+https://")


def test_without_a_credential_the_refusal_is_told(
    tmp_path: Path, git_server: GitServer, surroundings: dict[str, str]
) -> None:
    """Nobody is asked on a terminal."""
    file = write(tmp_path, f'mypackage1: {{git: "{git_server.url()}", tag: v1.0}}')
    with pytest.raises(AuthenticationError, match="wants a credential"), prepared(file, surroundings):
        raise AssertionError


def test_a_tag_that_does_not_exist_is_told_with_the_nearest(
    tmp_path: Path, git_server: GitServer, surroundings: dict[str, str]
) -> None:
    """Typing errors are what happens most."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login reader password {PASSWORD}\n", encoding="utf-8")
    netrc.chmod(0o600)
    file = write(tmp_path, f'mypackage1: {{git: "{git_server.url()}", tag: v1.O}}')
    environ = {**surroundings, "NETRC": str(netrc)}
    with pytest.raises(NotFoundError) as caught, prepared(file, environ):
        raise AssertionError
    assert "v1.0" in f"{caught.value} {caught.value.hint}"


def test_what_is_no_repository_is_an_error_with_its_line(tmp_path: Path, surroundings: dict[str, str]) -> None:
    """Before anything is fetched."""
    file = write(tmp_path, 'mypackage1: {git: "nonsense", tag: v1}')
    with pytest.raises(InputError) as caught, prepared(file, surroundings):
        raise AssertionError
    assert caught.value.line == 7


def test_a_package_from_two_places_is_an_error(tmp_path: Path, surroundings: dict[str, str]) -> None:
    """The line and the source."""
    line = '"mypackage1 @ git+ssh://git@git.example.org/team/private@v1.0"'
    file = write(tmp_path, "mypackage1: {path: .}", line)
    with pytest.raises(InputError, match="has an address in its pip line and a source"), prepared(file, surroundings):
        raise AssertionError
