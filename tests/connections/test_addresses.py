"""A credential does not show, wherever in an address people put it."""

from __future__ import annotations

import pytest

from amlpriv.connections.addresses import read_address, take_credentials
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.matching import match_git, match_index
from amlpriv.secret import Secret

TOKEN = "S3cr3tTok3nAAAA"

FORMS = [
    "https://{}@h.corp/simple",
    "https://u:{}@h.corp/simple",
    "https://u:{}/x@h.corp/simple",
    "https://{}/x@h.corp/simple",
    "https://u:{}#x@h.corp/simple",
    "https://u:{}?x@h.corp/simple",
    "https://u:{}@x@h.corp/simple",
    "https://u:x@y/{}@h.corp/simple",
    "https://u:{}@y/x@h.corp/simple",
    "https://u:1/{}@h.corp/simple",
    "https://u:{}/q@localhost:80/simple",
    "https://u:{}@h:8/s",
    "https://u:{}@[::1]/simple",
    "https://u:{}@h corp/simple",
    "https://u:{}@h.corp:bad/simple",
    "//u:{}@h.corp/simple",
    "u:{}@h.corp/simple",
    "u:{}@h.corp:a/b",
    "https:/u:{}@h.corp/s",
    "https:u:{}@h.corp/s",
    "https://h.corp/simple?token={}",
    "https://h.corp/simple#{}",
    "git+https://u:{}@h.corp/a/b",
    "git+https://u:{}/z@h.corp/a/b",
    "x @ git+https://{}@h.corp/a/b@v1",
    "ftp://u:{}@h/x",
    "--index-url https://{}@h.corp/simple",
]


@pytest.mark.parametrize("form", FORMS)
def test_no_reader_shows_a_credential(form: str) -> None:
    """Feed, repository and verdict; what they are and what they say."""
    text = form.format(TOKEN)
    for value in (
        read_address(text),
        parse_feed_url(text),
        parse_git_url(text),
        match_index(text, []),
        match_git(text, []),
    ):
        assert TOKEN not in f"{value!r} {value}"


@pytest.mark.parametrize(
    ("text", "rest", "user"),
    [
        ("https://h.corp/a@b/c", "https://h.corp/a@b/c", None),
        ("https://h/_packaging/f@v1.0/pypi", "https://h/_packaging/f@v1.0/pypi", None),
        ("https://h/_packaging/f@pre.view/pypi", "https://h/_packaging/f@pre.view/pypi", None),
        ("https://h/o/r.git@next.x/y", "https://h/o/r.git@next.x/y", None),
        ("https://localhost:80/a@h.corp/c", "https://localhost:80/a@h.corp/c", None),
        ("https://localhost/a@h.corp/c", "https://localhost/a@h.corp/c", None),
        ("https://[::1]:80/a@h.corp/c", "https://[::1]:80/a@h.corp/c", None),
        ("https://a:b@h.corp/c@d", "https://h.corp/c@d", "a:b"),
        ("https://a:b@c/d@h.corp/e", "https://h.corp/e", "a:b@c/d"),
        ("https://a:b@h/d", "https://h/d", "a:b"),
        ("https://a:b/c@h.corp/d", "https://h.corp/d", "a:b/c"),
        ("https://@h.corp/d", "https://h.corp/d", ""),
    ],
)
def test_the_user_part_ends_where_the_host_begins(text: str, rest: str, user: str | None) -> None:
    """An '@' in a path (a view, a tag) is none of its ends."""
    assert take_credentials(text) == (rest, user)


def test_an_address_is_written_anew_from_its_parts() -> None:
    """Quoted once, without what is no part of an index's address."""
    address = read_address("HTTPS://u:p%40@H.Corp:443//My%20Project/a%2Fb/?q=1#f")
    assert address.text == "https://h.corp/My%20Project/a%2Fb"
    assert address.parts == ("My Project", "a/b")
    assert address.credentials is not None
    assert address.credentials.password == Secret("p@")


@pytest.mark.parametrize(
    "text",
    [
        "https://pkgs.dev.azure.com/contoso/../evil/_packaging/g/pypi/simple/",
        "https://pkgs.dev.azure.com/contoso/%2e%2E/./evil/_packaging/g/pypi/simple/",
    ],
)
def test_dot_segments_are_resolved_as_what_is_sent(text: str) -> None:
    """RFC 3986 section 5.2.4: a target of contoso's must not match what leads to somebody else."""
    address = read_address(text)
    assert address.parts[:2] == ("evil", "_packaging")
    assert [complaint.code for complaint in address.complaints] == ["dots"]
