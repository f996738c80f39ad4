"""The README's Azure DevOps pipeline: its script really mirrors, with the pipeline's own token and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from amlpriv.actions.local_feed import local_feed_create, local_feed_list, local_feed_token
from amlpriv.local.environment import environment_variables
from amlpriv.local.state import State
from tests.package_servers import PASSWORD, USER, pypi_server
from tests.wheelhouse import build_wheel

README = Path(__file__).parents[1] / "README.md"

pytestmark = [pytest.mark.local, pytest.mark.slow]


def steps() -> list[dict[str, Any]]:
    """The pipeline's steps, as a reader copies them."""
    text = README.read_text(encoding="utf-8")
    match = re.search(r"```yaml\n(# azure-pipelines-mirror\.yml\n.*?)```", text, re.DOTALL)
    assert match is not None
    found: list[dict[str, Any]] = yaml.safe_load(match[1])["steps"]
    return found


def filled(value: str, known: dict[str, str]) -> str:
    """A variable's value as Azure Pipelines fills it in."""
    return re.sub(r"\$\{\{ parameters\.(\w+) \}\}|\$\((System\.AccessToken)\)", lambda at: known[at[1] or at[2]], value)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_pipelines_script_mirrors_what_its_parameter_names(
    tmp_path: Path, scrubbed: dict[str, str], local_environ: dict[str, str], local_state: State
) -> None:
    """Azure's own host name leads to the local feed, and no other host can be reached."""
    local_feed_create("on-demand", upstream=False, environ=local_environ)
    token = local_feed_token("write", environ=local_environ).reveal()
    (script,) = [step for step in steps() if "feed mirror" in str(step.get("script"))]
    known = {
        "packages": "contoso-plots contoso-core>=1",
        "feed": "https://pkgs.dev.azure.com/local/ml/_packaging/on-demand/pypi/simple/",
        "System.AccessToken": token,
    }
    with pypi_server(tmp_path / "source") as source:
        folder = tmp_path / "source" / "packages"
        build_wheel(folder, name="contoso-core", version="2.0")
        build_wheel(folder, name="contoso-base", version="3.0")
        build_wheel(folder, name="contoso-plots", version="1.0", requires_dist=["contoso-base"])
        index = f"{source.origin.replace('://', f'://{USER}:{PASSWORD}@')}/simple/"
        environ = environment_variables(local_state, scrubbed, isolated=True)
        environ |= {name: filled(value, known) for name, value in script["env"].items()}
        environ |= {"PIP_INDEX_URL": index, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-e", "-c", script["script"]],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert token not in done.stdout + done.stderr
    (feed,) = [one for one in local_feed_list(environ=local_environ) if one.name == "on-demand"]
    assert [package.name for package in feed.packages] == ["contoso-base", "contoso-core", "contoso-plots"]


def test_the_pipeline_keeps_its_token_in_the_environment_alone() -> None:
    """Parameters reach the script as variables too: text of a parameter is never a part of the script."""
    for step in steps():
        assert "$(" not in str(step.get("script", ""))
        assert "${{" not in str(step.get("script", ""))
