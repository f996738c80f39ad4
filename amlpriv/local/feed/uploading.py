"""Uploads: what twine and uv send, checked and kept; a version that was there once is there for ever."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from amlpriv.local.feed.asking import Errand
from amlpriv.local.feed.distributions import BadDistribution, Distribution, named, read_distribution
from amlpriv.local.feed.multipart import BadForm, Form, TooLarge, boundary_of, read_form
from amlpriv.local.feed.packages import Package, StoredFile, is_name, same_version
from amlpriv.local.feed.refusals import FeedRefusal
from amlpriv.local.plane.http import Response

__all__ = ["MOST_FILE", "upload"]

MOST_FILE = 500 * 1024 * 1024
"""Bytes of one file (Azure DevOps, "Limits": Azure Artifacts)."""


def upload(errand: Errand) -> Response:
    """Take a distribution. That the answer is 202 without a body is assumed."""
    errand.user.may("AddPackage")
    if errand.asked.view:
        message = f"Packages cannot be published to a view ('{errand.asked.view}'); publish to the feed, then promote."
        raise FeedRefusal(400, "InvalidRequestException", message)
    with errand.packages.incoming() as folder:
        form = _read(errand, folder / "content")
        return _keep(errand, form, _check(form, folder / "content"), folder / "content")


def _read(errand: Errand, path: Path) -> Form:
    try:
        boundary = boundary_of(errand.request.headers.get("content-type", ""))
        if errand.request.stream is None:
            raise BadForm("There is no body.")
        return read_form(errand.request.stream, boundary, path, most=MOST_FILE)
    except BadForm as error:
        raise _bad(str(error)) from None
    except TooLarge:
        message = f"The file is larger than {MOST_FILE // 1024**2} MB, which is the most that a feed takes."
        raise FeedRefusal(413, "PackageTooLargeException", message) from None


def _check(form: Form, path: Path) -> Distribution:
    """What the file says of itself, which must be what the form says. Which of these the service checks is assumed."""
    if form.fields.get(":action", "file_upload") != "file_upload":
        raise _bad(f"The action '{form.fields[':action'][:40]}' is not known.")
    if form.filename is None:
        raise _bad("The form has no file.")
    for name, real in (("sha256_digest", form.sha256), ("md5_digest", form.md5)):
        if form.fields.get(name, real).lower() != real:
            raise _bad(f"The file '{form.filename}' is not the one that {name} is about.")
    try:
        distribution = read_distribution(form.filename, path)
    except BadDistribution as error:
        raise _bad(str(error)) from None
    if not is_name(distribution.name):
        raise _bad(f"A package cannot be called '{distribution.name[:80]}'.")
    for name, real in (("name", distribution.name), ("version", distribution.version)):
        if name in form.fields and not _same(name, form.fields[name], real):
            raise _bad(f"The form's {name} '{form.fields[name][:80]}' is not that of the file '{form.filename}'.")
    return distribution


def _same(field: str, given: str, real: str) -> bool:
    if field == "name":
        return canonicalize_name(given) == real
    return same_version(given, real)


def _keep(errand: Errand, form: Form, distribution: Distribution, path: Path) -> Response:
    name, version, filename = distribution.name, distribution.version, str(form.filename)
    with errand.packages.hold(name):
        package = errand.packages.read(name)
        _check_new(errand, package, version, filename)
        file = StoredFile(filename, version, form.sha256, form.size, "pushed", distribution.requires_python)
        errand.packages.add(name, file, path)
    return Response(202, b"")


def _check_new(errand: Errand, package: Package, version: str, filename: str) -> None:
    """A file can be pushed once. The words: Azure/azure-sdk-for-python#9286 (twine), and for what upstream has
    MicrosoftLearning/AZ400-DesigningandImplementingMicrosoftDevOpsSolutions#621 (NuGet). That the same bytes again are
    a conflict too, and the words for a deleted version, are assumed."""
    what = f"{package.name} {version}"
    if package.file(filename):
        raise _conflict(f"The feed '{errand.feed.name}' already contains file '{filename}' in package '{what}'.")
    if package.was_deleted(version):
        raise _conflict(f"The feed '{errand.feed.name}' already contained '{what}', which was deleted.")
    saved = any(file.origin == "upstream" for file in package.of_version(version))
    if saved or any(_is_of(file.filename, version) for file in errand.outside(package)):
        message = f"'{what}' cannot be published to the feed because it exists in at least one of the feed's upstream"
        raise _conflict(f"{message} sources.")


def _is_of(filename: str, version: str) -> bool:
    try:
        return same_version(named(filename).version, version)
    except BadDistribution:
        return False


def _bad(message: str) -> FeedRefusal:
    return FeedRefusal(400, "InvalidPackageException", message)


def _conflict(message: str) -> FeedRefusal:
    return FeedRefusal(409, "PackageAlreadyExistsException", message)
