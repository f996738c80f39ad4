"""The files with the credentials of a build."""

from __future__ import annotations

import netrc
import os
import stat
import subprocess
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.login_files import forget_logins, git_settings, netrc_settings
from amlpriv.secret import Secret


def login(user: str, password: str) -> Credentials:
    return Credentials(Secret(user), Secret(password))


def entry(settings: dict[str, str], host: str) -> tuple[str | None, str | None] | None:
    """User and password of a host; what else stands there differs between Pythons."""
    found = netrc.netrc(settings["NETRC"]).authenticators(host)
    return None if found is None else (found[0], found[2])


def ask_git(settings: dict[str, str], environ: dict[str, str], question: str) -> str:
    done = subprocess.run(
        ["git", "credential", "fill"],
        input=question.encode(),
        env={**environ, **settings},
        capture_output=True,
        check=False,
    )
    return done.stdout.decode() if done.returncode == 0 else ""


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_git_knows_the_credential_for_one_repository_and_asks_nobody_else(
    tmp_path: Path, scrubbed: dict[str, str]
) -> None:
    home = Path(scrubbed["HOME"])
    (home / "own").write_text("https://me:mine@git.example.org\n", encoding="utf-8")
    (home / ".gitconfig").write_text(f"[credential]\n\thelper = store --file={home / 'own'}\n", encoding="utf-8")
    work = tmp_path / "with 'quotes' and blanks"
    work.mkdir()
    asked = "protocol=https\nhost=git.example.org\npath=contoso/nlp.git\n\n"
    assert "password=mine" in ask_git({}, scrubbed, asked)

    settings = git_settings(work, [Secret("https://token:@git.example.org/contoso/nlp.git")])
    assert "username=token\npassword=\n" in ask_git(settings, scrubbed, asked)
    assert ask_git(settings, scrubbed, asked.replace("nlp", "other")) == ""
    assert ask_git(git_settings(work, []), scrubbed, asked) == ""
    assert ask_git(settings, {**scrubbed, "GIT_ASKPASS": "/bin/echo"}, asked.replace("nlp", "other")) == ""
    assert {stat.S_IMODE(path.stat().st_mode) for path in work.iterdir()} == {0o600}

    forget_logins(work)
    assert not (work / "git-credentials").exists()


def test_pip_finds_the_logins_of_the_build_and_the_users_own_for_other_hosts(
    tmp_path: Path, scrubbed: dict[str, str]
) -> None:
    own = Path(scrubbed["HOME"]) / ".netrc"
    own.write_text(
        "machine feed.example.org login me password mine\nmachine proxy.example.org login me password mine\n"
        "default login me password mine\n",
        encoding="utf-8",
    )
    environ = {name: value for name, value in scrubbed.items() if name != "NETRC"}
    logins = {"index.example.org": login("ci", "secret")}
    settings = netrc_settings(tmp_path, logins, {"feed.example.org", "index.example.org"}, environ)
    assert entry(settings, "index.example.org") == ("ci", "secret")
    assert entry(settings, "proxy.example.org") == ("me", "mine")
    assert entry(settings, "feed.example.org") is None, "the image build has no user"
    if os.name == "posix":
        assert stat.S_IMODE(Path(settings["NETRC"]).stat().st_mode) == 0o600
    forget_logins(tmp_path)
    assert not Path(settings["NETRC"]).exists()


@pytest.mark.parametrize("text", [None, "machine", "\0", "machine a.example login me"])
def test_a_netrc_file_that_cannot_be_read_is_none(tmp_path: Path, scrubbed: dict[str, str], text: str | None) -> None:
    if text is not None:
        Path(scrubbed["NETRC"]).write_text(text, encoding="utf-8")
    settings = netrc_settings(tmp_path, {"b.example": login("u", "p")}, {"b.example"}, scrubbed)
    assert entry(settings, "b.example") == ("u", "p")
