"""``amlpriv lock``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import common, container_options, environment_file

if TYPE_CHECKING:
    from amlpriv.actions.lock import Locked

__all__ = ["lock"]


@click.command(short_help="Pin everything that an environment installs with pip, with hashes.")
@environment_file
@click.option("--python", metavar="3.11", help="Python version instead of the file's.")
@click.option("--image", help="Base image instead of the file's.")
@click.option("--upgrade", is_flag=True, help="Take the newest versions, not those of the older lock.")
@click.option("--upgrade-package", metavar="NAME", multiple=True, help="The same for one package. May be repeated.")
@click.option("--include-sdist", is_flag=True, help="Take a source archive where there is no wheel.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write there, not beside FILE.")
@click.option("--check", is_flag=True, help="Only say whether the lock is fresh: exit code 1 when not.")
@container_options
@common
def lock(file: Path, as_json: bool, **given: Any) -> int:
    """Resolve FILE for its target with uv and write FILE's stem and '.lock.txt' beside it: pins with hashes, private
    packages included, without the hosts of indexes and without credentials.

    publish, plan, check, build and render use it as long as it is fresh. FILE is an environment file, a conda YAML, a
    pyproject.toml or a requirements file. pip reads the lock too: pip install -r FILE.lock.txt
    """
    from amlpriv.actions.lock import lock as action
    from amlpriv.cli import show

    with show.Watcher() as watcher:
        result = action(file, progress=watcher, **given)
    if as_json:
        show.as_json(result.as_json())
    else:
        _show(result, only_check=bool(given["check"]))
    return 0 if result.fresh else 1


def _show(result: Locked, *, only_check: bool) -> None:
    from amlpriv.cli import show

    for note in result.notes:
        show.say(f"note: {note}")
    if only_check:
        click.echo(f"{result.file}  {'fresh' if result.fresh else 'stale'}")
        for reason in result.stale_because:
            click.echo(f"  {reason}")
        return
    private = f", {len(result.private)} private" if result.private else ""
    word = "written" if result.written else "unchanged"
    pins = f"{len(result.pins)} pin{'' if len(result.pins) == 1 else 's'}"
    click.echo(f"{result.file}  {word}: {pins}{private}, for {result.target}")
    for change in result.changes:
        click.echo(f"  {change}")
