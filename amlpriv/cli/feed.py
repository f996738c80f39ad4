"""``amlpriv feed``: push packages to a feed, and configure pip for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.feed_mirror import mirror
from amlpriv.cli.options import SuggestingGroup, common, workspace_of, workspace_options

if TYPE_CHECKING:
    from amlpriv.actions.feed_pip_config import PipConfig
    from amlpriv.actions.feed_push import Pushed

__all__ = ["feed", "pip_config", "push"]


@click.group(cls=SuggestingGroup, short_help="Push packages to a feed, and configure pip for it.")
def feed() -> None:
    """Push packages to a feed, and configure pip for it."""


@feed.command(short_help="Send wheels and source archives to a feed, each once.")
@click.argument("dist", nargs=-1, required=True)
@click.option(
    "--to",
    required=True,
    metavar="FEED",
    help="The feed: its address, a connection of the workspace whose target is a whole feed, or 'local'.",
)
@click.option(
    "--token-from",
    metavar="WHERE",
    help="Where the token is: env:VARIABLE, stdin, prompt, file:PATH, keyring, netrc, azure-cli, entra or"
    " key-vault:URL. Default: found as documented (README).",
)
@click.option("--user", help="The user that goes with the token, for servers that want one.")
@click.option("--with", "tool", type=click.Choice(["uv", "twine"]), help="What sends the files. Default: uv.")
@click.option("--upload-url", metavar="URL", help="Where the index takes packages, if that cannot be derived.")
@click.option("--public", is_flag=True, help="Allow the public index, where everybody can read the packages for ever.")
@click.option("--dry-run", is_flag=True, help="Only look at what the feed has.")
@workspace_options
@common
def push(dist: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Send DIST... to a feed: wheels, .tar.gz archives, folders of them, or patterns such as 'dist/*.whl'.

    What the feed has already with the same content is done; with other content it is an error, and nothing is sent.
    The token never goes into an argument of another program.
    """
    from amlpriv.actions.feed_push import feed_push
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    with show.Watcher() as watcher:
        result = feed_push(dist, workspace=where, start=start, progress=watcher, **given)
    if as_json:
        show.as_json(result.as_json())
    else:
        _show_pushed(result)
    return 0


def _show_pushed(result: Pushed) -> None:
    for item in result.items:
        click.echo(f"{item.distribution.filename}  {item.outcome.value}, sha256 {item.distribution.sha256[:16]}...")
        if item.note:
            click.echo(f"  {item.note}")
    click.echo(f"\nRequirements: {', '.join(result.requirements)}\nIn the environment file:\n")
    click.echo("\n".join(f"    {line}" for line in result.lines.splitlines()))


@feed.command("pip-config", short_help="Settings of pip, uv, netrc or a Dockerfile for a feed, without the token.")
@click.argument("name", metavar="FEED")
@click.option(
    "--for",
    "tool",
    type=click.Choice(["pip", "uv", "netrc", "keyring", "docker"]),
    default="pip",
    show_default=True,
    help="What is to install from the feed.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the file; it must not exist yet.")
@workspace_options
@common
def pip_config(name: str, tool: str, out: Path | None, as_json: bool, **given: Any) -> int:
    """Show what a VM or a container needs to install from FEED: its address, a connection of the workspace whose
    target is a whole feed, or 'local'.

    The file goes to standard output, and how the credential gets there to standard error. No token is looked for, and
    none is written.
    """
    from amlpriv.actions.feed_pip_config import feed_pip_config
    from amlpriv.cli import show

    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    result = feed_pip_config(name, tool=tool, out=out, workspace=where, start=start, say=show.say)
    if as_json:
        show.as_json(result.as_json())
    else:
        _show_config(result)
    return 0


def _show_config(result: PipConfig) -> None:
    from amlpriv.cli import show

    if result.written is not None:
        show.say(f"{result.written} is written; there is no token in it.")
    else:
        click.echo(result.content, nl=False)
    show.say(f"\n{result.filename} goes to:")
    for system, place in result.places.items():
        show.say(f"  {system}: {place}")
    for step in result.steps:
        click.echo(f"- {step}", err=True)


feed.add_command(mirror)
