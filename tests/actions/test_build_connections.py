"""``amlpriv build`` with the connections of the running local workspace, which it asks by REST."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlpriv.actions.build import build
from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.asking import exchange
from amlpriv.local.lookup import API_VERSION, known_connections
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.state import State
from tests.actions.projects import IMAGE
from tests.local_jobs.private_servers import TOKEN, WRONG, Door, files_with, served
from tests.wheelhouse import build_wheel

pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.xdist_group("build")]

HERE = "{}.{}".format(*sys.version_info)
NAMES = ("build-feed", "build-registry")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("index")
    build_wheel(folder, name="contoso-private")
    with served("index", folder, f"ci:{TOKEN}") as door:
        yield door


def ask(state: State, method: str, name: str, **properties: object) -> int:
    target = f"{WORKSPACE_ID}/connections/{name}?api-version={API_VERSION}"
    body = json.dumps({"properties": properties}).encode() if properties else None
    return exchange(state, method, target, {"Authorization": "Bearer x"}, body)[0]


@pytest.fixture
def connected(local_state: State, index: Door) -> Iterator[State]:
    basic = {"authType": "UsernamePassword", "credentials": {"username": "ci", "password": TOKEN}}
    assert ask(local_state, "PUT", "build-feed", category="PythonFeed", target=index.url, **basic) == 200
    assert ask(local_state, "PUT", "build-registry", category="ContainerRegistry", target="https://a", **basic) == 200
    yield local_state
    for name in NAMES:
        with contextlib.suppress(LocalWorkspaceError):  # its answer has no body
            ask(local_state, "DELETE", name)


def test_a_build_takes_a_package_from_a_private_index(
    tmp_path: Path, local_environ: dict[str, str], connected: State, index: Door
) -> None:
    known = {item.connection.name: item for item in known_connections(connected)}
    assert "build-registry" not in known, "not every credential of the workspace is for a build"
    assert known["build-feed"].credential is not None

    lines = [f"--index-url {index.url}/simple/", "contoso-private"]
    head = f"name: from-index\nimage: {IMAGE}\nconda_file:\n  channels: [conda-forge]\n  dependencies:\n"
    text = head + f"    - python={HERE}\n    - pip\n    - pip:\n" + "".join(f"      - {line}\n" for line in lines)
    (tmp_path / "environment.yml").write_text(text, encoding="utf-8")
    environ = {**local_environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"}
    said: list[str] = []
    built = build(tmp_path / "environment.yml", environ=environ, on_line=said.append)
    assert f"index {index.url}/simple: connection build-feed (it matches)" in said
    assert list(built.environment.folder.rglob("contoso_private-1.2.0.dist-info"))
    assert files_with(TOKEN, built.environment.folder.parent, tmp_path) == []
    assert TOKEN not in "\n".join(said)
    assert index.spied == set()

    seen = len(index.seen)
    wrong = {"authType": "PAT", "credentials": {"pat": WRONG}}
    assert ask(connected, "PUT", "build-feed", category="PythonFeed", target=index.url, **wrong) == 200
    assert build(tmp_path / "environment.yml", environ=environ).environment.reused
    assert len(index.seen) == seen
