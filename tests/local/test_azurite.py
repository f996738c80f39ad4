"""Azurite is found or installed; what goes wrong is told, and nothing half-made is left."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import multiprocessing
import re
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError, NetworkError
from amlpriv.local.azurite import RECIPE, ensure_azurite, installed_version

MAIN = Path("dist", "src", "blob", "main.js")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as npm leaves it, with an empty Azurite."""
    main = tmp_path / "given" / "node_modules" / "azurite" / MAIN
    main.parent.mkdir(parents=True)
    main.write_text("")
    return tmp_path / "given"


@pytest.fixture
def forged_registry() -> Iterator[str]:
    """A registry on 127.0.0.1 with one package, which is not what it says."""
    archive = io.BytesIO()
    description = {"name": "azurite", "version": installed_version()}
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in (("package.json", json.dumps(description)), (MAIN.as_posix(), "")):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    data = archive.getvalue()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = f"http://{self.headers['Host']}"
            version = description | {"dist": {"tarball": f"{host}/azurite.tgz", "integrity": integrity}}
            document = {"name": "azurite", "versions": {installed_version(): version}}
            found = {"/azurite": json.dumps(document).encode(), "/azurite.tgz": data}.get(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(found or b"{}")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_the_recipe_pins_every_package_by_hash_and_names_no_address() -> None:
    lock = json.loads((RECIPE / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 300
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert not re.search(r"https?://", (RECIPE / "package-lock.json").read_text())
    assert packages["node_modules/azurite"]["version"] == installed_version()


@pytest.mark.parametrize("part", ["", "node_modules", "node_modules/azurite"])
def test_a_given_folder_is_used_as_it_is(installed: Path, tmp_path: Path, part: str) -> None:
    azurite = ensure_azurite(tmp_path / "cache", {"AMLPRIV_AZURITE": str(installed / part)}, say=_never)
    assert azurite.main == installed / "node_modules" / "azurite" / MAIN
    assert azurite.node.is_file()
    assert not (tmp_path / "cache").exists()


def test_a_given_folder_without_azurite_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalWorkspaceError, match="AMLPRIV_AZURITE names"):
        ensure_azurite(tmp_path, {"AMLPRIV_AZURITE": str(tmp_path)}, say=_never)


def test_an_installed_one_is_used_without_npm(installed: Path, tmp_path: Path) -> None:
    installed.rename(tmp_path / f"azurite-{installed_version()}")
    azurite = ensure_azurite(tmp_path, {}, say=_never)
    assert azurite.main.is_file()
    assert azurite.launcher.is_file()


def test_without_a_network_the_reason_is_told_and_nothing_is_left(environ: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    offline = _npm(environ, tmp_path, f"http://127.0.0.1:{port}/")
    with pytest.raises(NetworkError, match="ECONNREFUSED") as caught:
        ensure_azurite(tmp_path / "cache", offline, say=_ignore)
    assert "AMLPRIV_AZURITE" in str(caught.value)
    assert {path.name for path in (tmp_path / "cache").iterdir()} <= {
        "npm.log",
        f"azurite-{installed_version()}.lock",
    }


def test_an_npm_that_fails_is_quoted_without_passwords(environ: dict[str, str], tmp_path: Path) -> None:
    broken = _npm(environ, tmp_path, "nonsense://user:password@host/")
    with pytest.raises(LocalWorkspaceError, match=r"npm ended with \d+") as caught:
        ensure_azurite(tmp_path / "cache", broken, say=_ignore)
    assert "password" not in str(caught.value) + (tmp_path / "cache" / "npm.log").read_text()


def test_what_a_killed_install_left_is_cleared_away(environ: dict[str, str], tmp_path: Path) -> None:
    left_over = tmp_path / "cache" / f".azurite-{installed_version()}.abc"
    left_over.mkdir(parents=True)
    with pytest.raises(LocalWorkspaceError):
        ensure_azurite(tmp_path / "cache", _npm(environ, tmp_path, "nonsense://host/"), say=_ignore)
    assert not left_over.exists()


def test_a_dependency_that_is_not_to_be_had_is_replaced_but_azurite_never(
    environ: dict[str, str], tmp_path: Path, forged_registry: str
) -> None:
    """The registry has nothing but an Azurite of the right version with other content."""
    said: list[str] = []
    with pytest.raises(LocalWorkspaceError, match="other content"):
        ensure_azurite(tmp_path / "cache", _npm(environ, tmp_path, forged_registry), say=said.append)
    assert said[1] == "A locked dependency is not to be had from your npm registry: installing what it has instead."
    assert [path for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


@pytest.mark.local
@pytest.mark.slow
def test_two_processes_install_it_once_from_an_empty_cache(environ: dict[str, str], tmp_path: Path) -> None:
    """The real thing: npm, the network, every hash of the lock."""
    environ.pop("AMLPRIV_AZURITE", None)
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        said = [*pool.starmap(_install, [(tmp_path / "cache", environ)] * 2)]
        pool.close()
        pool.join()
    assert sorted(bool(lines) for lines in said) == [False, True]
    assert next(filter(None, said))[-1] == "Azurite is installed."
    folders = [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    assert folders == [f"azurite-{installed_version()}"]


def _install(cache: Path, environ: dict[str, str]) -> list[str]:
    said: list[str] = []
    assert ensure_azurite(cache, environ, say=said.append).main.is_file()
    return said


def _npm(environ: dict[str, str], folder: Path, registry: str) -> dict[str, str]:
    """An environment in which npm asks ``registry`` once and starts with an empty cache."""
    settings = {
        "npm_config_registry": registry,
        "npm_config_cache": str(folder / "npm"),
        "npm_config_fetch_retries": "0",
    }
    return {name: value for name, value in environ.items() if name != "AMLPRIV_AZURITE"} | settings


def _never(line: str) -> None:
    pytest.fail(f"nothing is to be said: {line}")


def _ignore(_line: str) -> None:
    """What is said is not looked at."""
