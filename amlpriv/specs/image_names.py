"""Names of images: Docker's grammar for references, ``[domain[:port]/]path[:tag][@digest]``.

Source: the "reference" package of the container project "distribution".
"""

from __future__ import annotations

import re

__all__ = ["IMAGE_HINT", "image_complaint"]

IMAGE_HINT = "It is written like mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250407.v1."

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_PART}(?:\.{_PART})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}")
_LONGEST = 255


def image_complaint(text: str) -> str | None:
    """What is wrong with the name of an image, if anything."""
    if not text.strip():
        return "it is empty"
    if re.search(r"\s", text):
        return "it holds a blank"
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return f"{digest!r} is no digest"
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return f"{tag!r} is no tag"
    domain, *path = f"{head}{slash}{last}".split("/")
    if not path or not _is_domain(domain):
        domain, path = "", [domain, *path]
    elif not _DOMAIN.fullmatch(domain):
        return f"{domain!r} is no registry"
    for part in path:
        if not _PATH.fullmatch(part):
            return f"{part!r} is no part of a name: it has lower case letters and digits, and '.', '_', '-' inside"
    return f"it is longer than {_LONGEST} characters" if len(f"{head}{slash}{last}") > _LONGEST else None


def _is_domain(part: str) -> bool:
    """As Docker tells the registry from the first part of a path."""
    return "." in part or ":" in part or part == "localhost" or part != part.lower()
