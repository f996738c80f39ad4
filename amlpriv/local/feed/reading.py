"""Simple pages and downloads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename

from amlpriv.connections.pages import File, Page, write_html, write_html_names
from amlpriv.errors import AmlprivError
from amlpriv.local.feed.asking import Errand
from amlpriv.local.feed.distributions import BadDistribution, named
from amlpriv.local.feed.packages import Package, StoredFile, is_name, normalised, same_version
from amlpriv.local.feed.redirects import send_file
from amlpriv.local.feed.refusals import FeedRefusal
from amlpriv.local.plane.http import Response
from amlpriv.secret import redact

__all__ = ["download", "simple"]

_HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}


def simple(errand: Errand, rest: tuple[str, ...]) -> Response:
    """The list of packages, or the page of one; any spelling of the name, with or without a slash at the end, is
    answered at once (assumed).

    HTML for everybody: that the service offers no JSON (PEP 691) is assumed; no client is known to get any from it.
    """
    errand.user.may("ReadPackages")
    if not rest:
        return Response(200, write_html_names(list(errand.packages.names())).encode(), _HTML)
    if len(rest) > 1:
        raise errand.not_found(f"'{'/'.join(rest)}'")
    if not is_name(rest[0]):  # upstream is not bothered with it
        raise errand.not_found(f"The package '{rest[0][:80]}'")
    package = errand.packages.read(normalised(rest[0]))
    stored = [_stored(errand, package.name, file) for file in package.in_view(errand.asked.view)]
    found = (*stored, *(_linked(errand, package.name, file) for file in errand.outside(package) if _is_ours(file)))
    if not found:
        raise errand.not_found(f"The package '{package.name}'")
    return Response(200, write_html(Page(package.name, found)).encode(), _HTML)


def download(errand: Errand, rest: tuple[str, ...]) -> Response:
    """A file: from the disk, or from upstream, and then it stays ("saved from upstream")."""
    errand.user.may_download(errand.tenant)
    if len(rest) != 3 or not is_name(rest[0]):
        raise errand.not_found(f"'{'/'.join(rest)[:200]}'")
    name, version, filename = normalised(rest[0]), rest[1], rest[2]
    package = errand.packages.read(name)
    file = next((one for one in package.in_view(errand.asked.view) if _is(one, version, filename)), None)
    if file is None and not package.file(filename):
        file = _save(errand, package, version, filename)
    if file is None:
        raise errand.not_found(f"The file '{filename}' of package '{name} {version}'")
    path = errand.packages.path(name, file.filename)
    if errand.feed.redirect_to:
        return Response(
            303, b"", {"Location": errand.redirects.address(errand.request, errand.feed, path, file.sha256)}
        )
    return send_file(path)


def _save(errand: Errand, package: Package, version: str, filename: str) -> StoredFile | None:
    """Fetch a file from upstream and keep it; None when there is none. Two that want it wait for one another."""
    found = next((file for file in errand.outside(package) if file.filename == filename and _is_ours(file)), None)
    if found is None or errand.upstream is None or not same_version(named(filename).version, version):
        return None
    with errand.packages.hold(package.name):
        if there := errand.packages.read(package.name).file(filename):
            return there
        with errand.packages.incoming() as folder:
            try:
                path = errand.upstream.download(found, folder)
            except AmlprivError as error:
                message = f"The file '{filename}' could not be had from the upstream source: {error.message}"
                raise FeedRefusal(502, "UpstreamUnavailableException", redact(message)) from error
            sha256, size = found.hashes.get("sha256") or _sha256(path), path.stat().st_size
            file = StoredFile(filename, named(filename).version, sha256, size, "upstream", found.requires_python)
            errand.packages.add(package.name, file, path)
    return file


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is(file: StoredFile, version: str, filename: str) -> bool:
    return file.filename == filename and same_version(file.version, version)


def _is_ours(file: File) -> bool:
    """Whether a file of upstream is one that a feed can have; old indexes have eggs and installers."""
    try:
        named(file.filename)
    except (BadDistribution, InvalidSdistFilename, InvalidWheelFilename):
        return False
    return True


def _stored(errand: Errand, name: str, file: StoredFile) -> File:
    url = _link(errand, name, file.version, file.filename)
    return File(file.filename, url, {"sha256": file.sha256}, file.requires_python)


def _linked(errand: Errand, name: str, file: File) -> File:
    url = _link(errand, name, named(file.filename).version, file.filename)
    return File(file.filename, url, file.hashes, file.requires_python, file.yanked)


def _link(errand: Errand, name: str, version: str, filename: str) -> str:
    return "/".join((errand.base, "download", *(quote(part, safe="") for part in (name, version, filename))))
