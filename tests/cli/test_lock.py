"""amlpriv lock on the command line, and --locked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Amlpriv, environment_text
from tests.source_index import SourceIndex, source_index
from tests.wheelhouse import build_wheel


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceIndex]:
    """An index with acme-core."""
    folder = tmp_path_factory.mktemp("served")
    build_wheel(folder, name="acme-core", version="1.1")
    with source_index(folder) as index:
        yield index


@pytest.fixture
def file(project: Path, served: SourceIndex, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment file that needs it."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, served.simple)
    path = project / "environment.yml"
    path.write_text(environment_text().replace("sources:", "      - acme-core\nsources:"), encoding="utf-8")
    return path


def test_lock_writes_beside_the_file_and_says_what(file: Path, amlpriv: Amlpriv) -> None:
    ended = amlpriv("lock", file.name)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("environment.lock.txt  written: 1 pin, 1 private, for CPython 3.11 on linux x86_64 ")
    assert "acme-core==1.1" in file.with_name("environment.lock.txt").read_text(encoding="utf-8")
    again = amlpriv("lock", file.name, "--json", "--upgrade")
    assert again.json["written"] is False
    assert again.json["packages"] == [{"name": "acme-core", "version": "1.1"}]
    assert again.json["private"] == [{"name": "contoso-features", "version": "1.2.0"}]


def test_check_is_1_for_a_stale_lock_and_for_none(file: Path, amlpriv: Amlpriv) -> None:
    missing = amlpriv("lock", file.name, "--check")
    assert (missing.code, missing.out) == (1, "environment.lock.txt  stale\n  there is no lock\n")
    amlpriv("lock", file.name)
    assert amlpriv("lock", file.name, "--check").out == "environment.lock.txt  fresh\n"
    file.write_text(file.read_text(encoding="utf-8").replace("acme-core", "acme-core>=1"), encoding="utf-8")
    stale = amlpriv("lock", file.name, "--check", "--json")
    assert stale.code == 1
    assert stale.json["stale_because"] == ["acme-core became acme-core>=1"]


def test_check_and_plan_refuse_without_a_fresh_lock_where_it_is_wanted(file: Path, amlpriv: Amlpriv) -> None:
    """Nothing is started for that."""
    assert amlpriv("check", file.name, "--offline", "--locked").code == 2
    assert amlpriv("plan", file.name, "--locked", "--no-start").code == 2
    amlpriv("lock", file.name)
    used = amlpriv("check", file.name, "--offline", "--locked")
    assert used.code == 0
    assert "1 pin of environment.lock.txt is used" in used.err
    file.write_text(file.read_text(encoding="utf-8").replace("acme-core", "acme-core>=1"), encoding="utf-8")
    stale = amlpriv("plan", file.name, "--locked", "--no-start")
    assert stale.code == 1
    assert "error AP112: The lock is stale and not used: acme-core became acme-core>=1." in stale.err
    assert "Lock again: 'amlpriv lock environment.yml'." in stale.err
    warned = amlpriv("check", file.name, "--offline")
    assert warned.code == 0
    assert "warning AP112" in warned.err
    assert "AP112" not in amlpriv("check", file.name, "--offline", "--ignore", "AP112").err


def test_what_cannot_be_is_refused_up_front(file: Path, amlpriv: Amlpriv) -> None:
    for option in (["--out", "nope/x"], ["--upgrade-package", ""], ["--image", ""]):
        refused = amlpriv("lock", file.name, *option)
        assert refused.code == 2, option
        assert not refused.out


def test_a_wrong_file_and_a_wrong_name_are_errors(file: Path, amlpriv: Amlpriv) -> None:
    assert amlpriv("lock", "absent.yml").code == 3
    amlpriv("lock", file.name, "--out", "pins.txt")
    assert amlpriv("lock", "pins.txt", "--python", "3.11").code == 3
    refused = amlpriv("lock", file.name, "--out", "pins.txt", "--upgrade-package", "acme-typo")
    assert refused.code == 2
    assert "acme-typo is not in the lock." in refused.err
