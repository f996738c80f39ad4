"""What an interpreter says about itself: real ones, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from amlpriv.installed.interpreter import active_python, look_here, look_into
from amlpriv.interpreters import find_pythons
from amlpriv.specs.captured.installed import Installed, read_installed
from tests.actions.captured_projects import make_venv, uv, write_project
from tests.wheelhouse import build_wheel


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An empty venv."""
    return make_venv(tmp_path / "venv", os.environ)


def site(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def install(python: Path, *words: str) -> None:
    uv(["pip", "install", "-q", "--python", str(python), "--link-mode", "copy", *words], os.environ)


def write_info(place: Path, file: str) -> None:
    """The metadata of contoso-features 1.0, whose only file is this one."""
    info = place / "contoso_features-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: contoso-features\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{file},,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")


def look(python: Path) -> Installed:
    return read_installed(look_into(python, os.environ))


def test_an_empty_environment_has_its_version_and_the_standard_library(python: Path) -> None:
    found = look(python)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.distributions == {}
    assert found.conda is None
    assert {"os", "importlib", "sys", "_ssl"} <= found.stdlib
    assert Path(found.prefix).resolve() == python.parent.parent.resolve()
    assert found.markers["sys_platform"] == sys.platform


def test_our_own_is_told_without_a_process_and_in_the_same_form() -> None:
    here = look_here(seconds=0)
    there = look_into(Path(sys.executable), os.environ, seconds=0)
    assert here.keys() == there.keys()
    names = [[one["name"] for one in data["distributions"]] for data in (here, there)]
    assert names[0] == names[1]
    assert json.dumps(here)


def test_other_versions_run_the_script_as_well() -> None:
    others = [
        one for one in find_pythons(os.environ, Path(sys.executable)) if (3, 8) <= one.minor != sys.version_info[:2]
    ]
    if not others:
        pytest.skip("NOT PROVEN: capture of another Python version; there is none on this machine")
    for other in others:
        found = look(other.path)
        assert found.python == ".".join(map(str, other.version))
        assert {"os", "json"} <= found.stdlib
        assert "pip" not in found.stdlib
        assert all(one.modules for one in found.distributions.values() if one.key == "pip")


def test_addresses_come_as_they_are_and_nothing_is_redacted_on_the_way(python: Path, tmp_path: Path) -> None:
    install(python, str(build_wheel(tmp_path)))
    (info,) = site(python).glob("*.dist-info")
    url = "ssh://git@example.org/x.git?sig=abcdef&" + "long" * 3000
    (info / "direct_url.json").write_text(json.dumps({"url": url, "vcs_info": {}}))
    assert look(python).distributions["contoso-features"].direct_url == {"url": url, "vcs_info": {}}


def test_the_current_folder_and_pythonpath_are_not_installed(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stray.egg-info").mkdir()
    (tmp_path / "stray.egg-info" / "PKG-INFO").write_text("Name: stray\nVersion: 1\n")
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert read_installed(look_into(python, environ)).distributions == {}


@pytest.mark.parametrize("line", ["", "import sys; sys.path[0:0] = []\n"])
def test_a_pth_file_of_an_editable_install_without_a_direct_url_leads_to_the_project(
    python: Path, tmp_path: Path, line: str
) -> None:
    project = write_project(tmp_path / "features", "contoso-features")
    write_info(site(python), "_contoso_features.pth")
    (site(python) / "_contoso_features.pth").write_text(f"{line}{project / 'src'}\n")
    found = look(python).distributions["contoso-features"]
    assert Path(found.project or "").samefile(project)
    assert found.modules == ("contoso_features",)


def test_a_develop_install_of_setuptools_leads_to_the_project(python: Path, tmp_path: Path) -> None:
    project = write_project(tmp_path / "old", "contoso-old")
    info = project / "src" / "contoso_old.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: contoso-old\nVersion: 0.3\n")
    (info / "requires.txt").write_text("requests>=2\n\n[gpu]\ncupy\n")
    (info / "top_level.txt").write_text("contoso_old\n")
    (site(python) / "easy-install.pth").write_text(f"{project / 'src'}\n")
    (site(python) / "contoso-old.egg-link").write_text(f"{project / 'src'}\n../")
    found = look(python).distributions["contoso-old"]
    assert Path(found.project or "").samefile(project)
    assert found.modules == ("contoso_old",)
    assert [text.replace(" ", "") for text in found.requires] == ["requests>=2", 'cupy;extra=="gpu"']


def test_a_finder_of_setuptools_names_the_modules(python: Path, tmp_path: Path) -> None:
    project = write_project(tmp_path / "features", "contoso-features")
    finder = "__editable___contoso_features_1_0_finder.py"
    place = (project / "src" / "contoso_features").as_posix()
    (site(python) / finder).write_text(f"MAPPING: dict = {{'contoso_features': '{place}'}}\nNAMESPACES: dict = {{}}\n")
    write_info(site(python), finder)
    found = look(python).distributions["contoso-features"]
    assert Path(found.project or "").samefile(project)
    assert found.modules == ("contoso_features",)


def test_what_is_broken_is_named_and_the_rest_is_told(python: Path, tmp_path: Path) -> None:
    install(python, str(build_wheel(tmp_path)))
    (site(python) / "empty-1.0.dist-info").mkdir()
    (site(python) / "lost-1.0.dist-info").mkdir()
    (site(python) / "lost-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    found = look(python)
    assert set(found.distributions) == {"contoso-features"}
    assert [file for file, _ in found.broken] == ["empty-1.0.dist-info", "lost-1.0.dist-info"]


def test_a_file_that_is_changed_is_seen_and_what_python_itself_writes_is_not(python: Path, tmp_path: Path) -> None:
    modules: dict[str, Any] = {"a/__init__.py": "x = 1\n", "a/data.bin": b"\0" * 10, "b.py": "y = 1\n"}
    install(python, str(build_wheel(tmp_path, modules=modules)))
    subprocess.run([python, "-c", "import a, b"], check=True)
    assert look(python).distributions["contoso-features"].modified == ()
    (site(python) / "a" / "data.bin").write_bytes(b"\0" * 11)
    (site(python) / "b.py").write_text("y = 2\n")
    found = look(python).distributions["contoso-features"]
    assert found.modified == (("a/data.bin", "changed"), ("b.py", "changed"))


def test_conda_packages_and_those_that_pip_has_put_over_them(python: Path, tmp_path: Path) -> None:
    install(python, str(build_wheel(tmp_path, name="numpy", version="1.26")))
    install(python, str(build_wheel(tmp_path, name="pandas", version="2.0")))
    prefix, place = python.parent.parent, site(python)
    (prefix / "conda-meta").mkdir()
    below = place.relative_to(prefix).as_posix()
    for name, version, infos in (("numpy", "1.26", "1.26"), ("pandas", "1.5", "1.5"), ("openssl", "3.0", "")):
        files = [f"{below}/{name}/__init__.py", f"{below}/{name}-{infos}.dist-info/METADATA"] if infos else ["lib/x.so"]
        record = {
            "name": name,
            "version": version,
            "build": "py311_0",
            "channel": "https://conda.example.org/forge/linux-64",
            "depends": ["python >=3.11,<3.12.0a0", "openssl"],
            "files": files,
            "requested_spec": "None" if name == "openssl" else name,
        }
        (prefix / "conda-meta" / f"{name}-{version}-py311_0.json").write_text(json.dumps(record))
    (prefix / "conda-meta" / "broken-1-0.json").write_text("{")
    history = "==> 2026-01-01 00:00:00 <==\n# cmd: conda create\n+numpy-1.26\n# update specs: ['numpy', 'pandas']\n"
    (prefix / "conda-meta" / "history").write_text(history)
    found = look(python)
    assert found.conda is not None
    assert {name: one.alive for name, one in found.conda.items()} == {"numpy": True, "pandas": False, "openssl": True}
    assert found.conda["numpy"].depends == ("python", "openssl")
    assert found.conda["openssl"].requested == ()
    assert found.conda["numpy"].modules == ("numpy",)
    assert found.conda_specs == ("update specs: ['numpy', 'pandas']",)
    assert {name: one.conda for name, one in found.distributions.items()} == {"numpy": "numpy", "pandas": None}
    assert [file for file, _ in found.broken] == ["broken-1-0.json"]


def test_the_active_environment_is_that_of_the_shell(python: Path, tmp_path: Path) -> None:
    prefix, other = str(python.parent.parent), str(tmp_path / "none")
    assert active_python({"VIRTUAL_ENV": prefix, "CONDA_PREFIX": other}).parent == python.parent
    assert active_python({"VIRTUAL_ENV": other, "CONDA_PREFIX": prefix, "PATH": ""}).parent == python.parent
    assert active_python({"PATH": str(python.parent)}).parent == python.parent
