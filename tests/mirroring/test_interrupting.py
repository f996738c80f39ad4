"""Ctrl-C in the middle: nothing half-done can be seen, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from tests.mirroring.conftest import Add, World
from tests.package_servers import PASSWORD, USER

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")

SIZE = 4 * 1024 * 1024
"""Sixty-four pieces, ten a second."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_mirroring_goes_on_where_it_stopped(world: World, add: Add, number: signal.Signals) -> None:
    small = add("acme-small").name
    data = {"acme_big/data.bin": os.urandom(SIZE)}
    big = add("acme-big", modules=data, compression=zipfile.ZIP_STORED).name
    world.source.slow = big
    where = ["--to", world.feed.simple, "--from", world.source.simple, "--user", USER, "--token-from", "env:FEED_TOKEN"]
    command = [sys.executable, "-m", "amlpriv", "feed", "mirror", "acme-big", "acme-small", *where]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=world.environ, **pipes) as process:  # type: ignore[call-overload]
        deadline = time.monotonic() + 60
        while big not in world.source.begun or small not in world.source.downloads:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(number)
        begun = time.monotonic()
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - begun

    assert process.returncode == 130, err
    assert (out, err.splitlines()[-1]) == ("", "Interrupted.")
    assert took < 5
    assert world.on_feed() == set()
    assert PASSWORD not in err

    world.source.slow = ""
    world.source.begun.clear()
    assert world.mirror("acme-big", "acme-small").complete
    assert world.source.begun == [big]
    assert world.on_feed() == {big, small}
