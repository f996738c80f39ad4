"""Wrong address of a feed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/nuget/v3/index.json", "for nuget"),
        ("https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/upload/", "sent to this address"),
        (LEGACY, "old host"),
    ],
)
def test_an_address_that_is_no_index_is_told(found: Found, environment_text: Text, url: str, word: str) -> None:
    """With the right one as the fix."""
    text = environment_text(pip=[f"--index-url {url}", "contoso-core"], sources=[])
    (finding,) = found("AP606", text)
    assert word in finding.message
    assert "pkgs.dev.azure.com" in finding.fix


def test_no_index_beside_an_index_is_a_warning(found: Found, environment_text: Text) -> None:
    """pip ignores the index then."""
    text = environment_text(pip=["--index-url https://mirror.example.org/simple/", "--no-index", "a"], sources=[])
    (finding,) = found("AP606", text)
    assert finding.subject == "--no-index"
