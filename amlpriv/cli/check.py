"""``amlpriv check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from amlpriv.cli.options import (
    common,
    container_options,
    environment_file,
    locked_option,
    workspace_of,
    workspace_options,
)

__all__ = ["check"]


@click.command(short_help="Say what is wrong with an environment, before anything is submitted.")
@environment_file
@workspace_options
@click.option("--python", metavar="3.11", help="Python version instead of the file's.")
@click.option("--image", help="Base image instead of the file's.")
@click.option("--name", help="Environment name instead of the file's.")
@click.option(
    "--for",
    "use",
    metavar="USE",
    default="job",
    help="What it is for: job (default), pipeline, online-endpoint, batch-endpoint, mlflow-online, mlflow-batch, "
    "local-endpoint, build-context.",
)
@click.option("--ignore", metavar="CODE", multiple=True, help="Leave a rule out, for instance AP208.")
@locked_option
@container_options
@click.option("--offline", is_flag=True, help="Ask neither a workspace nor an index.")
@common
def check(as_json: bool, ignore: tuple[str, ...], **given: Any) -> int:
    """Check FILE: an environment file, a conda YAML, a pyproject.toml or a requirements file.

    A workspace that is named or found is asked for its connections, an index for the packages. Exit code 0 without an
    error, 1 with one.
    """
    from amlpriv.actions.check import check as action
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    file: Path = given.pop("file")
    with show.Watcher() as watcher:
        found = action(file, workspace=where, start=start, ignore=ignore, progress=watcher, **given)
    if as_json:
        show.as_json(found.as_json())
    else:
        show.findings(found.report)
        for verdict in found.verdicts:
            click.echo(f"{verdict.subject}: {f'connection {verdict.connection}' if verdict.used else 'no connection'}")
            click.echo(f"  {verdict}")
        for note in found.notes:
            show.say(f"note: {note}")
        errors = len(found.report.errors)
        show.say("No errors." if not errors else f"{errors} error{'s' if errors > 1 else ''}.")
    return 1 if found.report.errors else 0
