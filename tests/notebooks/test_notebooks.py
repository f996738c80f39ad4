"""Every notebook runs from top to bottom on the local workspace and shows no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.local.state import State

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


EXPECTED = {
    "01-quickstart": ("the job imported contoso_features 1.2.0", "unchanged after 4 requests"),
    "02-local-workspace": ("registered churn-notebook", "hello from the job"),
}


def test_there_is_a_quickstart() -> None:
    assert [path.name for path in NOTEBOOKS] == ["01-quickstart.ipynb", "02-local-workspace.ipynb"]


@pytest.mark.local
@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_no_secret(
    notebook: Path, local_environ: dict[str, str], local_state: State, tmp_path: Path
) -> None:
    out = tmp_path / notebook.name
    command = [sys.executable, "-m", "amlpriv", "local", "exec", "--"]  # as a user would start Jupyter
    command += [sys.executable, str(Path(__file__).with_name("execute.py")), str(notebook), str(out)]
    surroundings = {**local_environ, "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]

    text = out.read_text(encoding="utf-8")
    assert local_state.account_key.reveal() not in text
    assert "sig=" not in text.replace("sig=***", "").replace('sig=\\" not in', "")
    printed = "".join(_outputs(json.loads(text)))
    for words in EXPECTED[notebook.stem]:
        assert words in printed


def _outputs(notebook: dict[str, list[dict[str, list[dict[str, object]]]]]) -> list[str]:
    streams = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [str("".join(output.get("text", []))) for output in streams]  # type: ignore[arg-type]  # JSON is loose


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_shipped_without_traces_of_a_machine(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
