"""The README's first command, as a new user types it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from amlpriv.actions.quickstart import example_file

pytestmark = [pytest.mark.local, pytest.mark.slow]


def amlpriv(environ: dict[str, str], cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "amlpriv", *words],
        capture_output=True,
        text=True,
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_the_whole_story_in_a_minute_and_from_any_folder(environ: dict[str, str], tmp_path: Path) -> None:
    begun = time.monotonic()
    try:
        done = amlpriv(environ, tmp_path, "quickstart")
        took = time.monotonic() - begun
        again = amlpriv(environ, tmp_path, "quickstart", "--json")
    finally:
        amlpriv(environ, tmp_path, "local", "stop")
    assert done.returncode == 0, done.stderr
    assert took < 60

    story = (
        "The plan",
        "upload contoso_features-1.2.0-py3-none-any.whl",
        "(created)",
        "sig=***#sha256=",
        "contoso_features 1.2.0 is here and says: a customer for 26 months",
        "(unchanged, 4 requests): nothing was uploaded, nothing would be rebuilt",
        "amlpriv publish FILE",
    )
    places = [done.stdout.find(part) for part in story]
    assert -1 not in places, dict(zip(story, places, strict=True))
    assert places == sorted(places)
    assert "\x1b" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr

    shown = json.loads(again.stdout)
    assert Path(shown["file"]) == example_file()
    assert shown["publish"]["action"] == shown["publish_again"]["action"] == "unchanged"
    assert shown["build"]["reused"] is True
    assert "says: a customer for 26 months" in again.stderr
    assert not list(tmp_path.glob("*.yml"))
    for text in (done.stdout, done.stderr, again.stdout, again.stderr):
        assert "sig=" not in text.replace("sig=***", "")
