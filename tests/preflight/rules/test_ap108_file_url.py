"""``name @ file://`` lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Packaged = Callable[..., PackagedWheel]


@pytest.mark.parametrize("line", ["'numpy @ file:///croot/numpy_1707/work'", "'numpy[x] @ file:///C:/a/numpy.whl'"])
def test_a_file_url_is_an_error(found: Found, environment_text: Text, line: str) -> None:
    """What conda env export and pip freeze write; named by the package."""
    text = environment_text(pip=["contoso-features", line])
    (finding,) = found("AP108", text)
    assert (finding.severity, finding.subject, finding.line) == (Severity.ERROR, "numpy", 10)
    assert not found("AP107", text)


def test_a_file_url_without_a_name_is_one_too(found: Found, environment_text: Text) -> None:
    """Named by its path."""
    (finding,) = found("AP108", environment_text(pip=["contoso-features", "file:///home/me/core"]))
    assert finding.subject == "/home/me/core"


def test_a_private_wheel_can_carry_one(found: Found, packaged: Packaged) -> None:
    """In Requires-Dist: the build would stop there as well."""
    (finding,) = found("AP108", wheels=[packaged(requires=["contoso-core @ file:///home/me/core"])])
    assert "requires contoso-core from a file" in finding.message
    assert "/home/me" not in finding.message


def test_other_urls_are_left_alone(found: Found, environment_text: Text, packaged: Packaged) -> None:
    """https is for the builder to fetch; a name may contain the word file."""
    lines = ["contoso-features", "'core @ https://example.com/core-1.0-py3-none-any.whl'", "file-utils", "./file/a.whl"]
    assert not found("AP108", environment_text(pip=lines), wheels=[packaged(requires=["pandas"])])
