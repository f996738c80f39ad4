"""A folder with environment files as a user has them, and the command line, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from amlpriv.cli.main import main
from tests.wheelhouse import build_wheel

WHEEL = "wheels/contoso_features-1.2.0-py3-none-any.whl"

FILE = """\
name: churn
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  channels: [conda-forge]
  dependencies:
    - python=3.11
    - pip=25.3
    - pip:
      - contoso-features{requirement}
sources:
  contoso-features: {{path: {source}}}
{more}"""


def environment_text(requirement: str = "==1.2.0", source: str = WHEEL, more: str = "") -> str:
    """An environment file with one private package; its requirement is in line 9, its source in line 11."""
    return FILE.format(requirement=requirement, source=source, more=more)


@dataclass(frozen=True)
class Ended:
    """A command that came to its end."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output; more or less than one fails here."""
        return json.loads(self.out)


class Amlpriv(Protocol):
    """Runs the command line with these words."""

    def __call__(self, *words: str | Path) -> Ended: ...


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a good environment file, its wheel, and a wheel of another package. Nothing runs."""
    folder = tmp_path / "project"
    build_wheel(folder / "wheels")
    build_wheel(folder / "others", name="contoso-other", version="1.0")
    (folder / "good.yml").write_text(environment_text(), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AMLPRIV_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def amlpriv(capfd: pytest.CaptureFixture[str]) -> Amlpriv:
    """The command line in this process."""

    def call(*words: str | Path) -> Ended:
        capfd.readouterr()
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


@pytest.fixture
def process() -> Callable[..., Ended]:
    """The command line in a process of its own."""

    def call(*words: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "amlpriv", *map(str, words)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=dict(environ or os.environ),
            cwd=cwd,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
