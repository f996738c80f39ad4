"""--build-in and --build-image on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Amlpriv


@pytest.mark.parametrize("verb", ["publish", "plan", "check", "build", "run", "render", "lock"])
def test_every_verb_that_makes_wheels_takes_the_tool(amlpriv: Amlpriv, verb: str) -> None:
    ended = amlpriv(verb, "environment.yml", "--build-in", "lxc")

    assert ended.code == 2
    assert "'lxc' is not one of 'docker', 'podman', 'buildah', 'auto'" in ended.err


@pytest.mark.parametrize("verb", ["publish", "plan", "check", "build", "run", "render", "lock"])
@pytest.mark.parametrize("image", ["", "--privileged"])
def test_what_is_no_image_is_refused_by_every_verb(amlpriv: Amlpriv, verb: str, image: str) -> None:
    command = ["--", "python", "job.py"] if verb == "run" else []
    ended = amlpriv(verb, "environment.yml", "--build-in", "docker", f"--build-image={image}", *command)

    assert ended.code == 2
    assert f"{image!r} is no image: " in ended.err


def test_an_image_without_a_tool_is_refused(amlpriv: Amlpriv) -> None:
    ended = amlpriv("check", "environment.yml", "--offline", "--build-image", "example.org/own:1")

    assert ended.code == 2
    assert "A build image without a container tool." in ended.err
    assert "--build-in docker" in ended.err
