"""``amlpriv diff``, ``amlpriv environments`` and ``amlpriv schema``."""

from __future__ import annotations

from pathlib import Path

import click

from amlpriv.cli.options import common

__all__ = ["diff", "environments", "schema"]


@click.command(short_help="Say what differs between two specifications.")
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@click.option("--python", help="Python of a pyproject.toml or requirements file that says none.")
@common
def diff(one: Path, other: Path, python: str | None, as_json: bool) -> int:
    """Say what changes from ONE to OTHER: environment files, Azure ML environment YAMLs, conda YAMLs, pyproject.toml or
    requirements files.

    Spelling and order count only where they mean something. Exit code 0 when both mean the same, 1 when not.
    """
    from amlpriv.actions.diff import diff as action
    from amlpriv.cli import show

    found = action(one, other, python=python)
    if as_json:
        show.as_json({"same": not found, "differences": [item.as_json() for item in found]})
    else:
        for item in found:
            click.echo(f"{item.position}: {item}" if item.position else str(item))
        show.say("They mean the same." if not found else f"{len(found)} difference{'s' if len(found) > 1 else ''}.")
    return 1 if found else 0


@click.command(short_help="List the environments in job, pipeline and deployment YAML, or replace them.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "reference", metavar="REFERENCE", help="Put azureml:name:version in their place.")
@click.option("--at", multiple=True, metavar="PATH", help="Only there, for instance jobs.train.environment.")
@common
def environments(files: tuple[Path, ...], reference: str | None, at: tuple[str, ...], as_json: bool) -> int:
    """List where Azure ML documents name or define an environment, with file, line and key path.

    Components and jobs beside them that they refer to are looked into. With --set the references in these FILES are
    replaced, and not one character elsewhere.
    """
    from amlpriv.actions.environments import find_environments, set_environments
    from amlpriv.cli import show

    if at and reference is None:
        raise click.UsageError("--at needs --set REFERENCE.")
    if reference is not None:
        for file, count in set_environments(files, reference, at=at).items():
            show.say(f"{file}: {count} replaced")
    found = find_environments(files)
    if as_json:
        show.as_json({"environments": [item.as_json() for item in found]})
    else:
        for item in found:
            click.echo(f"{item.use.position}: {item.path or item.document.value}: {item.text}")
        if not found:
            show.say("No environment stands in these files.")
    return 0


@click.command(short_help="Print the JSON schema of environment files, for editors.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead.")
@common
def schema(out: Path | None, as_json: bool) -> int:  # noqa: ARG001 - it is JSON in any case
    """Print the JSON schema of environment files.

    An editor uses it when the file's first line is '# yaml-language-server: $schema=PATH'.
    """
    from amlpriv.actions.schema import environment_schema

    text = environment_schema()
    if out is None:
        click.echo(text, nl=False)
        return 0
    from amlpriv.cli import show
    from amlpriv.files import write_text

    write_text(out, text)
    show.say(f"wrote {out}; first line of an environment file: # yaml-language-server: $schema={out.as_posix()}")
    return 0
