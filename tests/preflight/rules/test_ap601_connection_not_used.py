"""Connection of the file not used."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


def test_the_named_connection_that_matches_is_fine(found: Found, from_index: Text, feed: Feed) -> None:
    """The usual case."""
    for code in ("AP301", "AP601", "AP602", "AP603", "AP604", "AP606"):
        assert not found(code, from_index(), connections=[feed()])


def test_a_missing_connection_is_an_error_with_the_command_that_makes_it(found: Found, from_index: Text) -> None:
    """And AP602 does not say it again."""
    (finding,) = found("AP601", from_index(), connections=[])
    assert finding.severity is Severity.ERROR
    assert finding.fix == f"Run: amlpriv connect feed contoso-feed --url {FEED}"
    assert not found("AP602", from_index(), connections=[])


def test_another_connection_that_matches_better_is_a_warning(found: Found, from_index: Text, feed: Feed) -> None:
    """The closest match wins."""
    closer = feed("other-feed", FEED)
    (finding,) = found("AP601", from_index(), connections=[feed(), closer])
    assert finding.severity is Severity.WARNING
    assert "other-feed" in finding.message


def test_a_named_connection_for_another_host_is_an_error(found: Found, from_index: Text, feed: Feed) -> None:
    """The old host and the new one are two hosts."""
    legacy = feed(target="https://contoso.pkgs.visualstudio.com")
    (finding,) = found("AP601", from_index(), connections=[legacy])
    assert finding.severity is Severity.ERROR
    assert "pkgs.dev.azure.com" in finding.fix


def test_say_nothing_where_nobody_has_asked_for_the_connections(found: Found, from_index: Text) -> None:
    """Without a workspace."""
    text = from_index()
    assert not [finding for code in ("AP601", "AP602", "AP603", "AP604", "AP605") for finding in found(code, text)]


def test_a_name_that_no_connection_can_have_is_told_as_such(found: Found, from_index: Text) -> None:
    """And no command with it is suggested."""
    (finding,) = found("AP601", from_index(".."), connections=[])
    assert "no name for a connection" in finding.message
    assert "amlpriv connect" not in finding.fix
