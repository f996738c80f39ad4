"""A surrounding in which nothing can be written unseen, known secrets, and the means to look for them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from amlpriv.actions.opening import open_local
from amlpriv.actions.signed import signed_urls
from amlpriv.local.feed.tokens import KINDS, load_tokens
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession
from amlpriv.local.state import load_identity, load_state
from amlpriv.remote import Datastore
from amlpriv.workspace.ports import Blobs
from tests.wheelhouse import build_wheel

PASSWORD = "Kanarien+Vogel/9f3c"
USER = "canary-user"

LOOKS = 10
NEVER = datetime.max.replace(tzinfo=timezone.utc)

ENVIRONMENT = """\
name: {name}
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  dependencies:
    - python={version}
    - pip
    - pip:
      - contoso-features==1.2.0
{more}sources:
  contoso-features: {{path: wheels}}
"""

FROM_FEED = """\
name: {name}
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  dependencies:
    - python={version}
    - pip
    - pip:
      - contoso-features==1.2.0
sources:
  contoso-features: {{index: team}}
indexes:
  team: {{url: "{url}", connection: {connection}}}
"""

PIP_CONF = """\
[global]
log-file = {0}/pip.log
cache-dir = {0}/pip-cache
[install]
report = {0}/report.json
user = true
src = {0}/src
"""
"""What a user may have set for other installations, and would show signed URLs to everybody."""

ALLOWED = {
    "home/identity.json": "the account key: the local workspace is the storage account's owner; mode 0600",
    "home/certificates/server.key": "the server's own key; mode 0600",
    "home/state.json": "who may stop the workspace; mode 0600",
    "home/plane/connection-secrets/": "the credentials of connections, each in a file of 0600",
    "home/feeds/tokens.json": "the local feed's own tokens; mode 0600",
    "home/plane/environments/": "environments as registered: signatures included, as the service keeps them",
    "home/storage/": "Azurite's database",
    "revealed/": "what --reveal was asked to write; mode 0600",
}
"""Where secrets may be, and why. Nowhere else."""


def forms(secret: str) -> set[bytes]:
    """A secret as it is, and as tools write it: in URLs, in JSON, in base64."""
    quoted = quote(secret, safe="")
    plain = {secret, quoted, quote(quoted, safe=""), quoted.lower(), quote(secret, safe="/")}
    plain |= {secret.replace("/", "\\/"), secret.replace("+", "\\u002b"), secret.replace("+", " ")}
    found = {text.encode() for text in plain}
    for text in (secret, quoted):
        for shift in range(3):  # at each place within a base64 text, without the ends that its neighbours change
            raw = base64.b64encode(b"x" * shift + text.encode() + b"xxx")[4:-8]
            found |= {raw, raw.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


class Index(BaseHTTPRequestHandler):
    """A package index that has nothing, wants a password, and lets one package wait for ever."""

    def do_GET(self) -> None:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="canary"')
        else:
            signed_in.add(self.path)
            if "contoso-slow" in self.path:
                waiting.set()
                released.wait(60)
            self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


signed_in: set[str] = set()
waiting, released = threading.Event(), threading.Event()


@dataclass
class Canary:
    """Runs commands, remembers all that they showed, and looks for secrets afterwards."""

    root: Path
    environ: dict[str, str]
    blobs: Blobs
    datastore: Datastore
    shown: list[str] = field(default_factory=list)
    arguments: set[bytes] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    vain: dict[tuple[Path, int, int], set[bytes]] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.root / "project"

    def file(self, name: str, *more: str, version: str = "{}.{}".format(*sys.version_info)) -> str:
        lines = "".join(f"      - {line}\n" for line in more)
        path = self.project / f"{name}.yml"
        path.write_text(ENVIRONMENT.format(name=name, version=version, more=lines), encoding="utf-8")
        return path.name

    def from_feed(self, name: str, url: str, connection: str) -> str:
        """An environment file whose package is on a feed."""
        version = "{}.{}".format(*sys.version_info)
        path = self.project / f"{name}.yml"
        text = FROM_FEED.format(name=name, version=version, url=url, connection=connection)
        path.write_text(text, encoding="utf-8")
        return path.name

    def command(self, *words: str, code: int = 0) -> str:
        return self.python("-m", "amlpriv", *words, code=code)

    def python(self, *arguments: str, code: int = 0) -> str:
        with self.start(*arguments) as process, self.watching():
            out, _ = process.communicate(timeout=100)
        text = out.decode(errors="replace")
        self.shown.append(text)
        assert process.returncode == code, text
        return text

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process with its standard error in its standard output."""
        command, output = [sys.executable, *arguments], subprocess.PIPE
        environ = self.environ
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environ, cwd=self.project)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note the arguments of all processes, as ``ps`` shows them to everybody."""
        done = threading.Event()

        def watch() -> None:
            looks: dict[str, int] = {}  # a process is looked at a few times: it begins with its parent's arguments
            while not done.wait(0.02):
                for pid in (entry.name for entry in Path("/proc").iterdir()):
                    if pid.isdigit() and looks.get(pid, 0) < LOOKS:
                        looks[pid] = looks.get(pid, 0) + 1
                        with suppress(OSError):  # it has ended
                            self.arguments.add(Path("/proc", pid, "cmdline").read_bytes())

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def learn(self) -> None:
        """Read all secrets that there are by now: the key, the password, every signature."""
        home = Home.find(self.environ)
        state = load_state(home)
        assert state is not None
        self.secrets |= {"the account key": load_identity(home).account_key.reveal(), "the password": PASSWORD}
        self.secrets["the start id"] = state.start_id.reveal()
        tokens = load_tokens(state.root)
        assert tokens is not None
        self.secrets |= {f"the {kind} token of the local feed": tokens[kind].reveal() for kind in KINDS}
        workspace = open_local(environ=self.environ, start=False, say=lambda _: None)
        for name in (path.name for path in (home.plane / "environments").iterdir()):
            for version in workspace.environments.versions(name):
                for package, url in signed_urls(version).items():
                    self.secrets[f"the signature of {package} in {name}:{version.version}"] = signature(url.reveal())
        from amlpriv.workspace.sas import PolicySigner

        for policy in ("amlpriv-1", "amlpriv-2", "amlpriv-3"):
            for blob in self.blobs.stored("amlpriv/wheels/"):
                signed = PolicySigner(self.datastore, state.account_key, policy, NEVER).sign(blob)
                self.secrets[f"the signature of {blob} by {policy}"] = signature(signed.reveal())

    def finds(self) -> list[str]:
        """Every place with a secret in it that is not allowed to have one; the secret itself is not repeated."""
        self.learn()
        needles = {form: what for what, secret in self.secrets.items() for form in forms(secret) if len(form) > 8}
        found = [
            f"printed after {data[max(at - 60, 0) : at]!r}: {what}"
            for data in map(str.encode, self.shown)
            for needle, what in needles.items()
            if (at := data.find(needle)) >= 0
        ]
        found += [f"argument of a process: {what}" for text in self.arguments for what in _in(text, needles)]
        for path in sorted(path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()):
            place = path.relative_to(self.root).as_posix()
            found += [f"path {place}: {what}" for what in _in(place.encode(), needles)]
            if not place.startswith(tuple(ALLOWED)):
                found += [f"{place}: {what}" for what in self._in_file(path, needles)]
        return sorted(set(found))

    def _in_file(self, path: Path, needles: Mapping[bytes, str]) -> set[str]:
        """As ``_in``; what was looked for in vain is not looked for again while the file is the same."""
        status = path.stat()
        vain = self.vain.setdefault((path, status.st_mtime_ns, status.st_size), set())
        found = _in(path.read_bytes(), {form: what for form, what in needles.items() if form not in vain})
        if not found:
            vain |= set(needles)
        return found


def _in(data: bytes, needles: Mapping[bytes, str]) -> set[str]:
    return {what for needle, what in needles.items() if needle in data}


def signature(url: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(url).query)["sig"][0]


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """A home, a temporary folder, caches, a project and an index with a password, all of its own."""
    root = tmp_path_factory.mktemp("canary")
    folders = {"AMLPRIV_HOME": "home", "TMPDIR": "tmp", "HOME": "user", "XDG_CACHE_HOME": "user/.cache"}
    folders |= {"UV_CACHE_DIR": "uv-cache", "PIP_CACHE_DIR": "pip-cache", "XDG_DATA_HOME": "user/.local"}
    for folder in {*folders.values(), "project", "revealed"}:
        (root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    build_wheel(root / "project" / "wheels")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    index = f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{server.server_port}/simple/"
    own = {name: str(root / folder) for name, folder in folders.items()}
    cache = {"AMLPRIV_CACHE": str(Home.find(os.environ).cache)}
    environ = {**os.environ, **own, **cache, "PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index}
    environ["PIP_CONFIG_FILE"] = str(root / "user" / "pip.conf")
    (root / "user" / "pip.conf").write_text(PIP_CONF.format(root / "user"), encoding="utf-8")
    with LocalSession(Home.find(environ), say=lambda _: None, environ=environ):
        workspace = open_local(environ=environ, start=False, say=lambda _: None)
        datastore = workspace.datastores.default()
        key = workspace.datastores.secret(datastore.name).account_key
        yield Canary(root, environ, workspace.open_blobs(datastore, key), datastore)
    released.set()
    server.shutdown()
    server.server_close()


def wait_for(what: threading.Event, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Until it happens; the process must live till then."""
    deadline = time.monotonic() + seconds
    while not what.wait(0.02):
        assert process.poll() is None, (process.stdout.read() if process.stdout else b"").decode()
        assert time.monotonic() < deadline, "it did not come so far"


def as_object(text: str) -> dict[str, object]:
    """The JSON object in what a command printed, behind its messages."""
    return dict(json.loads(text[text.index("{") :]))
