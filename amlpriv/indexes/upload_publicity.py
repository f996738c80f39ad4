"""What must not happen by a tired user's slip: a private package on the public index, which takes nothing back."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from email.parser import BytesHeaderParser

from amlpriv.connections.addresses import LOOPBACK, read_address
from amlpriv.connections.feeds import FeedUrl
from amlpriv.default_index import built_in_index
from amlpriv.errors import InputError, UsageError
from amlpriv.files import open_binary
from amlpriv.indexes.distributions import Distribution, package_info

__all__ = ["check_publicity", "is_public"]

_CLASSIFIER = "Private :: "
"""By which a package says that it is for no public index (core metadata: Classifier)."""


def check_publicity(
    feed: FeedUrl,
    upload_url: str | None,
    distributions: Iterable[Distribution],
    *,
    environ: Mapping[str, str],
    public: bool,
) -> None:
    """Raises UsageError where the distributions would go to the public index and ``public`` does not allow that, and
    InputError for one that says itself that it is private, whatever is allowed. May raise UnsupportedError."""
    addresses = [feed.simple, feed.upload if upload_url is None else upload_url]
    found = next((address for address in addresses if address is not None and is_public(address, environ)), None)
    if found is None:
        return
    host = read_address(found).host
    for item in distributions:
        if _is_private(item):
            raise InputError(
                f"{item.filename} says that it is private (classifier 'Private :: ...'), and {host} is public.",
                file=item.path,
                hint="Give a feed of your own: --to.",
            )
    if not public:
        raise UsageError(
            f"{host} is the public package index: all the world could read what goes there, and it stays.",
            hint="Give a feed of your own with --to. If the packages are meant for everybody: --public.",
        )


def is_public(address: str, environ: Mapping[str, str]) -> bool:
    """Whether an address is of the index that pip and uv use by default, or of another host of its domain: those for
    uploads and for trying out have names below it."""
    host = read_address(address).host.rstrip(".")
    if not host or host in LOOPBACK:
        return False
    domain = _domain(read_address(built_in_index(environ).url).host)
    return host == domain or host.endswith(f".{domain}")


def _domain(host: str) -> str:
    """The last two names of a host: the default index has no longer top-level domain."""
    return host if host.replace(".", "").isdigit() or "[" in host else ".".join(host.split(".")[-2:])


def _is_private(item: Distribution) -> bool:
    headers = BytesHeaderParser().parsebytes(_metadata(item))
    return any(str(line).strip().startswith(_CLASSIFIER) for line in headers.get_all("Classifier", []))


def _metadata(item: Distribution) -> bytes:
    if not item.is_wheel:
        return package_info(item.path)
    with open_binary(item.path) as stream, zipfile.ZipFile(stream) as archive:
        name = next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), None)
        return archive.read(name) if name is not None else b""
