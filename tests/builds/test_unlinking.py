"""Requirements on local paths are taken out of a wheel, and nothing else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.builds.unlinking import unlink
from tests.wheelhouse import build_wheel


def test_a_local_path_becomes_a_name_and_the_wheel_stays_valid(tmp_path: Path) -> None:
    requires = [
        "contoso-core[fast] @ file:///home/x/core ; python_version > '3.8'",
        "contoso-text @ https://example.org/contoso_text-1.0-py3-none-any.whl",
        "pandas>=2",
    ]
    wheel = build_wheel(tmp_path, requires_dist=requires, executable=["contoso_features/__init__.py"])
    changed = tmp_path / "new" / wheel.name
    changed.parent.mkdir()
    with wheel.open("rb") as source, changed.open("wb") as target:
        assert unlink(source, target) == {"contoso-core": "file:///home/x/core"}
    read = inspect_wheel(changed)
    core, text, pandas = read.requires_dist
    assert str(core) == 'contoso-core[fast]; python_version > "3.8"'
    assert text.url == "https://example.org/contoso_text-1.0-py3-none-any.whl"
    assert str(pandas) == "pandas>=2"
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(changed) as after:
        assert before.namelist() == after.namelist()
        kept = [(one.date_time, one.external_attr, one.compress_type) for one in before.infolist()]
        assert kept == [(one.date_time, one.external_attr, one.compress_type) for one in after.infolist()]


def test_a_wheel_without_local_paths_is_left_alone(tmp_path: Path) -> None:
    for requires in ([], ["pandas>=2", "x @ https://example.org/x-1-py3-none-any.whl"]):
        target = io.BytesIO()
        with build_wheel(tmp_path, requires_dist=requires).open("rb") as source:
            assert not unlink(source, target)
        assert target.getvalue() == b""


def test_the_address_of_a_package_that_is_shipped_is_taken_out_too(tmp_path: Path) -> None:
    url = "git+https://example.org/x.git"
    wheel = build_wheel(tmp_path, requires_dist=[f"X_x @ {url}", f"y @ {url}"])
    with wheel.open("rb") as source, (tmp_path / "new.whl").open("wb") as target:
        assert unlink(source, target, ["x-x"]) == {"x-x": url}


def test_what_is_no_wheel_is_left_alone() -> None:
    assert not unlink(io.BytesIO(b"no zip"), io.BytesIO())


def test_the_description_is_not_touched(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, requires_dist=["a @ file:///a"])
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        text = archive.read(name).decode()
    prose = "\nRequires-Dist: b @ file:///b\n"
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr(name, text + prose)
    target = io.BytesIO()
    with (tmp_path / "other.whl").open("rb") as source:
        assert unlink(source, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.read(name).decode() == text.replace("a @ file:///a", "a") + prose
