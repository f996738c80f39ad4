"""What stands in the text of registered versions: wheels' URLs, the hashes behind them, what they were signed by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from amlpriv.facts.routes import Route
from amlpriv.plans.steps import LEFT
from amlpriv.remote import Datastore, RegisteredEnvironment
from amlpriv.secret import SasUrl
from amlpriv.specs.conda import parse_conda
from amlpriv.specs.pip import PipRequirement

__all__ = ["blob_of", "datastore_of", "named_policies", "signed_hashes", "signed_urls", "with_signatures"]

WHEELS = "/amlpriv/wheels/"


def signed_urls(environment: RegisteredEnvironment) -> Mapping[str, SasUrl]:
    """The wheels' URLs in a registered conda text, by package name, without their fragments; plain ones by the route
    ``plain``."""
    return {name: SasUrl(url.partition("#")[0]) for name, url in _signed_lines(environment)}


def with_signatures(environment: RegisteredEnvironment, sign: Callable[[SasUrl], SasUrl]) -> str:
    """The registered conda text with every plain URL of a wheel replaced by what ``sign`` makes of it."""
    text = environment.conda.reveal() if environment.conda else "dependencies: []\n"
    for url in signed_urls(environment).values():
        if "?" not in url.reveal():
            text = text.replace(f"{url.reveal()}#", f"{sign(url).reveal()}#")
    return text


def signed_hashes(environment: RegisteredEnvironment) -> Mapping[str, str]:
    """The sha256 behind these URLs, by package name: of the bytes that get installed."""
    return {name: url.partition("#sha256=")[2] for name, url in _signed_lines(environment)}


def _signed_lines(environment: RegisteredEnvironment) -> Iterator[tuple[str, str]]:
    if environment.conda is None:
        return
    left = environment.properties.get(LEFT, "").split()
    plain = environment.properties.get("amlpriv.route") == Route.PLAIN.value
    for line in parse_conda(environment.conda.reveal(), f"{environment.name}:{environment.version}").pip:
        url = line.requirement.url if isinstance(line, PipRequirement) else None
        if not isinstance(line, PipRequirement) or not url or line.name in left:
            continue
        if "sig=" in url or (plain and WHEELS in url):
            yield line.name, url


def blob_of(url: SasUrl) -> str:
    """Path of the blob inside its container."""
    return unquote(urlsplit(url.url).path).split("/", 2)[2]


def datastore_of(url: SasUrl, match: RegisteredEnvironment) -> Datastore:
    """The datastore that the URL leads to, told by the URL itself; its name is one of the version's properties."""
    parts = urlsplit(url.url)
    account, _, endpoint = parts.netloc.partition(".blob.")
    name = match.properties.get("amlpriv.datastore", "workspaceblobstore")
    return Datastore(name, account, parts.path.split("/")[1], endpoint)


def named_policies(versions: Iterable[RegisteredEnvironment], datastore: Datastore) -> tuple[str, ...]:
    """The policies in all signed URLs of this container: those that are gone were revoked, and must not come back."""
    named = re.compile(rf"{re.escape(datastore.container_url)}/[^\s?]*\?[^\s#]*\bsi=(amlpriv-\d+)")
    texts = (item.conda.reveal() for item in versions if item.conda is not None)
    return tuple(sorted({name for text in texts for name in named.findall(text)}))
