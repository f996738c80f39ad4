"""Real packages to install and capture: a project, a git repository, a wheel, and a folder that serves as an index."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amlpriv.interpreters import uv_program
from tests.wheelhouse import build_wheel

__all__ = ["World", "make_venv", "make_world", "uv", "write_project"]


@dataclass(frozen=True)
class World:
    """Where everything lies."""

    folder: Path
    project: Path
    """contoso-features, a project folder."""
    repository: Path
    """With contoso-nlp in ``packages/nlp``, tag v1.0."""
    commit: str
    wheel: Path
    """contoso-core 2.0."""
    index: Path
    """A folder with the wheels of contoso-public 1.0 and contoso-base 1.1, which the first requires."""


def make_world(folder: Path) -> World:
    """Make all of them."""
    project = write_project(folder / "features", "contoso-features")
    repository = folder / "repository"
    write_project(repository / "packages" / "nlp", "contoso-nlp")
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"], ["tag", "v1.0"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    wheel = build_wheel(folder / "wheels", name="contoso-core", version="2.0")
    index = folder / "index"
    build_wheel(index, name="contoso-public", version="1.0", requires_dist=["contoso-base>=1"])
    build_wheel(index, name="contoso-base", version="1.1")
    build_wheel(index, name="ipykernel", version="6.0", requires_dist=["contoso-tornado"])
    build_wheel(index, name="contoso-tornado", version="6.1")
    return World(folder, project, repository, commit, wheel, index)


def write_project(folder: Path, name: str) -> Path:
    """A project of one package in ``src``."""
    module = name.replace("-", "_")
    (folder / "src" / module).mkdir(parents=True)
    (folder / "src" / module / "__init__.py").write_text(f'NAME = "{name}"\n')
    lines = ["[build-system]", 'requires = ["hatchling"]', 'build-backend = "hatchling.build"']
    (folder / "pyproject.toml").write_text("\n".join([*lines, "[project]", f'name = "{name}"', 'version = "1.0"\n']))
    return folder


def make_venv(folder: Path, environ: Mapping[str, str], *, python: str | None = None) -> Path:
    """A virtual environment; its interpreter."""
    uv(["venv", "-q", "--python", python or sys.executable, str(folder)], environ)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def uv(words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Run uv; what it says is shown when it fails."""
    done = subprocess.run([str(uv_program(environ)), *words], env=dict(environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
