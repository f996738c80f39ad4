"""One small CA for each home: accepted by strict clients, for our hosts only."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.certificates import Certificates, ensure_certificates, write_bundle
from amlpriv.local.home import Home

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
FOREIGN = "-----BEGIN CERTIFICATE-----\nthe user's own\n-----END CERTIFICATE-----\n"


@pytest.fixture
def folder(tmp_path: Path) -> Home:
    """A prepared home, without processes."""
    home = Home(tmp_path / "home", tmp_path / "cache")
    home.prepare()
    return home


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "management.azure.com", "x.blob.core.windows.net", "x.pkgs.visualstudio.com"]
)
def test_a_strict_client_accepts_our_hosts(
    host: str, certificates: Certificates, server_context: ssl.SSLContext
) -> None:
    assert _shake_hands(host, certificates.ca, server_context) == "ok"


def test_another_host_is_not_accepted(certificates: Certificates, server_context: ssl.SSLContext) -> None:
    assert "match" in _shake_hands("example.org", certificates.ca, server_context)


def test_the_ca_is_good_for_azures_hosts_only_and_its_key_is_gone(certificates: Certificates) -> None:
    ca = x509.load_pem_x509_certificate(certificates.ca.read_bytes())
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {str(name.value) for name in constraints.value.permitted_subtrees or ()} == {
        "localhost",
        "blob.core.windows.net",
        "management.azure.com",
        "login.microsoftonline.com",
        "api.azureml.ms",
        "westeurope.inference.ml.azure.com",
        "pkgs.dev.azure.com",
        "pkgs.visualstudio.com",
        "127.0.0.1/32",
    }
    keys = [path for path in certificates.ca.parent.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [certificates.key]


def test_they_are_kept_while_they_are_good(folder: Home) -> None:
    files = ensure_certificates(folder, NOW)
    first = files.certificate.read_bytes()
    ensure_certificates(folder, NOW + timedelta(days=769))
    assert files.certificate.read_bytes() == first


@pytest.mark.parametrize("days", [771, 5000, -3])
def test_they_are_renewed_a_month_before_the_end_and_when_the_clock_was_wrong(folder: Home, days: int) -> None:
    files = ensure_certificates(folder, NOW)
    first = files.certificate.read_bytes()
    ensure_certificates(folder, NOW + timedelta(days=days))
    assert files.certificate.read_bytes() != first


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "server.key"])
def test_a_damaged_or_foreign_file_is_replaced(folder: Home, tmp_path: Path, name: str) -> None:
    ensure_certificates(folder, NOW)
    other = Home(tmp_path / "other", tmp_path)
    other.prepare()
    ensure_certificates(other, NOW)
    for content in (b"", (other.certificates / name).read_bytes()):
        (folder.certificates / name).write_bytes(content)
        ensure_certificates(folder, NOW)
        assert (folder.certificates / name).read_bytes() != content


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_files_are_the_owners(certificates: Certificates) -> None:
    for path in (certificates.ca, certificates.certificate, certificates.key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_bundle_is_the_users_own_plus_ours(folder: Home, tmp_path: Path) -> None:
    files = ensure_certificates(folder, NOW)
    own = tmp_path / "corporate.pem"
    own.write_text(FOREIGN)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "PIP_CERT"):
        text = write_bundle(folder, {name: str(own)}).read_text()
        assert text == FOREIGN + files.ca.read_text()


def test_without_one_the_usual_authorities_are_in_it(folder: Home) -> None:
    ensure_certificates(folder, NOW)
    assert write_bundle(folder, {}).read_text().count("BEGIN CERTIFICATE") > 50


def test_our_own_bundle_is_not_taken_for_the_users(folder: Home, tmp_path: Path) -> None:
    ensure_certificates(folder, NOW)
    own = tmp_path / "corporate.pem"
    own.write_text(FOREIGN)
    first = write_bundle(folder, {"SSL_CERT_FILE": str(own)}).read_bytes()
    nested = {"REQUESTS_CA_BUNDLE": str(folder.ca_bundle), "SSL_CERT_FILE": str(folder.ca_bundle)}
    assert write_bundle(folder, nested).read_bytes() == first


def test_a_missing_user_bundle_is_an_error_that_names_it(folder: Home, tmp_path: Path) -> None:
    ensure_certificates(folder, NOW)
    with pytest.raises(LocalWorkspaceError, match=r"gone\.pem"):
        write_bundle(folder, {"SSL_CERT_FILE": str(tmp_path / "gone.pem")})


def _shake_hands(host: str, ca: Path, server: ssl.SSLContext) -> str:
    """``ok``, or what a client that verifies by RFC 5280's letter says."""
    client = ssl.create_default_context(cafile=str(ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    left, right = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(right, server_side=True).close()
        except (OSError, ssl.SSLError):
            right.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(left, server_hostname=host):
            return "ok"
    except ssl.SSLError as error:
        return str(error)
    finally:
        left.close()
        thread.join()
