"""Conda files: read with positions, rendered for the image builder."""

from __future__ import annotations

import pytest
import yaml

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec, conda_from_data, parse_conda, render_conda
from amlpriv.specs.pip import PipOption, PipPath, PipRequirement, PipVcs
from amlpriv.specs.positions import Position

FULL = """\
name: churn
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.10   # the pin
  - conda-forge::LightGBM=3.3
  - numpy >=1.8,<2
  - pip
  - pip:
    - --index-url https://pkgs.example.com/simple/
    - pandas>=2
    # a comment
    - Contoso_Features[plot]==1.2.0 ; python_version < "3.12"
    - "scipy==1.11  # old habit"
    - git+https://host/r.git@v1
variables:
  MODE: on
  LEVEL: 007
prefix: /opt/conda/envs/churn
"""

SAS = "https://account.blob.core.windows.net/c/x.whl?si=amlpriv-1&sig=a%2Bb%3D#sha256=" + "ab" * 32


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_conda(text, "conda.yaml")
    assert caught.value.file == "conda.yaml"
    return caught.value


def test_everything_in_a_conda_file_is_read() -> None:
    spec = parse_conda(FULL, "conda.yaml")
    assert (spec.name, spec.prefix, spec.file) == ("churn", "/opt/conda/envs/churn", "conda.yaml")
    assert spec.channels == ("conda-forge", "nodefaults")
    assert [(d.name, d.spec, d.channel) for d in spec.dependencies] == [
        ("python", "=3.10", None),
        ("lightgbm", "=3.3", "conda-forge"),
        ("numpy", ">=1.8,<2", None),
        ("pip", "", None),
    ]
    assert [type(line) for line in spec.pip] == [PipOption, PipRequirement, PipRequirement, PipRequirement, PipVcs]
    assert (spec.pip_listed, spec.pip_blocks, spec.second_block) == (True, 1, None)
    assert spec.variables == (("MODE", "on"), ("LEVEL", "007"))
    assert spec.ignored_keys == ()


def test_positions_are_those_of_the_file() -> None:
    spec = parse_conda(FULL, "conda.yaml")
    assert spec.dependencies[1].position == Position("conda.yaml", 7, 5)
    assert spec.pip[2].position == Position("conda.yaml", 14, 7)


def test_a_small_file_is_enough() -> None:
    assert parse_conda("dependencies: [python=3.11]\n").dependencies[0].text == "python=3.11"
    assert parse_conda("channels:\ndependencies:\n") == CondaSpec()


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("python=3.11", (3, 11)),
        ("python==3.11", (3, 11)),
        ("python==3.11.*", (3, 11)),
        ("python=3.11.*", (3, 11)),
        ("python=3.11.9", (3, 11)),
        ("python=3.10", (3, 10)),
        ("python 3.11", (3, 11)),
        ("python 3.11.*", (3, 11)),
        ("python = 3.11", (3, 11)),
        ("python=3.11=h123_0_cpython", (3, 11)),
        ("conda-forge::python=3.12", (3, 12)),
        ("python[version='3.11.*']", (3, 11)),
        ("python>=3.11", None),
        ("python>=3.11,<3.12", None),
        ("python=3.11|3.12", None),
        ("python=3", None),
        ("python", None),
        ("python_abi=3.11", None),
        ("pandas=2.0", None),
    ],
)
def test_the_pinned_python(text: str, python: tuple[int, int] | None) -> None:
    spec = parse_conda(f"dependencies:\n- {text}\n")
    assert spec.python == python
    assert (spec.python_dependency is not None) == (spec.dependencies[0].name == "python")


@pytest.mark.parametrize(
    ("text", "name", "spec"),
    [
        ("_libgcc_mutex=0.1=main", "_libgcc_mutex", "=0.1=main"),
        ("conda-forge/linux-64::ca-certificates", "ca-certificates", ""),
        ("ruamel.yaml", "ruamel.yaml", ""),
        ("numpy 1.8 py27_0", "numpy", "1.8 py27_0"),
        ("https://host/conda/linux-64/foo-bar-1.2-py311_0.conda", "foo-bar", "==1.2"),
    ],
)
def test_names_and_specs(text: str, name: str, spec: str) -> None:
    dependency = parse_conda(f"dependencies:\n- {text}\n").dependencies[0]
    assert (dependency.name, dependency.spec, dependency.text) == (name, spec, text)


def test_two_pip_blocks_are_one_list_that_knows_where_the_second_begins() -> None:
    spec = parse_conda("dependencies:\n- pip:\n  - a\n  - b\n- numpy\n- pip: [c]\n")
    assert [line.text for line in spec.pip] == ["a", "b", "c"]
    assert (spec.pip_blocks, spec.second_block, spec.pip_listed) == (2, 2, False)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("dependancies: [python]\n", 1, "Unknown key 'dependancies'", "Did you mean 'dependencies'?"),
        ("dependencies:\n- pip:\n- pandas\n", 2, "'pip:' section is empty", "Indent"),
        ("dependencies:\n- pip: pandas\n", 2, "'pip:' must be a list", "- "),
        ("dependencies:\n- npm:\n  - x\n", 2, "Unknown section 'npm'", "Only 'pip:'"),
        ("dependencies:\n- ./dist/x.whl\n", 2, "Not a conda dependency", "pip:"),
        ("dependencies:\n- --pre\n", 2, "Not a conda dependency", "pip:"),
        ("dependencies:\n- pip:\n  - a: b\n", 3, "A pip line must be text", "quotes"),
        ("dependencies:\n- pip:\n  - a\n  -\n", 4, "A pip line is empty", "Remove"),
        ("dependencies:\n- pip:\n  - pandas=2\n", 3, "Not a requirement", "'=='"),
        ("dependencies: python\n", 1, "'dependencies' must be a list", "- "),
        ("channels: conda-forge\n", 1, "'channels' must be a list", "- "),
        ("variables: [a]\n", 1, "'variables' must be a mapping", None),
        ("variables:\n  A: [x]\n", 2, "variable 'A' must be text", None),
        ("name: [x]\n", 1, "'name' must be text", None),
    ],
)
def test_mistakes_have_their_line(text: str, line: int, message: str, hint: str | None) -> None:
    error = refused(text)
    assert error.line == line
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_the_first_mistake_counts_the_others() -> None:
    error = refused("channels: x\ndependencies:\n- numpy\n- pip:\n  - a=1\n  - ok\n  - b=1\n")
    assert error.line == 1
    assert "2 more problems" in (error.hint or "")


def test_a_key_that_conda_ignores_is_told() -> None:
    assert parse_conda("platforms: [linux-64]\ndependencies: [python]\n").ignored_keys == ("platforms",)


def test_a_mapping_made_in_python_has_no_positions() -> None:
    spec = conda_from_data({"dependencies": ["python=3.11", {"pip": ["pandas>=2"]}]})
    assert spec.python == (3, 11)
    assert spec.pip[0].position is None
    with pytest.raises(InputError, match="Not a requirement"):
        conda_from_data({"dependencies": [{"pip": ["a=1"]}]})


def test_what_a_spec_prints_holds_no_secret() -> None:
    text = "channels: ['https://u:s3cr3t@host/c']\nvariables: {TOKEN: s3cr3t}\n"
    text += "dependencies:\n- pip:\n  - --index-url https://u:s3cr3t@host/simple/\n"
    assert "s3cr3t" not in repr(parse_conda(text))


def test_rendering_replaces_private_lines_and_keeps_the_rest() -> None:
    spec = parse_conda(FULL)
    rendered = render_conda(spec, urls={"Contoso.Features": SAS}, extra_pip=[f"contoso-core @ {SAS}"])
    assert rendered == (
        "name: churn\n"
        "channels:\n- conda-forge\n- nodefaults\n"
        "dependencies:\n"
        "- python=3.10\n- conda-forge::LightGBM=3.3\n- numpy >=1.8,<2\n- pip\n"
        "- pip:\n"
        "  - --index-url https://pkgs.example.com/simple/\n"
        "  - pandas>=2\n"
        f'  - contoso-features[plot] @ {SAS} ; python_version < "3.12"\n'
        "  - scipy==1.11\n"
        "  - git+https://host/r.git@v1\n"
        f"  - 'contoso-core @ {SAS}'\n"
        "variables:\n  MODE: 'on'\n  LEVEL: '007'\n"
    ).replace("'contoso-core @ " + SAS + "'", f"contoso-core @ {SAS}")


def test_rendering_puts_all_pip_lines_into_one_block_at_the_end() -> None:
    spec = parse_conda("dependencies:\n- pip: [a]\n- python=3.11\n- pip: [b]\n")
    assert render_conda(spec) == "dependencies:\n- python=3.11\n- pip:\n  - a\n  - b\n"


def test_rendering_adds_neither_pip_nor_keys_that_were_absent() -> None:
    assert render_conda(parse_conda("dependencies: [python=3.11]\n")) == "dependencies:\n- python=3.11\n"


def test_each_requirement_stands_on_one_physical_line() -> None:
    marker = " ; python_version < '3.12' and sys_platform == 'linux' and platform_machine == 'x86_64'"
    spec = parse_conda(f'dependencies:\n- pip:\n  - "contoso{marker}"\n')
    rendered = render_conda(spec, urls={"contoso": SAS})
    assert sum("contoso @" in line and SAS in line and "x86_64" in line for line in rendered.splitlines()) == 1
    assert yaml.safe_load(yaml.safe_dump(yaml.safe_load(rendered), width=60)) == yaml.safe_load(rendered)


def test_what_is_rendered_reads_back_the_same_and_renders_the_same() -> None:
    spec = parse_conda(FULL)
    rendered = render_conda(spec)
    again = parse_conda(rendered)
    assert render_conda(again) == rendered
    assert [d.text for d in again.dependencies] == [d.text for d in spec.dependencies]
    assert [line.text for line in again.pip if isinstance(line, PipVcs | PipOption)] == [
        line.text for line in spec.pip if isinstance(line, PipVcs | PipOption)
    ]
    assert (again.channels, again.variables, again.name) == (spec.channels, spec.variables, spec.name)


def test_a_path_that_nobody_replaced_is_refused() -> None:
    spec = parse_conda("dependencies:\n- pip:\n  - ./dist/x-1.0-py3-none-any.whl\n", "conda.yaml")
    assert isinstance(spec.pip[0], PipPath)
    with pytest.raises(InputError, match="A path cannot go into an environment") as caught:
        render_conda(spec)
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dependencies:\n- pip:\n  - --index-url https://${TOKEN}@host/simple/\n", 3),
        ("dependencies:\n- pip:\n  - git+https://${TOKEN}@host/r.git\n", 3),
        ("dependencies:\n- pip:\n  - name @ https://host/${FILE}.whl\n", 3),
        ("channels: ['https://${TOKEN}@host']\n", None),
    ],
)
def test_a_variable_is_refused_with_its_line(text: str, line: int | None) -> None:
    """Read without complaint (the file may be for another tool), but never emitted."""
    with pytest.raises(InputError, match=r"\$\{") as caught:
        render_conda(parse_conda(text, "conda.yaml"))
    assert caught.value.line == line


def test_a_line_break_in_an_added_line_is_refused() -> None:
    with pytest.raises(InputError, match="line break"):
        render_conda(CondaSpec(), extra_pip=["a\n--pre"])


def test_an_unknown_key_beside_the_known_one_is_no_slip() -> None:
    """conda ignores it, and so does the reader."""
    assert parse_conda("dependencies: [python]\noptional_dependencies: {a: [b]}\n").ignored_keys == (
        "optional_dependencies",
    )
