"""``amlpriv build`` and ``amlpriv run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import common, container_options, environment_file, naming_options

if TYPE_CHECKING:
    from amlpriv.actions.build import Built

__all__ = ["build", "run"]

_ASK = click.option("--strict-python", is_flag=True, help="Refuse another Python than the one that is asked for.")
_START = click.option("--no-start", is_flag=True, help="Do not start the local workspace when it is not running.")
_VERBOSE = click.option("--verbose", "-v", is_flag=True, help="Show the output of pip and conda (redacted).")


@click.command(short_help="Build the environment on this machine, as the image builder would.")
@environment_file
@naming_options
@container_options
@_ASK
@_START
@_VERBOSE
@common
def build(file: Path, no_start: bool, verbose: bool, as_json: bool, **given: Any) -> int:
    """Publish FILE to the local workspace and build its environment on this machine.

    The conda layer is made by micromamba or conda when installed, otherwise by a venv; the pip section is installed by
    pip from the real URLs; then every private package is imported.
    """
    from amlpriv.actions.build import build as action
    from amlpriv.cli import show

    with show.Watcher() as watcher:
        built = action(file, start=not no_start, progress=watcher, on_line=show.say if verbose else None, **given)
    if as_json:
        show.as_json(built.as_json())
    else:
        _show(built)
    return 0


def _show(built: Built) -> None:
    from amlpriv.cli import show

    show.findings(built.report)
    made = built.environment
    word = "reused" if made.reused else f"built in {made.seconds:.1f} s"
    used = ".".join(map(str, made.used))
    click.echo(f"{built.published.reference}  {word} with {made.tool}, Python {used}")
    for name, version in made.imported.items():
        click.echo(f"  {name} {version} installs and imports")
    click.echo(f"  {made.folder}")


@click.command(short_help="Run a command in the environment, on this machine.")
@naming_options
@container_options
@_ASK
@_START
@_VERBOSE
@common
@environment_file
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def run(file: Path, command: tuple[str, ...], no_start: bool, verbose: bool, as_json: bool, **given: Any) -> int:
    """Build the environment of FILE (once) and run COMMAND in it: amlpriv run FILE -- python train.py

    The exit code is the command's own. With --json the object goes to standard error, since standard output is the
    command's.
    """
    from amlpriv.actions.build import run as action
    from amlpriv.cli import show

    with show.Watcher() as watcher:
        built, code = action(
            file, command, start=not no_start, progress=watcher, on_line=show.say if verbose else None, **given
        )
    show.findings(built.environment.notes)
    if as_json:
        show.as_json({**built.as_json(), "exit_code": code}, err=True)
    return code
