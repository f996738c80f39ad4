"""Two local workspaces at once, each with its clients; and one that is started again with everything it had."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from amlpriv.actions.opening import open_local
from amlpriv.actions.publish import publish
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start, status, stop
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.store import Assets, Store
from amlpriv.local.state import load_identity
from amlpriv.workspace.ports import Workspace
from tests.actions.projects import NOW, Project
from tests.local_plane.clients import Client
from tests.local_plane.test_records import fill

pytestmark = pytest.mark.local


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[dict[str, dict[str, str]]]:
    """The environments of two users of this machine."""
    made = {name: {**os.environ, "AMLPRIV_HOME": str(tmp_path / name)} for name in ("ann", "ben")}
    yield made
    for environ in made.values():
        stop(Home.find(environ))


def test_neither_sees_what_the_other_has(homes: dict[str, dict[str, str]], tmp_path: Path) -> None:
    def publishes(name: str) -> str:
        project = Project(tmp_path / f"{name}-files", name=f"churn-{name}")
        project.wheel(modules={"contoso_features/__init__.py": f"OWNER = {name!r}\n"})
        return publish(project.write(), workspace="local", environ=homes[name]).version

    with ThreadPoolExecutor(2) as pool:
        versions = dict(zip(homes, pool.map(publishes, homes), strict=True))

    states = [status(Home.find(environ)) for environ in homes.values()]
    first, second = states
    assert first is not None
    assert second is not None
    assert (first.account, first.tenant, first.pid) != (second.account, second.tenant, second.pid)
    assert {first.ports.proxy, first.ports.plane, first.ports.storage}.isdisjoint(
        {second.ports.proxy, second.ports.plane, second.ports.storage}
    )
    for name, environ in homes.items():
        other = next(one for one in homes if one != name)
        workspace = _open(environ)
        assert [one.version for one in workspace.environments.versions(f"churn-{name}")] == [versions[name]]
        assert workspace.environments.versions(f"churn-{other}") == ()
        assert len(_stored(workspace)) == 1

    assert stop(Home.find(homes["ann"]))
    assert status(Home.find(homes["ben"])) == second
    assert len(_stored(_open(homes["ben"]))) == 1


def test_a_restart_keeps_assets_of_every_kind(tmp_path: Path) -> None:
    """Whatever kinds there are: those that the control plane has, and one that nobody has thought of."""
    environ = {**os.environ, "AMLPRIV_HOME": str(tmp_path / "home")}
    home = Home.find(environ)
    try:
        start(home, say=_ignore, environ=environ)
        stop(home)
        fill(Client(_plane(home)))  # one of everything that a client can make
        store = Store(home.plane, lambda: NOW)
        unthought_of = store.assets("kinds-to-come")
        for number in range(3):
            unthought_of.put_version("Größe/1", str(number), {"text": "x\n" * number})
        unthought_of.put_container("alone", {"tags": {"a": "b"}})
        kinds = sorted(
            path.name for path in home.plane.iterdir() if path.is_dir() and path.name != "connection-secrets"
        )
        assert len(kinds) > 10
        before = {kind: _content(Store(home.plane, lambda: NOW).assets(kind)) for kind in kinds if kind != "jobs"}
        start(home, say=_ignore, environ=environ)
        stop(home)
        again = Store(home.plane, lambda: NOW)
        assert {kind: _content(again.assets(kind)) for kind in before} == before
        assert again.assets("jobs").get("one") is not None  # it is told to have failed meanwhile
    finally:
        stop(home)


def _plane(home: Home) -> Plane:
    identity = load_identity(home)
    key = identity.account_key.reveal()
    return Plane(home.plane, account=identity.account, account_key=key, tenant=identity.tenant, now=lambda: NOW)


def _content(assets: Assets) -> str:
    shown = [
        {"asset": one.record.as_json(), "versions": [record.as_json() for record in one.versions.values()]}
        for one in assets.newest_first()
    ]
    return json.dumps(shown)


def _open(environ: dict[str, str]) -> Workspace:
    return open_local(environ=environ, start=False, say=_ignore)


def _stored(workspace: Workspace) -> list[str]:
    datastore = workspace.datastores.default()
    key = workspace.datastores.secret(datastore.name).account_key
    return list(workspace.open_blobs(datastore, key).stored("amlpriv/wheels/"))


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at."""
