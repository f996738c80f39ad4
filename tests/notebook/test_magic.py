"""%amlpriv in a real kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.errors import UsageError
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import status
from amlpriv.notebook.magic import perform

CELLS = (
    "%load_ext amlpriv",
    "import os\nbefore = dict(os.environ)\nos.environ['AZUREML_CURRENT_CLOUD'] = 'Nowhere'",
    "%amlpriv local",
    """
import warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential
ml = MLClient.from_config(DefaultAzureCredential())
print(ml.environments.create_or_update(Environment(name="magic", image="ubuntu")).id)
""",
    "!curl -sS https://management.azure.com/ || echo no curl",
    "%amlpriv local status",
    "%amlpriv lokal",
    "%amlpriv local --faster",
    "%amlpriv local stop",
    "print(os.path.exists('config.json'), os.environ['AZUREML_CURRENT_CLOUD'])",
    "%unload_ext amlpriv",
)


@pytest.mark.local
@pytest.mark.slow
def test_a_kernel_talks_to_the_local_workspace_until_it_is_told_not_to(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    command = [sys.executable, str(Path(__file__).with_name("kernel.py")), json.dumps(CELLS)]
    surroundings = {**environ, "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        command, env=surroundings, cwd=tmp_path / "project", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    shown = json.loads(done.stdout)
    assert shown[0] == ""
    assert shown[2].endswith("This process talks to the local workspace. End it with .undo()")
    assert shown[3].rstrip().endswith("/workspaces/local/environments/magic/versions/1")
    assert "NotImplementedByLocalWorkspace" in shown[4] or "no curl" in shown[4]
    assert "running (process" in shown[5]
    assert shown[6].startswith("UsageError: %amlpriv does not know 'lokal'.")
    assert "--isolated" in shown[7]
    assert "Traceback" not in shown[6] + shown[7]
    assert shown[8] == "'The local workspace was stopped.'"
    assert shown[9] == "False Nowhere\n"
    assert shown[10] == ""
    assert status(Home.find(environ)) is None
    assert list((tmp_path / "project").iterdir()) == []


@pytest.mark.parametrize("line", ["", "start", "local restart", "local --isolated 'half", "local status now"])
def test_an_unknown_word_is_named_with_the_known_ones(line: str) -> None:
    with pytest.raises(UsageError, match="does not know") as caught:
        perform(line)
    assert "%amlpriv local status" in str(caught.value)
