"""``amlpriv local log``."""

from __future__ import annotations

import click

from amlpriv.cli.options import common

__all__ = ["log"]


@click.command("log", short_help="Show what the local workspace was asked.")
@click.option("--last", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="So many requests.")
@click.option("--all", "everything", is_flag=True, help="All requests that are kept.")
@click.option("--follow", "-f", is_flag=True, help="Go on with those that come, until Ctrl-C.")
@click.option("--service", metavar="SERVICE", help="Only control_plane, feed, sign_in or storage.")
@common
def log(last: int, everything: bool, follow: bool, service: str | None, as_json: bool) -> int:
    """Show the requests that the local workspace got, oldest first; signatures and tokens are taken out.

    With --json one object with a list, with --follow as well one object on each line.
    """
    import itertools
    import json

    from amlpriv.actions.local_log import follow_log, local_log
    from amlpriv.cli import show

    coming = follow_log(service=service) if follow else None
    found = local_log(last=None if everything else last, service=service)
    if as_json and coming is None:
        show.as_json({"requests": [request.as_json() for request in found]})
        return 0
    if not found and coming is None:
        show.say("No request yet.")
    for request in itertools.chain(found, coming or ()):
        click.echo(json.dumps(request.as_json()) if as_json else str(request))
    return 0
