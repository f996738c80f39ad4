"""``amlpriv render``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from amlpriv.cli.options import (
    common,
    container_options,
    environment_file,
    naming_options,
    workspace_of,
    workspace_options,
)

__all__ = ["render"]


@click.command(short_help="Show the SDK v2 environment YAML or the conda YAML.")
@environment_file
@workspace_options
@naming_options
@container_options
@click.option(
    "--as",
    "form",
    type=click.Choice(["environment", "conda"]),
    default="environment",
    show_default=True,
    help="An SDK v2 environment YAML, or the conda YAML alone.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead.")
@click.option("--reveal", is_flag=True, help="With the real signed URLs; needs --out and a workspace.")
@common
def render(
    file: Path,
    form: Any,
    out: Path | None,
    reveal: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Show what FILE becomes: a preview, or what is registered in a workspace with its signatures hidden."""
    from amlpriv.actions.render import render as action
    from amlpriv.actions.render import write_specification
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    if reveal:
        if out is None:
            raise click.UsageError("--reveal needs --out FILE: the text holds secrets and is not for a terminal.")
        write_specification(file, out, workspace=where, form=form, start=start, say=show.say, **given)
        show.say(f"{out} holds signed URLs: whoever can read it can read the wheels. Keep it out of git.")
        if as_json:
            show.as_json({"form": form, "out": str(out)})
        return 0
    text = action(file, workspace=where, form=form, start=start, say=show.say, **given)
    if out is not None:
        from amlpriv.files import write_text

        write_text(out, text)
    if as_json:
        show.as_json({"form": form, "out": str(out)} if out is not None else {"form": form, "text": text})
    elif out is None:
        click.echo(text, nl=False)
    return 0
