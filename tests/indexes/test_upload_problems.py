"""Each refusal of an index as its own error; the same ones come from real servers in test_uploading.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.connections.feeds import FeedUrl, parse_feed_url
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
    UsageError,
)
from amlpriv.indexes.distributions import Distribution, read_distribution
from amlpriv.indexes.upload_problems import AZURE_LIMIT, check_destination, check_size, conflict, refusal, unreadable
from amlpriv.indexes.upload_tools import NoAnswer, Reply
from tests.wheelhouse import build_wheel

AZURE = parse_feed_url("https://pkgs.dev.azure.com/contoso/ml/_packaging/private/pypi/simple/")
OTHER = parse_feed_url("http://127.0.0.1:1/simple/")


@pytest.fixture
def item(tmp_path: Path) -> Distribution:
    """A wheel."""
    return read_distribution(build_wheel(tmp_path))


@pytest.mark.parametrize(
    ("reply", "kind", "hint"),
    [
        (Reply(False, 401, "no"), AuthenticationError, "expired or revoked"),
        (Reply(False, 403, "no"), PermissionDeniedError, "'Packaging (Read & write)'"),
        (Reply(False, 403, "The feed 'a' already contains file 'b'"), ConflictError, "upstream source"),
        (Reply(False, 400, "File already exists"), ConflictError, "30 days"),
        (Reply(False, 400, "Bad name"), ServiceError, "twine check"),
        (Reply(False, 404, "no"), NotFoundError, "organisation, project and feed"),
        (Reply(False, 405, "no"), UnsupportedError, "--upload-url"),
        (Reply(False, 409, "deleted"), ConflictError, "Raise the version"),
        (Reply(False, 413, "no"), InputError, "Make it smaller"),
        (Reply(False, 503, "no"), ServiceError, "again in a while"),
        (Reply(False, None, "odd"), ServiceError, "other tool"),
        (Reply(False, None, "refused", NoAnswer.NETWORK), NetworkError, "HTTPS_PROXY"),
        (Reply(False, None, "UnknownIssuer", NoAnswer.TLS), NetworkError, "SSL_CERT_FILE"),
    ],
)
def test_a_reply_becomes_an_error_with_a_next_step(
    item: Distribution, reply: Reply, kind: type[AmlprivError], hint: str
) -> None:
    error = refusal(item, reply, AZURE, AZURE.upload or "", signed_in=True)
    assert type(error) is kind
    assert hint in (error.hint or "")


@pytest.mark.parametrize("status", [401, 403])
def test_without_a_credential_the_next_step_is_to_give_one(item: Distribution, status: int) -> None:
    error = refusal(item, Reply(False, status, "no"), OTHER, "http://127.0.0.1:1/", signed_in=False)
    assert "--token-from" in (error.hint or "")


def test_a_conflict_names_both_hashes_of_each_file(item: Distribution) -> None:
    error = conflict([(item, "0" * 64), (replace(item, filename="other.whl"), "1" * 64)], AZURE)
    assert all(text in error.message for text in (item.sha256, "0" * 64, "1" * 64, "other.whl"))
    assert "reserved for ever" in (error.hint or "")
    assert "reserved" not in (conflict([(item, "0" * 64)], OTHER).hint or "")


def test_a_page_that_may_not_be_read_is_answered_for_somebody_who_pushes() -> None:
    denied = unreadable(PermissionDeniedError("no", hint="Ask."), AZURE, signed_in=True)
    assert (denied.hint or "").startswith("Ask. To push takes a token")
    assert "Give one" in (unreadable(AuthenticationError("no"), OTHER, signed_in=False).hint or "")


@pytest.mark.parametrize(
    ("feed", "kind"),
    [
        (replace(AZURE, view="Release"), UnsupportedError),
        (replace(AZURE, upload=None), UnsupportedError),
        (parse_feed_url("https://github.com/contoso"), UsageError),
        (parse_feed_url("nothing"), UsageError),
    ],
)
def test_what_takes_no_uploads_is_refused(feed: FeedUrl, kind: type[AmlprivError]) -> None:
    with pytest.raises(kind):
        check_destination(feed)


def test_an_address_for_uploads_goes_before_the_derived_one() -> None:
    assert check_destination(AZURE) == AZURE.upload
    assert check_destination(AZURE, "https://example.org/push/") == "https://example.org/push/"
    assert check_destination(AZURE, "https://example.org/push") == "https://example.org/push"
    with pytest.raises(UsageError):
        check_destination(AZURE, "ftp://example.org/push")


def test_only_azure_artifacts_has_a_known_limit(item: Distribution) -> None:
    check_size(replace(item, size=AZURE_LIMIT), AZURE)
    check_size(replace(item, size=AZURE_LIMIT + 1), OTHER)
    with pytest.raises(InputError, match="500"):
        check_size(replace(item, size=AZURE_LIMIT + 1), AZURE)
