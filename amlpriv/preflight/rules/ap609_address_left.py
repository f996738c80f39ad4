"""With ``via: direct`` the image build fetches a wheel from its own address, where it has no credential.

No page of Microsoft says that the build has an identity for storage. It works where the network or the server itself
lets the build read: a container in the virtual network that is open there, a server without passwords.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from amlpriv.errors import InputError
from amlpriv.facts.routes import Route
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.sources import UrlSource
from amlpriv.specs.wheel_urls import read_wheel_url

__all__ = ["CODE", "NAME", "find"]

CODE = "AP609"
NAME = "address that the image build has to read"

_HERE = ("localhost", "127.0.0.1", "::1")


def find(subject: Subject) -> Iterator[Finding]:
    """Each source with ``via: direct``; an error where its address cannot stay in a specification."""
    for name, source in subject.environment.sources.items():
        if isinstance(source, UrlSource) and source.via is Route.DIRECT:
            yield _finding(name, source)


def _finding(name: str, source: UrlSource) -> Finding:
    place = place_of(source.position)
    try:
        url = read_wheel_url(source.url, name, source.position).plain
    except InputError as error:
        return place.finding(CODE, Severity.ERROR, name, error.message, fix=error.hint or "Correct the address.")
    host = urlsplit(url).hostname or ""
    if host in _HERE:
        message = f"The address of {name} is on this machine, which the image build does not reach."
        return place.finding(CODE, Severity.ERROR, name, message, fix="Leave out 'via: direct': the wheel is shipped.")
    return place.finding(
        CODE,
        Severity.NOTE,
        name,
        f"The image build itself fetches {name} from {host}, without a credential.",
        fix="Its network has to reach that host, and the host has to let it read; otherwise leave out 'via: direct', "
        "and the wheel is shipped by the workspace's own storage.",
    )
