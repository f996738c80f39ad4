"""``amlpriv connect feed|git|list|show|test|rotate|remove``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import SuggestingGroup, common, workspace_of, workspace_options

if TYPE_CHECKING:
    from amlpriv.actions.connect_lines import LineVerdict
    from amlpriv.actions.connect_listing import Found, Listing
    from amlpriv.actions.connect_testing import Tried
    from amlpriv.actions.connect_values import Written
    from amlpriv.connections.complaints import Complaint

__all__ = ["connect"]


@click.group(cls=SuggestingGroup, short_help="Connections for package feeds and git: make, list, test, rotate.")
def connect() -> None:
    """The workspace's connections for package feeds and git repositories: the image build takes credentials from them.

    The token is never an argument: it is asked for, or taken from where --token-from says.
    """


_NAME = click.argument("name")
_TOKEN_FROM = click.option(
    "--token-from",
    metavar="WHERE",
    help="Where the token or password is: prompt (the default), env:VARIABLE, stdin, file:PATH, netrc, keyring,"
    " key-vault:ADDRESS.",
)
_USER = click.option("--user", help="The user beside the password (--auth basic).")
_EXPIRES = click.option("--expires", metavar="2027-01-31", help="Last day of the token; 'list' warns before it.")
_FORCE = click.option("--force", is_flag=True, help="Replace one for the same target; take a token of a short life.")
_FOR = click.option(
    "--for", "file", metavar="FILE", type=click.Path(path_type=Path), help="Say what each line of this file gets."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")


def _where(given: dict[str, Any]) -> dict[str, Any]:
    """``workspace`` and ``start`` for the verbs, from the options of ``workspace_options``."""
    names = ("workspace", "subscription", "resource_group", "workspace_name")
    workspace = workspace_of(*(given.pop(name) for name in names))
    return {"workspace": workspace, "start": not given.pop("no_start"), "say": _say}


def _say(text: str) -> None:
    from amlpriv.cli import show

    show.say(text)


def _new(command: Any) -> Any:
    """What the commands that make a connection have in common."""
    for option in (
        workspace_options,
        _DRY_RUN,
        _FORCE,
        _EXPIRES,
        click.option("--target", help="What the service compares index lines with, in place of our choice."),
        _TOKEN_FROM,
        _USER,
        click.option(
            "--auth", metavar="HOW", help="pat, basic (user and password) or none. Default: what the server wants."
        ),
        click.option("--url", required=True, metavar="URL", help="The address as pip takes it, without credentials."),
        _NAME,
    ):
        command = option(command)
    return command


@connect.command(short_help="Make a connection for a package feed.")
@_new
@common
def feed(name: str, url: str, as_json: bool, **given: Any) -> int:
    """Make the connection NAME for the package feed at URL: Azure Artifacts, or any index that pip can read."""
    return _make("feed", name, url, as_json, given)


@connect.command(short_help="Make a connection for a git repository.")
@_new
@common
def git(name: str, url: str, as_json: bool, **given: Any) -> int:
    """Make the connection NAME for the git repository at URL, or for all repositories below an account's address."""
    return _make("git", name, url, as_json, given)


def _make(kind: str, name: str, url: str, as_json: bool, given: dict[str, Any]) -> int:
    from amlpriv.actions.connect import connect as action

    where = _where(given)
    written = action(kind, name, url=url, **given, **where)  # type: ignore[arg-type]
    _show_written(written, as_json=as_json)
    return 0


def _show_written(written: Written, *, as_json: bool) -> None:
    from amlpriv.cli import show

    for item in written.complaints:
        _complain(item)
    if as_json:
        show.as_json(written.as_json())
        return
    would = "would be " if written.dry_run and written.action != "unchanged" else ""
    click.echo(f"{written.name}  {would}{written.action} in {written.workspace}")
    why = " (what index lines are compared with; --target sends another)" if written.chosen_target else ""
    click.echo(f"  target    {written.target}{why}")
    user = f", user {written.user}" if written.user else ""
    origin = f", credential from {written.origin}" if written.origin else ""
    click.echo(f"  sign-in   {written.connection.auth}{user}{origin}")
    if written.verdict:
        click.echo(f"  {written.url}")
        click.echo(f"    {written.verdict}")


def _complain(item: Complaint) -> None:
    from amlpriv.cli import show

    show.say(f"{item.severity.value} {item.code}: {item.message}")
    if item.fix:
        show.say(f"    {item.fix}")


@connect.command("list", short_help="List the connections.")
@click.option("--all", "everything", is_flag=True, help="Those for other things than feeds and git, too.")
@_FOR
@workspace_options
@common
def list_(everything: bool, file: Path | None, as_json: bool, **given: Any) -> int:
    """List the workspace's connections for feeds and git repositories; with --for FILE also what each index and git
    line of it gets."""
    from amlpriv.actions.connect import connect as action
    from amlpriv.cli import show

    listing = action.list(everything=everything, file=file, **_where(given))
    for item in listing:
        if item.warning:
            show.say(f"warning: {item.warning}")
    if as_json:
        show.as_json(listing.as_json())
    else:
        _show_listing(listing)
    return 0


def _show_listing(listing: Listing) -> None:
    from amlpriv.cli import show

    rows = [("NAME", "CATEGORY", "SIGN-IN", "AGE", "UNTIL", "TARGET")]
    rows += [_row(item) for item in listing]
    if len(rows) > 1:
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for row in rows:
            click.echo("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]))
    else:
        show.say(f"{listing.workspace} has no connection for a feed or a repository. Make one: amlpriv connect feed")
    _show_lines(listing.lines)
    if listing.hidden:
        show.say(f"{listing.hidden} for other things: --all shows them.")


def _show_lines(lines: Sequence[LineVerdict]) -> None:
    for line in lines:
        place = f"{line.position}: " if line.position else ""
        click.echo(f"{place}{line.verdict.subject}")
        click.echo(f"    {line.verdict}")


def _row(item: Found) -> tuple[str, str, str, str, str, str]:
    age = "-" if item.age is None else f"{item.age} d"
    return item.name, item.category, item.auth, age, str(item.expires or "-"), item.target


@connect.command(short_help="Show one connection, without its secret.")
@_NAME
@workspace_options
@common
def show(name: str, as_json: bool, **given: Any) -> int:
    """Show the connection NAME; never its secret."""
    from amlpriv.actions.connect import connect as action
    from amlpriv.cli import show as output

    found = action.show(name, **_where(given))
    if found.warning:
        output.say(f"warning: {found.warning}")
    if as_json:
        output.as_json(found.as_json())
        return 0
    for label, value in found.as_json().items():
        if label not in ("metadata", "warning") and value is not None:
            click.echo(f"{label:<10} {value}")
    for key, text in (found.connection.metadata or {}).items():
        click.echo(f"{'metadata':<10} {key}: {text}")
    return 0


@connect.command(short_help="Do with a connection what the image build does.")
@_NAME
@click.argument("package", required=False)
@click.option("--url", metavar="URL", help="The index or repository to try. Default: what the connection was made for.")
@_FOR
@click.option("--also-public", is_flag=True, help="Ask your own index for the name, too; that tells it the name.")
@click.option("--verbose", "-v", is_flag=True, help="Show what was looked at on the way, never a secret.")
@workspace_options
@common
def test(name: str, package: str | None, verbose: bool, as_json: bool, **given: Any) -> int:
    """Try the connection NAME with its own credential: read the index page and download one file of PACKAGE, or ask
    the repository for its branches and the reference PACKAGE.

    Exit code 0 when everything went well, else that of the first failure: 10 the credential, 11 a missing right, 12
    something that does not exist, 14 the network, 1 no line or no match.
    """
    from amlpriv.actions.connect import connect as action
    from amlpriv.cli import show

    where = _where(given)
    tested = action.test(name, package, verbose=verbose, **given, **where)
    if as_json:
        show.as_json(tested.as_json())
    else:
        _show_tested(tested, verbose=verbose)
    return tested.exit_code


def _show_tested(tested: Tried, *, verbose: bool) -> None:
    from amlpriv.secret import redact

    click.echo(f"{tested.connection.name} in {tested.workspace}, for {tested.url}")
    for step in tested.steps:
        click.echo(redact(f"  {'ok  ' if step.ok else 'FAIL'}  {step.name:<10}  {step.words}"))
        if step.fix and (verbose or not step.ok):
            click.echo(redact(f"                    {step.fix}"))
        told = verbose or not step.ok or step.name in ("connection", "credential")
        for text in step.notes if told else ():
            click.echo(redact(f"                    - {text}"))
    _show_lines(tested.lines)


@connect.command(short_help="Replace the token of a connection.")
@_NAME
@_TOKEN_FROM
@_USER
@_EXPIRES
@_FORCE
@_DRY_RUN
@workspace_options
@common
def rotate(name: str, as_json: bool, **given: Any) -> int:
    """Replace the secret of the connection NAME in place; target, sign-in and metadata stay."""
    from amlpriv.actions.connect import connect as action

    where = _where(given)
    _show_written(action.rotate(name, **given, **where), as_json=as_json)
    return 0


@connect.command(short_help="Delete a connection.")
@_NAME
@click.option("--yes", is_flag=True, help="Do not ask.")
@_DRY_RUN
@workspace_options
@common
def remove(name: str, yes: bool, dry_run: bool, as_json: bool, **given: Any) -> int:
    """Delete the connection NAME. Builds of environments whose index lines it serves fail from then on."""
    from amlpriv.actions.connect import connect as action
    from amlpriv.cli import show as output

    where = _where(given)
    found = action.show(name, **where)
    if not (yes or dry_run) and not click.confirm(f"Delete the connection {found}?", err=True):
        output.say("Nothing was deleted.")
        return 0
    found = action.remove(name, dry_run=dry_run, **where)
    if as_json:
        output.as_json({"removed": None if dry_run else found.name, "dry_run": dry_run, **found.as_json()})
    else:
        click.echo(f"{'would delete' if dry_run else 'deleted'} {found}")
    return 0
