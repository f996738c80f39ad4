"""Blobs: created once and never replaced, listed, read."""

from __future__ import annotations

import hashlib
import uuid
from io import BytesIO

import pytest

from amlpriv.errors import ConflictError, NotFoundError
from amlpriv.remote import BlobUpload
from tests.contract.conftest import Case

PATH = "amlpriv/wheels/contoso-features/1!2.0+cu118/0123456789abcdef/contoso_features-1!2.0+cu118-py3-none-any.whl"


def _upload(path: str = PATH, data: bytes = b"wheel") -> BlobUpload:
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    metadata = {"amlpriv_content": "c" * 64, "amlpriv_upload": uuid.uuid4().hex}
    return BlobUpload(path, len(data), md5, metadata, lambda: BytesIO(data))


def test_a_new_blob_is_stored_and_read(case: Case) -> None:
    sent: list[int] = []
    assert case.blobs().put(_upload(), sent.append) is True
    assert case.blobs().get(PATH) == b"wheel"
    assert sent[-1:] == [5]


def test_the_same_bytes_again_change_nothing(case: Case) -> None:
    first = _upload()
    case.blobs().put(first)
    assert case.blobs().put(_upload()) is False
    stored = case.blobs().stored(PATH)[PATH]
    assert stored.metadata["amlpriv_upload"] == first.metadata["amlpriv_upload"]


def test_other_bytes_never_replace_a_blob(case: Case) -> None:
    case.blobs().put(_upload())
    with pytest.raises(ConflictError, match="exists with other bytes"):
        case.blobs().put(_upload(data=b"other"))
    assert case.blobs().get(PATH) == b"wheel"


def test_an_empty_blob_is_a_blob(case: Case) -> None:
    assert case.blobs().put(_upload(data=b"")) is True
    assert case.blobs().stored(PATH)[PATH].size == 0


def test_listing_brings_the_md5_of_the_bytes(case: Case) -> None:
    case.blobs().put(_upload())
    assert case.blobs().stored(PATH)[PATH].md5 == hashlib.md5(b"wheel", usedforsecurity=False).digest()


def test_listing_is_by_prefix_and_brings_size_and_metadata(case: Case) -> None:
    upload = _upload()
    case.blobs().put(upload)
    case.blobs().put(_upload("amlpriv/wheels/contoso-nlp/1.0/aa/x.whl"))

    found = case.blobs().stored("amlpriv/wheels/contoso-features/")
    assert list(found) == [PATH]
    assert (found[PATH].path, found[PATH].size, dict(found[PATH].metadata)) == (PATH, 5, dict(upload.metadata))
    assert set(case.blobs().stored("amlpriv/wheels/")) == {PATH, "amlpriv/wheels/contoso-nlp/1.0/aa/x.whl"}
    assert case.blobs().stored("amlpriv/manifests/") == {}


def test_a_blob_that_is_not_there_is_not_found(case: Case) -> None:
    with pytest.raises(NotFoundError):
        case.blobs().get("amlpriv/manifests/none.json")
