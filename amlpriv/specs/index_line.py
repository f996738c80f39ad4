"""The route ``feed``: the index that ``sources`` names, as one ``--index-url`` line in the pip section.

One index only: pip's ``--index-url`` has a single value, and with ``--extra-index-url`` it takes a private name from
whichever index has the higher version (CVE-2018-20225). A feed that has the public index as its upstream source serves
both (Azure Artifacts, "Upstream sources": use a single feed on the client). An index that is ``explicit`` stands beside
the default one all the same; then every package is pinned with its hashes, which nobody else's file has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeGuard

from amlpriv.connections.feeds import FeedUrl, parse_feed_url, same_feed
from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipLine, PipOption, PipRequirement, PipVcs, parse_pip_line
from amlpriv.specs.problems import input_error
from amlpriv.specs.resolution import Resolution
from amlpriv.specs.sources import Index, IndexSource
from amlpriv.target import Target

__all__ = ["asked_of_index", "index_in_use", "pinnable", "with_index_line", "with_pins"]


def index_in_use(file: EnvironmentFile) -> Index | None:
    """The index that serves packages of ``sources``; None when none does.

    InputError when there are two that are not the same feed, or when its address cannot be used.
    """
    named = {source.index: source for source in file.sources.values() if isinstance(source, IndexSource)}
    chosen: Index | None = None
    for name, source in named.items():
        index = file.indexes[name]
        if chosen is None:
            chosen = index
        elif not same_feed(_usable(chosen), _usable(index)):
            raise input_error(
                f"Packages come from two indexes, {chosen.name!r} and {name!r}: pip's --index-url takes one.",
                source.position,
                hint=f"Make one of them an upstream source of the other, or mirror: 'amlpriv feed mirror --to {name}'.",
            )
    if chosen is not None:
        _usable(chosen)
    return chosen


def with_index_line(file: EnvironmentFile) -> EnvironmentFile:
    """The same file with ``--index-url`` as the first pip line, where a source is of kind ``index``.

    An index line that the file has already stays when it leads to the same feed. InputError for another one, for
    ``--no-index``, and for what ``index_in_use`` refuses.
    """
    index = index_in_use(file)
    if index is None:
        return file
    feed = _usable(index)
    conda = file.conda or CondaSpec(pip_listed=False)
    for line in conda.pip:
        if not isinstance(line, PipOption) or line.name not in ("--index-url", "--no-index"):
            continue
        if line.name == "--no-index":
            raise input_error(
                f"--no-index, and packages come from the index {index.name!r}.", line.position, hint="Remove it."
            )
        if same_feed(parse_feed_url(line.value or ""), feed) and not index.explicit:
            return file
        raise input_error(
            f"The pip section has another index than {index.name!r}, where {_served(file, index)} comes from.",
            line.position,
            hint="Remove the line: amlpriv writes the one of 'indexes'.",
        )
    option = "--extra-index-url" if index.explicit else "--index-url"
    added = PipOption(f"{option} {feed.simple}", option, feed.simple, index.position)
    # uv's indexes beside the default one are --extra-index-url lines: the one index takes the place of its own.
    beside = {number for number, line in enumerate(conda.pip) if _leads_to(line, feed, index)}
    kept = [number for number in range(len(conda.pip)) if number not in beside]
    places = {number: place + 1 for place, number in enumerate(kept)}
    second = None if conda.second_block is None else sum(number < conda.second_block for number in kept) + 1
    numbered = {_moved(name, places): source for name, source in file.sources.items()}
    pip = (added, *(conda.pip[number] for number in kept))
    return replace(file, conda=replace(conda, pip=pip, second_block=second), sources=numbered)


def _leads_to(line: PipLine, feed: FeedUrl, index: Index) -> bool:
    same = isinstance(line, PipOption) and line.name == "--extra-index-url" and line.position == index.position
    return same and isinstance(line, PipOption) and bool(same_feed(parse_feed_url(line.value or ""), feed))


def pinnable(file: EnvironmentFile, shipped: Collection[str], target: Target) -> tuple[str, ...]:
    """The requirements that an index serves on the target, as text, without those in ``shipped`` (by their names).

    InputError for a line that no hash can be given to.
    """
    for line in file.conda.pip if file.conda else ():
        if isinstance(line, PipVcs):
            raise input_error(
                f"{line.name or line.url} comes from a repository, and an index is 'explicit': pip then wants a hash "
                "of everything, and a repository has none.",
                line.position,
                hint="Pack it as a wheel: give it a path under `sources`.",
            )
    return tuple(str(line.requirement) for line in asked_of_index(file, shipped, target))


def asked_of_index(file: EnvironmentFile, shipped: Collection[str], target: Target) -> tuple[PipRequirement, ...]:
    """The lines that an index serves on the target: by name, and not one of ``shipped``."""
    return tuple(
        line
        for line in (file.conda.pip if file.conda else ())
        if isinstance(line, PipRequirement) and not line.requirement.url and line.name not in shipped
        if target.holds(line.requirement.marker)
    )


def with_pins(file: EnvironmentFile, resolution: Resolution, shipped: Collection[str]) -> EnvironmentFile:
    """The same file with what an index serves replaced by the pins of the resolution, hashes and closure included."""
    conda = file.conda or CondaSpec()
    kept = tuple(line for line in conda.pip if not _is_by_name(line) or line.name in shipped)
    addressed = {line.name for line in kept if isinstance(line, PipRequirement)}
    pinned: list[PipRequirement] = []
    for pin in resolution.pins:
        if pin.name in shipped or pin.name in addressed:
            continue
        hashes = pin.hashes or tuple(f"sha256:{one.sha256}" for one in pin.files if one.sha256)
        text = " ".join([str(pin), *(f"--hash={one}" for one in hashes)])
        line = parse_pip_line(text)
        if isinstance(line, PipRequirement):
            pinned.append(line)
    return replace(file, conda=replace(conda, pip=(*kept, *pinned), second_block=None))


def _is_by_name(line: PipLine) -> TypeGuard[PipRequirement]:
    return isinstance(line, PipRequirement) and not line.requirement.url


def _moved(key: str, places: Mapping[int, int]) -> str:
    """``path:<n>`` counts pip lines, and there is another one in front now."""
    return f"path:{places[int(key.removeprefix('path:'))]}" if key.startswith("path:") else key


def _served(file: EnvironmentFile, index: Index) -> str:
    names = [
        name for name, source in file.sources.items() if isinstance(source, IndexSource) and source.index == index.name
    ]
    return names[0]


def _usable(index: Index) -> FeedUrl:
    feed = parse_feed_url(index.url)
    if not feed.errors and feed.simple is not None:
        return feed
    complaint = feed.errors[0] if feed.errors else None
    message = complaint.message if complaint else "it leads to no feed."
    error: InputError = input_error(
        f"The address of the index {index.name!r} cannot be used: {message}",
        index.position,
        hint=complaint.fix if complaint else None,
    )
    raise error
