"""The way to an index: proxy and certificates, from the same settings as pip takes them, and where pip has none, uv.

Order for certificates: pip's ``cert`` (PIP_CERT, pip.conf), REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE, then the
system's store together with certifi's, as newer versions of pip do (pip's documentation, "HTTPS Certificates"); on
macOS that is OpenSSL's store and not the keychain. pip's
``trusted-host`` is not followed: the image builder does not have it.
"""

from __future__ import annotations

import ipaddress
import ssl
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amlpriv.errors import InputError
from amlpriv.pip_config import pip_option
from amlpriv.secret import Secret

__all__ = ["Route", "find_route", "trust"]

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach hosts."""

    bundle: str | None
    """A file or a folder of certificates; None for the system's."""
    bundle_origin: str
    client_certificate: str | None
    fixed_proxy: Secret | None
    """pip's own setting: used for every host; its user part is secret."""
    proxies: Mapping[str, Secret]
    """By scheme, or ``all``."""
    no_proxy: tuple[str, ...]
    of_system: bool = False
    """Whether ``proxies`` are those of Windows or macOS; their own list of exceptions counts then."""

    def proxy(self, url: str) -> str | None:
        """The proxy for an address; it may hold a password."""
        if self.fixed_proxy is not None:
            return self.fixed_proxy.reveal()
        parts = urlsplit(url)
        if _bypassed((parts.hostname or "").lower(), parts.port, self.no_proxy):
            return None
        if self.of_system and _system("proxy_bypass")(parts.hostname or ""):
            return None
        found = self.proxies.get(parts.scheme) or self.proxies.get("all")
        return found.reveal() if found is not None else None


def find_route(environ: Mapping[str, str]) -> Route:
    """The settings in force. Raises InputError when the certificates that are set do not exist."""
    cert = pip_option(environ, "cert")
    named = next((name for name in _BUNDLES if environ.get(name)), None)
    bundle, origin = cert or ((environ[named], named) if named else (None, "the system's"))
    if bundle is not None and not Path(bundle).exists():
        raise InputError(
            f"The certificates that {origin} names do not exist.", file=bundle, hint=f"Correct or unset {origin}."
        )
    proxies, of_system = _proxies(environ)
    fixed, client = pip_option(environ, "proxy"), pip_option(environ, "client-cert")
    return Route(
        bundle,
        origin,
        client[0] if client else None,
        Secret(fixed[0]) if fixed else None,
        proxies,
        tuple(entry.strip().lower() for entry in _either(environ, "no_proxy").split(",") if entry.strip()),
        of_system,
    )


def trust(route: Route) -> ssl.SSLContext:
    """What TLS believes. Raises InputError when the certificates cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if route.bundle is None:
            context.load_default_certs()
        elif Path(route.bundle).is_dir():
            context.load_verify_locations(capath=route.bundle)
        else:
            context.load_verify_locations(cafile=route.bundle)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "The certificates in this file cannot be read.",
            file=route.bundle,
            hint=f"It has to be PEM text; {route.bundle_origin} names it.",
        ) from error
    return context


def _proxies(environ: Mapping[str, str]) -> tuple[dict[str, Secret], bool]:
    named = {scheme: _either(environ, f"{scheme}_proxy") for scheme in ("http", "https", "all")}
    of_system = not any(named.values())
    if of_system:
        named = {scheme: url for scheme, url in _system("getproxies")().items() if scheme in ("http", "https")}
    proxies = {scheme: Secret(url if "://" in url else f"http://{url}") for scheme, url in named.items() if url}
    return proxies, of_system


def _system(name: str) -> Callable[..., Any]:
    """What the standard library knows of this system's own settings; nothing on Linux."""
    suffix = {"win32": "registry", "darwin": "macosx_sysconf"}.get(sys.platform, "")
    return getattr(urllib.request, f"{name}_{suffix}", lambda *_: {})


def _either(environ: Mapping[str, str], name: str) -> str:
    """Both spellings are in use; the one in lower case wins (urllib.request, "getproxies")."""
    return environ.get(name) or environ.get(name.upper()) or ""


def _bypassed(host: str, port: int | None, entries: tuple[str, ...]) -> bool:
    for entry in entries:
        name, colon, number = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
        if colon and str(port) != number:
            continue
        name = name.strip("[]").lstrip("*").lstrip(".")
        if entry == "*" or (name and (host == name or host.endswith(f".{name}"))) or _in_network(host, name):
            return True
    return False


def _in_network(host: str, network: str) -> bool:
    try:
        return "/" in network and ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
