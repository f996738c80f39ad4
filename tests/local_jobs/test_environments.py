"""Environments of jobs, built from their registered versions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import BuildError, InputError, UnsupportedError
from amlpriv.images import build_environment
from amlpriv.local.jobs.environments import environment_key, prepare_environment
from amlpriv.processes import ToolCancelledError
from amlpriv.recipes import build_request, folder_name
from tests.local_jobs.fakes import HERE, IMAGE

CONDA = f"dependencies:\n- python={HERE}\n"
SIGNED = "dependencies: [{pip: ['acme @ https://a.example/acme-1-py3-none-any.whl?sv=1&sig=SECRET#sha256=00']}]"


def version(**properties: Any) -> dict[str, Any]:
    return {"image": "ubuntu:24.04", "osType": "Linux", **properties}


def test_an_image_is_a_bare_python_and_says_so(builds: Path) -> None:
    lines: list[str] = []
    built = prepare_environment(version(image=IMAGE), "plain", builds=builds, environ=os.environ, on_line=lines.append)
    assert built.asked == built.used == sys.version_info[:2]
    assert any("Images are not run here" in line for line in lines)

    again = prepare_environment(version(image=IMAGE), "plain", builds=builds, environ=os.environ, on_line=lines.append)
    assert again.reused
    assert again.folder == built.folder
    other = prepare_environment(version(image=IMAGE), "another-name", builds=builds, environ=os.environ)
    assert other.folder == built.folder
    assert "was built before" in lines[-1]


def test_what_amlpriv_build_made_is_used_when_it_is_of_this_content(builds: Path) -> None:
    digest = "0123456789abcdef" * 4
    folder = builds / folder_name("known", digest)
    made = build_environment(build_request(CONDA, folder=folder, key=digest), environ=os.environ)
    properties = version(condaFile=CONDA, properties={"amlpriv.digest": digest})
    found = prepare_environment(properties, "known", builds=builds, environ=os.environ)
    assert found.reused
    assert found.folder == made.folder

    other = {**properties, "condaFile": f"{CONDA}- pip:\n  - acme-never==0\n"}
    with pytest.raises(ToolCancelledError):  # it would be built
        prepare_environment(other, "known", builds=builds, environ=os.environ, cancelled=lambda: True)
    again = prepare_environment(properties, "known", builds=builds, environ=os.environ)
    assert again.reused, "another content must not take it away"
    assert again.folder == made.folder


def test_the_signature_does_not_count_and_all_else_does() -> None:
    key = environment_key(version(condaFile=SIGNED))
    assert environment_key(version(condaFile=SIGNED.replace("SECRET", "OTHER"))) == key
    assert environment_key(version(condaFile=SIGNED, description="x", tags={"a": "b"})) == key
    for other in (SIGNED.replace("=00", "=01"), SIGNED.replace("acme-1", "acme-2")):
        assert environment_key(version(condaFile=other)) != key
    assert environment_key(version(condaFile=SIGNED, image="ubuntu:22.04")) != key
    assert environment_key(version()) != key


def test_a_signature_is_in_no_line_of_the_log_and_in_no_error(builds: Path) -> None:
    """The address leads nowhere, and pip says so in its own words."""
    lines: list[str] = []
    text = SIGNED.replace("https://a.example/", "http://127.0.0.1:9/")
    environ = {**os.environ, "PIP_RETRIES": "0"}
    with pytest.raises(BuildError) as caught:
        prepare_environment(version(condaFile=text), "signed", builds=builds, environ=environ, on_line=lines.append)
    assert "acme" in " ".join(lines)
    assert "SECRET" not in str(caught.value) + "".join(lines)
    assert not any(builds.glob("signed-*/pyvenv.cfg"))


def test_what_is_not_built_here_says_so(builds: Path) -> None:
    context = {"build": {"contextUri": "https://a.example/c", "dockerfilePath": "Dockerfile"}}
    with pytest.raises(UnsupportedError, match="Dockerfile context, and no images are built here") as caught:
        prepare_environment(context, "docker", builds=builds, environ=os.environ)
    assert "conda specification" in str(caught.value.hint)
    with pytest.raises(InputError, match="dependencies"):
        prepare_environment(version(condaFile="dependencies: 3"), "wrong", builds=builds, environ=os.environ)


def test_a_cancelled_build_does_not_begin(builds: Path) -> None:
    with pytest.raises(ToolCancelledError, match="environment late"):
        prepare_environment(version(), "late", builds=builds, environ=os.environ, cancelled=lambda: True)
    assert not any(builds.glob("late-*/pyvenv.cfg"))
