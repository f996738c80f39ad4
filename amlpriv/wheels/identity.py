"""The content hash of a wheel: the same when the same source is built again.

Left out is what a build backend writes about itself (its name and version in WHEEL, the wording and order of
METADATA), and the archive around it (times, compression, order). The canonical text is one JSON list per line, sorted,
below the schema's name. The executable bit counts, since it is installed: Windows does not store it, so that a package
with executable files can get another hash from a checkout there. Golden hashes stand in the tests. Whatever changes it
changes the identity of every published wheel, so that the schema's name must change with it. It does not depend on the
version of ``packaging``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from amlpriv.wheels.metadata import Metadata, WheelFile

__all__ = ["SCHEMA", "Content", "canonical_text", "content_hash"]

SCHEMA = "amlpriv-wheel-content-1"

_LEFT_OUT = {"WHEEL", "METADATA", "INSTALLER", "direct_url.json", "REQUESTED", "RECORD", "RECORD.jws", "RECORD.p7s"}
_EXTRA = re.compile(r"""(\bextra\s*[!=]=\s*)(["'])([^"']*)\2""")


@dataclass(frozen=True, slots=True)
class Content:
    """One member of a wheel, as it was read."""

    path: str
    sha256: str
    """Hexadecimal."""
    executable: bool


def content_hash(contents: Iterable[Content], metadata: Metadata, wheel_file: WheelFile, dist_info: str) -> str:
    """sha256, hexadecimal, of the canonical text."""
    text = canonical_text(contents, metadata, wheel_file, dist_info)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def canonical_text(contents: Iterable[Content], metadata: Metadata, wheel_file: WheelFile, dist_info: str) -> str:
    """What is hashed; ``dist_info`` is the folder's name as it stands in the wheel."""
    lines = [
        ["name", canonicalize_name(metadata.name)],
        ["version", str(metadata.version)],
        ["root-is-purelib", wheel_file.root_is_purelib],
        *(["tag", tag] for tag in set(wheel_file.tags)),
        *(["provides-extra", extra] for extra in set(metadata.provides_extra)),
        *(["requires-dist", text] for text in {_requirement(each) for each in metadata.requires_dist}),
    ]
    if metadata.requires_python is not None:
        lines.append(["requires-python", _specifiers(metadata.requires_python)])
    for content in contents:
        if (path := _canonical_path(content.path, dist_info, metadata)) is not None:
            lines.append(["file", path, content.sha256, content.executable])
    return "\n".join([SCHEMA, *sorted(json.dumps(line) for line in lines), ""])


def _canonical_path(path: str, dist_info: str, metadata: Metadata) -> str | None:
    """``path`` with one spelling of the two folders that backends name differently; None when it does not count."""
    top, _, rest = path.partition("/")
    if top not in (dist_info, f"{dist_info.removesuffix('.dist-info')}.data"):
        return path
    if top == dist_info and (rest in _LEFT_OUT or rest.startswith("sboms/")):
        return None
    if top == dist_info:
        # PEP 639 moved licence files into a folder; setuptools before 77 writes them beside METADATA.
        rest = rest.removeprefix("licenses/")
    suffix = top.rpartition(".")[2]
    return f"{canonicalize_name(metadata.name)}-{metadata.version}.{suffix}/{rest}"


def _requirement(requirement: Requirement) -> str:
    extras = ",".join(sorted({canonicalize_name(extra) for extra in requirement.extras}))
    wanted = f"@ {requirement.url}" if requirement.url else _specifiers(requirement.specifier)
    marker = "" if requirement.marker is None else _EXTRA.sub(_same_extra, str(requirement.marker))
    return f"{canonicalize_name(requirement.name)}[{extras}] {wanted} ; {marker}"


def _same_extra(match: re.Match[str]) -> str:
    # packaging before 24 leaves the spelling of an extra inside parentheses as it is.
    return f"{match[1]}{match[2]}{canonicalize_name(match[3])}{match[2]}"


def _specifiers(specifiers: SpecifierSet) -> str:
    return ",".join(sorted(_specifier(each) for each in specifiers))


def _specifier(specifier: Specifier) -> str:
    text = specifier.version
    stem = text.removesuffix(".*")
    if specifier.operator == "===":
        return f"==={text}"
    return f"{specifier.operator}{Version(stem)}{text[len(stem) :]}"
