"""Addresses of wheels: the file name is decoded, and no credential is in what is kept."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.positions import Position
from amlpriv.specs.wheel_urls import read_wheel_url

HOST = "https://contosodata.blob.core.windows.net/wheels"
NAME = "contoso_nlp-1.0%2Bcu118-py3-none-any.whl"


def test_the_file_name_is_decoded_and_the_fragment_dropped() -> None:
    url = read_wheel_url(f"{HOST}/team%20a/{NAME}#sha256=00", "contoso-nlp")
    assert url.filename == "contoso_nlp-1.0+cu118-py3-none-any.whl"
    assert url.plain == f"{HOST}/team%20a/{NAME}"


def test_a_snapshot_or_a_version_of_a_blob_stays() -> None:
    query = "?snapshot=2026-11-20T10:00:00.0000000Z"
    assert read_wheel_url(f"{HOST}/{NAME}{query}", "contoso-nlp").plain.endswith(query)


@pytest.mark.parametrize("query", ["sv=1&sig=s3cr3t", "SIG=s3cr3t", "%73ig=s3cr3t", "snapshot=1&code=s3cr3t"])
def test_a_secret_in_any_spelling_is_refused_and_not_repeated(query: str) -> None:
    with pytest.raises(InputError) as caught:
        read_wheel_url(f"{HOST}/{NAME}?{query}", "contoso-nlp", Position("e.yml", 3, 1))
    assert (caught.value.file, caught.value.line) == ("e.yml", 3)
    assert "s3cr3t" not in str(caught.value)
    assert "az login" in (caught.value.hint or "")


def test_this_machine_may_serve_it_without_tls() -> None:
    assert read_wheel_url(f"http://127.0.0.1:10000/devstoreaccount1/wheels/{NAME}", "contoso-nlp").filename
