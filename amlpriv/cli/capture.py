"""``amlpriv capture``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import common

if TYPE_CHECKING:
    from amlpriv.specs.captured.leaving import LeftOut

__all__ = ["capture", "left_out_lines"]


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
    help="The interpreter, or its environment's folder. Default: VIRTUAL_ENV, CONDA_PREFIX, or python on PATH.",
)
@click.option(
    "--only-imported",
    "only_imported",
    multiple=True,
    type=click.Path(),  # as text: an empty one is no current folder
    metavar="CODE",
    help="Name only what this Python file, notebook or folder imports. Can be repeated.",
)
@click.option("--keep", multiple=True, metavar="PACKAGE", help="A package that stays in any case. Can be repeated.")
@click.option("--ask-index", is_flag=True, help="Ask the default index for the names that look private.")
@click.option("--all", "every", is_flag=True, help="Name all packages, not only those that nothing else brings along.")
@common
def capture(out: Path | None, python: Path | None, as_json: bool, **given: Any) -> int:
    """Write down what an interpreter has as an environment file that 'publish' takes.

    The file goes to standard output, or to --out. Exit code 1 when a package has no source that could be told; the file
    is written all the same, with a remark at that package.
    """
    import os

    from amlpriv.actions.capture import capture as action
    from amlpriv.cli import show
    from amlpriv.installed.interpreter import active_python

    chosen = python or active_python(os.environ)
    result = action(out=out, python=chosen, **given)
    show.say(f"captured {result.python}")
    show.findings(result.report)
    for note in result.notes:
        show.say(f"note: {note}")
    for line in left_out_lines(result.left_out):
        show.say(line)
    if as_json:
        show.as_json(result.as_json())
    elif out is None:
        click.echo(result.text, nl=False)
    else:
        click.echo(f"{out}  written")
    return 1 if result.report.errors else 0


def left_out_lines(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """What was left out by its reason, a line each; what only those needed is counted."""
    reasons: dict[str, list[str]] = {}
    for one in left_out:
        if not one.dependency:
            reasons.setdefault(one.reason, []).append(one.name)
    for reason, names in sorted(reasons.items()):
        yield f"left out: {', '.join(names)} ({reason})"
    rest = sum(one.dependency for one in left_out)
    if rest:
        yield f"left out: {rest} package{'s' if rest > 1 else ''} that nothing else needs (--json has their names)"
