"""Wheels at addresses of one's own: fetched, checked, kept; shipped like files, or left where they are."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from amlpriv.actions.build import build
from amlpriv.actions.check import check
from amlpriv.actions.preparing import preparing
from amlpriv.actions.publish import Published, publish
from amlpriv.actions.render import render
from amlpriv.actions.url_sources import fetched_wheel
from amlpriv.errors import AuthenticationError, InputError, NetworkError, UsageError
from amlpriv.local.certificates import ensure_certificates, write_bundle
from amlpriv.local.credential import LocalCredential
from amlpriv.local.home import Home
from amlpriv.local.state import State
from amlpriv.plans.steps import Keep, Leave, Register, Upload
from amlpriv.specs.sources import UrlSource
from tests.actions.projects import IMAGE, Office, project
from tests.private_storage import ACCOUNTS, Account, accounts_at
from tests.wheelhouse import build_wheel

ENTRA = LocalCredential("11111111-2222-3333-4444-555555555555")
USER, PASSWORD = "reader", "password-of-tests"

FILE = """\
name: stored
image: {image}
conda_file:
  channels: [conda-forge]
  dependencies: [python=3.11, pip=25.3, {{pip: [{pip}]}}]
sources:
  {sources}
"""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source(path: Path, url: str, **more: str) -> str:
    """The source of a wheel."""
    name = path.name.partition("-")[0].replace("_", "-")
    fields = {"url": f'"{url}"', "sha256": digest(path), **more}
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in fields.items())}}}"


def write(folder: Path, *sources: str, pip: str = "contoso-features") -> Path:
    """An environment file."""
    path = folder / "environment.yml"
    path.write_text(FILE.format(image=IMAGE, pip=pip, sources="\n  ".join(sources)), encoding="utf-8")
    return path


@dataclass
class FileServer:
    """A server of files over https, with a password; it may cut the first answers short."""

    origin: str = ""
    bundle: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request that was let in."""
    authorizations: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    folder = tmp_path_factory.mktemp("https")
    home = Home(root=folder, cache=folder)
    home.prepare()
    certificates = ensure_certificates(home, datetime.now(timezone.utc))
    found = FileServer(bundle=str(write_bundle(home, {})))
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            found.authorizations.add(given)
            if given != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="files"')
                self.end_headers()
                return
            span = self.headers.get("Range", "")
            found.asked.append((self.path, span))
            data = found.files.get(self.path)
            begin = int(span.removeprefix("bytes=").rstrip("-") or 0)
            self.send_response(404 if data is None else 206 if span else 200)
            rest = (data or b"")[begin:]
            self.send_header("Content-Length", str(len(rest)))
            if span:
                self.send_header("Content-Range", f"bytes {begin}-{begin + len(rest) - 1}/{begin + len(rest)}")
            self.end_headers()
            if found.cut:
                found.cut -= 1
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)
            self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.origin = f"https://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()


@pytest.fixture
def server(running: FileServer) -> FileServer:
    running.files.clear()
    running.asked.clear()
    running.authorizations.clear()
    running.cut = 0
    return running


@pytest.fixture
def reader(scrubbed: dict[str, str], server: FileServer, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody whose netrc has the password of the server."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n", encoding="utf-8")
    netrc.chmod(0o600)
    own = {"NETRC": str(netrc), "REQUESTS_CA_BUNDLE": server.bundle, "AMLPRIV_CACHE": str(tmp_path / "cache")}
    return {**scrubbed, **own}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return build_wheel(tmp_path / "wheels", version="1.2.0+cu118")


@pytest.fixture
def url(server: FileServer, wheel: Path) -> str:
    """Where the server has the wheel."""
    path = f"/generic/{wheel.name.replace('+', '%2B')}"
    server.files[path] = wheel.read_bytes()
    return server.origin + path


def test_another_server_gets_the_password_of_netrc(
    tmp_path: Path, wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    """No token of Entra ever goes to a host that is not Azure's."""
    with preparing(write(tmp_path, source(wheel, url)), environ=reader) as found:
        assert found.wheels["contoso-features"].sha256 == digest(wheel)
        assert found.wheels["contoso-features"].filename == wheel.name
    assert len(server.asked) == 1
    assert not any(given.startswith("Bearer") for given in server.authorizations)


def test_what_was_fetched_once_is_not_fetched_again(
    tmp_path: Path, wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    file = write(tmp_path, source(wheel, url))
    for _ in range(2):
        with preparing(file, environ=reader):
            pass
    assert len(server.asked) == 1


def test_a_kept_file_that_somebody_changed_is_fetched_again(
    wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    wanted = UrlSource(url, digest(wheel))
    kept = fetched_wheel("contoso-features", wanted, environ=reader)
    kept.write_bytes(b"something else")
    assert digest(fetched_wheel("contoso-features", wanted, environ=reader)) == digest(wheel)
    assert len(server.asked) == 2


def test_two_that_want_it_at_once_fetch_it_once(
    wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    wanted = UrlSource(url, digest(wheel))
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: fetched_wheel("contoso-features", wanted, environ=reader), range(4)))
    assert [digest(path) for path in found] == [digest(wheel)]
    assert len(server.asked) == 1


def test_without_a_password_the_refusal_is_told(
    tmp_path: Path, wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    environ = {**reader, "NETRC": str(tmp_path / "no-netrc")}
    with pytest.raises(AuthenticationError), preparing(write(tmp_path, source(wheel, url)), environ=environ):
        raise AssertionError


def test_an_interrupted_download_is_gone_on_with(tmp_path: Path, server: FileServer, reader: dict[str, str]) -> None:
    data = {"contoso_features/data.bin": bytes(range(256)) * 8192}
    wheel = build_wheel(tmp_path / "large", modules=data, compression=zipfile.ZIP_STORED)
    server.files[f"/{wheel.name}"], server.cut = wheel.read_bytes(), 1
    wanted = UrlSource(f"{server.origin}/{wheel.name}", digest(wheel))
    with pytest.raises(NetworkError):
        fetched_wheel("contoso-features", wanted, environ=reader)
    assert digest(fetched_wheel("contoso-features", wanted, environ=reader)) == digest(wheel)
    assert server.asked[-1][1].startswith("bytes=")


def test_other_bytes_under_the_address_are_an_error_with_both_hashes_and_the_line(
    tmp_path: Path, wheel: Path, url: str, server: FileServer, reader: dict[str, str]
) -> None:
    file = write(tmp_path, source(wheel, url))
    other = build_wheel(tmp_path / "other", modules={"other.py": "x = 1\n"})
    server.files[next(iter(server.files))] = other.read_bytes()
    with pytest.raises(InputError) as caught, preparing(file, environ=reader):
        raise AssertionError
    assert digest(wheel) in caught.value.message
    assert digest(other) in caught.value.message
    assert caught.value.line == 7


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://contosodata.blob.core.windows.net/w/a-1-py3-none-any.whl?sv=1&sig=abcdefgh", "holds a shared access"),
        ("https://contosodata.blob.core.windows.net/w/a-1-py3-none-any.whl?sig=***", "holds a shared access"),
        ("https://me:secretpassword@example.org/a-1-py3-none-any.whl", "holds a user"),
        ("https://example.org/a-1-py3-none-any.whl?access_token=abcdef", "holds a shared access"),
        ("http://example.org/a-1-py3-none-any.whl", "no address that a wheel can be fetched from"),
        ("https://example.org:nonsense/a-1-py3-none-any.whl", "no address"),
        ("https://example.org/a-1.tar.gz", "does not end in the file name of a wheel"),
        ("https://example.org/a-1-py3-none-any.whl%2Fx", "does not end in the file name of a wheel"),
        ("https://example.org/%2E%2E%2Fa-1-py3-none-any.whl", "does not end in the file name of a wheel"),
        ("abfss://w@contosodata.dfs.core.windows.net/a-1-py3-none-any.whl", "not fetched by 'abfss:'"),
        ("wheels/a-1-py3-none-any.whl", "no address"),
    ],
)
def test_an_address_that_cannot_be_used_is_an_error_before_anything_is_sent(
    tmp_path: Path, wheel: Path, reader: dict[str, str], address: str, words: str
) -> None:
    with (
        pytest.raises(InputError, match=words) as caught,
        preparing(write(tmp_path, source(wheel, address)), environ=reader),
    ):
        raise AssertionError
    assert caught.value.line == 7
    for secret in ("abcdefgh", "secretpassword", "abcdef"):
        assert secret not in f"{caught.value}"


def test_left_where_it_is_nothing_is_uploaded_and_the_plain_address_is_registered(
    tmp_path: Path, wheel: Path, reader: dict[str, str]
) -> None:
    """Beside a wheel that is shipped by a signed address."""
    office = Office(project(tmp_path / "project"), {**reader})
    office.project.wheel(name="contoso-io", version="2.0")
    path = kept_in_cache(reader, wheel)
    address = "https://files.example.org/team/contoso_features-1.2.0%2Bcu118-py3-none-any.whl"
    sources = [source(path, address, via="direct"), f"contoso-io: {{path: {office.project.sources['contoso-io']}}}"]
    file = write(office.project.folder, *sources, pip="contoso-io, 'contoso-features>=1'")

    def run(**options: Any) -> Published:
        return publish(file, workspace=office.memory.open(), environ=reader, now=office.clock(), **options)

    preview = run(dry_run=True)
    assert f"leave {wheel.name} at {address}" in "\n".join(preview.as_json()["steps"])  # type: ignore[arg-type]
    published = run()
    assert [type(step) for step in published.plan.steps if isinstance(step, Leave | Upload | Register)] == [
        Leave,
        Upload,
        Register,
    ]
    text = registered_text(published)
    assert f"contoso-features @ {address}#sha256={digest(wheel)}\n" in text
    assert text.count("sig=") == 1
    assert not [blob for blob in office.memory.blobs if "contoso_features" in blob]
    shown = published.as_json()["wheels"]
    assert {item["name"]: item["action"] for item in shown} == {  # type: ignore[attr-defined]
        "contoso-io": "uploaded",
        "contoso-features": "left",
    }
    again = run()
    assert not again.plan.writes
    assert isinstance(again.plan.steps[-1], Keep)
    assert address in render(file, environ=reader)
    assert json.dumps(again.as_json())


def test_an_address_in_another_workspaces_storage_is_not_taken_for_ones_own(
    tmp_path: Path, wheel: Path, reader: dict[str, str]
) -> None:
    """By the route plain nothing else tells them apart."""
    office = Office(project(tmp_path / "project"), reader)
    office.project.wheel(name="contoso-io", version="2.0")
    kept_in_cache(reader, wheel)
    address = f"https://otherdata.blob.core.windows.net/c/amlpriv/wheels/contoso-features/1/0/{wheel.name}"
    shipped = f"contoso-io: {{path: {office.project.sources['contoso-io']}}}"
    file = write(
        office.project.folder, source(wheel, address, via="direct"), shipped, pip="contoso-io, contoso-features"
    )
    how: dict[str, Any] = {"environ": reader, "now": office.clock(), "via": "plain", "signs_plain": True}
    assert publish(file, workspace=office.memory.open(), **how).plan.created
    assert not publish(file, workspace=office.memory.open(), **how).plan.writes


def test_only_direct_wheels_need_no_storage_at_all(tmp_path: Path, wheel: Path, reader: dict[str, str]) -> None:
    office = Office(project(tmp_path / "project"), reader)
    kept_in_cache(reader, wheel)
    addresses = [f"https://{host}.example.org/{wheel.name}" for host in ("one", "two")]
    versions = []
    for address in addresses:
        file = write(office.project.folder, source(wheel, address, via="direct"))
        published = publish(file, workspace=office.memory.open(), environ=reader, now=office.clock())
        assert published.as_json()["route"] == "direct"
        assert "sig=" not in registered_text(published)
        versions.append(published.version)
    assert len(set(versions)) == 2  # another address is another specification
    assert office.requests["storage"] == 0


def test_the_same_content_in_other_bytes_is_another_version_where_it_is_left(
    tmp_path: Path, reader: dict[str, str]
) -> None:
    """Nothing of amlpriv's keeps the old bytes, whose hash pip would compare."""
    office = Office(project(tmp_path / "project"), reader)
    versions = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = kept_in_cache(reader, build_wheel(tmp_path / str(compression), compression=compression))
        file = write(office.project.folder, source(path, f"https://files.example.org/{path.name}", via="direct"))
        published = publish(file, workspace=office.memory.open(), environ=reader, now=office.clock())
        assert published.sha256("contoso-features") == digest(path)
        versions.append(published.version)
    assert len(set(versions)) == 2


def test_the_check_notes_what_the_image_build_must_be_able_to_do(
    tmp_path: Path, wheel: Path, reader: dict[str, str]
) -> None:
    kept_in_cache(reader, wheel)
    file = write(tmp_path, source(wheel, f"https://files.example.org/{wheel.name}", via="direct"))
    found = [item for item in check(file, offline=True, environ=reader).report if item.code == "AP609"]
    assert [(item.severity.value, item.line) for item in found] == [("note", 7)]


def test_an_address_of_this_machine_cannot_be_left(
    tmp_path: Path, wheel: Path, url: str, reader: dict[str, str]
) -> None:
    file = write(tmp_path, source(wheel, url, via="direct"))
    found = [item for item in check(file, offline=True, environ=reader).report if item.code == "AP609"]
    assert [item.severity.value for item in found] == ["error"]


def test_direct_is_for_addresses_only(tmp_path: Path, wheel: Path, reader: dict[str, str]) -> None:
    file = write(tmp_path, f"contoso-features: {{path: {wheel.as_posix()}, via: direct}}")
    with pytest.raises(InputError, match="impossible for a source of kind 'path'"), preparing(file, environ=reader):
        raise AssertionError
    file = write(tmp_path, source(wheel, f"https://files.example.org/{wheel.name}"))
    with pytest.raises(UsageError, match="no route for all wheels"), preparing(file, environ=reader, via="direct"):
        raise AssertionError


def kept_in_cache(environ: dict[str, str], wheel: Path) -> Path:
    """As if it had been fetched already: example.org has no wheels."""
    sha256 = digest(wheel)
    folder = Home.find(environ).cache / "wheels-by-hash" / sha256[:2] / sha256
    folder.mkdir(parents=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    return wheel


def registered_text(published: Published) -> str:
    assert published.registered is not None
    assert published.registered.conda is not None
    return published.registered.conda.reveal()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with accounts_at(tmp_path_factory.mktemp("storage")) as running:
        yield running[ACCOUNTS[0]]


@pytest.mark.local
@pytest.mark.xdist_group("private-storage")
def test_from_a_second_storage_account_by_sas_into_a_built_environment(
    tmp_path: Path, wheel: Path, account: Account, local_environ: dict[str, str], local_state: State
) -> None:
    """Published to the local workspace, whose storage is another account, and built here. A second package is left in
    a public container, as in a network where the image build may read it."""
    address = account.put(wheel)
    other = build_wheel(tmp_path / "wheels", name="contoso-io", version="2.0")
    left = public_address(local_state, other)
    file = write(
        tmp_path, source(wheel, address), source(other, left, via="direct"), pip="contoso-features, contoso-io"
    )
    environ = {**local_environ, **account.environ, "AMLPRIV_SAS_CONTOSODATA": account.sas(wheel.name)}
    built = build(file, environ=environ)
    assert built.environment.imported == {"contoso-features": "1.2.0+cu118", "contoso-io": "2.0"}
    text = registered_text(built.published)
    assert account.name not in text
    assert text.count("sig=") == 1
    assert f"contoso-io @ {left}#sha256={digest(other)}\n" in text


def public_address(state: State, path: Path) -> str:
    """A wheel in a container of the local workspace's account that everybody may read."""
    options: dict[str, Any] = {"proxies": {"https": state.proxy_url}, "connection_verify": str(state.ca_bundle)}
    with BlobServiceClient(state.storage_url, state.account_key.reveal(), **options) as service:
        container = service.create_container("open-to-all", public_access="blob")
        container.upload_blob(path.name, path.read_bytes())
        return f"{state.storage_url.rstrip('/')}/open-to-all/{path.name}"


@pytest.mark.local
@pytest.mark.xdist_group("private-storage")
def test_from_a_second_storage_account_by_entra(
    tmp_path: Path, wheel: Path, account: Account, scrubbed: dict[str, str]
) -> None:
    environ = {**scrubbed, **account.environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}
    wanted = UrlSource(account.put(wheel), digest(wheel))
    said: list[str] = []
    path = fetched_wheel("contoso-features", wanted, environ=environ, credential=ENTRA, say=said.append)
    assert digest(path) == digest(wheel)
    assert said == [f"fetching {wheel.name} from {wanted.url}"]
    with pytest.raises(InputError) as caught:
        fetched_wheel("contoso-features", UrlSource(wanted.url, "0" * 64), environ=environ, credential=ENTRA)
    assert digest(wheel) in caught.value.message
