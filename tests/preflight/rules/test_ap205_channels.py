"""Channels: none, or Anaconda's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


@pytest.mark.parametrize("channels", [None, ["nodefaults"]])
def test_no_channel_is_a_warning(found: Found, environment_text: Text, channels: list[str] | None) -> None:
    """conda then takes its configured ones."""
    (finding,) = found("AP205", environment_text(channels=channels))
    assert finding.severity is Severity.WARNING
    assert "names no channel" in finding.message


@pytest.mark.parametrize("channel", ["defaults", "main", "anaconda", "https://conda.example.com/pkgs/main"])
def test_a_channel_under_terms_of_service_is_a_warning(found: Found, environment_text: Text, channel: str) -> None:
    """The reason is said: the terms, not taste."""
    (finding,) = found("AP205", environment_text(channels=["conda-forge", channel]))
    assert "terms of service" in finding.message
    assert finding.file == "environment.yml"


def test_the_token_of_a_channel_is_not_shown(found: Found, environment_text: Text) -> None:
    """An address can hold one."""
    channel = "https://conda.example.com/t/co-1234567890abcdef/pkgs/main"
    (finding,) = found("AP205", environment_text(channels=[channel]))
    assert "co-1234567890abcdef" not in str(finding.as_json())


def test_community_and_own_channels_are_left_alone(found: Found, environment_text: Text) -> None:
    """conda-forge, a company's mirror, no conda at all."""
    assert not found("AP205", environment_text(channels=["conda-forge", "https://conda.contoso.com/forge"]))
    assert not found("AP205", "name: a\nimage: contoso.azurecr.io/b:1\n")
