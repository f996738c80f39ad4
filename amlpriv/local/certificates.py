"""Certificates of the local workspace: one small CA for each home, good for the few hosts it stands in for."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home, write_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Certificates", "ensure_certificates", "write_bundle"]

HOSTS = (
    "localhost",
    "*.blob.core.windows.net",
    "management.azure.com",
    "login.microsoftonline.com",
    "*.api.azureml.ms",
    "*.westeurope.inference.ml.azure.com",
    "pkgs.dev.azure.com",
    "*.pkgs.visualstudio.com",
)
LOOPBACK = ipaddress.IPv4Address("127.0.0.1")

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=800)
"""Apple's clients accept no more than 825 days (support.apple.com/103769)."""
RENEW_BEFORE = timedelta(days=30)
BACKDATE = timedelta(days=2)
"""Clocks may be wrong by a day."""

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "PIP_CERT")
"""Where a user says which CAs to trust, in the order in which we believe them."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Three PEM files, 0600."""

    ca: Path
    certificate: Path
    key: Path


def ensure_certificates(home: Home, now: datetime) -> Certificates:
    """The certificates of ``home``, made or renewed when they are missing, damaged, or not good for 30 more days.

    The CA's key is thrown away as soon as it has signed: nobody can use it for anything else, so a renewal brings a
    new CA as well.
    """
    folder = home.certificates
    files = Certificates(ca=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key")
    if not _is_good(files, now):
        for path, content in zip((files.ca, files.certificate, files.key), _make(now), strict=True):
            write_private(path, content)
    return files


def write_bundle(home: Home, environ: Mapping[str, str]) -> Path:
    """Write what clients of the local workspace trust: everything that the user trusts already, plus our CA.

    Raises LocalWorkspaceError when the user's own bundle cannot be read.
    """
    bundles = [home.ca_bundle] if _is_nested(home, environ) else _user_bundles(home, environ)
    parts = [_read(path).strip() for path in bundles]
    ours = _read(home.certificates / "ca.pem").strip()
    content = b"\n".join(parts if any(ours in part for part in parts) else [*parts, ours]) + b"\n"
    if not home.ca_bundle.exists() or home.ca_bundle.read_bytes() != content:
        write_private(home.ca_bundle, content)
    return home.ca_bundle


def _is_nested(home: Home, environ: Mapping[str, str]) -> bool:
    """Whether this is a child of the local workspace that sees our bundle in its environment, and no other one."""
    given = {environ[name] for name in BUNDLE_VARIABLES if environ.get(name)}
    return given == {str(home.ca_bundle)} and home.ca_bundle.is_file()


def _user_bundles(home: Home, environ: Mapping[str, str]) -> list[Path]:
    """The user's own bundle and Node.js's extra one. Our own one, seen from a child process, is not the user's."""
    given = [Path(environ[name]) for name in BUNDLE_VARIABLES if environ.get(name)]
    foreign = [path for path in given if path != home.ca_bundle]
    bundles = foreign[:1] or _default_bundles()
    extra = Path(environ.get("NODE_EXTRA_CA_CERTS") or home.ca_bundle)
    if extra not in {home.ca_bundle, *bundles}:
        bundles.append(extra)
    return bundles


def _default_bundles() -> list[Path]:
    try:
        import certifi
    except ImportError:
        found = ssl.get_default_verify_paths().cafile
        return [Path(found)] if found else []
    return [Path(certifi.where())]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalWorkspaceError(f"cannot read the CA certificates in {path}: {error.strerror or error}") from error


def _is_good(files: Certificates, now: datetime) -> bool:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        ca = x509.load_pem_x509_certificate(files.ca.read_bytes())
        leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
        leaf.verify_directly_issued_by(ca)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001, RUF100 - missing, truncated, foreign: whatever it is, new ones are made
        return False
    return (
        key.public_key() == leaf.public_key()
        and tuple(names.get_values_for_type(x509.DNSName)) == HOSTS
        and leaf.not_valid_before_utc <= now
        and leaf.not_valid_after_utc - now >= RENEW_BEFORE
    )


def _make(now: datetime) -> tuple[bytes, bytes, bytes]:
    """CA certificate, server certificate, server key, as PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _ca(ca_key, now)
    leaf = _leaf(leaf_key, ca, ca_key, now)
    pem = serialization.Encoding.PEM
    secret = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return ca.public_bytes(pem), leaf.public_bytes(pem), secret


def _ca(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    # RFC 5280, 4.2.1.10: a constraint on a domain holds for everything below it.
    constraints: list[x509.GeneralName] = [x509.DNSName(host.removeprefix("*.")) for host in HOSTS]
    constraints.append(x509.IPAddress(ipaddress.IPv4Network(LOOPBACK)))
    builder = _certificate(_name("amlpriv local CA"), _name("amlpriv local CA"), key, now, CA_LIFETIME)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=constraints, excluded_subtrees=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    names: list[x509.GeneralName] = [x509.DNSName(host) for host in HOSTS]
    names.append(x509.IPAddress(LOOPBACK))
    builder = _certificate(_name("amlpriv local workspace"), ca.subject, key, now, LEAF_LIFETIME)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
