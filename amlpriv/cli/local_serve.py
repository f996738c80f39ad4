"""``amlpriv local serve``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from amlpriv.cli.options import common

if TYPE_CHECKING:
    from amlpriv.actions.serve import ServedDeployment

__all__ = ["described", "serve"]


@click.command(short_help="Run online deployments with Azure ML's inference server.")
@click.argument("target", metavar="[ENDPOINT[/DEPLOYMENT]]", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="Port on this machine; a free one by default.")
@click.option("--no-start", is_flag=True, help="Do not start the local workspace when it is not running.")
@click.option("--quiet", "-q", is_flag=True, help="Do not show what builds and servers print.")
@common
def serve(target: str | None, port: int | None, no_start: bool, quiet: bool, as_json: bool) -> None:
    """Serve a deployment of the local workspace on this machine until Ctrl-C: amlpriv local serve churn/blue

    Its environment is built (once), code and model are fetched, and azureml-inference-server-http, which has to be in
    the environment's pip section, runs the scoring script. Meanwhile ml_client.online_endpoints.invoke and the
    endpoint's scoring URL work under 'local exec'; the traffic split is honoured. Without a deployment all of the
    endpoint's are served. A deployment that is updated meanwhile is served anew. Exit code 0 after Ctrl-C.
    """
    from amlpriv.actions.serve import local_serve
    from amlpriv.cli import show

    served: list[ServedDeployment] = []

    def tell(ready: list[ServedDeployment]) -> None:
        served.extend(ready)
        if as_json:
            show.as_json({"served": [one.as_json() for one in ready]})
        else:
            _show(ready)
        sys.stdout.flush()

    try:
        local_serve(
            target,
            port=port,
            start=not no_start,
            say=show.say,
            on_line=_ignore if quiet else show.say,
            on_ready=tell,
        )
    except KeyboardInterrupt:
        if not served:
            raise
        show.say("ended")


def _show(ready: list[ServedDeployment]) -> None:
    for one in ready:
        click.echo("\n".join(described(one)))
    click.echo("Ctrl-C ends it.")


def described(one: ServedDeployment) -> list[str]:
    """What is said about a deployment that answers: its addresses, and how requests get there without traffic."""
    lines = [
        f"{one.endpoint}/{one.deployment} is served",
        f"  {one.scoring_url}  (under 'amlpriv local exec', with the endpoint's key)",
    ]
    if not one.traffic:
        lines += [
            "    It has no traffic: requests to that URL have to name it, with the header",
            f"    azureml-model-deployment: {one.deployment}",
            f"    or ml_client.online_endpoints.invoke('{one.endpoint}', deployment_name='{one.deployment}', ...)",
        ]
    return [*lines, f"  {one.url}  (the server itself)"]


def _ignore(_line: str) -> None:
    """Nobody wants to see it; the server's log has it."""
