"""``amlpriv feed mirror`` as one types it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.mirroring.conftest import Add, World
from tests.package_servers import PASSWORD, USER


def feed_mirror(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    where = ["--to", world.feed.simple, "--from", world.source.simple, "--user", USER, "--token-from", "env:FEED_TOKEN"]
    target = ["--python", "3.11", "--platform", "linux/amd64"]
    command = [sys.executable, "-m", "amlpriv", "feed", "mirror", *where, *target, *words]
    done = subprocess.run(command, env=world.environ, capture_output=True, text=True, check=False, timeout=60)
    assert PASSWORD not in done.stdout + done.stderr
    return done


@pytest.mark.usefixtures("closure")
def test_the_plan_comes_first_and_then_the_files(world: World) -> None:
    planned = feed_mirror(world, "acme-app", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.startswith("3 packages for CPython 3.11 on linux x86_64 with glibc 2.35\n")
    assert "acme_core-1.5-py3-none-any.whl  would be uploaded, 1 KiB" in planned.stdout
    assert f"3 would be uploaded (2 KiB) on {world.feed.simple}, from {world.source.simple}" in planned.stdout

    done = feed_mirror(world, "acme-app")
    assert done.returncode == 0, done.stderr
    assert "acme_core-1.5-py3-none-any.whl  uploaded, 1 KiB, licence not said, sha256 " in done.stdout
    assert "acme_core-1.5-py3-none-any.whl: sent" in done.stderr
    assert len(world.on_feed()) == 3


@pytest.mark.usefixtures("closure")
def test_what_is_refused_is_listed_and_the_exit_code_tells(world: World, add: Add) -> None:
    add("acme-core", "1.5", modules={"other.py": ""}, to=world.stored)
    done = feed_mirror(world, "acme-app", "--dry-run", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 13
    assert report["complete"] is False
    assert [row["outcome"] for row in report["files"]] == ["would be uploaded", "refused", "would be uploaded"]
    assert report["missing"][0]["filename"] == "acme_core-1.5-py3-none-any.whl"
    assert report["missing"][0]["type"] == "ConflictError"


def test_an_error_is_one_object_too(world: World) -> None:
    done = feed_mirror(world, "acme-nowhere", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == error["exit_code"] == 12
    assert error["type"] == "UnknownPackageError"
    assert "amlpriv feed push" in error["hint"]
