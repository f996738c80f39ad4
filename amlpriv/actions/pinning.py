"""Where an index stands beside the default one (``explicit``), everything is pinned with its hashes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import feed_credential, feed_place
from amlpriv.default_index import default_index
from amlpriv.indexes.client import Login
from amlpriv.resolving import resolve
from amlpriv.specs.closure import Needed
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.index_line import pinnable, with_pins
from amlpriv.specs.sources import Index
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["pinned"]


def pinned(
    file: EnvironmentFile,
    index: Index,
    wheels: Mapping[str, tuple[Path, Wheel]],
    needed: Mapping[str, Needed],
    target: Target,
    *,
    work: Path,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> EnvironmentFile:
    """The file with the whole closure as pins with hashes: private names from ``index`` alone, all others from the
    user's default index. ``wheels`` are shipped by another way and stay as they are.

    Raises what ``amlpriv.resolving.resolve`` raises, and InputError for a line that can have no hash.
    """
    asked = pinnable(file, wheels, target)
    links = _links(wheels, work / "links")
    shipped = [_shipped(needed[name], wheel) for name, (_, wheel) in wheels.items()]
    place = feed_place(index.url, environ=environ, folder=Path.cwd())
    found = feed_credential(place, None, credential_sources(environ, name=index.name))
    say(f"resolving for {target}: {index.name} stands beside the default index, so everything is pinned with hashes")
    resolution = resolve(
        [*asked, *shipped],
        target,
        index=default_index(environ),
        extra=[Login(str(place.feed), found.credentials)],
        find_links=links,
        environ=place.environ,
        work=work,
        all_hashes=True,
    )
    return with_pins(file, resolution, frozenset(wheels))


def _shipped(needed: Needed, wheel: Wheel) -> str:
    extras = sorted({extra for item in needed.required_as for extra in item.extras})
    return f"{wheel.name}{'[' + ','.join(extras) + ']' if extras else ''}=={wheel.version}"


def _links(wheels: Mapping[str, tuple[Path, Wheel]], folder: Path) -> Path | None:
    """The private wheels in one folder, for their metadata."""
    if not wheels:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for path, wheel in wheels.values():
        target = folder / wheel.filename
        with suppress(OSError):
            os.link(path, target)
        if not target.exists():
            shutil.copyfile(path, target)
    return folder
