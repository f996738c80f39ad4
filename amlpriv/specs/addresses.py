"""Paths and URLs as pip reads them: extras behind them, names in them, fragments."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

__all__ = ["address_of_file", "fragment_of", "is_path", "is_url_or_path", "name_in_url", "split_extras"]

_EXTRAS = re.compile(r"(?P<address>.*\S)\s*\[(?P<extras>[A-Za-z0-9._, -]*)\]")
_EGG = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[(?P<extras>[^\]]*)\])?")
# What pip takes for an archive by its name.
_ARCHIVES = (
    *(".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz"),
    *(".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def is_path(body: str) -> bool:
    """Whether a pip line that is no option, URL or ``name @ ...`` means something on this machine's disk."""
    address = split_extras(re.split(r"(?<!\s)\s*;\s*", body, maxsplit=1)[0])[0]
    if address in {".", ".."} or address.startswith(("./", "../", ".\\", "..\\", "/", "\\", "~/", "~\\")):
        return True
    if address.lower().startswith("file:") or _DRIVE.match(address):
        return True
    if "://" in address:
        return False
    return "/" in address or "\\" in address or address.lower().endswith(_ARCHIVES)


def is_url_or_path(address: str) -> bool:
    """Whether the standard library can take the address apart; brackets in the host can keep it from doing so."""
    try:
        urlsplit(address)
    except ValueError:
        return False
    return True


def split_extras(address: str) -> tuple[str, frozenset[str]]:
    """``./pkg[a,b]`` as ``./pkg`` and its extras."""
    match = _EXTRAS.fullmatch(address)
    if match is None:
        return address.strip(), frozenset()
    return match["address"], _names(match["extras"])


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def fragment_of(url: str) -> tuple[str | None, frozenset[str]]:
    """The normalised name and the extras of ``#egg=name[extra]``, if the URL ends so."""
    for part in urlsplit(url).fragment.split("&"):
        key, _, value = part.partition("=")
        if key == "egg" and (match := _EGG.fullmatch(unquote(value))):
            return canonicalize_name(match["name"]), _names(match["extras"] or "")
    return None, frozenset()


def name_in_url(url: str) -> tuple[str | None, frozenset[str]]:
    """The normalised name that a URL tells, by its ``#egg=`` or by the archive's file name, and the extras."""
    name, extras = fragment_of(url)
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if name is None:
        try:
            if filename.lower().endswith(".whl"):
                name = parse_wheel_filename(filename)[0]
            elif filename.lower().endswith((".tar.gz", ".zip")):
                name = parse_sdist_filename(filename)[0]
        except (InvalidWheelFilename, InvalidSdistFilename):
            name = None
    return name, extras


def address_of_file(address: str) -> str:
    """The path that an address means: ``file:`` URLs are turned into paths, others stay as written."""
    if not address.lower().startswith("file:"):
        return address
    path = address[len("file:") :].partition("#")[0].partition("?")[0]
    if path.startswith("//"):
        host, _, rest = path[2:].partition("/")
        path = f"/{rest}" if host in {"", "localhost"} else f"//{host}/{rest}"
    path = unquote(path)
    return path[1:] if path.startswith("/") and _DRIVE.match(path[1:]) else path
