"""Ctrl-C while a large wheel is on its way: one line, exit code 130, and nothing half-done can be seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlpriv.actions.opening import open_local
from amlpriv.local.home import Home
from tests.cli.conftest import Amlpriv, environment_text
from tests.wheelhouse import build_wheel

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process: its Ctrl-C is a console's"),
]

SIZE = 64 * 1024 * 1024
"""Eight blocks: enough to be in the middle of them."""


def blocks_sent(log: Path, offset: int) -> int:
    """How many blocks the storage has taken since the log had ``offset`` bytes."""
    if not log.exists():
        return 0
    with log.open("rb") as stream:
        stream.seek(offset)
        lines = [json.loads(line) for line in stream if line.endswith(b"\n")]
    return sum("comp=block" in json.dumps(line) and "blocklist" not in json.dumps(line) for line in lines)


@pytest.fixture
def big(project: Path, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An environment file whose wheel takes a while."""
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    data = os.urandom(SIZE)  # new bytes for each test: they are not stored yet
    modules: dict[str, str | bytes] = {"contoso_big/__init__.py": "", "contoso_big/data.bin": data}
    wheel = build_wheel(project / "big", name="contoso-big", modules=modules, compression=zipfile.ZIP_STORED)
    text = environment_text(source=f"big/{wheel.name}").replace("features", "big").replace("name: churn", "name: big")
    (project / "big.yml").write_text(text, encoding="utf-8")
    yield "big.yml"
    wheel.unlink()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_an_interrupted_upload_leaves_nothing_to_be_seen(
    project: Path, big: str, amlpriv: Amlpriv, local_environ: dict[str, str], number: signal.Signals
) -> None:
    log = Home.find(local_environ).requests_log
    offset = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-m", "amlpriv", "publish", big]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while blocks_sent(log, offset) < 2 and process.poll() is None:
            assert time.monotonic() < deadline, "no upload began"
            time.sleep(0.01)
        process.send_signal(number)
        begun = time.monotonic()
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - begun

    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines() == ["using the local workspace", "Interrupted."]
    assert took < 5

    workspace = open_local(environ=local_environ, start=False, say=lambda _: None)
    assert workspace.environments.versions("big") == ()
    datastore = workspace.datastores.default()
    blobs = workspace.open_blobs(datastore, workspace.datastores.secret(datastore.name).account_key)
    assert blobs.stored("amlpriv/wheels/contoso-big/") == {}
    planned = amlpriv("plan", big, "--json").json
    assert [wheel["action"] for wheel in planned["wheels"]] == ["uploaded"]
