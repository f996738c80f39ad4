"""Places to upload to: a container of its own for each call."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from amlpriv.local.plane.app import Plane
from tests.local_plane.clients import KEY, TENANT, Client, Clock
from tests.local_plane.memory_blobs import MemoryBlobs


@pytest.mark.parametrize("kind", ["codes", "data", "environments", "models"])
def test_each_call_makes_a_container_and_signs_for_it_alone(tmp_path: Path, clock: Clock, kind: str) -> None:
    blobs = MemoryBlobs()
    plane = Plane(tmp_path / "plane", account="acct", account_key=KEY, tenant=TENANT, now=clock, blobs=blobs)
    path, body = f"/{kind}/n/versions/1/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"}
    answers = [Client(plane)("POST", path, body).json() for _ in range(2)]
    uris = [answer["blobReferenceForConsumption"]["blobUri"] for answer in answers]
    assert [uri.rpartition("/")[2] for uri in uris] == list(blobs.containers)
    assert len(set(uris)) == 2
    assert all(uri.startswith("https://acct.blob.core.windows.net/") for uri in uris)

    credential = answers[0]["blobReferenceForConsumption"]["credential"]
    assert credential["credentialType"] == "SAS"
    assert credential["sasUri"].partition("?")[0] == uris[0]
    fields = parse_qs(urlsplit(credential["sasUri"]).query)
    assert (fields["sp"], fields["sr"]) == (["racwdl"], ["c"])
    assert answers[0]["pendingUploadType"] == "TemporaryBlobReference"
    assert answers[0]["pendingUploadId"]


def test_the_name_of_a_container_is_one_that_storage_takes(ask: Client) -> None:
    reference = ask("POST", "/codes/n/versions/1/startPendingUpload").json()["blobReferenceForConsumption"]
    assert 3 <= len(reference["blobUri"].rpartition("/")[2]) <= 63


def test_other_ways_to_upload_are_refused(ask: Client) -> None:
    assert ask("POST", "/codes/n/versions/1/startPendingUpload", {"pendingUploadType": "Other"}).status == 400
    assert ask("POST", "/codes/n%20/versions/1/startPendingUpload", {}).status == 400
