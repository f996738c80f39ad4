"""Environment files and wheels for the tests of publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from amlpriv.actions.publish import Published, publish
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace
from tests.wheelhouse import build_wheel

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class Project:
    """A folder with an environment file, and what was asked of it so far."""

    folder: Path
    name: str = "churn-train"
    listed: list[str] = field(default_factory=lambda: ["contoso-features==1.2.0"])
    sources: dict[str, str] = field(default_factory=dict)
    top: dict[str, str] = field(default_factory=dict)
    """More keys at the top of the file, as YAML."""

    @property
    def file(self) -> Path:
        return self.folder / "environment.yml"

    def wheel(self, name: str = "contoso-features", version: str = "1.2.0", **options: Any) -> Path:
        """Build a wheel and name it as the source of its package."""
        path = build_wheel(self.folder / "wheels" / f"{len(self.sources)}", name=name, version=version, **options)
        self.sources[name] = path.relative_to(self.folder).as_posix()
        return path

    def write(self) -> Path:
        """The file as it stands now."""
        lines = [f"name: {self.name}", f"image: {IMAGE}"]
        lines += [f"{key}: {value}" for key, value in self.top.items()]
        lines += ["conda_file:", "  channels: [conda-forge]", "  dependencies:", "    - python=3.11", "    - pip=25.3"]
        lines += ["    - pip:", *(f"      - {line}" for line in self.listed), "sources:"]
        lines += [f"  {name}: {{path: {path}}}" for name, path in self.sources.items()]
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.file

    def publish(self, workspace: Workspace, environ: Mapping[str, str], **options: Any) -> Published:
        return publish(self.write(), workspace=workspace, environ=environ, **options)


def project(folder: Path, modules: Mapping[str, str] | None = None, requires: Iterable[str] = ()) -> Project:
    """A project whose one private package is contoso-features 1.2.0."""
    made = Project(folder)
    made.wheel(modules=modules, requires_dist=requires)
    return made


@dataclass
class Office:
    """A project and a workspace in memory, at a given time."""

    project: Project
    environ: Mapping[str, str]
    clock: Clock = field(default_factory=Clock)
    memory: MemoryWorkspace = field(init=False)

    def __post_init__(self) -> None:
        self.memory = MemoryWorkspace(self.clock)

    def publish(self, **options: Any) -> Published:
        """Publish with a workspace that was opened for it, so that requests count from zero."""
        self.memory.requests = type(self.memory.requests)()
        return self.project.publish(self.memory.open(), self.environ, now=self.clock(), **options)

    @property
    def requests(self) -> dict[str, int]:
        counted = self.memory.requests.as_json()
        return {name: counted[name] for name in ("control_plane", "storage")}

    @property
    def policies(self) -> list[str]:
        return list(self.memory.acl.policies)
