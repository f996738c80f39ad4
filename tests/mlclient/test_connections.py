"""The unmodified ``MLClient.connections`` reads what ``amlpriv connect`` wrote, and the other way round.

One session runs under ``amlpriv local exec``, as a user's script does; ``amlpriv`` writes before it and reads after it.
"""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amlpriv
from amlpriv.actions.connect import Where
from amlpriv.actions.opening import open_workspace
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections
from tests.contract.requests_sent import exec_command

pytestmark = pytest.mark.local

SESSION = Path(__file__).with_name("connections_session.py")
PAT = "canary-own-pat-" + "y" * 20
PASSWORD = "canary/own%password"
SDK_PAT = "canary-sdk-pat-" + "x" * 20


@pytest.fixture(scope="module")
def where(local_environ: dict[str, str]) -> Where:
    return {"environ": local_environ, "start": False}


@pytest.fixture(scope="module")
def connections(local_environ: dict[str, str]) -> Connections:
    return Connections(open_workspace("local", environ=local_environ, folder=Path.cwd(), start=False))


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"c{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module")
def own(prefix: str, where: Where) -> dict[str, str]:
    """Connections that amlpriv makes, by kind."""
    names = {kind: f"{prefix}-own-{kind}" for kind in ("feed", "git", "basic", "none", "changed")}
    here = {"workspace": "local", **where}
    make: Callable[..., Any] = amlpriv.connect
    url = "https://pkgs.dev.azure.com/{}/ml/_packaging/x/pypi/simple/"
    make("feed", names["feed"], url=url.format(names["feed"]), secret=PAT, expires="2099-01-31", **here)
    make("git", names["git"], url=f"https://github.com/{names['git']}/x.git", secret=PAT, **here)
    jfrog = f"https://{names['basic']}.jfrog.io/artifactory/api/pypi/x"
    make("feed", names["basic"], url=jfrog, user="me@x.example", secret=PASSWORD, **here)
    make("feed", names["none"], url=f"https://{names['none']}.example.org/simple/", auth="none", **here)
    make("feed", names["changed"], url=url.format(names["changed"]), secret=PAT, **here)
    return names


@pytest.fixture(scope="module")
def made(prefix: str) -> list[str]:
    """Names of connections that the SDK makes: a feed, a repository, one with user and password, a public one."""
    return [f"{prefix}-sdk-{kind}" for kind in ("feed", "git", "basic", "none")]


@pytest.fixture(scope="module")
def session(
    own: dict[str, str], made: list[str], local_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the SDK answered."""
    names = {
        "write": made,
        "read": [own[kind] for kind in ("feed", "git", "basic", "none")],
        "change": [own["changed"]],
    }
    done = subprocess.run(
        exec_command(SESSION, json.dumps(names)),
        env={**os.environ, **local_environ},
        cwd=tmp_path_factory.mktemp("sdk"),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sdk_lists_what_amlpriv_made(session: dict[str, Any], own: dict[str, str]) -> None:
    assert session["read"]["listed"] == sorted(own[kind] for kind in ("feed", "git", "basic", "none"))
    assert session["read"]["feeds"] == sorted(own[kind] for kind in ("feed", "basic", "none"))


def test_the_sdk_reads_a_feed_that_amlpriv_made(session: dict[str, Any], own: dict[str, str]) -> None:
    target = f"https://pkgs.dev.azure.com/{own['feed']}"
    assert session["read"]["got"][own["feed"]] == {
        "name": own["feed"],
        "type": "python_feed",
        "target": target,
        "metadata": {"amlpriv.url": f"{target}/ml/_packaging/x/pypi/simple/", "amlpriv.expires": "2099-01-31"},
        "shared": True,
        "credentials": "pat",
        "secrets": [None, None, None],
    }
    assert session["read"]["stored"][own["feed"]] == {"pat": PAT}


def test_the_sdk_reads_the_other_kinds_too(session: dict[str, Any], own: dict[str, str]) -> None:
    got, stored = session["read"]["got"], session["read"]["stored"]
    assert (got[own["git"]]["type"], got[own["git"]]["credentials"]) == ("git", "pat")
    assert got[own["git"]]["target"] == f"https://github.com/{own['git']}/x"
    assert got[own["basic"]]["credentials"] == "username_password"
    assert stored[own["basic"]] == {"username": "me%40x.example", "password": "canary%2Fown%25password"}
    assert got[own["none"]]["credentials"] == "CredentialsType.NONE"
    assert stored[own["none"]] is None


def test_amlpriv_reads_what_the_sdk_made(session: dict[str, Any], made: list[str], where: Where) -> None:
    listing = amlpriv.connect.list(workspace="local", **where)
    rows = {item.name: (item.category, item.auth, item.target) for item in listing if item.name in made}
    assert rows == {
        made[0]: ("PythonFeed", "PAT", f"https://pkgs.dev.azure.com/{made[0]}"),
        made[1]: ("Git", "PAT", f"https://github.com/{made[1]}/x"),
        made[2]: ("PythonFeed", "UsernamePassword", f"https://{made[2]}.jfrog.io/artifactory/api/pypi/x"),
        made[3]: ("PythonFeed", "None", f"https://{made[3]}.example.org"),
    }
    found = amlpriv.connect.show(made[0], workspace="local", **where)
    assert (dict(found.connection.metadata or {}), found.url) == ({"owner": "sdk"}, None)


def test_amlpriv_takes_the_credential_that_the_sdk_stored(
    session: dict[str, Any], made: list[str], connections: Connections
) -> None:
    token, both = connections.credentials(made[0]), connections.credentials(made[2])
    assert token is not None
    assert both is not None
    assert token.user == Secret(SDK_PAT)
    assert (both.user, both.password) == (Secret("me@x.example"), Secret("canary/sdk%password"))
    assert connections.credentials(made[3]) is None


def test_amlpriv_rotates_what_the_sdk_made(
    session: dict[str, Any], made: list[str], where: Where, connections: Connections
) -> None:
    amlpriv.connect.rotate(made[0], secret=PAT, workspace="local", **where)
    amlpriv.connect.rotate(made[2], secret="another", workspace="local", **where)
    found = amlpriv.connect.show(made[0], workspace="local", **where)
    assert (found.connection.metadata or {})["owner"] == "sdk"
    assert found.rotated is not None
    token, both = connections.credentials(made[0]), connections.credentials(made[2])
    assert token is not None
    assert both is not None
    assert (token.user, both.user, both.password) == (Secret(PAT), Secret("me@x.example"), Secret("another"))


def test_the_sdk_gives_a_connection_of_amlprivs_another_token(
    session: dict[str, Any], own: dict[str, str], where: Where, connections: Connections
) -> None:
    """It keeps what amlpriv has remembered in the metadata."""
    found = amlpriv.connect.show(own["changed"], workspace="local", **where)
    assert found.url == f"https://pkgs.dev.azure.com/{own['changed']}/ml/_packaging/x/pypi/simple/"
    token = connections.credentials(own["changed"])
    assert token is not None
    assert token.user == Secret(SDK_PAT)


def test_amlpriv_removes_both(session: dict[str, Any], own: dict[str, str], made: list[str], where: Where) -> None:
    for name in (*own.values(), *made):
        amlpriv.connect.remove(name, workspace="local", **where)
    left = {item.name for item in amlpriv.connect.list(workspace="local", **where)}
    assert left.isdisjoint((*own.values(), *made))
