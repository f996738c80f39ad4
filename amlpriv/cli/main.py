"""The command line: words to arguments, errors to one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from amlpriv.errors import CRASH_EXIT_CODE, INTERRUPTED_EXIT_CODE, AmlprivError

__all__ = ["cli", "main"]

COMMANDS = {
    "add-wheel": ("amlpriv.cli.wheel", "add_wheel"),
    "build": ("amlpriv.cli.build", "build"),
    "local": ("amlpriv.cli.local", "local"),
    "plan": ("amlpriv.cli.publish", "plan"),
    "publish": ("amlpriv.cli.publish", "publish"),
    "quickstart": ("amlpriv.cli.quickstart", "quickstart"),
    "render": ("amlpriv.cli.render", "render"),
    "run": ("amlpriv.cli.build", "run"),
    "wheel": ("amlpriv.cli.wheel", "wheel"),
}
"""Where each command is; its module is imported when it is asked for."""


class LazyGroup(click.Group):
    """A group whose commands are imported late. Did-you-mean for a command that does not exist."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(place[0]), place[1])
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"amlpriv {version('amlpriv')}")
        ctx.exit()


@click.command(
    cls=LazyGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
def cli() -> None:
    """Private Python packages in Azure Machine Learning environments (SDK v2).

    Only results go to standard output; progress and messages go to standard error. Exit codes: 0 done, 1 findings of
    severity error, 2 wrong usage, 3 a file that cannot be understood, and one per kind of error (README).
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _end_like_interrupt()
    debug = "--debug" in _own(words)
    as_json = "--json" in _own(words)
    try:
        result = cli.main(args=words, prog_name="amlpriv", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except AmlprivError as error:
        _show(error, as_json=as_json, debug=debug)
        return error.exit_code
    except OSError as error:
        return _show_os_error(error, as_json=as_json, debug=debug)
    except Exception as error:
        return _crash(error, debug=debug)
    return result if isinstance(result, int) else 0


def _end_like_interrupt() -> None:
    """Clean up after SIGTERM as after Ctrl-C: private work folders and unfinished builds are removed."""
    import signal
    import threading

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)


def _own(words: list[str]) -> list[str]:
    """Our own words: those before ``--``, behind which a job's command stands."""
    return words[: words.index("--")] if "--" in words else words


def _show(error: AmlprivError, *, as_json: bool, debug: bool) -> None:
    from amlpriv.cli import show

    if debug:
        _traceback(error)
    show.error(error, as_json=as_json)


def _show_os_error(error: OSError, *, as_json: bool, debug: bool) -> int:
    from amlpriv.errors import InputError, StorageFullError

    words = f"{error.strerror or error}"
    ours: AmlprivError
    if error.errno in _FULL:
        ours = StorageFullError(f"No space left: {error.filename or words}.", hint="Free some space and run it again.")
    else:
        ours = InputError(f"{words}.", file=error.filename if isinstance(error.filename, str) else None)
    _show(ours, as_json=as_json, debug=debug)
    return ours.exit_code


def _full() -> frozenset[int]:
    import errno

    return frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


_FULL = _full()


def _traceback(error: BaseException) -> None:
    import traceback

    from amlpriv.secret import redact

    click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)


def _crash(error: Exception, *, debug: bool) -> int:
    from amlpriv.secret import redact

    if debug:
        _traceback(error)
    click.echo(f"amlpriv itself failed: {type(error).__name__}: {redact(str(error))}", err=True)
    click.echo("This is a bug. Run it again with --debug and report what it prints.", err=True)
    return CRASH_EXIT_CODE
