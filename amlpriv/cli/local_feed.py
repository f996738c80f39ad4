"""``amlpriv local feed create|list|token|delete|promote|allow-external``."""

from __future__ import annotations

import click

from amlpriv.cli.options import SuggestingGroup, common

__all__ = ["feed"]


@click.group("feed", cls=SuggestingGroup, short_help="The local workspace's package feeds.")
def feed() -> None:
    """Package feeds in the local workspace, with Azure Artifacts' addresses and rules: for pip, uv and twine.

    One is there from the start, 'private', with your own package index as its upstream. The commands start the
    workspace when it is not running. FEED is a feed's name, or ORGANIZATION/PROJECT/NAME
    (ORGANIZATION/NAME for one that no project has).
    """


@feed.command()
@click.argument("name", metavar="FEED")
@click.option(
    "--organization", "--organisation", "organisation", default="local", show_default=True, help="Its organization."
)
@click.option("--project", default="ml", show_default=True, help="Its project.")
@click.option("--no-project", is_flag=True, help="A feed of the organization, which no project has.")
@click.option("--upstream/--no-upstream", default=True, show_default=True, help="Pass on what your own index has.")
@common
def create(name: str, organisation: str, project: str, no_project: bool, upstream: bool, as_json: bool) -> int:
    """Make a feed and print its address."""
    from amlpriv.actions.local_feed import local_feed_create
    from amlpriv.cli import show

    scope = None if no_project else project
    made = local_feed_create(name, organisation=organisation, project=scope, upstream=upstream, say=show.say)
    if as_json:
        show.as_json(made.as_json())
    else:
        click.echo(made.url)
    return 0


@feed.command("list")
@common
def list_feeds(as_json: bool) -> int:
    """List the feeds: address, packages, upstream."""
    from amlpriv.actions.local_feed import local_feed_list
    from amlpriv.cli import show

    found = local_feed_list(say=show.say)
    if as_json:
        show.as_json({"feeds": [one.as_json() for one in found]})
        return 0
    for one in found:
        click.echo(str(one))
        for package in one.packages:
            click.echo(f"    {package.name} {', '.join(package.versions)}")
    return 0


@feed.command()
@click.option(
    "--kind",
    type=click.Choice(["write", "read", "expired", "norole", "listonly"]),
    default="write",
    show_default=True,
    help="Good for reading and writing, for reading; not good any more; of somebody without a role on the feed; "
    "good for pages and not for files.",
)
@common
def token(kind: str, as_json: bool) -> int:
    """Print a token for the feeds, and nothing else: that is what this command is for.

    It opens nothing but the local workspace. Any user name goes with it: export
    UV_PUBLISH_PASSWORD="$(amlpriv local feed token)"
    """
    import json

    from amlpriv.actions.local_feed import local_feed_token
    from amlpriv.cli import show

    found = local_feed_token(kind, say=show.say).reveal()
    click.echo(json.dumps({"token": found}) if as_json else found)  # as it is: `show` would take it out
    return 0


@feed.command()
@click.argument("feed")
@click.argument("package")
@click.argument("version")
@common
def delete(feed: str, package: str, version: str, as_json: bool) -> int:
    """Delete a version of a package for good. As in Azure Artifacts, its number can never be used again."""
    from amlpriv.actions.local_feed import local_feed_delete
    from amlpriv.cli import show

    deleted = local_feed_delete(feed, package, version, say=show.say)
    if as_json:
        show.as_json({"feed": feed, "package": package, "deleted": deleted})
    else:
        click.echo(f"deleted {package} {deleted} from {feed}")
    return 0


@feed.command()
@click.argument("feed")
@click.argument("package")
@click.argument("version")
@click.option(
    "--view",
    type=click.Choice(["Prerelease", "Release"], case_sensitive=False),
    default="Release",
    show_default=True,
    help="The view to show it in.",
)
@common
def promote(feed: str, package: str, version: str, view: str, as_json: bool) -> int:
    """Show a version of a package in a view, whose address has FEED@VIEW. There is no way back."""
    from amlpriv.actions.local_feed import local_feed_promote
    from amlpriv.cli import show

    promoted = local_feed_promote(feed, package, version, view=view, say=show.say)
    if as_json:
        show.as_json({"feed": feed, "package": promoted.name, "version": version, "view": view})
    else:
        click.echo(f"{promoted.name} {version} stands in {feed}@{view}")
    return 0


@feed.command("allow-external")
@click.argument("feed")
@click.argument("package")
@click.option("--no", "forbid", is_flag=True, help="Forbid it again.")
@common
def allow_external(feed: str, package: str, forbid: bool, as_json: bool) -> int:
    """Show versions from upstream beside pushed ones of a package; without that, the pushed ones hide them."""
    from amlpriv.actions.local_feed import local_feed_allow
    from amlpriv.cli import show

    found = local_feed_allow(feed, package, allow=not forbid, say=show.say)
    if as_json:
        show.as_json({"feed": feed, "package": found.name, "allow_external": found.allow_external})
    else:
        click.echo(f"external versions of {found.name} are {'allowed' if found.allow_external else 'hidden'} in {feed}")
    return 0
