"""Proxies and certificates, from the same settings as pip takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.errors import InputError
from amlpriv.indexes.routes import find_route, trust
from tests.indexes.servers import Authority

URL = "https://feed.example.org/simple"


@pytest.mark.parametrize(
    ("settings", "url", "expected"),
    [
        ({}, URL, None),
        ({"HTTPS_PROXY": "http://p:1"}, URL, "http://p:1"),
        ({"https_proxy": "http://small:1", "HTTPS_PROXY": "http://p:1"}, URL, "http://small:1"),
        ({"HTTPS_PROXY": "p:1"}, URL, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, URL, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://feed.example.org/", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, URL, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other.org, example.org"}, URL, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example.org"}, URL, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.example.org"}, URL, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, URL, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample.org"}, URL, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "feed.example.org:8443"}, URL, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "feed.example.org:8443"}, URL.replace("org/", "org:8443/"), None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, URL, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "::1"}, "https://[::1]/", None),
        ({"HTTPS_PROXY": "http://p:1", "PIP_PROXY": "http://pip:2"}, URL, "http://pip:2"),
    ],
)
def test_the_proxy_for_an_address(
    scrubbed: dict[str, str], settings: dict[str, str], url: str, expected: str | None
) -> None:
    assert find_route({**scrubbed, **settings}).proxy(url) == expected


def test_a_proxys_password_does_not_show(scrubbed: dict[str, str]) -> None:
    settings = {"PIP_PROXY": "http://me:secret@p:1", "HTTPS_PROXY": "http://me:secret@p:1"}
    assert "secret" not in repr(find_route({**scrubbed, **settings}))


def test_certificates_in_pips_order_then_uvs(scrubbed: dict[str, str], authority: Authority, tmp_path: Path) -> None:
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
    environ = dict(scrubbed)
    assert find_route(environ).bundle is None
    for name in names:
        environ[name] = str(authority.bundle)
        assert find_route(environ).bundle_origin == name
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\ncert = {authority.bundle}\n", "utf-8")
    found = find_route({**scrubbed, "PIP_CONFIG_FILE": str(config)})
    assert (found.bundle, found.bundle_origin) == (str(authority.bundle), str(config))


def test_a_bundle_is_all_that_is_trusted(scrubbed: dict[str, str], authority: Authority) -> None:
    context = trust(find_route({**scrubbed, "PIP_CERT": str(authority.bundle)}))
    assert context.cert_store_stats()["x509_ca"] == 1
    trust(find_route({**scrubbed, "PIP_CERT": str(authority.bundle.parent)}))  # a folder may be named as well


def test_a_missing_bundle_names_its_setting(scrubbed: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="REQUESTS_CA_BUNDLE"):
        find_route({**scrubbed, "REQUESTS_CA_BUNDLE": str(tmp_path / "none.pem")})
