"""The quickstart, as the README's second command runs it, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.local, pytest.mark.slow]


def test_the_quickstart_tells_the_whole_story(local_environ: dict[str, str]) -> None:
    """One object on standard output, the story on standard error, and no signature on either."""
    done = subprocess.run(
        [sys.executable, "-m", "amlpriv", "quickstart", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**local_environ, "PYTHONUTF8": "1"},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["build"]["imported"].keys() == {"contoso-features"}
    assert result["publish"]["environment"] == result["publish_again"]["environment"]
    assert result["publish_again"]["action"] == "unchanged"
    assert result["publish_again"]["requests"] > 0
    assert "nothing was uploaded, nothing would be rebuilt" in done.stderr
    assert "contoso_features 1.2.0 is here and says" in done.stderr + done.stdout
    for text in (done.stdout, done.stderr):
        assert "sig=" not in text.replace("sig=***", "")
