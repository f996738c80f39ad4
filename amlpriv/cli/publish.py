"""``amlpriv publish`` and ``amlpriv plan``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from amlpriv.cli.options import (
    Lifetime,
    common,
    container_options,
    environment_file,
    locked_option,
    naming_options,
    workspace_of,
    workspace_options,
)

__all__ = ["plan", "publish"]

via_option = click.option(
    "--via",
    type=click.Choice(["sas", "plain"]),
    help="The route of the wheels' bytes. Default: the file's, or sas. 'plain' needs a yes of 'amlpriv verify'.",
)


def _publish(dry_run: bool, as_json: bool, **given: Any) -> int:
    from amlpriv.actions.publish import publish as action
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    file: Path = given.pop("file")
    with show.Watcher() as watcher:
        result = action(file, workspace=where, start=start, dry_run=dry_run, progress=watcher, **given)
    if as_json:
        show.as_json(result.as_json())
    else:
        show.published(result)
    return 0


@click.command(short_help="Upload private wheels and register the environment.")
@environment_file
@workspace_options
@naming_options
@via_option
@locked_option
@container_options
@click.option("--expires", type=Lifetime(), metavar="TIME", help="How long signed URLs live: 12h, 30d (default), 2w.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@common
def publish(dry_run: bool, as_json: bool, expires: timedelta | None, **given: Any) -> int:
    """Upload the private wheels of FILE and register the environment that installs them.

    FILE is an environment file (an Azure ML environment YAML with 'sources'), a conda YAML, a pyproject.toml or a
    requirements file. A fresh lock beside it ('amlpriv lock') pins its pip section. Publishing the same content again
    writes nothing.
    """
    return _publish(dry_run, as_json, expires=expires, **given)


@click.command(short_help="Show what publish would do.")
@environment_file
@workspace_options
@naming_options
@via_option
@locked_option
@container_options
@click.option("--expires", type=Lifetime(), metavar="TIME", help="How long signed URLs live: 12h, 30d (default), 2w.")
@common
def plan(as_json: bool, expires: timedelta | None, **given: Any) -> int:
    """Show what publishing FILE would do, and do nothing."""
    return _publish(True, as_json, expires=expires, **given)
