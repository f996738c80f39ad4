"""What of the user's shell the local workspace's own processes get."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start
from amlpriv.local.state import load_state
from amlpriv.local.withheld import without_index_credentials, without_tokens

READING = {"UV_INDEX_A_PASSWORD": "read-1234", "PIP_INDEX_URL": "https://u:read-1234@a.example.org/simple"}
TOKENS = {
    "UV_PUBLISH_TOKEN": "send-1234",
    "TWINE_PASSWORD": "send-1234",
    "SYSTEM_ACCESSTOKEN": "send-1234",
    "AZURE_DEVOPS_EXT_PAT": "send-1234",
    "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": "send-1234",
    "AMLPRIV_SAS_ACCOUNT": "send-1234",
}


def test_tokens_for_uploads_are_taken_out_and_reading_stays() -> None:
    assert without_tokens({**TOKENS, **READING, "PATH": "p"}) == {**READING, "PATH": "p"}


def test_addresses_of_indexes_stay_without_their_credentials() -> None:
    around = {**READING, "UV_INDEX": "a=https://u:p@a.example.org b=https://b.example.org", "MAIL": "x://me@b"}
    assert without_index_credentials(around) == {
        "PIP_INDEX_URL": "https://a.example.org/simple",
        "UV_INDEX": "a=https://a.example.org b=https://b.example.org",
        "MAIL": "x://me@b",
    }


@pytest.mark.local
@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's environment")
def test_the_supervisor_and_azurite_start_without_tokens(home: Home, environ: dict[str, str]) -> None:
    start(home, say=lambda _: None, environ={**environ, **TOKENS, **READING})
    state = load_state(home)
    assert state is not None
    supervisor = Path(f"/proc/{state.pid}/environ").read_text()
    azurite = Path(f"/proc/{home.storage_running.read_text(encoding='ascii')}/environ").read_text()
    assert "send-1234" not in supervisor
    assert "read-1234" in supervisor  # the feed's upstream and builds read the user's index
    assert "send-1234" not in azurite
    assert "read-1234" not in azurite
