"""``amlpriv capture``."""

from __future__ import annotations

from pathlib import Path

import click

from amlpriv.cli.options import common

__all__ = ["capture"]


@click.command(short_help="Turn an interpreter into an environment file.")
@click.option("--name", help="Environment name. Default: after the virtual environment's folder.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file; paths are relative to it."
)
@click.option("--force", is_flag=True, help="Write over an existing file.")
@click.option("--image", help="Base image. Default: Azure ML's newest CPU image.")
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    help="The interpreter. Default: that of VIRTUAL_ENV, of CONDA_PREFIX, or python on PATH.",
)
@click.option("--all", "every", is_flag=True, help="Name all packages, not only those that nothing else brings along.")
@common
def capture(
    name: str | None,
    out: Path | None,
    force: bool,
    image: str | None,
    python: Path | None,
    every: bool,
    as_json: bool,
) -> int:
    """Write down what an interpreter has as an environment file that 'publish' takes.

    The file goes to standard output, or to --out. Exit code 1 when a package has no source that could be told; the file
    is written all the same, with a remark at that package.
    """
    import os

    from amlpriv.actions.capture import capture as action
    from amlpriv.cli import show
    from amlpriv.installed.interpreter import active_python

    chosen = python or active_python(os.environ)
    result = action(name=name, out=out, force=force, image=image, python=chosen, every=every)
    show.say(f"captured {result.python}")
    show.findings(result.report)
    for note in result.notes:
        show.say(f"note: {note}")
    if result.left_out:
        show.say(f"left out: {', '.join(f'{one.name} ({one.reason})' for one in result.left_out)}")
    if as_json:
        show.as_json(result.as_json())
    elif out is None:
        click.echo(result.text, nl=False)
    else:
        click.echo(f"{out}  written")
    return 1 if result.report.errors else 0
