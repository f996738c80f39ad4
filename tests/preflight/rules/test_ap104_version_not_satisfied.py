"""The wheel's version against the requirement that asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


@pytest.mark.parametrize(
    ("required", "version"),
    [
        ("contoso-features", "1.2.0"),
        ("contoso-features==1.2.0", "1.2"),
        ("contoso-features==1.2.0", "1.2.0+cu118"),
        ("contoso-features>=1.2", "1.3.0rc1"),
        ("contoso-features==1.2.*", "1.2.5"),
        ("contoso-features==1!2.0", "1!2.0"),
        ("contoso-features==9 ; sys_platform == 'win32'", "1.2.0"),
        ("contoso-features==9 ; python_version < '3.11'", "1.2.0"),
    ],
)
def test_a_version_that_satisfies_is_fine(found: Found, packaged: Packaged, required: str, version: str) -> None:
    """PEP 440 with local versions, pre-releases and epochs; a marker that does not hold asks for nothing."""
    wheel = packaged(f"contoso_features-{version}-py3-none-any.whl", required_as=[required])
    assert not found("AP104", wheels=[wheel])


@pytest.mark.parametrize(
    ("required", "version", "said"),
    [
        ("contoso-features==1.2.0", "1.1.0", "==1.2.0 is required; the source has 1.1.0."),
        ("contoso-features>=1.2.0", "1.2.0rc1", "a pre-release, which comes before 1.2.0"),
        ("contoso-features==1.2.0+cu118", "1.2.0", "without the local version"),
        ("contoso-features==1.2.0+cu118", "1.2.0+cu121", "the source has 1.2.0+cu121"),
        ("contoso-features>=2,<3", "1!2.5", "the source has 1!2.5"),
        ("contoso-features==9 ; sys_platform == 'linux'", "1.2.0", "==9 is required"),
    ],
)
def test_a_version_that_does_not_is_an_error(
    found: Found, packaged: Packaged, required: str, version: str, said: str
) -> None:
    """With the reason, where the version looks right."""
    wheel = packaged(f"contoso_features-{version}-py3-none-any.whl", required_as=[required])
    (finding,) = found("AP104", wheels=[wheel])
    assert finding.severity is Severity.ERROR
    assert said in finding.message
    assert f"contoso-features=={version}" in finding.fix
    assert (finding.file, finding.line) == ("environment.yml", 9)
