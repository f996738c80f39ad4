"""``amlpriv verify``."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlpriv.cli.options import common, workspace_of, workspace_options
from amlpriv.errors import UNANSWERED_EXIT_CODE

if TYPE_CHECKING:
    from amlpriv.actions.verify import Verified
    from amlpriv.probes.probe import Probe

__all__ = ["verify"]

_COLOURS = {"yes": "green", "no": "yellow", "facts": "green", "unknown": "red"}


class Ids(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only, and we take 8.0
    """``V01,V03``."""

    name = "ids"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        ids = tuple(part.strip() for part in str(value).split(",") if part.strip())
        if not ids:
            self.fail("names no probe; 'amlpriv verify' lists them.", param, ctx)
        return ids


@click.command(short_help="Ask a real workspace what only it can answer.")
@click.option("--live", is_flag=True, help="Ask. Without it the questions are listed, and nothing is sent.")
@click.option("--clean", is_flag=True, help="Remove what a run that was killed has left, and nothing else.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask back: for CI.")
@click.option("--only", type=Ids(), metavar="V01,V03", default=(), help="These probes and no others.")
@click.option("--skip", type=Ids(), metavar="V01,V03", default=(), help="Not these probes.")
@click.option("--builds", is_flag=True, help="Also the probes that build images from build contexts.")
@click.option("--compute", metavar="NAME", help="The compute cluster for jobs. Default: serverless compute.")
@click.option("--feed", metavar="URL", help="A private package index (its simple page), for the probes on connections.")
@click.option("--feed-token-from", metavar="env:VAR", help="Where its token is.")
@click.option("--feed-package", metavar="NAME", help="A package on it that the public index does not have.")
@click.option("--timeout", type=click.IntRange(1), default=45, metavar="MINUTES", help="For one job; 45.")
@click.option("--keep", is_flag=True, help="Remove nothing afterwards ('--clean' does it later).")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where the report goes."
)
@workspace_options
@common
def verify(live: bool, clean: bool, as_json: bool, **given: Any) -> int:
    """Settle on a real workspace what cannot be known without one.

    Without --live the probes are listed with what they create and cost. With --live they are asked, after a question:
    everything that is created has 'amlpriv-verify' in its name and is removed afterwards, after an error and Ctrl-C as
    well. The answers go into a report without secrets (default: a file of its own in AMLPRIV_HOME/verify).

    Exit codes: 0 every question that was asked has an answer (yes or no), 6 one has none or something could not be
    removed.
    """
    names = (given.pop(key) for key in ("workspace", "subscription", "resource_group", "workspace_name"))
    where, start = workspace_of(*names), not given.pop("no_start")
    if clean:
        _refuse_with_clean()
        return _clean(where, start, as_json)
    from amlpriv.actions.verify import verify as action
    from amlpriv.cli import show

    yes, token = given.pop("yes"), _token(given.pop("feed_token_from"))
    timeout = timedelta(minutes=given.pop("timeout"))
    confirm = None if yes else _confirm
    result = action(
        live=live,
        workspace=where,
        start=start,
        timeout=timeout,
        feed_token=token,
        confirm=confirm,
        say=show.say,
        **given,
    )
    if as_json:
        show.as_json(result.as_json())
    else:
        _show(result)
    return result.exit_code


_NOT_WITH_CLEAN = (
    *("live", "only", "skip", "builds", "compute", "feed", "feed_token_from", "feed_package", "timeout"),
    *("keep", "report"),
)


def _refuse_with_clean() -> None:
    """UsageError for options that say what to ask, which ``--clean`` does not do."""
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    given = [name for name in _NOT_WITH_CLEAN if context.get_parameter_source(name) not in (None, default)]
    if given:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"--clean only removes what earlier runs have left: it does not go with {named}.")


def _token(given: str | None) -> str | None:
    """The value of ``env:VAR``; never a token on the command line."""
    if given is None:
        return None
    kind, _, name = given.partition(":")
    if kind != "env" or not name:
        raise click.UsageError("--feed-token-from takes env:VARIABLE; a token itself has no place on a command line.")
    if not os.environ.get(name):
        raise click.UsageError(f"--feed-token-from: the environment variable {name} is not set.")
    return os.environ[name]


def _confirm(where: object, probes: tuple[Probe, ...]) -> bool:
    """Say what will happen, and ask."""
    from amlpriv.cli import show

    show.say(f"Of {_named(where)} will be asked, what this creates being removed afterwards:")
    for probe in probes:
        show.say(f"  {probe.id}  {probe.creates}  ({probe.cost.value})")
    show.say("Images that the service builds stay in the workspace's container registry.")
    try:
        return click.confirm("Go on?", default=False, err=True)
    except click.Abort:
        return False


def _named(where: object) -> str:
    from amlpriv.remote import WorkspaceName

    if isinstance(where, WorkspaceName):
        return f"workspace {where.name} (resource group {where.resource_group}, subscription {where.subscription})"
    return "the local workspace" if where == "local" else "this workspace"


def _show(result: Verified) -> None:
    for item in result.asked:
        probe, answer = item.probe, item.answer
        if not result.live:
            click.echo(f"{probe.id}  {probe.question}")
            click.echo(f"     why: {probe.why}")
            click.echo(f"     creates: {probe.creates}; costs: {probe.cost.value}")
            if probe.needs:
                click.echo(f"     needs: {' and '.join(sorted(need.value for need in probe.needs))}")
            continue
        word = answer.verdict.value
        styled = word if os.environ.get("NO_COLOR") else click.style(word, fg=_COLOURS.get(word))
        click.echo(f"{probe.id}  {styled}  {probe.question}")
        click.echo(f"     {answer.words}")
    if result.report is not None:
        click.echo(f"The report is in {result.report}", err=True)
    elif not result.live:
        click.echo("Nothing was sent. Ask with: amlpriv verify --live", err=True)


def _clean(where: object, start: bool, as_json: bool) -> int:
    from amlpriv.actions.verify import clean_up
    from amlpriv.cli import show

    things, left = clean_up(workspace=where, start=start, say=show.say)
    if as_json:
        show.as_json({"found": [str(thing) for thing in things], "left": [str(item) for item in left]})
    else:
        click.echo(f"{len(things)} things were left by earlier runs; {len(left)} are left now.")
    return UNANSWERED_EXIT_CODE if any(item.again for item in left) else 0
