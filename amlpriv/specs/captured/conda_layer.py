"""The conda layer of a captured environment: what was asked of conda, from its own records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from amlpriv.specs.captured.installed import CondaPackage, Installed
from amlpriv.specs.captured.leaving import LeftOut, is_platform_only, reason_to_leave

__all__ = ["CondaLayer", "conda_layer"]

DEFAULT_CHANNELS = ("conda-forge",)

_SPECS = re.compile(r"(?P<verb>\w+) specs:\s*(?P<rest>.*)")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NAME = re.compile(r"(?:[^\s\[\]]*::)?([A-Za-z0-9_][A-Za-z0-9._-]*)")
_SUBDIRECTORY = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|wasi)-\w+)/?$")


@dataclass(frozen=True, slots=True)
class CondaLayer:
    """What stands in the file beside the pip list."""

    channels: tuple[str, ...]
    dependencies: tuple[str, ...]
    """``name=version``; Python first, pip second."""
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def conda_layer(
    installed: Installed, *, every: bool, imported: Collection[str] | None, asked: Collection[str] = ()
) -> CondaLayer:
    """The layer: Python and pip, and in a conda environment what somebody asked conda for.

    ``every`` takes all packages, where the interpreter is one for Linux; ``imported`` takes those conda packages alone;
    ``asked`` are kept in any case.
    """
    pip = installed.distributions.get("pip")
    first = [f"python={installed.minor}", f"pip={pip.version}" if pip is not None else "pip"]
    if installed.conda is None:
        return CondaLayer(DEFAULT_CHANNELS, tuple(first))
    alive = {name: one for name, one in installed.conda.items() if one.alive}
    named = set(_asked(installed, alive)) - {"python", "pip"}
    if imported is not None:
        wanted = set(imported)
    elif every and installed.markers["sys_platform"] == "linux":
        wanted = set(alive)
    else:
        wanted = named
    wanted &= alive.keys() - {"python", "pip"}
    kept = {name for name in wanted if _reason(name) is None} | (set(asked) & alive.keys())
    away = (wanted | named) - kept
    left = (LeftOut(name, alive[name].version, _reason(name) or "the code does not import it") for name in sorted(away))
    packages = [alive[name] for name in sorted(kept)]
    channels, private = _channels([*packages, *(alive[name] for name in ("python",) if name in alive)])
    notes = [f"The conda channel of {name} has a token in its address: it was left out." for name in private]
    if every and imported is None and wanted == named != alive.keys() - {"python", "pip"}:
        notes.append("Of conda only what was asked for is kept: the rest depends on the platform.")
    replaced = sorted(name for name, one in installed.conda.items() if not one.alive)
    notes += [f"{name}: pip has replaced what conda had installed; it stands in the pip list." for name in replaced]
    return CondaLayer(
        channels or DEFAULT_CHANNELS,
        (*first, *(f"{one.name}={one.version}" for one in packages)),
        tuple(left),
        tuple(notes),
    )


def _reason(name: str) -> str | None:
    key = name.replace("_", "-").lower()
    return "only Windows or macOS has it" if is_platform_only(key) else reason_to_leave(key)


def _asked(installed: Installed, alive: Collection[str]) -> list[str]:
    """Names by conda's history and its records, else what no other package depends on.

    ``requested_specs`` of a record: rattler's documentation, "PrefixRecord" (before it: ``requested_spec``). The lines
    of the history are as conda and micromamba write them; their format is published nowhere (assumed).
    """
    asked: dict[str, None] = {}
    for line in installed.conda_specs:
        match = _SPECS.fullmatch(line)
        names = _names(match["rest"]) if match else []
        for name in names:
            if match and match["verb"] in ("remove", "uninstall"):
                asked.pop(name, None)
            elif match and match["verb"] != "neutered":
                asked[name] = None
    packages = installed.conda or {}
    asked.update({one.name: None for one in packages.values() if one.requested})
    if not set(asked) & set(alive):
        needed = {name for one in packages.values() for name in one.depends}
        asked = dict.fromkeys(name for name in alive if name not in needed)
    return [name for name in asked if name in alive]


def _names(text: str) -> list[str]:
    """The names in ``['python=3.11', "numpy[version='>=1.2']"]`` or ``python=3.11, numpy`` (older conda)."""
    quoted = [double or single for double, single in _QUOTED.findall(text)]
    specs = quoted if text.startswith("[") else text.split(",")
    matches = (_NAME.match(spec.strip()) for spec in specs)
    return [match[1].lower() for match in matches if match]


def _channels(packages: Iterable[CondaPackage]) -> tuple[tuple[str, ...], list[str]]:
    """The channels by how much comes from them, and the packages whose channel has a token in its address."""
    count: dict[str, int] = {}
    private = []
    for one in packages:
        name, has_token = _channel(one.channel)
        if has_token:
            private.append(one.name)
        if name and not has_token:
            count[name] = count.get(name, 0) + 1
    return tuple(sorted(count, key=lambda name: (name == "defaults", -count[name], name))), private


def _channel(text: str) -> tuple[str, bool]:
    """A channel as a file names it: ``conda-forge``, ``defaults``, or an address; and whether it has a token in it."""
    address = _SUBDIRECTORY.sub("", text.rstrip("/"))
    if "://" not in address:
        return ("defaults" if address.startswith("pkgs/") else address), False
    parts = urlsplit(address)
    host, path = (parts.hostname or "").split("."), parts.path.strip("/")
    if "@" in parts.netloc or path.startswith("t/") or parts.query:
        return "", True
    if host[-2:-1] == ["anaconda"] and path:
        return ("defaults" if path.startswith("pkgs/") else path), False
    return address, False
