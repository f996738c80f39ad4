"""Signatures: the same that Azure's own library makes for this version, and always the same."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.storage.blob import BlobSasPermissions
from azure.storage.blob import _shared_access_signature as library

from amlpriv.remote import Datastore, DelegationKey
from amlpriv.secret import SasUrl, Secret
from amlpriv.workspace.sas import SIGNED_VERSION, AdHocSigner, DelegationSigner, PolicySigner, blob_url, sas_time

KEY = base64.b64encode(b"k" * 64).decode()
STORE = Datastore("workspaceblobstore", "acct", "cont", "core.windows.net")
STARTS = datetime(2026, 1, 1, tzinfo=timezone.utc)
EXPIRES = STARTS + timedelta(days=3)
PATHS = (
    "amlpriv/wheels/x/1/ab/x-1-py3-none-any.whl",
    "amlpriv/wheels/contoso-features/1!2.0+cu118/0123456789abcdef/contoso_features-1!2.0+cu118-py3-none-any.whl",
    "amlpriv/wheels/x/1/ab/mit leerzeichen & ümlaut %41.whl",
)


def _fields(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _library() -> Any:
    # The newest library signs a newer version by default; ours is fixed.
    maker = library.BlobSharedAccessSignature("acct", account_key=KEY)
    maker.x_ms_version = SIGNED_VERSION
    return maker


@pytest.mark.parametrize("path", PATHS)
def test_a_policy_signature_is_the_librarys(path: str) -> None:
    theirs = _library().generate_blob("cont", path, policy_id="amlpriv-1", protocol="https")
    ours = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES).sign(path)
    assert _fields(urlsplit(ours.reveal()).query) == _fields(theirs)


@pytest.mark.parametrize("path", PATHS)
def test_an_ad_hoc_signature_is_the_librarys(path: str) -> None:
    permission = BlobSasPermissions(read=True)
    theirs = _library().generate_blob(
        "cont", path, permission=permission, start=STARTS, expiry=EXPIRES, protocol="https"
    )
    ours = AdHocSigner(STORE, Secret(KEY), STARTS, EXPIRES).sign(path)
    assert _fields(urlsplit(ours.reveal()).query) == _fields(theirs)


def test_golden_policy_url() -> None:
    url = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES).sign(PATHS[1])
    assert url.reveal() == (
        "https://acct.blob.core.windows.net/cont/amlpriv/wheels/contoso-features/1%212.0%2Bcu118/0123456789abcdef/"
        "contoso_features-1%212.0%2Bcu118-py3-none-any.whl?sv=2023-11-03&spr=https&sr=b&si=amlpriv-1"
        "&sig=%2Bk4XAAiIuZbrZFz7cRVL%2F0m0Mg%2BQ6KRw12MCQhk9d8A%3D"
    )


def test_golden_ad_hoc_url() -> None:
    url = AdHocSigner(STORE, Secret(KEY), STARTS, EXPIRES).sign(PATHS[0])
    assert url.reveal() == (
        "https://acct.blob.core.windows.net/cont/amlpriv/wheels/x/1/ab/x-1-py3-none-any.whl?sv=2023-11-03&spr=https"
        "&st=2026-01-01T00%3A00%3A00Z&se=2026-01-04T00%3A00%3A00Z&sr=b&sp=r"
        "&sig=P%2Bct3VFWwfSs549BBM0gW7CR2IqweZ6tX81z1LSAO34%3D"
    )


def test_golden_delegation_url() -> None:
    """Compared with Azurite's opinion in tests/contract: the newest library adds lines to what it signs."""
    key = DelegationKey("oid", "tid", sas_time(STARTS), sas_time(EXPIRES), "b", "2023-11-03", Secret(KEY))
    url = DelegationSigner(STORE, key, STARTS, EXPIRES).sign(PATHS[0])
    assert url.reveal() == (
        "https://acct.blob.core.windows.net/cont/amlpriv/wheels/x/1/ab/x-1-py3-none-any.whl?sv=2023-11-03&spr=https"
        "&st=2026-01-01T00%3A00%3A00Z&se=2026-01-04T00%3A00%3A00Z&sr=b&sp=r&skoid=oid&sktid=tid"
        "&skt=2026-01-01T00%3A00%3A00Z&ske=2026-01-04T00%3A00%3A00Z&sks=b&skv=2023-11-03"
        "&sig=zvz5%2FkS3Exwcy%2F0PWaWeDmdHEnaaPPbgkis%2BGn4p%2BPM%3D"
    )


def test_a_url_is_the_same_on_every_call() -> None:
    signer = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES)
    later = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES + timedelta(days=30))
    assert signer.sign(PATHS[1]) == signer.sign(PATHS[1]) == later.sign(PATHS[1])


def test_another_key_policy_or_path_is_another_url() -> None:
    other = base64.b64encode(b"o" * 64).decode()
    urls = {
        PolicySigner(STORE, Secret(key), policy, EXPIRES).sign(path).reveal()
        for key in (KEY, other)
        for policy in ("amlpriv-1", "amlpriv-2")
        for path in PATHS
    }
    assert len(urls) == 12


def test_a_url_is_one_word_for_pip() -> None:
    """No white space, no ``#`` and no ``;``: a pip line ends at none of them."""
    for path in PATHS:
        text = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES).sign(path).reveal()
        assert not set(text) & set(" \t#;'\"")
        assert text.isascii()


def test_times_are_utc_without_fractions() -> None:
    east = timezone(timedelta(hours=2))
    assert sas_time(datetime(2026, 1, 1, 1, 2, 3, 999999, tzinfo=east)) == "2025-12-31T23:02:03Z"


def test_a_signature_never_shows_by_accident() -> None:
    url = PolicySigner(STORE, Secret(KEY), "amlpriv-1", EXPIRES).sign(PATHS[0])
    assert isinstance(url, SasUrl)
    signature = parse_qs(urlsplit(url.reveal()).query)["sig"][0]
    assert signature not in f"{url} {url!r} {url.fields} {url.url}"
    assert url.url == blob_url(STORE, PATHS[0])


def test_a_sovereign_cloud_has_its_own_host() -> None:
    china = Datastore("workspaceblobstore", "acct", "cont", "core.chinacloudapi.cn")
    assert blob_url(china, "a/b.whl") == "https://acct.blob.core.chinacloudapi.cn/cont/a/b.whl"
