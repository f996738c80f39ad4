"""Why no answer came: pip says "no matching distribution" for all of these; here each has its name and a fix."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from enum import Enum

from amlpriv.errors import NetworkError
from amlpriv.indexes.answers import Hop, host_of

__all__ = ["BLOCKED", "Trouble", "UnreachableError", "failed", "trouble_of", "unreachable"]


class Trouble(Enum):
    """Why no answer came."""

    DNS = "dns"
    REFUSED = "refused"
    RESET = "reset"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    PROXY_REFUSED = "proxy-refused"
    """The proxy does not connect to this host."""
    PROXY_SIGN_IN = "proxy-sign-in"
    """The proxy wants a credential of its own (407)."""
    PROXY_UNREACHABLE = "proxy-unreachable"
    UNKNOWN_CA = "unknown-ca"
    """The certificate comes from an authority that is not known here: often one of the company's own."""
    HOST_MISMATCH = "host-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_EARLY = "certificate-early"
    TLS = "tls"
    """Another fault of TLS."""
    LOOP = "redirect-loop"
    DOWNGRADE = "redirect-to-http"
    BAD_REDIRECT = "bad-redirect"
    OTHER = "other"


BLOCKED = frozenset(
    {Trouble.DNS, Trouble.REFUSED, Trouble.RESET, Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.PROXY_REFUSED}
)
"""What a locked-down network does to a host that it does not let through."""

_VERIFY_CODES = {
    9: Trouble.CERTIFICATE_EARLY,
    10: Trouble.CERTIFICATE_EXPIRED,
    18: Trouble.UNKNOWN_CA,
    19: Trouble.UNKNOWN_CA,
    20: Trouble.UNKNOWN_CA,
    21: Trouble.UNKNOWN_CA,
    62: Trouble.HOST_MISMATCH,
    64: Trouble.HOST_MISMATCH,
}
"""OpenSSL's X509_V_ERR numbers (manual page X509_STORE_CTX_get_error)."""

_TUNNEL = re.compile(r"(?:Tunnel connection failed|Unexpected status code from proxy)\D*(\d{3})")

_WORDS = {
    Trouble.DNS: ("the name {host} is not known here", "Check the spelling, and whether this network may resolve it."),
    Trouble.REFUSED: ("{host} refuses the connection", "Check the port, and whether a firewall lets {host} through."),
    Trouble.RESET: ("the connection to {host} was cut", "A firewall may do this: let {host} through."),
    Trouble.TIMEOUT: ("{host} did not answer in time", "A firewall may swallow it: let {host} through."),
    Trouble.UNREACHABLE: ("there is no way to {host}", "Check this machine's network."),
    Trouble.PROXY_REFUSED: ("the proxy refuses to connect to {host}", "Have {host} added to the proxy's list."),
    Trouble.PROXY_SIGN_IN: ("the proxy wants a user and a password", "Put them into PIP_PROXY or HTTPS_PROXY."),
    Trouble.PROXY_UNREACHABLE: ("the proxy does not answer", "Check PIP_PROXY, HTTPS_PROXY and pip's 'proxy'."),
    Trouble.UNKNOWN_CA: (
        "the certificate of {host} comes from an authority that is not known here",
        "Give your company's certificates in PIP_CERT, REQUESTS_CA_BUNDLE or SSL_CERT_FILE; the image builder has to "
        "know them too.",
    ),
    Trouble.HOST_MISMATCH: ("the certificate of {host} is for another host", "Check the address; then its owner."),
    Trouble.CERTIFICATE_EXPIRED: ("the certificate of {host} has expired", "Its owner has to renew it."),
    Trouble.CERTIFICATE_EARLY: ("the certificate of {host} is not valid yet", "Check the clock of this machine."),
    Trouble.TLS: ("TLS with {host} failed", "Check that {host} speaks https on this port."),
    Trouble.LOOP: ("{host} redirects without an end", "Check the address; it may need another path."),
    Trouble.DOWNGRADE: (
        "{host} leads from https: to http:, where the answer could be changed on the way",
        "Have the server's owner correct its address.",
    ),
    Trouble.BAD_REDIRECT: ("{host} redirects to what is no address", "Have the server's owner correct it."),
    Trouble.OTHER: ("no answer came from {host}", "Try again; then check this machine's network."),
}


class UnreachableError(NetworkError):
    """No answer came from ``host``; ``trouble`` says why. ``hops`` are those that answered before."""

    def __init__(self, message: str, *, trouble: Trouble, host: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.trouble = trouble
        self.host = host
        self.hops: tuple[Hop, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        return unreachable, (self.trouble, f"https://{self.host}")


def unreachable(trouble: Trouble, url: str, detail: str = "") -> UnreachableError:
    """The error for an address; ``detail`` must hold no secret."""
    host = host_of(url)
    message, hint = (text.format(host=host) for text in _WORDS[trouble])
    message = message[0].upper() + message[1:] if not message.startswith(host) else message
    return UnreachableError(f"{message}{f' ({detail})' if detail else ''}.", trouble=trouble, host=host, hint=hint)


def failed(error: BaseException, url: str) -> UnreachableError:
    """The error for what requests raised. Of its text only OpenSSL's reason is kept: it may name the whole address."""
    trouble = trouble_of(error)
    reason = next((one.reason for one in _chain(error) if isinstance(one, ssl.SSLError) and one.reason), "")
    return unreachable(trouble, url, reason.lower().replace("_", " ") if trouble is Trouble.TLS else "")


def trouble_of(error: BaseException) -> Trouble:
    """Why a request failed, by what stands at the bottom of the exceptions of requests, urllib3 and the system."""
    found = list(_chain(error))
    for one in found:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _VERIFY_CODES.get(one.verify_code, Trouble.TLS)
    if match := next((match for one in found if (match := _TUNNEL.search(str(one)))), None):
        return Trouble.PROXY_SIGN_IN if match[1] == "407" else Trouble.PROXY_REFUSED
    names = {type(one).__name__ for one in found}
    if "ProxyError" in names or "InvalidProxyURL" in names:
        return Trouble.PROXY_UNREACHABLE
    return _of_socket(found, names)


def _of_socket(found: list[BaseException], names: set[str]) -> Trouble:
    kinds: tuple[tuple[type[BaseException], Trouble], ...] = (
        (ssl.SSLEOFError, Trouble.RESET),
        (ssl.SSLError, Trouble.TLS),
        (socket.gaierror, Trouble.DNS),
        (ConnectionRefusedError, Trouble.REFUSED),
        (ConnectionResetError, Trouble.RESET),
        (BrokenPipeError, Trouble.RESET),
        (TimeoutError, Trouble.TIMEOUT),
    )
    for kind, trouble in kinds:
        if any(isinstance(one, kind) for one in found):
            return trouble
    if names & {"ConnectTimeout", "ConnectTimeoutError", "ReadTimeout", "ReadTimeoutError"}:
        return Trouble.TIMEOUT
    if names & {"RemoteDisconnected", "ProtocolError", "IncompleteRead", "ChunkedEncodingError", "BadStatusLine"}:
        return Trouble.RESET
    return Trouble.UNREACHABLE if any(isinstance(one, OSError) and one.errno for one in found) else Trouble.OTHER


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it was made of; urllib3 keeps some in ``reason`` and in the arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [each for each in inner if isinstance(each, BaseException)]
