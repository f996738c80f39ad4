"""What the issue asks for: pandas with all that it requires, from the user's own public index into a feed that has no
upstream, and from there by a real pip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.actions.feed_mirror import MirrorOptions, feed_mirror
from amlpriv.actions.mirror_result import MirrorOutcome
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.state import State

pytestmark = pytest.mark.local

PLATFORM = "manylinux_2_28_x86_64"


def amlpriv(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "amlpriv", *words], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pandas_goes_into_a_feed_without_upstream_and_pip_takes_it_from_there(
    local_environ: dict[str, str], local_state: State, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    environ = {**local_environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}
    feed = amlpriv(local_environ, "local", "feed", "create", "closed", "--no-upstream").strip()
    options = MirrorOptions(to=feed, pythons=["3.11"], platforms=[PLATFORM], lock=tmp_path / "lock.txt")
    done = feed_mirror("pandas", options, environ=environ)
    assert done.complete
    names = {str(file.step.name) for file in done.files}
    assert names >= {"pandas", "numpy", "python-dateutil"}
    assert {file.outcome for file in done.files} == {MirrorOutcome.SENT}
    assert all(file.licence for file in done.files)

    tokens = load_tokens(local_state.root)
    assert tokens is not None
    url = feed.replace("https://", f"https://any:{tokens.read.reveal()}@")
    pip = {**scrubbed, "PIP_INDEX_URL": url, "PIP_CERT": str(local_state.ca_bundle), "PIP_NO_INPUT": "1"}
    where = ["--dest", str(tmp_path / "down"), "--only-binary", ":all:", "--python-version", "3.11"]
    # pip takes each name literally, and not the older ones that it stands for.
    levels = [word for level in range(28, 16, -1) for word in ("--platform", f"manylinux_2_{level}_x86_64")]
    command = [sys.executable, "-m", "pip", "download", "--no-cache-dir", "--require-hashes", *where, *levels]
    taken = subprocess.run(
        [*command, "-r", str(tmp_path / "lock.txt")], env=pip, capture_output=True, text=True, check=False, timeout=120
    )
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert len(os.listdir(tmp_path / "down")) == len(done.files)  # noqa: PTH208

    again = feed_mirror("pandas", MirrorOptions(to=feed, pythons=["3.11"], platforms=[PLATFORM]), environ=environ)
    assert {file.outcome for file in again.files} == {MirrorOutcome.THERE}


def test_a_feed_with_an_upstream_needs_no_mirroring_and_can_be_made_to_save(
    local_environ: dict[str, str], tmp_path: Path
) -> None:
    environ = {**local_environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}
    there = feed_mirror("six", MirrorOptions(to="local"), environ=environ)
    assert {file.outcome for file in there.files} == {MirrorOutcome.THERE}
    assert "nothing needs mirroring" in there.notes[0]
    assert "--save does it now" in there.notes[0]
    saved = feed_mirror("six", MirrorOptions(to="local", save=True), environ=environ)
    assert {file.outcome for file in saved.files} == {MirrorOutcome.SAVED}
