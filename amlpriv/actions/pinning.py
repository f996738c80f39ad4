"""The closure of an environment, private wheels included, resolved for its target from the indexes that it names.

For a lock, and where an index stands beside the default one (``explicit``): then everything is pinned with its hashes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import feed_credential, feed_place
from amlpriv.connections.feeds import parse_feed_url, same_feed
from amlpriv.default_index import default_index
from amlpriv.indexes.client import Login
from amlpriv.resolving import resolve
from amlpriv.specs.closure import Needed
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.index_line import asked_of_index, pinnable, with_pins
from amlpriv.specs.pip import PipOption
from amlpriv.specs.problems import input_error
from amlpriv.specs.resolution import Resolution
from amlpriv.specs.sources import Index
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["pinned", "resolved"]

_NOT_RESOLVED = ("--find-links", "--no-binary", "--no-index")


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
    pinnable(file, wheels, target)
    say(f"resolving for {target}: {index.name} stands beside the default index, so everything is pinned with hashes")
    resolution = resolved(file, wheels, needed, target, work=work, environ=environ)
    return with_pins(file, resolution, frozenset(wheels))


def resolved(
    file: EnvironmentFile,
    wheels: Mapping[str, tuple[Path, Wheel]],
    needed: Mapping[str, Needed],
    target: Target,
    *,
    work: Path,
    environ: Mapping[str, str],
    preferred: Sequence[str] = (),
    allow_sdist: bool = False,
) -> Resolution:
    """All that the environment installs with pip, with the hashes of every file of a version; ``wheels`` are part of
    it, by their own requirements. What has an address of its own (a repository, a URL) is not.

    Asked are the indexes of the pip section as pip would ask them, else the user's default index; a name that an extra
    index has is taken from there only. Raises what ``amlpriv.resolving.resolve`` raises, and InputError for an option
    that cannot be followed.
    """
    options = _options(file)
    asked = [str(line.requirement) for line in asked_of_index(file, wheels, target)]
    shipped = [_shipped(needed[name], wheel) for name, (_, wheel) in wheels.items()]
    surroundings = dict(environ)
    main = [line for line in options if line.name == "--index-url"][-1:]
    extra = [line for line in options if line.name == "--extra-index-url"]
    logins = {line: _login(line, file, environ, surroundings) for line in (*main, *extra)}
    return resolve(
        sorted([*asked, *shipped]),
        target,
        index=logins[main[0]] if main else default_index(environ),
        extra=[logins[line] for line in extra],
        find_links=_links(wheels, work / "links"),
        environ=surroundings,
        work=work,
        preferred=preferred,
        prereleases=any(line.name == "--pre" for line in options),
        allow_sdist=allow_sdist,
        all_hashes=True,
    )


def _options(file: EnvironmentFile) -> list[PipOption]:
    found = [line for line in (file.conda.pip if file.conda else ()) if isinstance(line, PipOption)]
    for option in found:
        if option.name in _NOT_RESOLVED:
            message = f"{option.name} cannot be followed when an environment is resolved."
            raise input_error(message, option.position, hint="Remove it, or do without a lock.")
    return found


def _login(line: PipOption, file: EnvironmentFile, environ: Mapping[str, str], surroundings: dict[str, str]) -> Login:
    """An index line with the user's own credential; ``surroundings`` gets what the way there needs."""
    place = feed_place(line.value or "", environ=environ, folder=Path.cwd())
    named = (index.name for index in file.indexes.values() if same_feed(parse_feed_url(index.url), place.feed))
    found = feed_credential(place, None, credential_sources(environ, name=next(named, place.name)))
    surroundings.update(place.environ)
    return Login(str(place.feed), found.credentials)


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
