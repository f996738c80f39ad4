"""``amlpriv wheel inspect`` and ``amlpriv add-wheel``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from amlpriv.cli.options import Lifetime, SuggestingGroup, common, workspace_of, workspace_options

__all__ = ["add_wheel", "wheel"]


@click.group(cls=SuggestingGroup, short_help="Look at a wheel.")
def wheel() -> None:
    """Look at a wheel."""


@wheel.command()
@click.argument("file", type=click.Path(path_type=Path))
@common
def inspect(file: Path, as_json: bool) -> int:
    """Verify a wheel and show what it is."""
    from amlpriv.actions.inspecting import inspect_wheel, wheel_as_json
    from amlpriv.cli import show

    item = inspect_wheel(file)
    if as_json:
        show.as_json(wheel_as_json(item))
    else:
        show.wheel(item)
    return 0


@click.command(short_help="Upload one wheel; SDK v1's add_private_pip_wheel.")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_options
@click.option("--expires", type=Lifetime(), metavar="TIME", help="How long the URL lives: 12h, 30d (default), 2w.")
@click.option("--no-exist-ok", is_flag=True, help="Refuse a wheel whose name and version are there already.")
@click.option(
    "--reveal",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the pip requirement with its real signature to FILE (readable by you only).",
)
@common
def add_wheel(
    file: Path,
    expires: timedelta | None,
    no_exist_ok: bool,
    reveal: Path | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Upload the wheel FILE and sign a URL for pip dependencies."""
    from amlpriv.actions.add_wheel import add_wheel as action
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    with show.Watcher() as watcher:
        result = action(file, workspace=where, exist_ok=not no_exist_ok, expires=expires, start=start, progress=watcher)
    if reveal is not None:
        from amlpriv.files import write_text

        write_text(reveal, f"{result.wheel.name} @ {result.url.reveal()}\n", private=True)
        show.say(f"{reveal} holds a signed URL: whoever can read it can read the wheel.")
    if as_json:
        show.as_json(result.as_json())
    else:
        show.added(result)
    return 0
