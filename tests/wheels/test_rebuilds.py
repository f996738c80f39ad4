"""The same source, built by two versions of a build backend, is the same content. Needs the package index."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from amlpriv.wheels.wheel import Wheel

pytestmark = pytest.mark.slow

PROJECT = """\
[build-system]
requires = ["{backend}=={version}"]
build-backend = "{module}"

[project]
name = "Contoso.Features"
version = "1.2.0"
description = "A package of the tests"
readme = "README.md"
requires-python = ">=3.9"
dependencies = ["numpy>=1.2,<3", "tomli ; python_version<'3.11'"]

[project.optional-dependencies]
test_it = ["pytest"]

[project.scripts]
features = "contoso_features:main"
"""
BACKENDS = [
    ("hatchling", "hatchling.build", "1.25.0", "1.27.0"),
    ("setuptools", "setuptools.build_meta", "75.8.0", "80.9.0"),
]


@pytest.fixture
def build(tmp_path: Path, read: Callable[[Path], Wheel]) -> Callable[..., Wheel]:
    """Build the project in its own folder and read the wheel."""

    def built(
        backend: str, module: str, version: str, source: str = "def main() -> None: ...\n", old: str = "", new: str = ""
    ) -> Wheel:
        folder = tmp_path / f"{backend}-{version}-{len(list(tmp_path.iterdir()))}"
        (folder / "contoso_features").mkdir(parents=True)
        (folder / "contoso_features" / "__init__.py").write_text(source, encoding="utf-8")
        (folder / "README.md").write_text("# Features\n", encoding="utf-8")
        (folder / "LICENSE").write_text("Private.\n", encoding="utf-8")
        text = PROJECT.format(backend=backend, version=version, module=module)
        (folder / "pyproject.toml").write_text(text.replace(old, new) if old else text, encoding="utf-8")
        subprocess.run(
            [
                uv.find_uv_bin(),
                "build",
                "--wheel",
                "--quiet",
                "--no-config",
                "--out-dir",
                str(folder / "dist"),
                str(folder),
            ],
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1577836800"},
        )
        (path,) = (folder / "dist").glob("*.whl")
        return read(path)

    return built


@pytest.mark.parametrize(("backend", "module", "old", "new"), BACKENDS)
def test_another_version_of_the_backend_is_the_same_content(
    build: Callable[..., Wheel], backend: str, module: str, old: str, new: str
) -> None:
    first, second = build(backend, module, old), build(backend, module, new)
    assert first.sha256 != second.sha256
    assert first.content_hash == second.content_hash
    assert first.import_names == ("contoso_features",)


@pytest.mark.parametrize(("backend", "module", "version"), [each[:3] for each in BACKENDS])
def test_a_changed_module_or_dependency_is_other_content(
    build: Callable[..., Wheel], backend: str, module: str, version: str
) -> None:
    first = build(backend, module, version)
    assert build(backend, module, version, source="def main() -> int: ...\n").content_hash != first.content_hash
    assert build(backend, module, version, old="numpy>=1.2", new="numpy>=1.3").content_hash != first.content_hash
