"""The command line and the environment of uv: everything explicit, nothing of the user's uv.toml, no secret in either
but in the variables that uv has for it (uv's documentation, "Package indexes": UV_INDEX_<NAME>_USERNAME)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from amlpriv.connections.addresses import Credentials
from amlpriv.pip_config import pip_option
from amlpriv.secret import Secret
from amlpriv.target import Target

__all__ = ["Login", "Places", "platform_name"]

_LEVELS = (17, 28, *range(31, 41))
"""uv 0.13's manylinux platforms, glibc 2.x (``uv pip compile --help``, --python-platform)."""

_KEPT = frozenset(
    {
        "UV_CACHE_DIR",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_HTTP_CONNECT_TIMEOUT",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_INSECURE_HOST",
        "UV_NATIVE_TLS",
        "UV_NO_CACHE",
        "UV_OFFLINE",
        "UV_SYSTEM_CERTS",
    }
)
"""The user's variables that say how uv gets at something, and not what it takes."""

_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
_TOKEN_USER = "__token__"  # noqa: S105  a user name


class Login(Protocol):
    """An index and how to sign in there: ``amlpriv.indexes.client.Login`` and ``DefaultIndex`` are such."""

    @property
    def url(self) -> str:
        """Root of its simple pages, without credentials."""

    @property
    def credentials(self) -> Credentials | None:
        """None: anonymous, or what netrc says."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where packages may come from."""

    index: Login | None
    extra: tuple[Login, ...] = ()
    """Asked before ``index``; uv takes a name from the first index that has it."""
    find_links: Path | None = None

    @property
    def logins(self) -> tuple[Login, ...]:
        """All indexes, ``index`` first."""
        return (self.index, *self.extra) if self.index is not None else self.extra

    @property
    def secrets(self) -> list[Secret]:
        """What no message may repeat."""
        found = [login.credentials for login in self.logins if login.credentials is not None]
        return [secret for each in found if (secret := each.token) is not None and secret.reveal()]

    @property
    def options(self) -> list[str]:
        """uv's options for them."""
        options = []
        for number, login in enumerate(self.logins):
            kind = "--default-index" if login is self.index else "--index"
            options += [kind, f"{_name(number)}={login.url}"]
        if not self.logins:
            options.append("--no-index")
        return [*options, *(["--find-links", str(self.find_links.resolve())] if self.find_links else [])]

    def settings(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment of uv: the user's network, our credentials."""
        rest = {name: value for name, value in environ.items() if not name.upper().startswith("UV_") or name in _KEPT}
        settings = {**rest, **_network(rest), "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
        settings.update({"UV_KEYRING_PROVIDER": "disabled", "NO_COLOR": "1", "UV_NO_WRAP": "1"})
        for number, login in enumerate(self.logins):
            if login.credentials is not None:
                settings.update(_signing_in(_name(number).upper(), login.credentials))
        return settings


def platform_name(target: Target) -> str:
    """uv's name for the target's platform: the highest glibc that uv knows and the target has."""
    major, minor = target.glibc
    level = max((each for each in _LEVELS if (2, each) <= (major, minor)), default=_LEVELS[0])
    return f"{target.arch}-manylinux_2_{level}"


def _network(environ: Mapping[str, str]) -> dict[str, str]:
    """pip's certificates and proxy where uv has none of its own: who has set one of them means both tools."""
    found: dict[str, str] = {}
    certificate = next((environ[name] for name in _CERTIFICATES if environ.get(name)), None)
    if certificate is None and (of_pip := pip_option(environ, "cert")) is not None:
        certificate = of_pip[0]
    if certificate and not environ.get("SSL_CERT_FILE"):
        found["SSL_CERT_FILE"] = certificate
    proxied = any(environ.get(name) or environ.get(name.lower()) for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"))
    if not proxied and (proxy := pip_option(environ, "proxy")) is not None:
        found.update(HTTPS_PROXY=proxy[0], HTTP_PROXY=proxy[0])
    return found


def _signing_in(name: str, credentials: Credentials) -> dict[str, str]:
    token = credentials.token
    alone = credentials.user is None or credentials.user == token
    # uv sends nothing for a user without a password, so a token that stands alone gets a user beside it.
    user = _TOKEN_USER if alone or credentials.user is None else credentials.user.reveal()
    return {f"UV_INDEX_{name}_USERNAME": user, f"UV_INDEX_{name}_PASSWORD": token.reveal() if token else ""}


def _name(number: int) -> str:
    return f"amlpriv{number}"
