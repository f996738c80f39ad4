"""``amlpriv feed mirror``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import common, workspace_of, workspace_options
from amlpriv.secret import redact

if TYPE_CHECKING:
    from amlpriv.actions.mirror_result import Mirrored, MirroredFile

__all__ = ["mirror"]


@click.command(short_help="Copy public packages, with all that they require, into a feed.")
@click.argument("requirement", nargs=-1)
@click.option(
    "-r",
    "--requirement-file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A requirements file, a conda YAML or an environment file. May be repeated.",
)
@click.option("--python", "pythons", multiple=True, metavar="3.11", help="Python of the image. May be repeated.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="PLATFORM",
    help="For instance manylinux_2_28_x86_64 or linux/aarch64. May be repeated: all pairs are resolved.",
)
@click.option("--to", metavar="FEED", help="The feed: its address, a connection's name, or 'local'.")
@click.option("--from", "source", metavar="URL", help="The index to take from. Default: the one that pip uses.")
@click.option("--token-from", metavar="WHERE", help="Where the feed's token is, as for push.")
@click.option("--source-token-from", metavar="WHERE", help="Where the token for --from is.")
@click.option("--source-user", help="The user that goes with it.")
@click.option("--user", help="The user that goes with the feed's token, for servers that want one.")
@click.option("--upload-url", metavar="URL", help="Where the feed takes packages, if that cannot be derived.")
@click.option("--public", is_flag=True, help="Allow the public index as destination.")
@click.option("--dry-run", is_flag=True, help="Only show what would be copied.")
@click.option("--lock", metavar="FILE", type=click.Path(path_type=Path), help="Write the pins with hashes, no address.")
@click.option(
    "--save", is_flag=True, help="Read what is there through the feed, so that it saves its upstream's files."
)
@click.option("--allow", multiple=True, metavar="NAME", help="Copy NAME though the feed has a package of its own so.")
@click.option("--include-sdist", is_flag=True, help="Copy a source archive where there is no wheel.")
@click.option("--jobs", type=click.IntRange(1, 32), default=6, show_default=True, help="Downloads at once.")
@click.option("--no-cache", is_flag=True, help="Keep no downloads for a second try.")
@workspace_options
@common
def mirror(requirement: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Copy REQUIREMENT..., and everything that they require on the image's Python and platform, into a feed.

    For networks that reach a feed and not the public index. What the feed has already is skipped, and an interrupted
    copy goes on where it stopped. The exit code is not 0 while a file is missing.
    """
    from amlpriv.actions.feed_mirror import MirrorOptions, feed_mirror
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start, cache = workspace_of(*names), not given.pop("no_start"), not given.pop("no_cache")
    with show.Watcher() as watcher:
        options = MirrorOptions(cache=cache, **given)
        result = feed_mirror(requirement, options, workspace=where, start=start, progress=watcher)
    if as_json:
        show.as_json(result.as_json())
    else:
        _show(result)
    return result.exit_code


def _show(result: Mirrored) -> None:
    from amlpriv.cli import show

    for note in (*result.plan.notes, *result.notes):
        show.say(f"note: {note}")
    for resolution in result.resolutions:
        count = len(resolution.pins)
        click.echo(f"{count} package{'' if count == 1 else 's'} for {resolution.target}")
    for file in result.files:
        click.echo(f"  {_line(file)}")
        if file.note:
            click.echo(f"      {redact(file.note)}")
    click.echo(_summary(result))
    for error in dict.fromkeys(result.failures.values()):
        show.error(error)
    if result.lock is not None:
        click.echo(f"pins with hashes: {result.lock}")


def _line(file: MirroredFile) -> str:
    size = f", {_bytes(file.size)}" if file.size is not None else ""
    licence = f", licence {file.licence or 'not said'}" if file.licence is not None else ""
    sha256 = f", sha256 {file.step.file.sha256[:16]}..." if file.step.file.sha256 else ""
    return f"{file.step.file.filename}  {file.outcome.value}{size}{licence}{sha256}"


def _summary(result: Mirrored) -> str:
    counts: dict[str, int] = {}
    for file in result.files:
        counts[file.outcome.value] = counts.get(file.outcome.value, 0) + 1
    words = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing to do"
    moved = sum(file.size or 0 for file in result.files if file.outcome.name in ("SENT", "WOULD_SEND"))
    size = f" ({_bytes(moved)})" if moved else ""
    where = f" on {result.feed}" if result.feed is not None else ""
    return f"{words}{size}{where}, from {result.source}, in {result.seconds:.1f} s"


def _bytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{max(size // 1024, 1)} KiB"
