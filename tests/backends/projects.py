"""One small project for each build backend, as text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["BACKENDS", "Backend", "write_project"]

PROJECT = """
[project]
name = "contoso-features"
version = "1.2.0"
description = "Features for tests"
readme = "README.md"
requires-python = ">=3.9"
dependencies = ["packaging>=20"]
[project.optional-dependencies]
gpu = ["tomli>=2"]
[project.scripts]
contoso-features = "contoso_features:main"
"""

POETRY = """
[project]
name = "contoso-features"
version = "1.2.0"
description = "Features for tests"
readme = "README.md"
requires-python = ">=3.9"
dependencies = ["packaging>=20"]
[project.optional-dependencies]
gpu = ["tomli>=2"]
[project.scripts]
contoso-features = "contoso_features:main"
[tool.poetry]
packages = [{ include = "contoso_features", from = "src" }]
"""

PACKAGE = {
    "README.md": "# Features\n",
    "src/contoso_features/__init__.py": 'NAME = "feätures"\n\n\ndef main() -> None:\n    """Nothing."""\n',
    "src/contoso_features/deep/__init__.py": "",
    "src/contoso_features/deep/zeros.py": "ZEROS = {name: 0 for name in ('a', 'b', 'c')}\n",
    "src/contoso_features/py.typed": "",
}

C_SOURCE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <assert.h>
static PyObject *where(PyObject *self, PyObject *args) {
    assert(self != 0);
    return PyUnicode_FromString(__FILE__);
}
static PyMethodDef methods[] = {{"where", where, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", 0, -1, methods};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""

CMAKE = """
cmake_minimum_required(VERSION 3.18)
project(contoso_features LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_fast MODULE src/fast.c WITH_SOABI)
install(TARGETS _fast DESTINATION contoso_features)
"""

MESON = """
project('contoso-features', 'c', version: '1.2.0')
py = import('python').find_installation(pure: false)
py.extension_module('_fast', 'src/fast.c', install: true, subdir: 'contoso_features')
py.install_sources(
  'src/contoso_features/__init__.py', 'src/contoso_features/py.typed', subdir: 'contoso_features', pure: false)
py.install_sources(
  'src/contoso_features/deep/__init__.py', 'src/contoso_features/deep/zeros.py', subdir: 'contoso_features/deep',
  pure: false)
"""

SETUP_C = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("contoso_features._fast", ["src/fast.c"])])
"""

CARGO = """
[package]
name = "contoso-features"
version = "1.2.0"
edition = "2021"
[[bin]]
name = "contoso-fast"
path = "rust/main.rs"
"""
MAIN_RS = 'fn main() {\n    assert!(std::env::args().count() < 9, "too many");\n    println!("{}", file!());\n}\n'


@cache
def _works(program: str) -> bool:
    """Whether it is there and runs: rustup has a cargo on PATH where no toolchain is installed."""
    found = shutil.which(program)
    return found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Backend:
    """A build backend, and what a project needs for it."""

    requires: str
    """As TOML strings."""
    name: str
    project: str = PROJECT
    files: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    """What must be installed on the machine; one of those that are separated by ``|``."""

    @property
    def is_compiled(self) -> bool:
        """Whether the wheel is for one platform."""
        return bool(self.programs)

    @property
    def missing(self) -> str | None:
        """The first program that this machine does not have."""
        found = (any(map(_works, program.split("|"))) for program in self.programs)
        return next((program for program, there in zip(self.programs, found, strict=True) if not there), None)


_COMPILER = ("cc|gcc|clang|cl",)

BACKENDS = {
    "setuptools": Backend('"setuptools>=77"', "setuptools.build_meta"),
    "hatchling": Backend('"hatchling"', "hatchling.build"),
    "flit-core": Backend('"flit_core>=3.11"', "flit_core.buildapi"),
    "poetry-core": Backend('"poetry-core>=2"', "poetry.core.masonry.api", POETRY),
    "pdm-backend": Backend('"pdm-backend"', "pdm.backend"),
    "uv_build": Backend('"uv_build"', "uv_build"),
    "setuptools with C": Backend(
        '"setuptools>=77"',
        "setuptools.build_meta",
        files={"setup.py": SETUP_C, "src/fast.c": C_SOURCE},
        programs=_COMPILER,
    ),
    "scikit-build-core": Backend(
        '"scikit-build-core"',
        "scikit_build_core.build",
        files={"CMakeLists.txt": CMAKE, "src/fast.c": C_SOURCE},
        programs=_COMPILER,
    ),
    "meson-python": Backend(
        '"meson-python"', "mesonpy", files={"meson.build": MESON, "src/fast.c": C_SOURCE}, programs=_COMPILER
    ),
    "maturin": Backend(
        '"maturin>=1.8,<2"',
        "maturin",
        PROJECT.replace('[project.scripts]\ncontoso-features = "contoso_features:main"\n', "")
        + '[tool.maturin]\nbindings = "bin"\npython-source = "src"\nmodule-name = "contoso_features"\n',
        files={"Cargo.toml": CARGO, "rust/main.rs": MAIN_RS},
        programs=(*_COMPILER, "cargo", "rustc"),
    ),
}


def write_project(folder: Path, backend: Backend) -> Path:
    """Write the backend's project into a new folder."""
    system = f'[build-system]\nrequires = [{backend.requires}]\nbuild-backend = "{backend.name}"\n'
    for name, text in {**PACKAGE, **backend.files, "pyproject.toml": system + backend.project}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder
