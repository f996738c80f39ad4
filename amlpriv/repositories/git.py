"""Runs git with nothing of the surroundings in its way: which settings, which environment, which credential."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.connections.git_hosts import GitHost, Transport
from amlpriv.connections.git_urls import GitUrl
from amlpriv.errors import UsageError
from amlpriv.processes import ToolTimeoutError, run
from amlpriv.repositories import answering
from amlpriv.secret import Secret

__all__ = ["OLDEST", "Git", "GitRun", "address", "cleared", "is_loopback", "local_repository", "login_for", "make_git"]

OLDEST = (2, 25)

# What may come from the surroundings: how to reach a host. All else of git's (a repository's folder when a hook runs
# us, tracing that writes credentials to a file, another set of objects) would change what is fetched, or leak.
_KEPT = re.compile(
    r"GIT_(SSH(_COMMAND|_VARIANT)?|SSL_\w+|PROXY_SSL_\w+|HTTP_PROXY_AUTHMETHOD|EXEC_PATH"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))"
)
_OWN = re.compile(r"GIT_(ASKPASS|CONFIG_(COUNT|KEY_\d+|VALUE_\d+|PARAMETERS))")
_USERS = {GitHost.GITHUB: "x-access-token", GitHost.GITLAB: "oauth2", GitHost.BITBUCKET: "x-token-auth"}
_BATCH = "-o BatchMode=yes -o ConnectTimeout=30"


@dataclass(frozen=True, slots=True)
class GitRun:
    """One command of git's that came to its end."""

    returncode: int
    lines: tuple[str, ...]
    """Standard output and standard error together, redacted."""

    @property
    def succeeded(self) -> bool:
        """Whether the exit code is 0."""
        return self.returncode == 0


@dataclass(frozen=True, slots=True)
class Git:
    """A git that asks nobody, and has one credential at most."""

    environ: Mapping[str, str]
    settings: tuple[str, ...]
    """Arguments before the command; no secret is among them."""
    secrets: tuple[Secret, ...]
    until: float | None
    """Seconds of ``time.monotonic``, for all commands together."""
    cancelled: Callable[[], bool] | None = None

    def call(
        self,
        *arguments: str | Path,
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        stdin: bytes | None = None,
    ) -> GitRun:
        """Run a command. Raises ToolMissingError, ToolTimeoutError, ToolCancelledError."""
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            if on_line is not None:
                on_line(line)

        left = None if self.until is None else self.until - time.monotonic()
        if left is not None and left <= 0:
            raise ToolTimeoutError("git did not finish in its time.")
        done = run(
            ["git", *self.settings, *arguments],
            cwd=cwd,
            env={**self.environ, "GIT_CEILING_DIRECTORIES": str(cwd.parent)},
            timeout=left,
            on_line=keep,
            secrets=self.secrets,
            stdin=stdin,
            cancelled=self.cancelled,
        )
        return GitRun(done.returncode, tuple(lines))

    def version(self, cwd: Path) -> tuple[int, ...]:
        """The program's version; empty when it does not say so. Raises as ``call``."""
        found = re.search(r"git version (\d+(?:\.\d+)+)", "\n".join(self.call("--version", cwd=cwd).lines))
        return tuple(int(part) for part in found[1].split(".")) if found else ()


def address(git_url: GitUrl, credentials: Credentials | None) -> str:
    """What to give to git: by ssh where that was asked for and no credential for https is there.

    ``git@host:path`` becomes a URL, as pip wants it; of a host that is not known, the path then is the server's own.
    """
    if git_url.transport is Transport.SSH and git_url.ssh and (credentials is None or not git_url.https):
        return git_url.ssh
    return git_url.url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, where nobody can listen on the way."""
    return host in ("localhost", "::1", "[::1]") or re.fullmatch(r"127(\.\d+){3}", host) is not None


def local_repository(path: Path) -> GitUrl:
    """A repository on this machine's disk, which only a path given by the user may name."""
    parts = path.absolute().as_posix().strip("/").split("/")
    written = Address("file", "", None, tuple(parts))
    name = parts[-1].removesuffix(".git")
    return GitUrl(GitHost.OTHER, Transport.FILE, "", None, None, None, name, None, None, written)


def login_for(credentials: Credentials, kind: GitHost) -> tuple[str, str]:
    """User and password to send. A token alone in the user's place goes as it is, with an empty password, as the image
    build is seen to send it; one in the password's place gets a user that the host takes.

    "Git interactions require a username, which can be anything except an empty string" (Azure Repos,
    "Authentication with Azure Repos"); GitHub's, GitLab's and Bitbucket's own names are theirs. Raises UsageError.
    """
    user = credentials.user.reveal() if credentials.user else ""
    password = credentials.password.reveal() if credentials.password else ""
    if re.search(r"[\x00\r\n]", user + password):
        raise UsageError("The credential has a line break in it.", hint="Copy it again, without what follows it.")
    return user or _USERS.get(kind, "token"), password


def make_git(
    git_url: GitUrl,
    credentials: Credentials | None,
    *,
    environ: Mapping[str, str],
    own_helpers: bool,
    timeout: float | None,
    protocols: Sequence[str],
    cancelled: Callable[[], bool] | None = None,
) -> Git:
    """A git for one repository; ``timeout`` is in seconds, for all its commands. Raises UsageError.

    With a credential, or without ``own_helpers``, nothing of the user's answers in its place.
    """
    own = own_helpers and credentials is None
    url = address(git_url, credentials)
    child = {**cleared(environ, own=own), "GIT_ALLOW_PROTOCOL": ":".join(protocols)}
    settings, secrets = (() if own else _closed(url)), tuple[Secret, ...]()
    if credentials is not None and url.startswith("http"):
        user, password = login_for(credentials, git_url.kind)
        child |= _login(url, user, password)
        settings += ("-c", f"credential.helper={_helper()}")
        basic = b64encode(f"{user}:{password}".encode()).decode("ascii")
        secrets = (Secret(password or user), Secret(basic))
    until = None if timeout is None else time.monotonic() + timeout
    git = Git(child, settings, secrets, until, cancelled)
    return _with_quiet_ssh(git) if url.startswith("ssh:") else git


def _closed(url: str) -> tuple[str, ...]:
    """Settings that keep the user's own credentials out. A later setting, and a longer match, wins (git-config(1))."""
    settings = ["core.askPass=", "credential.helper="]
    if url.startswith("http"):
        # A header of the user's (a pipeline's, for one) would sign in instead.
        settings += ["http.extraHeader=", f"http.{url}.extraHeader="]
        # An address that is replaced by itself is not replaced by the user's rule for its beginning.
        settings += [f"url.{url}.insteadOf={url}"]
    return tuple(part for setting in settings for part in ("-c", setting))


def _login(url: str, user: str, password: str) -> dict[str, str]:
    protocol, _, rest = url.partition("://")
    host = answering.origin(protocol, rest.partition("/")[0])
    return {answering.HOST: host, answering.USER: user, answering.PASSWORD: password}


def cleared(environ: Mapping[str, str], *, own: bool = False) -> dict[str, str]:
    """An environment without what would lead git elsewhere; git asks nobody in it, and speaks English.

    With ``own``, what the user has set to answer for a credential stays.
    """
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "LANGUAGE": ""}
    return {name: value for name, value in environ.items() if _passes(name.upper(), own)} | quiet


def _passes(name: str, own: bool) -> bool:
    if name in ("SSH_ASKPASS", "GIT_ASKPASS") and not own:
        return False
    return not name.startswith("GIT_") or bool(_KEPT.fullmatch(name)) or (own and bool(_OWN.fullmatch(name)))


def _helper() -> str:
    """The helper as a line for git's shell; forward slashes, since in that shell the others vanish."""
    program, script = (Path(path).as_posix() for path in (sys.executable, answering.__file__))
    return f"!{shlex.quote(program)} -I -S {shlex.quote(script)}"


def _with_quiet_ssh(git: Git) -> Git:
    """ssh must not ask either. Its own words and options stay; a program that is no OpenSSH gets no option."""
    given = git.environ.get("GIT_SSH_COMMAND")
    if given is None and "GIT_SSH" in git.environ:
        return git
    command = given or "ssh"
    if given is None:
        found = git.call("config", "--get", "core.sshCommand", cwd=Path(tempfile.gettempdir()))
        command = found.lines[0] if found.succeeded and found.lines else command
    try:
        name = os.path.basename(shlex.split(command)[0])  # noqa: PTH119  a program of any system
    except (ValueError, IndexError):
        return git
    if name.lower() not in ("ssh", "ssh.exe"):
        return git
    return replace(
        git, environ={**git.environ, "GIT_SSH_COMMAND": f"{command} {_BATCH}", "SSH_ASKPASS_REQUIRE": "never"}
    )
