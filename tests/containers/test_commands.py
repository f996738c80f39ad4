"""The command lines, and everything around them, with a program that stands in for the tools: it runs nowhere Linux."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.containers.building import build_in_container
from amlpriv.containers.tools import ContainerTool, find_tool
from amlpriv.errors import BuildError, NetworkError, UsageError
from amlpriv.target import Target
from tests.containers.boxes import StandIn, compiled_project, stand_in

TARGET = Target((3, 12), (2, 35))
IMAGE = "quay.io/pypa/manylinux_2_28_x86_64"
SECRET = "s3cret-of-the-index"
WHEEL = "contoso_fast-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"


@pytest.fixture
def box(tmp_path: Path) -> StandIn:
    """All three tools, and an index with a password."""
    environ = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "LD_LIBRARY_PATH") if name in os.environ}
    environ |= {"PIP_INDEX_URL": f"https://someone:{SECRET}@pypi.example.org/simple/", "PIP_CONFIG_FILE": os.devnull}
    environ |= {"HTTPS_PROXY": f"http://someone:{SECRET}@proxy.example.org:3128", "HOME": str(tmp_path)}
    return stand_in(tmp_path, environ, "docker", "podman", "buildah")


def _build(box: StandIn, tmp_path: Path, tool: str = "docker", image: str | None = None) -> Path:
    project = compiled_project(tmp_path / "project")
    return build_in_container(
        project, tmp_path / "out", tool=ContainerTool(tool), target=TARGET, environ=box.environ, image=image
    )


@pytest.mark.parametrize("tool", ["docker", "podman"])
def test_docker_and_podman_get_the_project_by_copying(box: StandIn, tmp_path: Path, tool: str) -> None:
    wheel = _build(box, tmp_path, tool)

    create, copy_in, start, copy_out, remove = box.calls
    name = create[create.index("--name") + 1]
    assert create == [
        *("create", "--interactive", "--name", name, "--platform", "linux/amd64"),
        *("--user", "0:0", "--workdir", "/", "--entrypoint", "/bin/sh", IMAGE, "-s"),
    ]
    assert (copy_in[0], copy_in[2]) == ("cp", f"{name}:/")
    assert start == ["start", "--attach", "--interactive", name]
    assert copy_out[:2] == ["cp", f"{name}:/amlpriv/out"]
    assert remove == ["rm", "--force", "--volumes", name]
    assert (wheel.name, wheel.read_bytes()) == (WHEEL, b"a wheel")
    assert (box.state / "inside" / "amlpriv" / "source" / "project" / "pyproject.toml").is_file()


def test_buildah_runs_the_build_itself(box: StandIn, tmp_path: Path) -> None:
    wheel = _build(box, tmp_path, "buildah", image="example.org/own:1")

    made, copied, run, removed = box.calls
    name = made[2]
    assert made == ["from", "--name", name, "--platform", "linux/amd64", "example.org/own:1"]
    assert (copied[:3], copied[-1]) == (["copy", "--quiet", name], "/amlpriv")
    assert run[:3] == ["run", "--isolation", "chroot"]
    assert run[-4:] == [name, "--", "/bin/sh", "-s"]
    assert removed == ["rm", name]
    assert wheel.name == WHEEL


def test_no_secret_stands_in_an_argument_or_in_what_is_copied_in(box: StandIn, tmp_path: Path) -> None:
    _build(box, tmp_path)

    assert not [call for call in box.calls if SECRET in " ".join(call)]
    assert not [path for path in (box.state / "inside").rglob("*") if path.is_file() and SECRET in path.read_text()]
    assert f"export PIP_INDEX_URL=https://someone:{SECRET}@pypi.example.org/simple" in box.script
    assert f"export HTTPS_PROXY=http://someone:{SECRET}@proxy.example.org:3128" in box.script


def test_a_proxy_on_this_machine_is_reached_by_its_network(box: StandIn, tmp_path: Path) -> None:
    box.environ["HTTPS_PROXY"] = "http://127.0.0.1:3128"

    _build(box, tmp_path)

    create = box.calls[0]
    assert create[create.index("--network") + 1] == "host"


def test_the_users_certificates_go_along(box: StandIn, tmp_path: Path) -> None:
    certificates = tmp_path / "company.pem"
    certificates.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    box.environ["REQUESTS_CA_BUNDLE"] = str(certificates)

    _build(box, tmp_path)

    assert (box.state / "inside" / "amlpriv" / "certificates.pem").read_text("utf-8").startswith("-----BEGIN")
    assert "export PIP_CERT=/amlpriv/certificates.pem" in box.script


@pytest.mark.parametrize(
    ("answers", "kind", "message"),
    [
        (
            {"create": (125, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")},
            BuildError,
            "docker is installed, and its daemon does not answer",
        ),
        (
            {"create": (1, "permission denied while trying to connect to the Docker daemon socket")},
            BuildError,
            "may not use docker's daemon",
        ),
        (
            {"create": (125, "Error response from daemon: manifest for x not found: manifest unknown")},
            BuildError,
            f"docker cannot get the image {IMAGE} for linux/amd64\\.",
        ),
        (
            {"create": (125, "Get https://registry.example.org/v2/: dial tcp: lookup: no such host")},
            NetworkError,
            "its registry does not answer",
        ),
        (  # the words of podman and buildah
            {
                "create": (
                    125,
                    "Error: initializing source docker://x: pinging container registry x: dial tcp x: refused",
                )
            },
            NetworkError,
            "its registry does not answer",
        ),
        ({"cp": (1, "no space left on device")}, BuildError, "'docker cp' failed"),
        (
            {"start": (1, "AMLPRIV-SAYS nopython cp39-cp39 Python 3.9.1")},
            BuildError,
            "no CPython 3.12; it has: cp39-cp39",
        ),
        ({"start": (1, "AMLPRIV-SAYS nopip /usr/bin/python3")}, BuildError, "has no pip"),
        ({"start": (92, "cannot repair: too-recent versioned symbols")}, BuildError, "auditwheel cannot make"),
        ({"start": (137, "Killed")}, BuildError, "ended with exit code 137"),
        ({"start": (91, "ValueError: no such source")}, BuildError, "backend failed: ValueError: no such source"),
        ({"start": (91, "ERROR: HTTP error 403 while getting x")}, BuildError, "refused to serve a build requirement"),
        ({"start": (91, "Failed to establish a new connection")}, NetworkError, "could not be fetched"),
        (
            {"start": (0, "AMLPRIV-SAYS libc glibc 2.39\nAMLPRIV-SAYS norepair")},
            BuildError,
            r"glibc 2\.39, which is newer than that of .* and no auditwheel",
        ),
    ],
)
def test_each_failure_has_its_reason_and_leaves_no_container(
    box: StandIn, tmp_path: Path, answers: dict[str, tuple[int, str]], kind: type[Exception], message: str
) -> None:
    box.answers(**answers)
    box.gives("contoso_fast-1.0-cp312-cp312-linux_x86_64.whl")

    with pytest.raises(kind, match=message) as caught:
        _build(box, tmp_path)

    assert SECRET not in str(caught.value)
    assert getattr(caught.value, "hint", None)
    assert box.calls[-1][0] == "rm"


@pytest.mark.parametrize(
    ("wheels", "message"),
    [
        ((), "there were 0: none"),
        ((WHEEL, WHEEL.replace("1.0", "2.0")), "there were 2"),
        ((WHEEL.replace("312", "311"),), "does not run on CPython 3.12"),
        ((WHEEL.replace("manylinux_2_28", "musllinux_1_2"),), "does not run on"),
        (("wheel.whl",), "a wrong name"),
    ],
)
def test_a_result_that_is_no_fitting_wheel_is_refused(
    box: StandIn, tmp_path: Path, wheels: tuple[str, ...], message: str
) -> None:
    box.gives(*wheels)

    with pytest.raises(BuildError, match=message):
        _build(box, tmp_path)


def test_auto_takes_the_first_tool_that_works(box: StandIn) -> None:
    assert find_tool("auto", box.environ) == ContainerTool("docker")
    assert find_tool("podman", box.environ) == ContainerTool("podman")
    box.answers(version=(1, "Cannot connect to the Docker daemon"))
    assert find_tool("auto", box.environ) == ContainerTool("podman")
    box.answers(version=(1, "Cannot connect to the Docker daemon"), info=(1, "cannot connect to Podman"))
    with pytest.raises(BuildError, match=r"No container tool works here\. docker is installed.*podman is installed"):
        find_tool("auto", box.environ)


def test_a_missing_tool_is_named_with_the_others(tmp_path: Path) -> None:
    box = stand_in(tmp_path, {}, "podman")

    with pytest.raises(BuildError, match="docker was not found") as caught:
        find_tool("docker", box.environ)

    assert caught.value.hint == "Install docker, or use --build-in with podman or buildah."
    assert find_tool("auto", box.environ) == ContainerTool("podman")


def test_another_name_is_no_tool() -> None:
    with pytest.raises(UsageError, match="'lxc' is no container tool"):
        find_tool("lxc", {})
