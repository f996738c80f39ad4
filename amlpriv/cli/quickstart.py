"""``amlpriv quickstart``."""

from __future__ import annotations

import click

from amlpriv.cli.options import common

__all__ = ["quickstart"]

NEXT = """\
On a real workspace, with 'az login' done and its config.json here:
  amlpriv plan FILE                 what would happen
  amlpriv publish FILE              upload, sign, register
and then in a job's YAML:  environment: {reference}
The file of this run: {file}
'amlpriv local stop' ends the local workspace, 'amlpriv local reset' deletes its data."""


@click.command(short_help="See the whole story on this machine, without Azure.")
@click.option("--verbose", "-v", is_flag=True, help="Show the output of pip (redacted).")
@common
def quickstart(verbose: bool, as_json: bool) -> int:
    """Publish a private package to the embedded local workspace, build its environment and run a job in it."""
    from amlpriv.actions.quickstart import quickstart as action
    from amlpriv.cli import show

    def step(title: str, text: str) -> None:
        click.echo(f"\n{show.heading(title)}\n{text.rstrip()}", err=as_json)

    with show.Watcher() as watcher:
        result = action(progress=watcher, step=step, on_line=show.say if verbose else None)
    show.findings(result.built.report)
    if as_json:
        show.as_json(result.as_json())
        return 0
    imported = ", ".join(f"{name} {version}" for name, version in result.built.environment.imported.items())
    click.echo(f"\n{show.heading('Done')}\n{imported} went from a project folder into a job.\n")
    click.echo(NEXT.format(reference=result.again.reference, file=result.file))
    return 0
