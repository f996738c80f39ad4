"""capture asks the default index only when it is told to, and once for each name that looks private."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.actions.capture import capture
from tests.actions.captured_projects import make_venv, uv
from tests.package_servers import ToldIndex, told_index
from tests.wheelhouse import build_wheel


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three packages of an index: the one has a web page, the index still knows the second."""

    folder = tmp_path_factory.mktemp("index")
    names = ("contoso-public", "contoso-known", "contoso-secret")
    wheels = [str(build_wheel(folder / "wheels", name=name)) for name in names]
    interpreter = make_venv(folder / "venv", os.environ)
    install = ["pip", "install", "-q", "--python", str(interpreter), "--link-mode", "copy", "--no-index"]
    uv([*install, "--find-links", str(Path(wheels[0]).parent), *names], os.environ)
    (metadata,) = (folder / "venv").rglob("contoso_public-*.dist-info/METADATA")
    text = metadata.read_text().replace("Summary:", "Home-page: https://example.org\nSummary:")
    metadata.write_text(text)
    return interpreter


def environ(scrubbed: dict[str, str], told: ToldIndex) -> dict[str, str]:
    return {**scrubbed, "PIP_INDEX_URL": told.simple, "UV_DEFAULT_INDEX": told.simple}


def test_nothing_is_asked_by_default(python: Path, scrubbed: dict[str, str]) -> None:
    with told_index() as told:
        found = capture(python=python, environ=environ(scrubbed, told))
    assert told.reads == []
    (note,) = found.notes
    assert note.endswith("contoso-known, contoso-secret.")


def test_each_suspicious_name_is_asked_for_once(python: Path, scrubbed: dict[str, str]) -> None:
    with told_index() as told:
        told.files["contoso_known-1.0-py3-none-any.whl"] = b""
        found = capture(python=python, environ=environ(scrubbed, told), ask_index=True)
    assert told.reads == ["/simple/contoso-known/", "/simple/contoso-secret/"]
    assert [(one.code, one.subject) for one in found.report] == [("AP706", "contoso-secret")]
    assert "contoso-secret==1.2.0" in found.text
    assert found.notes == ()


def test_an_index_that_does_not_answer_keeps_nothing_from_being_captured(
    python: Path, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    settings = {
        **scrubbed,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple/",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple/",
    }
    found = capture(python=python, environ=settings, ask_index=True)
    assert len(found.notes) == 2
    assert "could not be asked" in found.notes[0]
    assert found.report.findings == ()
