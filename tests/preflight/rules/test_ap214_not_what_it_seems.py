"""Lines of the conda layer that mean something else than they seem to."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]

TEXT = """\
name: churn
image: ubuntu:22.04
conda_file:
  channels: [conda-forge]
  dependencies:
  - python=3.11
  - {line}
  - pip=25.3
"""


def test_a_template_is_an_error(found: Found) -> None:
    """Nobody fills it in."""
    (finding,) = found("AP214", TEXT.format(line="numpy={{ numpy_version }}"))
    assert (finding.severity, finding.line, finding.subject) == (Severity.ERROR, 7, "numpy")


def test_a_selector_is_a_warning(found: Found) -> None:
    """conda-build reads it, conda does not."""
    (finding,) = found("AP214", TEXT.format(line="pywin32  # [win]"))
    assert (finding.severity, finding.line) == (Severity.WARNING, 7)
    assert "[win] is a comment to conda" in finding.message


def test_a_turned_operator_is_a_warning(found: Found) -> None:
    """conda reads =>1.8 as >1.8."""
    (finding,) = found("AP214", TEXT.format(line="numpy=>1.8"))
    assert "conda reads 'numpy=>1.8' as '>1.8'" in finding.message


def test_ordinary_lines_and_comments_are_left_alone(found: Found) -> None:
    for line in ("numpy>=1.8  # see [1]", "numpy[version='>=1.8']  # pinned", "numpy", "conda-forge::numpy=1.26=py*"):
        assert not found("AP214", TEXT.format(line=line))


def test_a_template_in_a_pip_line_is_an_error(found: Found) -> None:
    """It is kept as it is, and nobody fills it in."""
    (finding,) = found("AP214", TEXT.format(line="pip: ['azureml-core=={{latest}}']"))
    assert (finding.severity, finding.line, finding.subject) == (Severity.ERROR, 7, "azureml-core")


def test_a_single_colon_is_a_warning(found: Found) -> None:
    """conda ignores what stands before it."""
    (finding,) = found("AP214", TEXT.format(line="conda-forge:numpy=1.26"))
    assert "written with '::'" in finding.message
