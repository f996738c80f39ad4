"""What a build in a container gets of this machine's settings: the package index, proxies, certificates, versions.

Left out is what names places of this machine: ``file:`` indexes, ``--find-links``, compilers and their flags.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from amlpriv.connections.addresses import Credentials, read_address
from amlpriv.containers.commands import INSIDE
from amlpriv.default_index import DefaultIndex, ExtraIndex, default_index
from amlpriv.pip_config import pip_option
from amlpriv.secret import Secret

__all__ = ["FindCredentials", "Passed", "hand_files", "passed"]

_CERTIFICATES = "certificates.pem"

FindCredentials = Callable[[str], "Credentials | None"]
"""Finds the credentials for an index address that holds none."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CERTIFICATE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
# A version that git would say, and that the user says instead.
_VERSIONS = re.compile(
    r"(SETUPTOOLS_SCM|POETRY_DYNAMIC_VERSIONING|PDM_BUILD_SCM|HATCH_VCS)\w*|PBR_VERSION|\w+_VERSION_PRETEND"
)
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")


@dataclass(frozen=True, slots=True)
class Passed:
    """The variables for the container."""

    settings: Mapping[str, str] = field(repr=False)
    """May hold credentials; goes in by standard input."""
    secrets: tuple[Secret, ...] = ()
    """The credentials in it, so that no output shows them."""
    certificates: Path | None = None
    """The user's certificate file, to be copied in."""
    host_network: bool = False
    """Whether an index or a proxy listens on this machine's loopback."""


def passed(environ: Mapping[str, str], *, folder: Path, epoch: str, find: FindCredentials = lambda _: None) -> Passed:
    """What to pass for the project in ``folder``; ``epoch`` is the value of SOURCE_DATE_EPOCH.

    Raises UnsupportedError when the tools do not say which index the user has.
    """
    index = default_index(environ, folder=folder)
    addresses: list[tuple[str, DefaultIndex | ExtraIndex]] = []
    if not index.is_built_in and _is_served(index.url):
        addresses.append(("PIP_INDEX_URL", index))
    addresses += [("PIP_EXTRA_INDEX_URL", extra) for extra in index.extras if _is_served(extra.url)]
    settings = {"SOURCE_DATE_EPOCH": epoch}
    secrets: list[Secret] = []
    for name, one in addresses:
        credentials = one.credentials or find(one.url)
        url = _with_credentials(one.url, credentials)
        settings[name] = f"{settings[name]} {url}" if name in settings else url
        secrets += [credentials.token] if credentials and credentials.token else []
    if trusted := pip_option(environ, "trusted-host"):
        settings["PIP_TRUSTED_HOST"] = " ".join(trusted[0].split())
    proxies = {name: value for name, value in environ.items() if name.lower() in _PROXIES and value}
    logins = [read_address(value).credentials for name, value in proxies.items() if name.lower() != "no_proxy"]
    secrets += [login.token for login in logins if login and login.token]
    versions = {name: value for name, value in environ.items() if _VERSIONS.fullmatch(name)}
    certificates = _certificates(environ)
    if certificates is not None:
        settings |= dict.fromkeys(_CERTIFICATE_VARIABLES, f"{INSIDE}/{_CERTIFICATES}")
    asked = [one.url for _, one in addresses] + [value for name, value in proxies.items() if name.lower() != "no_proxy"]
    return Passed(settings | proxies | versions, tuple(secrets), certificates, _on_loopback(asked))


def hand_files(given: Passed, wheels: Sequence[Path], handed: Path) -> dict[str, str]:
    """Copy the certificates, and wheels of packages that the build requires, to the folder that is handed in.

    The answer are the variables with which pip takes these wheels and no others of their names. Up to pip 25.2 builds
    follow PIP_CONSTRAINT, later ones PIP_BUILD_CONSTRAINT.
    """
    if given.certificates is not None:
        shutil.copyfile(given.certificates, handed / _CERTIFICATES)
    if not wheels:
        return {}
    folder = handed / "wheels"
    folder.mkdir()
    lines = []
    for wheel in wheels:
        shutil.copyfile(wheel, folder / wheel.name)
        lines.append(f"{wheel.name.partition('-')[0]} @ file://{INSIDE}/wheels/{quote(wheel.name)}\n")
    (folder / "constraints.txt").write_text("".join(lines), encoding="utf-8")
    return dict.fromkeys(("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"), f"{INSIDE}/wheels/constraints.txt")


def _is_served(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _with_credentials(url: str, credentials: Credentials | None) -> str:
    if credentials is None:
        return url
    parts = [quote(part.reveal(), safe="") for part in (credentials.user, credentials.password) if part is not None]
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{':'.join(parts)}@{rest}"


def _certificates(environ: Mapping[str, str]) -> Path | None:
    option = pip_option(environ, "cert")
    candidates = [option[0] if option else None, *(environ.get(name) for name in _CERTIFICATE_VARIABLES)]
    return next((Path(path) for path in candidates if path and Path(path).is_file()), None)


def _on_loopback(urls: Iterable[str]) -> bool:
    hosts = [urlsplit(url if "://" in url else f"http://{url}").hostname or "" for url in urls]
    return any(_LOOPBACK.fullmatch(host) for host in hosts)
