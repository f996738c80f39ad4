"""Every file in environments/ is what a reader may copy: it parses, passes the checks, renders, builds and works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import amlpriv
from amlpriv.actions.build import Built, build, run
from amlpriv.actions.local_feed import local_feed_create, local_feed_token
from amlpriv.actions.preparing import preparing
from amlpriv.actions.render import render
from amlpriv.building import build_wheel
from amlpriv.findings import Severity
from amlpriv.specs.environment import read_specification

FOLDER = Path(__file__).parents[1] / "environments"
FILES = sorted(FOLDER.glob("*.yml"))

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)

RUN_TESTS = """
import runpy, sys
for path in sys.argv[1:]:
    for name, test in runpy.run_path(path).items():
        if name.startswith("test_"):
            test()
            print(name)
"""
"""A package's own tests, without pytest: the environment has none, and they are plain functions."""


def test_there_are_examples() -> None:
    assert FILES


@each
def test_it_names_the_schema_and_tells_what_it_is_for(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../amlpriv/specs/environment.schema.json\n")
    assert yaml.safe_load(text)["description"]


@each
def test_it_parses(file: Path) -> None:
    found = read_specification(
        file.read_text(encoding="utf-8"),
        str(file),
        load=lambda path: (file.parent / path).read_text(encoding="utf-8"),
    )
    assert found.name == file.stem
    assert found.sources


@each
def test_it_passes_the_checks_and_renders(file: Path, environ: dict[str, str]) -> None:
    with preparing(file, environ=environ) as prepared:
        assert [item for item in prepared.report if item.severity is not Severity.NOTE] == []
    rendered = yaml.safe_load(render(file, environ=environ))
    assert rendered["name"] == file.stem
    assert not {"sources", "indexes", "via"} & set(rendered)


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.name)
def built(
    request: pytest.FixtureRequest, local_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Built]:
    """An example, built on this machine. Where it names a feed of Azure Artifacts, the local feed stands in."""
    file: Path = request.param
    known = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "indexes" not in known:
        return file, build(file, environ=local_environ)
    text = file.read_text(encoding="utf-8")
    feed = local_feed_create("examples", project="examples", environ=local_environ)
    for name in known["sources"]:
        wheel = build_wheel(
            FOLDER / "packages" / name, tmp_path_factory.mktemp(name), environ=local_environ, on_line=None
        )
        amlpriv.feed_push(wheel, to=feed.url, environ=local_environ)
    for index in known["indexes"].values():
        text = text.replace(index["url"], feed.url)
        where: dict[str, Any] = {"workspace": "local", "environ": local_environ}
        amlpriv.connect.feed(
            index["connection"], feed.url, secret=local_feed_token("read", environ=local_environ), **where
        )
    copy = tmp_path_factory.mktemp("feed") / file.name
    copy.write_text(text, encoding="utf-8")
    return copy, build(copy, environ=local_environ)


@pytest.mark.local
@pytest.mark.slow
@pytest.mark.xdist_group("build")
def test_it_builds_and_its_packages_own_tests_pass_in_it(
    built: tuple[Path, Built], local_environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    file, environment = built
    private = yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
    assert set(private) <= set(environment.environment.imported)
    folders = [FOLDER / source.get("path", f"packages/{name}") for name, source in private.items()]
    tests = [str(path) for folder in folders for path in sorted(folder.glob("tests/test_*.py"))]
    assert tests
    capfd.readouterr()
    _, code = run(file, ["python", "-c", RUN_TESTS, *tests], environ=local_environ)
    captured = capfd.readouterr()
    assert code == 0, captured.err
    assert len(captured.out.splitlines()) >= len(tests)
