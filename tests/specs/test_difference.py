"""Two specifications compared by what they mean."""

from __future__ import annotations

import pytest

from amlpriv.specs.difference import differences
from amlpriv.specs.environment import EnvironmentFile, read_specification

BASE = """\
name: churn
image: ubuntu:22.04
conda_file:
  channels: [conda-forge]
  dependencies:
  - python=3.11
  - numpy>=1.8,<2
  - pip
  - pip:
    - pandas>=2.0,<3
    - contoso-features[plot]==1.2.0 ; python_version < "3.12"
    - --index-url https://user:s3cret@example.org/simple/
  variables: {MODE: fast, API_KEY: abc}
sources:
  contoso-features: {path: ../features}
indexes:
  contoso: {url: "https://example.org/simple/", connection: feed}
"""


def _read(text: str) -> EnvironmentFile:
    return read_specification(text, "env.yml", load=lambda _: "", name="x")


def _said(old: str, new: str) -> list[str]:
    assert old in BASE
    return [str(item) for item in differences(_read(BASE), _read(BASE.replace(old, new)))]


def test_a_file_is_itself() -> None:
    assert differences(_read(BASE), _read(BASE)) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("python=3.11", "python 3.11.*   # a comment"),
        ("numpy>=1.8,<2", "numpy[version='<2, >=1.8']"),
        ("pandas>=2.0,<3", "Pandas <3.0, >= 2"),
        ("contoso-features[plot]==1.2.0", "contoso_features[ plot ] == 1.2.0"),
        ("user:s3cret@", ""),
        ("name: churn", "name: other\ndescription: words\ntags: {a: b}"),
        ("- python=3.11\n  - numpy>=1.8,<2", "- numpy>=1.8,<2\n  - python=3.11"),
    ],
)
def test_another_spelling_is_no_difference(old: str, new: str) -> None:
    assert _said(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("python=3.11", "python=3.12", "conda python: 3.11.* -> 3.12.*"),
        ("python=3.11", "python", "conda python: 3.11.* -> any version"),
        ("python=3.11", "python=3.11=h1", "conda python: 3.11.* -> 3.11 h1"),
        ("  - numpy>=1.8,<2\n", "", "conda numpy: removed (<2,>=1.8)"),
        ("  - pip\n", "  - pip\n  - scipy\n", "conda scipy: added"),
        ("- numpy", "- conda-forge::numpy", "conda numpy: <2,>=1.8 -> <2,>=1.8 from conda-forge"),
        ("pandas>=2.0,<3", "pandas>=2.1,<3", "pip pandas: <3,>=2 -> <3,>=2.1"),
        (
            "[plot]",
            "",
            'pip contoso-features: [plot] ==1.2 ; python_version < "3.12" -> ==1.2 ; python_version < "3.12"',
        ),
        ("--index-url", "--extra-index-url", "pip option --index-url: removed (https://example.org/simple/)"),
        ("ubuntu:22.04", "ubuntu:24.04", "image: ubuntu:22.04 -> ubuntu:24.04"),
        ("[conda-forge]", "[conda-forge, defaults]", "channels: conda-forge -> conda-forge, defaults"),
        ("MODE: fast", "MODE: slow", "variable MODE: fast -> slow"),
        ("../features", "../other", "source contoso-features: path ../features -> path ../other"),
        (
            "{path: ../features}",
            "{git: https://example.org/f.git, tag: v1}",
            "source contoso-features: path ../features -> git https://example.org/f.git tag v1",
        ),
        (
            "connection: feed",
            "connection: other",
            "index contoso: https://example.org/simple/ (connection feed) -> "
            "https://example.org/simple/ (connection other)",
        ),
        ("sources:", "via: image\nsources:", "via: added (image)"),
    ],
)
def test_a_difference_is_said(old: str, new: str, words: str) -> None:
    assert words in _said(old, new)


def test_a_secret_value_is_not_shown_but_its_change_is() -> None:
    assert _said("API_KEY: abc", "API_KEY: abd") == ["variable API_KEY: *** -> ***"]


def test_a_password_in_a_url_is_never_shown() -> None:
    assert "s3cret" not in str(_said("example.org/simple/\n  variables", "example.net/simple/\n  variables"))


def test_a_difference_knows_its_place() -> None:
    (item,) = differences(_read(BASE), _read(BASE.replace("numpy>=1.8", "numpy>=1.9")))
    assert str(item.position) == "env.yml:7:5"
    assert item.as_json() == {
        "subject": "conda numpy",
        "before": "<2,>=1.8",
        "after": "<2,>=1.9",
        "file": "env.yml",
        "line": 7,
    }


def test_two_lines_for_one_package_are_told_together() -> None:
    new = "pandas>=2.0,<3 ; python_version < '3.12'\n    - pandas>=3 ; python_version >= '3.12'"
    assert _said("pandas>=2.0,<3", new) == [
        'pip pandas: <3,>=2 -> <3,>=2 ; python_version < "3.12" and >=3 ; python_version >= "3.12"'
    ]
