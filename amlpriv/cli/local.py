"""``amlpriv local start|stop|status|reset``."""

from __future__ import annotations

import click

from amlpriv.cli import local_exec, local_feed, local_log, local_serve
from amlpriv.cli.options import SuggestingGroup, common

__all__ = ["local"]


@click.group(cls=SuggestingGroup, short_help="The embedded local workspace: start, stop, status, reset.")
def local() -> None:
    """The embedded local workspace: a control plane and storage on this machine, to try things out.

    It starts by itself when a command needs it, and stays until 'local stop' or eight idle hours. Its data is in
    AMLPRIV_HOME (or the platform's usual folder).
    """


@local.command()
@common
def start(as_json: bool) -> int:
    """Start the local workspace."""
    from amlpriv.actions.local import local_start
    from amlpriv.cli import show

    found = local_start(say=show.say)
    if as_json:
        show.as_json(found.as_json())
    else:
        click.echo(f"The local workspace runs (process {found.pid}), data in {found.home}")
    return 0


@local.command()
@common
def status(as_json: bool) -> int:
    """Say whether the local workspace runs. Exit code 0 when it does, 20 when not.

    Lines with 'unknown' are requests that it does not imitate.
    """
    from amlpriv.actions.local import local_status
    from amlpriv.cli import show
    from amlpriv.errors import LocalWorkspaceError

    found = local_status()
    if as_json:
        show.as_json(found.as_json())
    else:
        click.echo(str(found))
    if found.problem:
        show.say(f"{found.problem} Its log: {found.log}")
    return 0 if found.running else LocalWorkspaceError.exit_code


@local.command()
@common
def stop(as_json: bool) -> int:
    """Stop the local workspace; its data stays."""
    from amlpriv.actions.local import local_stop
    from amlpriv.cli import show

    stopped = local_stop()
    if as_json:
        show.as_json({"stopped": stopped})
    else:
        click.echo("stopped" if stopped else "it was not running")
    return 0


@local.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def reset(yes: bool, as_json: bool) -> int:
    """Stop the local workspace and delete its data: wheels, environments, builds."""
    from amlpriv.actions.local import local_reset, local_status
    from amlpriv.cli import show

    folder = local_status().home
    if not yes and not click.confirm(f"Delete the local workspace in {folder}?", err=True):
        show.say("Nothing was deleted.")
        return 0
    deleted = local_reset()
    if as_json:
        show.as_json({"reset": str(deleted) if deleted else None})
    elif deleted:
        click.echo(f"deleted the local workspace in {deleted}")
    else:
        click.echo(f"there is no local workspace in {folder}, nothing was deleted")
    return 0


local.add_command(local_exec.execute)
local.add_command(local_exec.env)
local.add_command(local_serve.serve)
local.add_command(local_log.log)
local.add_command(local_feed.feed)
