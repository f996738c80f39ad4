"""What SDK v2 makes of a published environment: the unmodified MLClient against the running local workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.environment import environment_variables
from amlpriv.local.state import State
from tests.actions.projects import IMAGE, Project
from tests.wheelhouse import build_wheel

pytestmark = pytest.mark.local

SESSION = Path(__file__).with_name("sdk_session.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def answer(local_state: State, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the session found out; one for all tests, since importing the SDK takes seconds."""
    folder = tmp_path_factory.mktemp("sdk")
    project = Project(folder, name=f"sdk-{uuid.uuid4().hex[:8]}")
    project.wheel()
    other = build_wheel(folder, name=f"contoso-{uuid.uuid4().hex[:8]}")
    environ = environment_variables(local_state, os.environ)
    done = subprocess.run(
        [sys.executable, str(SESSION), str(project.write()), str(other), str(folder)],
        env={**environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "name": project.name, "other": other.name}


def test_a_client_lends_its_workspace_and_its_sign_in(answer: dict[str, Any]) -> None:
    """Sign-in is the client's own and is not counted as ours."""
    assert answer["id"].endswith(f"/environments/{answer['name']}/versions/{answer['there'][1]}")
    assert answer["requests"]["control_plane"] > 0
    assert answer["again"] == "unchanged"


def test_the_client_finds_what_was_published(answer: dict[str, Any]) -> None:
    assert answer["there"] == [answer["name"], answer["reference"].rpartition(":")[2], IMAGE]


def test_a_job_refers_to_the_environment_by_its_id(answer: dict[str, Any]) -> None:
    assert answer["environment_of_job"] == answer["sent"] == answer["id"]


def test_neither_the_environment_nor_the_job_shows_the_signature(answer: dict[str, Any]) -> None:
    assert answer["signature_length"] > 40
    assert (answer["signature_is_shown"], answer["hidden"]) == (False, True)


def test_the_sdk_loads_the_revealed_file(answer: dict[str, Any]) -> None:
    assert answer["loaded"] == answer["there"]
    assert answer["loaded_has_url"]


def test_the_sdk_loads_what_render_shows(answer: dict[str, Any]) -> None:
    assert answer["rendered"] == {"preview": answer["there"], "registered": answer["there"]}


def test_a_client_without_workspace_is_refused(answer: dict[str, Any]) -> None:
    assert answer["refusal"].startswith("This MLClient is not bound to a workspace.")


def test_the_call_of_sdk_v1_takes_a_client(answer: dict[str, Any]) -> None:
    assert answer["url"].endswith(answer["other"])
