"""What git gets: no secret in an argument, one credential, nothing of the surroundings."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.processes import ToolTimeoutError
from amlpriv.repositories import answering
from amlpriv.repositories.git import Git, address, is_loopback, login_for, make_git
from amlpriv.secret import Secret

HTTPS = parse_git_url("https://github.com/contoso/x@v1")
SSH = parse_git_url("git@github.com:contoso/x.git")
TOKEN = Credentials(None, Secret("canary-token"))


def prepared(url: str, credentials: Credentials | None, environ: dict[str, str], *, own: bool = False) -> Git:
    return make_git(
        parse_git_url(url), credentials, environ=environ, own_helpers=own, timeout=None, protocols=("https", "ssh")
    )


def test_the_transport_is_the_written_one_unless_a_credential_wants_https() -> None:
    assert address(HTTPS, None) == "https://github.com/contoso/x.git"
    assert address(SSH, None) == "ssh://git@github.com/contoso/x.git"
    assert address(SSH, TOKEN) == "https://github.com/contoso/x.git"
    assert address(parse_git_url("git@git.example.org:x/y.git"), TOKEN) == "ssh://git@git.example.org/x/y.git"


@pytest.mark.parametrize(("kind", "user"), [
    (GitHost.GITHUB, "x-access-token"),
    (GitHost.GITLAB, "oauth2"),
    (GitHost.BITBUCKET, "x-token-auth"),
    (GitHost.AZURE_REPOS, "token"),
    (GitHost.OTHER, "token"),
])  # fmt: skip
def test_a_password_alone_gets_the_hosts_user(kind: GitHost, user: str) -> None:
    assert login_for(TOKEN, kind) == (user, "canary-token")
    assert login_for(Credentials(Secret("me"), Secret("canary-token")), kind) == ("me", "canary-token")
    assert login_for(Credentials(Secret("canary-token")), kind) == ("canary-token", "")


def test_the_credential_is_in_the_environment_and_in_no_argument() -> None:
    git = prepared("https://dev.azure.com/contoso/ml/_git/x", TOKEN, {"PATH": "/bin"})
    assert "canary" not in " ".join(git.settings)
    assert "canary" not in repr(git.secrets)
    assert git.environ[answering.HOST] == "https://dev.azure.com"
    assert git.environ[answering.PASSWORD] == "canary-token"
    assert any(Path(sys.executable).as_posix() in setting for setting in git.settings)


def test_nothing_of_the_surroundings_comes_along_but_how_to_reach_a_host() -> None:
    kept = {"GIT_SSL_CAINFO": "/ca.pem", "GIT_CONFIG_GLOBAL": "/config", "PATH": "/bin", "https_proxy": "http://p:1"}
    lost = {"GIT_DIR": "/x", "GIT_TRACE": "1", "GIT_ASKPASS": "/ask", "SSH_ASKPASS": "/ask", "GIT_CONFIG_COUNT": "0"}
    git = prepared("https://github.com/contoso/x", None, {**kept, **lost})
    assert kept.items() <= git.environ.items()
    assert not lost.keys() & git.environ.keys()
    assert git.environ["GIT_ALLOW_PROTOCOL"] == "https:ssh"


def test_the_users_helpers_stay_where_that_is_wished_and_no_credential_is_there() -> None:
    own = {"GIT_ASKPASS": "/ask", "GIT_CONFIG_COUNT": "0", "PATH": "/bin"}
    assert own.items() <= prepared("https://github.com/contoso/x", None, own, own=True).environ.items()
    assert prepared("https://github.com/contoso/x", None, own, own=True).settings == ()
    assert "GIT_ASKPASS" not in prepared("https://github.com/contoso/x", TOKEN, own, own=True).environ


def test_ssh_asks_nothing_and_keeps_the_users_own_options() -> None:
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    quiet = prepared("git@github.com:contoso/x.git", None, environ).environ["GIT_SSH_COMMAND"]
    assert quiet.startswith("ssh -o BatchMode=yes")
    own = prepared("git@github.com:contoso/x.git", None, {**environ, "GIT_SSH_COMMAND": "ssh -i /key"})
    assert own.environ["GIT_SSH_COMMAND"].startswith("ssh -i /key -o BatchMode=yes")
    other = prepared("git@github.com:contoso/x.git", None, {**environ, "GIT_SSH_COMMAND": "plink -batch"})
    assert other.environ["GIT_SSH_COMMAND"] == "plink -batch"
    program = prepared("git@github.com:contoso/x.git", None, {**environ, "GIT_SSH": "/bin/myssh"})
    assert "GIT_SSH_COMMAND" not in program.environ


def test_the_users_ssh_command_in_gits_settings_counts(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[core]\n\tsshCommand = ssh -i /from/settings\n")
    git = prepared("git@github.com:contoso/x.git", None, {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": str(config)})
    assert git.environ["GIT_SSH_COMMAND"].startswith("ssh -i /from/settings -o BatchMode")


def test_the_time_is_for_all_commands_together(tmp_path: Path) -> None:
    late = Git({"PATH": os.environ["PATH"]}, (), (), time.monotonic() - 1)
    with pytest.raises(ToolTimeoutError):
        late.call("--version", cwd=tmp_path)


def test_the_version_is_read(tmp_path: Path) -> None:
    assert Git({"PATH": os.environ["PATH"]}, (), (), None).version(tmp_path) >= (2, 25)


def test_this_machine_has_several_names() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.1.2.3", "::1")))
    assert not any(map(is_loopback, ("example.org", "127x.example.org", "")))
