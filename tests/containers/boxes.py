"""What the tests of container builds share: a stand-in on PATH, and an image of this machine for the real tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).with_name("stand_in.py")
EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", "", -1, methods};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""
SETUP = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("contoso_fast._fast", ["src/contoso_fast/_fast.c"])])
"""
PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "contoso-fast"
version = "1.0"
"""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A program that stands in for a container tool."""

    state: Path
    environ: dict[str, str]
    """With the program on PATH, and nothing else there."""

    def answers(self, **answers: tuple[int, str]) -> None:
        """What it says to a verb, and its exit code then."""
        (self.state / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def gives(self, *wheels: str) -> None:
        """The wheels that its builds give."""
        (self.state / "wheels.json").write_text(json.dumps(wheels), encoding="utf-8")

    @property
    def calls(self) -> list[list[str]]:
        """What it was told, call by call."""
        file = self.state / "calls.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    @property
    def script(self) -> str:
        """The script that was built with."""
        return (self.state / "script.sh").read_text("utf-8")


def stand_in(folder: Path, environ: dict[str, str], *tools: str) -> StandIn:
    """A stand-in for these tools; every other program is missing."""
    programs, state = folder / "bin", folder / "state"
    programs.mkdir()
    state.mkdir()
    for tool in tools:
        if os.name == "nt":
            text = f'@"{sys.executable}" "{PROGRAM}" %*\n'
            (programs / f"{tool}.bat").write_text(text, encoding="utf-8")
        else:
            (programs / tool).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "$@"\n', encoding="utf-8")
            (programs / tool).chmod(0o755)
    made = StandIn(state, {**environ, "PATH": str(programs), "STAND_IN": str(state)})
    made.answers()
    made.gives("contoso_fast-1.0-cp312-cp312-manylinux_2_28_x86_64.whl")
    return made


def compiled_project(folder: Path, *, setup: str = SETUP, code: str = EXTENSION, pyproject: str = PYPROJECT) -> Path:
    """A project with a C extension."""
    package = folder / "src" / "contoso_fast"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    (folder / "setup.py").write_text(setup, encoding="utf-8")
    (package / "__init__.py").write_text("from contoso_fast._fast import answer\n", encoding="utf-8")
    (package / "_fast.c").write_text(code, encoding="utf-8")
    return folder


def machine_image(folder: Path, environ: dict[str, str], prefix: Path, python: str, tools: Path) -> dict[str, str]:
    """The image ``example.org/machine``: nothing but links; this machine's /usr, Python and ``tools`` are mounted into
    its containers. It has the Python where manylinux images have it, and ``tools`` on PATH.

    The answer is the environment in which buildah and podman know it. CalledProcessError when buildah does not work.
    """
    root = folder / "root"
    root.mkdir(parents=True)
    volumes = [Path("/usr"), prefix, tools]
    for name in ("bin", "lib", "lib64", "sbin"):
        host = Path("/", name)
        if host.is_symlink():
            (root / name).symlink_to(host.readlink())
        elif host.is_dir():
            volumes.append(host)
    for place in (*volumes, *map(Path, ("/etc", "/proc", "/sys", "/dev", "/run", "/root", "/tmp", "/var/tmp"))):
        root.joinpath(*place.parts[1:]).mkdir(parents=True, exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (root / "etc" / "group").write_text("root:x:0:\n", encoding="utf-8")
    tag = f"cp{python.replace('.', '')}"
    (root / "opt" / "python").mkdir(parents=True)
    (root / "opt" / "python" / f"{tag}-{tag}").symlink_to(prefix)
    settings = {**environ, **_settings(folder, volumes)}
    (folder / "Dockerfile").write_text(f"FROM scratch\nCOPY root /\nENV PATH={tools}:/usr/bin:/bin\n", encoding="utf-8")
    options = ["--isolation", "chroot", "--platform", "linux/amd64", "--tag", "example.org/machine"]
    subprocess.run(["buildah", "bud", *options, folder], env=settings, check=True, capture_output=True, timeout=120)
    return settings


def _settings(folder: Path, volumes: Iterable[Path]) -> dict[str, str]:
    """A store of their own, and what makes podman run inside of another container."""
    mounts = json.dumps([f"{place}:{place}:ro" for place in volumes])
    runtime = 'runtime = "runc"\n' if shutil.which("runc") else ""
    containers = (
        f'[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n{runtime}'
        f'[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "host"\nvolumes = {mounts}\n'
    )
    storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{folder / "graph"}"\nrunroot = "{folder / "run"}"\n'
    files = {"CONTAINERS_CONF": containers, "CONTAINERS_STORAGE_CONF": storage}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: str(folder / name) for name in files}
