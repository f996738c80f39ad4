"""Hosts of private git repositories on loopback: real git behind a small http server, and a real sshd.

The repository has a package in ``packages/mypackage1`` and the tag ``v1.0``, whose content differs from the branch's.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = [
    "PASSWORD",
    "TOKEN",
    "GitServer",
    "SshServer",
    "commit_files",
    "git",
    "make_private_repository",
    "publish",
    "serve_git",
    "serve_ssh",
]

TOKEN = "canary-git-token-7c1f09"
PASSWORD = "canary-git-password-5be2"

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "mypackage1"
version = "{version}"
"""


def git(*arguments: str | Path, cwd: Path) -> str:
    """Run git with a name of its own and without the user's settings; its output."""
    who = {"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org", "GIT_AUTHOR_DATE": "1700000000 +0000"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(cwd)}
    settings = ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *settings, *map(str, arguments)], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit_files(work: Path, files: Mapping[str, str | bytes], message: str = "A change") -> str:
    """Write files into a work tree (a new one is made) and commit them; the commit."""
    if not (work / ".git").exists():
        work.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", cwd=work)
    for name, content in files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git("add", "--all", cwd=work)
    git("commit", "--quiet", "--message", message, cwd=work)
    return git("rev-parse", "HEAD", cwd=work)


def make_private_repository(root: Path, name: str = "team/private.git") -> Path:
    """A work tree with two commits and the tag ``v1.0`` on the first; its bare copy is ``root/name``."""
    work = root.parent / f"work-{name.replace('/', '-').removesuffix('.git')}"
    package = "packages/mypackage1"
    commit_files(
        work,
        {
            "README.md": "A private repository.\n",
            f"{package}/pyproject.toml": _PYPROJECT.format(version="1.0"),
            f"{package}/mypackage1/__init__.py": 'VERSION = "1.0"\n',
        },
        "The first version",
    )
    git("tag", "--annotate", "v1.0", "--message", "Version 1.0", cwd=work)
    commit_files(
        work,
        {
            f"{package}/pyproject.toml": _PYPROJECT.format(version="1.1"),
            f"{package}/mypackage1/__init__.py": 'VERSION = "1.1"\n',
        },
        "The second version",
    )
    publish(work, root / name)
    return work


def publish(work: Path, bare: Path) -> None:
    """Put all branches and tags of a work tree into a bare repository, which is made when it is missing."""
    if not bare.exists():
        bare.parent.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", str(bare), cwd=work)
    git("push", "--quiet", "--mirror", bare.as_posix(), cwd=work)


@dataclass(slots=True)
class GitServer:
    """A running host. ``url("team/private.git")`` is an address; each login is ``user:password`` -> its rights."""

    root: Path
    port: int
    logins: dict[str, str] = field(default_factory=dict)
    """``read``: all; ``none``: known, and HTTP 403."""
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    """(path, login) of each request."""
    answers: dict[str, int] = field(default_factory=dict)
    """A beginning of a path -> the status to answer with."""
    redirects: dict[str, str] = field(default_factory=dict)
    """A beginning of a path -> what takes its place."""
    scheme: str = "http"
    large: dict[str, bytes] = field(default_factory=dict)
    """Files of Git LFS by their sha256."""
    settings: dict[str, str] = field(default_factory=dict)
    """git's settings at the server, beside its own."""

    def url(self, name: str = "team/private.git") -> str:
        """The address of a repository."""
        return f"{self.scheme}://127.0.0.1:{self.port}/{name}"


@contextlib.contextmanager
def serve_git(root: Path, tls: ssl.SSLContext | None = None) -> Iterator[GitServer]:
    """Serve the bare repositories below ``root`` by http(s) with Basic authentication; see ``GitServer``."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = GitServer(root, server.server_address[1])
    if tls is not None:
        server.state.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.state.logins |= {f"reader:{PASSWORD}": "read", f"x-access-token:{TOKEN}": "read", f"token:{TOKEN}": "read"}
    server.state.logins |= {f"{TOKEN}:": "read", "stranger:known-password": "none"}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: GitServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server: _Server

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def setup(self) -> None:
        with contextlib.suppress(OSError):  # a client that does not trust us says so and goes
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
            if isinstance(self.request, ssl.SSLSocket):
                self.request.unwrap()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        state, login = self.server.state, self._login()
        path, _, query = self.path.partition("?")
        state.seen.append((path, login))
        for start, status in state.answers.items():
            if path.startswith(start):
                return self._plain(status)
        for start, other in state.redirects.items():
            if path.startswith(start):
                return self._plain(302, headers={"Location": self.path.replace(start, other, 1)})
        if path.startswith("/large/"):
            return self._plain(200, state.large[path.rpartition("/")[2]])
        if path.startswith("/page"):
            return self._plain(200, b"<html>\n<body>Sign in</body>\n</html>\n")
        if not path.startswith("/public"):
            right = state.logins.get(login or "")
            if right is None:
                return self._plain(401, headers={"WWW-Authenticate": 'Basic realm="git"'})
            if right == "none":
                return self._plain(403)
        if path.endswith("/info/lfs/objects/batch"):
            return self._large()
        return self._backend(path, query)

    def _login(self) -> str | None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(value).decode() if scheme.lower() == "basic" else None

    def _plain(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        if status != 200:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _large(self) -> None:
        """Git LFS, "Batch API": where each file is."""
        wanted = json.loads(self._body())["objects"]
        state = self.server.state
        none = {"error": {"code": 404, "message": "Object does not exist"}}
        objects = [
            {**one, "actions": {"download": {"href": state.url(f"large/{one['oid']}")}}}
            if one["oid"] in state.large
            else {**one, **none}
            for one in wanted
        ]
        kind = {"Content-Type": "application/vnd.git-lfs+json"}
        self._plain(200, json.dumps({"transfer": "basic", "objects": objects}).encode(), kind)

    def _backend(self, path: str, query: str) -> None:
        """git-http-backend(1), a CGI program."""
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_PROJECT_ROOT": str(self.server.state.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "reader",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        settings = {
            "uploadpack.allowAnySHA1InWant": "true",
            "uploadpack.allowFilter": "true",
            "safe.directory": "*",
            **self.server.state.settings,
        }
        if settings.get("protocol.version") == "0":
            env["GIT_PROTOCOL"] = ""
        env["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (name, value) in enumerate(settings.items()):
            env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        body = self._body()
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)


@dataclass(frozen=True, slots=True)
class SshServer:
    """A running sshd that lets one key in. ``command`` is for GIT_SSH_COMMAND: it knows the host and has the key."""

    root: Path
    port: int
    folder: Path

    def url(self, name: str = "team/private.git") -> str:
        """The address of a repository."""
        return f"ssh://127.0.0.1:{self.port}{(self.root / name).as_posix()}"

    def command(self, *, key: str = "key", known_hosts: str = "known_hosts") -> str:
        """ssh with a key (``key``, ``other_key``) and a list of known hosts (``known_hosts``, ``no_hosts``)."""
        options = {
            "IdentityFile": self.folder / key,
            "UserKnownHostsFile": self.folder / known_hosts,
            "GlobalKnownHostsFile": os.devnull,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
        }
        return "ssh -F " + os.devnull + "".join(f" -o {name}={value}" for name, value in options.items())


@contextlib.contextmanager
def serve_ssh(root: Path, folder: Path) -> Iterator[SshServer]:
    """Serve what lies below ``root`` by a real sshd, for the user who runs the tests. Raises FileNotFoundError."""
    program = _sshd()
    folder.mkdir(mode=0o700)
    for name in ("host_key", "key", "other_key"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", folder / name)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    (folder / "no_hosts").write_text("")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    public = " ".join((folder / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    lines = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        "AcceptEnv": "GIT_PROTOCOL",
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    if os.geteuid() == 0:  # Debian's sshd wants its folder for separated privileges when root runs it
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log, stdout=log)
    try:
        _wait_for(port, process, folder / "log")
        yield SshServer(root, port, folder)
    finally:
        process.terminate()
        process.wait()


def _sshd() -> str:
    found = shutil.which("sshd", path=os.pathsep.join(["/usr/sbin", "/usr/local/sbin", os.environ.get("PATH", "")]))
    if found is None or os.name != "posix" or shutil.which("ssh") is None:
        raise FileNotFoundError("sshd")
    return found


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def _run(*arguments: str | Path) -> None:
    subprocess.run([*map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True)
