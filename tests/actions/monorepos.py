"""Repositories of several projects, for tests of packages that require each other."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.actions.preparing import Prepared, preparing
from tests.actions.projects import IMAGE

__all__ = ["BACKEND", "USES_TOOL", "WORKSPACE", "Repository", "new_repository"]

WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*", "libs/*"]\nexclude = ["packages/old"]\n'
BACKEND = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'

TOOL = """\
from pathlib import Path
from flit_core import buildapi
from contoso_words import VERSION
def build_wheel(folder, config_settings=None, metadata_directory=None):
    file = Path("pyproject.toml")
    file.write_text(file.read_text().replace('"1.0"', f'"{VERSION}"'))
    return buildapi.build_wheel(folder)
"""
USES_TOOL = '[build-system]\nrequires = ["flit_core", "contoso-build"]\nbuild-backend = "contoso_build"\n'


@dataclass
class Repository:
    """Projects in folders, and what was said when they were prepared."""

    root: Path
    environ: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def project(
        self,
        folder: str,
        requires: Sequence[str] = (),
        more: str = "",
        *,
        version: str = "1.0",
        name: str | None = None,
        backend: str = BACKEND,
    ) -> Path:
        """A project whose name is its folder's, with ``contoso-`` in front."""
        name = name or f"contoso-{Path(folder).name}"
        listed = ", ".join(f"{item!r}" for item in requires)
        head = f'[project]\nname = "{name}"\nversion = "{version}"\ndescription = "x"\ndependencies = [{listed}]\n'
        module = name.replace("-", "_")
        self.write(f"{folder}/{module}/__init__.py", f'NAME = "{name}"\n')
        return self.write(f"{folder}/pyproject.toml", f"{backend}{head}{more}").parent

    def tools(self) -> None:
        """A workspace with the packages that ``USES_TOOL`` needs; the version of what is built becomes 5.0."""
        needs = '[tool.uv.sources]\ncontoso-words = {path = "../words"}\n'
        self.project("tools/build", ["flit_core", "contoso-words"], needs)
        self.write("tools/build/contoso_build/__init__.py", TOOL)
        self.project("tools/words")
        self.write("tools/words/contoso_words/__init__.py", "VERSION = '5.0'\n")
        self.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*", "tools/*"]\n')

    def environment(self, lines: Sequence[str], sources: Mapping[str, str], folder: str = "ml", more: str = "") -> Path:
        text = f"name: churn\nimage: {IMAGE}\n{more}conda_file:\n  channels: [conda-forge]\n  dependencies:\n"
        text += "    - python=3.11\n    - pip=25.3\n    - pip:\n" + "".join(f'      - "{line}"\n' for line in lines)
        text += "sources:\n" + "".join(f"  {name}: {source}\n" for name, source in sources.items()) if sources else ""
        return self.write(f"{folder}/environment.yml", text)

    def prepare(self, path: Path, **options: object) -> Prepared:
        self.said.clear()
        with preparing(path, environ=self.environ, say=self.said.append, **options) as prepared:  # type: ignore[arg-type]
            assert all(wheel.is_file() for wheel in prepared.paths.values())
            return prepared

    def only_features(self, **options: object) -> Prepared:
        """Prepare a file that names the top package and nothing else."""
        file = self.environment(["contoso-features"], {"contoso-features": "{path: ../packages/features}"})
        return self.prepare(file, **options)


def new_repository(root: Path, home: Path, cache: Path) -> Repository:
    """An empty git repository; ``cache`` may be shared, for what was built before is found by its content."""
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return Repository(
        root, {**os.environ, "AMLPRIV_HOME": str(home), "AMLPRIV_CACHE": str(cache), "AMLPRIV_NO_BUILD_CACHE": "0"}
    )
