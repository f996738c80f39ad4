"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "Lifetime",
    "SuggestingGroup",
    "common",
    "container_options",
    "environment_file",
    "locked_option",
    "naming_options",
    "workspace_of",
    "workspace_options",
]

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class SuggestingGroup(click.Group):
    """A group that answers an unknown command with the nearest known one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


class Lifetime(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only, and we take 8.0
    """``30d``, ``12h`` or ``2w``."""

    name = "lifetime"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,5})([hdw])", str(value).strip().lower())
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is no lifetime: write it as 12h, 30d or 2w.", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


def environment_file(command: F) -> F:
    """The argument FILE."""
    return click.argument("file", type=click.Path(path_type=Path))(command)


def common(command: F) -> F:
    """``--json``, and ``--debug`` (which ``main`` looks at)."""
    command = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(command)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def container_options(command: F) -> F:
    """``--build-in`` and ``--build-image``."""
    for option in (
        click.option("--build-image", metavar="IMAGE", help="The image for --build-in. Default: a manylinux image."),
        click.option(
            "--build-in",
            type=click.Choice(["docker", "podman", "buildah", "auto"]),
            help="Build compiled packages that do not fit the target in a Linux container.",
        ),
    ):
        command = option(command)
    return command


def locked_option(command: F) -> F:
    """``--locked``."""
    text = "Refuse a lock beside FILE that is missing or stale ('amlpriv lock' writes it)."
    return click.option("--locked", is_flag=True, help=text)(command)


def naming_options(command: F) -> F:
    """What overrides the file."""
    for option in (
        click.option("--version", "version", help="Environment version instead of the generated one."),
        click.option("--python", metavar="3.11", help="Python version instead of the file's."),
        click.option("--image", help="Base image instead of the file's."),
        click.option("--name", help="Environment name instead of the file's."),
    ):
        command = option(command)
    return command


def workspace_options(command: F) -> F:
    """Which workspace, in amlpriv's word or in those of ``az ml``."""
    for option in (
        click.option("--no-start", is_flag=True, help="Do not start the local workspace when it is not running."),
        click.option("--workspace-name", "-w", help="Name of the workspace, as for az ml."),
        click.option("--resource-group", "-g", help="Its resource group."),
        click.option("--subscription", help="Its subscription (an id)."),
        click.option(
            "--workspace",
            metavar="WHERE",
            help="'local', or the path of a config.json. Default: AMLPRIV_WORKSPACE, a config.json in this folder or"
            " above, else local.",
        ),
    ):
        command = option(command)
    return command


def workspace_of(
    workspace: str | None, subscription: str | None, resource_group: str | None, workspace_name: str | None
) -> object:
    """What ``open_workspace`` takes, from the four options."""
    names = {"--subscription": subscription, "--resource-group": resource_group, "--workspace-name": workspace_name}
    given = [name for name, value in names.items() if value]
    if not given:
        return workspace
    if workspace:
        raise click.UsageError(f"--workspace and {given[0]} exclude each other.")
    if len(given) < len(names):
        missing = ", ".join(name for name, value in names.items() if not value)
        raise click.UsageError(f"{', '.join(given)} without {missing}: a workspace has all three names.")
    from amlpriv.remote import WorkspaceName

    return WorkspaceName(str(subscription), str(resource_group), str(workspace_name))
