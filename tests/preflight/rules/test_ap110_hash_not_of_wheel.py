"""A hash on the line of a private package."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]
Text = Callable[..., str]

ZEROS, ONES = "sha256:" + "0" * 64, "sha256:" + "1" * 64


@pytest.mark.parametrize("hashes", [f"--hash={ONES}", f"--hash=sha512:{'0' * 128}"])
def test_another_hash_than_the_wheels_is_an_error(
    found: Found, packaged: Packaged, environment_text: Text, hashes: str
) -> None:
    """Nothing later compares it."""
    text = environment_text(pip=[f"contoso-features==1.2.0 {hashes}"])
    (finding,) = found("AP110", text, wheels=[packaged()])
    assert (finding.severity, finding.line) == (Severity.ERROR, 9)
    assert "0" * 64 in finding.message


@pytest.mark.parametrize("hashes", [f"--hash={ZEROS}", f"--hash={ONES} --hash={ZEROS}", ""])
def test_the_wheels_own_hash_is_fine(found: Found, packaged: Packaged, environment_text: Text, hashes: str) -> None:
    """One of several is enough, as for pip."""
    assert not found("AP110", environment_text(pip=[f"contoso-features {hashes}"]), wheels=[packaged()])


def test_hashes_of_public_packages_are_left_to_pip(found: Found, packaged: Packaged, environment_text: Text) -> None:
    """They stay in the line."""
    text = environment_text(pip=["contoso-features", f"numpy==1.26.4 --hash={ONES}"])
    assert not found("AP110", text, wheels=[packaged()])
