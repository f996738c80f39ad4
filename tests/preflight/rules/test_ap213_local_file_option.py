"""Options that name local files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
FILES = {"requirements.txt": "numpy\n", "C:/x/requirements.txt": "numpy\n"}


@pytest.mark.parametrize(
    "option",
    [
        "-r requirements.txt",
        "-c ../constraints.txt",
        "--requirement=C:/x/requirements.txt",
        "--find-links ./wheels",
        "-f file:///srv/wheels",
        "--index-url ./simple",
    ],
)
def test_a_local_file_is_an_error_with_its_line(found: Found, environment_text: Text, option: str) -> None:
    """The builder has no such file."""
    (finding,) = found("AP213", environment_text(pip=["numpy", f"'{option}'"], sources=[]), texts=FILES)
    assert (finding.severity, finding.line) == (Severity.ERROR, 10)
    assert "cannot see" in finding.message


def test_the_fix_is_to_write_the_lines_into_the_pip_section(found: Found, environment_text: Text) -> None:
    """For requirements files."""
    (finding,) = found("AP213", environment_text(pip=["-r requirements.txt"], sources=[]), texts=FILES)
    assert finding.fix == "Put the lines of the file into the pip section."


@pytest.mark.parametrize(
    "option",
    [
        "-r https://h.example/r.txt",
        "--find-links https://h.example/w/",
        "-i https://h.example/s/",
        "-i ${INDEX}",
        "--pre",
    ],
)
def test_an_address_is_left_alone(found: Found, environment_text: Text, option: str) -> None:
    """The builder can reach it, maybe."""
    assert not found("AP213", environment_text(pip=[f"'{option}'"], sources=[]))
