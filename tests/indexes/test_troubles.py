"""Why no answer came, by what the libraries raise."""

from __future__ import annotations

import pickle
import socket
import ssl

import pytest

from amlpriv.indexes.troubles import Trouble, failed, trouble_of, unreachable

URL = "https://me:secret@feed.example.org:8443/simple/?token=secret"


def certificate(code: int) -> Exception:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


class ProxyError(Exception):
    """urllib3 has one of this name."""


class ReadTimeout(Exception):  # noqa: N818  as there
    """requests has one of this name."""


class ProtocolError(Exception):
    """urllib3 has one of this name."""


def wrapped(inner: BaseException) -> Exception:
    outer = RuntimeError("outer")
    outer.__cause__ = RuntimeError("between", inner)
    return outer


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (certificate(9), Trouble.CERTIFICATE_EARLY),
        (certificate(10), Trouble.CERTIFICATE_EXPIRED),
        (certificate(18), Trouble.UNKNOWN_CA),
        (certificate(20), Trouble.UNKNOWN_CA),
        (certificate(62), Trouble.HOST_MISMATCH),
        (certificate(64), Trouble.HOST_MISMATCH),
        (certificate(26), Trouble.TLS),
        (ssl.SSLError(1, "wrong version number"), Trouble.TLS),
        (ssl.SSLEOFError(8, "EOF"), Trouble.RESET),
        (socket.gaierror(-2, "unknown"), Trouble.DNS),
        (ConnectionRefusedError(111, "refused"), Trouble.REFUSED),
        (ConnectionResetError(104, "reset"), Trouble.RESET),
        (TimeoutError("slow"), Trouble.TIMEOUT),
        (ReadTimeout(), Trouble.TIMEOUT),
        (ProtocolError(), Trouble.RESET),
        (OSError(113, "no route"), Trouble.UNREACHABLE),
        (OSError("Tunnel connection failed: 403 Forbidden"), Trouble.PROXY_REFUSED),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), Trouble.PROXY_SIGN_IN),
        (OSError("Tunnel connection failed: 502 Bad Gateway"), Trouble.PROXY_REFUSED),
        (ProxyError("x", ConnectionRefusedError(111, "refused")), Trouble.PROXY_UNREACHABLE),
        (ValueError("?"), Trouble.OTHER),
    ],
)
def test_the_reason_lies_at_the_bottom(error: BaseException, expected: Trouble) -> None:
    assert trouble_of(error) is expected
    assert trouble_of(wrapped(error)) is expected


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_words_without_the_address(trouble: Trouble) -> None:
    error = unreachable(trouble, URL)
    assert "secret" not in str(error)
    assert error.hint
    assert error.host == "feed.example.org:8443"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (again.trouble, again.message) == (trouble, error.message)


def test_openssls_reason_is_kept() -> None:
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert "(wrong version number)" in str(failed(wrapped(error), URL))
