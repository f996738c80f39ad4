"""``amlpriv local exec`` and ``amlpriv local env``."""

from __future__ import annotations

import click

from amlpriv.cli.options import common

__all__ = ["env", "execute"]

_ISOLATED = click.option("--isolated", is_flag=True, help="Refuse every host but the local workspace.")
_AS = click.option(
    "--as",
    "names",
    multiple=True,
    metavar="SUBSCRIPTION/GROUP/WORKSPACE",
    help="A workspace that the program names itself: inside, it is the local one. May be given several times.",
)
_START = click.option("--no-start", is_flag=True, help="Do not start the local workspace when it is not running.")


@click.command(
    "exec",
    short_help="Run a program, unmodified, against the local workspace.",
    context_settings={"allow_interspersed_args": False},
)
@_ISOLATED
@click.option("--no-config", is_flag=True, help="Leave config.json alone: neither write one nor stand in for one.")
@_AS
@_START
@common
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def execute(
    command: tuple[str, ...],
    isolated: bool,
    no_config: bool,
    names: tuple[str, ...],
    no_start: bool,
    as_json: bool,
) -> int:
    """Run COMMAND against the local workspace: amlpriv local exec -- python train.py

    azure-ai-ml, azure-identity, azure-storage-blob, pip, uv, curl and Node.js work as they are: for the time of the
    command Azure's host names lead to the local workspace, every other host to where it is. Without a config.json one
    is written and taken away again; the workspace that a config.json names is the local one inside.

    What the command leaves running in the background ends with it, unless standard input is a terminal. Plain http://
    goes where it always does: only https leads to the local workspace, as Azure has nothing else.

    The exit code is the command's own, 5 when it cannot be started. With --json the object goes to standard error,
    since standard output is the command's.
    """
    from amlpriv.actions.local_exec import local_exec, parse_name
    from amlpriv.cli import show

    known = [parse_name(name) for name in names]
    done = local_exec(command, isolated=isolated, config=not no_config, names=known, start=not no_start, say=show.say)
    if as_json:
        show.as_json(done.as_json(), err=True)
    return done.exit_code


@click.command("env", short_help="Print what 'local exec' sets, for a shell.")
@click.option(
    "--shell",
    metavar="SHELL",
    help="bash (also for sh and zsh), fish, powershell, cmd or dotenv. Default: by $SHELL and the platform.",
)
@_ISOLATED
@click.option("--no-config", is_flag=True, help="Do not stand in for the workspace that a config.json names.")
@_AS
@_START
@click.option("--drop", is_flag=True, help="Only end the stand-in for workspaces that earlier calls named.")
@common
def env(
    shell: str | None,
    isolated: bool,
    no_config: bool,
    names: tuple[str, ...],
    no_start: bool,
    drop: bool,
    as_json: bool,
) -> int:
    """Print the variables that lead a shell's programs to the local workspace: eval "$(amlpriv local env)"

    fish: amlpriv local env | source. PowerShell: amlpriv local env | Out-String | Invoke-Expression. cmd: write it to
    a .bat file and call that. No config.json is written; the workspace that an existing one names (or --as) is the
    local one for programs with these variables, until 'local env --drop' or 'local reset' ('local status' lists them).
    """
    import json
    import os

    from amlpriv.actions.local_env import SHELLS, guess_shell, local_env
    from amlpriv.actions.local_exec import parse_name
    from amlpriv.cli import show

    if drop:
        return _drop(as_json)
    chosen = (shell or guess_shell(os.environ)).lower()
    if chosen not in SHELLS:
        raise click.BadParameter(f"{shell!r} is not one of {', '.join(SHELLS)}.", param_hint="'--shell'")
    known = [parse_name(name) for name in names]
    found = local_env(isolated=isolated, config=not no_config, names=known, start=not no_start, say=show.say)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))  # as it is: AZURE_CLIENT_SECRET looks like a secret only
    else:
        click.echo(found.text(chosen), nl=False)
    return 0


def _drop(as_json: bool) -> int:
    from amlpriv.actions.local_env import forget_names
    from amlpriv.cli import show

    dropped = forget_names()
    if as_json:
        show.as_json({"dropped": [name.arm_id for name in dropped]})
    for name in dropped:
        show.say(f"{name.arm_id} is not the local workspace any more.")
    if not dropped:
        show.say("No names were in force.")
    return 0
