"""Nothing private on the public index, whose name is asked of the tools."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from amlpriv.actions.feed_mirror import MirrorOptions, feed_mirror
from amlpriv.actions.feed_push import feed_push
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.default_index import built_in_index
from amlpriv.errors import InputError, UsageError
from amlpriv.indexes.distributions import read_distribution
from amlpriv.indexes.upload_publicity import check_publicity, is_public
from amlpriv.indexes.uploading import upload
from tests.wheelhouse import build_wheel


@pytest.fixture
def host(scrubbed: Mapping[str, str]) -> str:
    """Of the public index."""
    return urlsplit(built_in_index(scrubbed).url).hostname or ""


def private_wheel(folder: Path) -> Path:
    head = "Metadata-Version: 2.1\nName: contoso-features\nVersion: 1.2.0\n"
    return build_wheel(folder, files={"METADATA": f"{head}Classifier: Private :: Do Not Upload\n"})


def test_the_public_index_and_its_other_hosts_are_known(host: str, scrubbed: Mapping[str, str]) -> None:
    for prefix in ("", "upload.", "test.", "a.b."):
        assert is_public(f"https://{prefix}{host}/legacy/", scrubbed)
    for other in (
        f"https://my{host}/simple",
        f"https://{host}.example.org/",
        "https://feed.example.org/",
        "no address",
    ):
        assert not is_public(other, scrubbed)


@pytest.mark.parametrize("at_feed", [True, False])
def test_a_push_to_the_public_index_is_refused(
    host: str, scrubbed: Mapping[str, str], tmp_path: Path, at_feed: bool
) -> None:
    wheel, upload_url = build_wheel(tmp_path), f"https://upload.{host}/legacy/"
    to = f"https://{host}/simple/" if at_feed else "https://feed.example.org/simple/"
    with pytest.raises(UsageError, match="public package index") as caught:
        feed_push(wheel, to=to, upload_url=upload_url, token="t-12345678", dry_run=True, environ=scrubbed)
    assert "--public" in str(caught.value)
    feed = parse_feed_url(to)
    with pytest.raises(UsageError, match="public package index"):
        upload([read_distribution(wheel)], feed, None, environ=scrubbed, upload_url=upload_url)
    check_publicity(feed, upload_url, [read_distribution(wheel)], environ=scrubbed, public=True)


def test_a_mirror_to_the_public_index_is_refused(host: str, scrubbed: Mapping[str, str]) -> None:
    with pytest.raises(UsageError, match="public package index"):
        feed_mirror("contoso", MirrorOptions(to=f"https://{host}/simple/", dry_run=True), environ=scrubbed)


def test_what_says_that_it_is_private_goes_there_never(host: str, scrubbed: Mapping[str, str], tmp_path: Path) -> None:
    item, public = read_distribution(private_wheel(tmp_path)), parse_feed_url(f"https://{host}/simple/")
    with pytest.raises(InputError, match="says that it is private"):
        check_publicity(public, None, [item], environ=scrubbed, public=True)
    own = parse_feed_url("https://feed.example.org/simple/")
    check_publicity(own, None, [item], environ=scrubbed, public=False)
