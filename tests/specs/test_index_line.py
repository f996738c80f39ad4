"""One index line for the packages that an index serves."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from amlpriv.errors import InputError
from amlpriv.specs.environment import EnvironmentFile, parse_environment_file
from amlpriv.specs.index_line import asked_of_index, index_in_use, with_index_line, with_pins
from amlpriv.specs.pyproject import read_pyproject
from amlpriv.specs.resolution import Pin, PinnedFile, Resolution
from amlpriv.target import Target

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
OTHER = "https://pkgs.dev.azure.com/contoso/ml/_packaging/other/pypi/simple/"


def read(*pip: str, sources: str = "contoso-core: {index: contoso}", url: str = FEED) -> EnvironmentFile:
    """An environment file; the first pip line stands in line 5."""
    lines = [f"    - {line}" for line in pip or ("contoso-core>=4",)]
    top = ["name: churn", "conda_file:", "  dependencies:", "  - pip:", *lines, "sources:", f"  {sources}", "indexes:"]
    indexes = [f"  contoso: {{url: '{url}'}}", f"  again: {{url: '{url.upper()}'}}", f"  other: {{url: '{OTHER}'}}"]
    text = "\n".join([*top, *indexes, ""])
    return parse_environment_file(text, "environment.yml", load=str)


def lines(file: EnvironmentFile) -> list[str]:
    """The pip section."""
    return [line.text for line in file.conda.pip] if file.conda else []


def test_the_index_becomes_the_first_pip_line() -> None:
    """In the form that pip wants."""
    assert lines(with_index_line(read(url=FEED.removesuffix("/simple/")))) == [f"--index-url {FEED}", "contoso-core>=4"]


def test_a_file_without_packages_from_an_index_stays_as_it_is() -> None:
    """Declared indexes alone change nothing."""
    file = read("a", sources="a: {path: a.whl}")
    assert with_index_line(file) is file
    assert index_in_use(file) is None


def test_a_line_that_leads_to_the_same_feed_stays() -> None:
    """Whoever wrote it by hand."""
    file = read(f"--index-url {FEED.upper().replace('HTTPS', 'https')}", "contoso-core")
    assert with_index_line(file) is file


def test_paths_keep_their_sources_behind_the_new_line() -> None:
    """They are counted by pip lines."""
    file = with_index_line(read("./a.whl", "contoso-core"))
    assert "path:1" in file.sources
    assert "path:0" not in file.sources


@pytest.mark.parametrize(("line", "message"), [(f"--index-url {OTHER}", "another index"), ("--no-index", "--no-index")])
def test_what_leads_elsewhere_is_an_error_with_its_line(line: str, message: str) -> None:
    """pip takes one index."""
    with pytest.raises(InputError, match=message) as caught:
        with_index_line(read(line, "contoso-core"))
    assert caught.value.line == 5


def test_two_feeds_are_an_error_and_two_names_of_one_are_not() -> None:
    """With the ways out."""
    two = read("a", "b", sources="a: {index: contoso}\n  b: {index: other}")
    with pytest.raises(InputError, match="two indexes") as caught:
        with_index_line(two)
    assert "mirror" in str(caught.value.hint)
    same = read("a", "b", sources="a: {index: contoso}\n  b: {index: contoso}")
    assert lines(with_index_line(same))[0] == f"--index-url {FEED}"


@pytest.mark.parametrize("url", ["https://me:hunter2@pkgs.dev.azure.com/c/_packaging/f/pypi/simple/", "nonsense"])
def test_an_address_that_cannot_be_used_is_an_error_at_its_place(url: str) -> None:
    """And a credential in it is not repeated."""
    with pytest.raises(InputError, match="address of the index 'contoso'") as caught:
        with_index_line(read(url=url))
    assert caught.value.line == 9
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_an_address_stays_beside_pins_and_its_package_is_not_pinned() -> None:
    """What an index serves is by name; a name cannot stand twice."""
    line = f"tool @ https://files.example.org/tool-1.0-py3-none-any.whl#sha256={'ab' * 32}"
    pins = tuple(
        Pin(canonicalize_name(name), Version("1.0"), (PinnedFile(f"{name}.whl", "https://a.example/", "cd" * 32),))
        for name in ("six", "tool")
    )
    file = with_pins(read(line, "contoso-core", "six"), Resolution(Target(), pins), {"contoso-core"})
    assert lines(file) == [line, "contoso-core", f"six==1.0 --hash=sha256:{'cd' * 32}"]


def test_what_an_index_serves_on_the_target() -> None:
    """Neither addresses, nor what is shipped, nor lines for others."""
    file = read("a @ https://files.example.org/a-1.0-py3-none-any.whl", "contoso-core", "six", "b; os_name=='nt'")
    assert [line.name for line in asked_of_index(file, {"contoso-core"}, Target())] == ["six"]


def test_an_index_beside_the_default_one_in_a_pyproject_becomes_the_one_index() -> None:
    """uv asks it first; its line would let pip take the public package."""
    text = """\
[project]
name = "train"
version = "1"
requires-python = ">=3.11"
dependencies = ["contoso-core>=4"]
[tool.amlpriv]
python = "3.11"
[[tool.uv.index]]
name = "contoso"
url = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
[tool.uv.sources]
contoso-core = {index = "contoso"}
"""
    file = read_pyproject(text, "pyproject.toml", load=str).environment
    assert [line for line in lines(with_index_line(file)) if line.startswith("--")] == [f"--index-url {FEED}"]
