"""The hosts that a locked-down network has to let through."""

from __future__ import annotations

import pytest

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.indexes.hosts import collect_hosts, is_allowed


def test_each_host_stands_once_in_its_most_telling_state() -> None:
    found = [
        ("a.example.org", "the index", "listed"),
        ("a.example.org", "the index", "reached"),
        ("b.example.org", "files", "reached"),
        ("b.example.org", "files", "blocked"),
        ("b.example.org", "files", "reached"),
    ]
    needs = collect_hosts(found, FeedKind.SIMPLE, None)
    assert [(need.host, need.reason, need.state, need.allowed) for need in needs] == [
        ("a.example.org", "the index", "reached", None),
        ("b.example.org", "files", "blocked", None),
    ]


def test_azures_hosts_are_known_and_patterns_are_not_judged() -> None:
    needs = collect_hosts([("pkgs.dev.azure.com", "the index", "reached")], FeedKind.AZURE_ARTIFACTS, lambda _: False)
    assert {need.host: (need.state, need.allowed) for need in needs} == {
        "pkgs.dev.azure.com": ("reached", False),
        "*.pkgs.visualstudio.com": ("known", None),
        "*.vsassets.io": ("known", None),
        "*.vsblob.visualstudio.com": ("known", None),
        "*.blob.core.windows.net": ("known", None),
    }


@pytest.mark.parametrize(
    ("host", "name"), [("a.org", "a.org"), ("a.org:8443", "a.org"), ("[::1]", "[::1]"), ("[::1]:80", "[::1]")]
)
def test_rules_are_asked_by_the_name_alone(host: str, name: str) -> None:
    asked: list[str] = []

    def rule(each: str) -> bool:
        asked.append(each)
        return True

    assert is_allowed(host, rule)
    assert asked == [name]
