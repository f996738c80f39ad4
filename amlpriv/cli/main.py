"""The command line: words to arguments, errors to one line and an exit code."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from amlpriv.cli.options import SuggestingGroup
from amlpriv.errors import CRASH_EXIT_CODE, INTERRUPTED_EXIT_CODE, AmlprivError

__all__ = ["cli", "main"]

COMMANDS = {
    "add-wheel": ("amlpriv.cli.wheel", "add_wheel"),
    "build": ("amlpriv.cli.build", "build"),
    "capture": ("amlpriv.cli.capture", "capture"),
    "check": ("amlpriv.cli.check", "check"),
    "connect": ("amlpriv.cli.connect", "connect"),
    "diff": ("amlpriv.cli.specs", "diff"),
    "environments": ("amlpriv.cli.specs", "environments"),
    "feed": ("amlpriv.cli.feed", "feed"),
    "local": ("amlpriv.cli.local", "local"),
    "lock": ("amlpriv.cli.lock", "lock"),
    "plan": ("amlpriv.cli.publish", "plan"),
    "publish": ("amlpriv.cli.publish", "publish"),
    "quickstart": ("amlpriv.cli.quickstart", "quickstart"),
    "render": ("amlpriv.cli.render", "render"),
    "run": ("amlpriv.cli.build", "run"),
    "schema": ("amlpriv.cli.specs", "schema"),
    "verify": ("amlpriv.cli.verify", "verify"),
    "wheel": ("amlpriv.cli.wheel", "wheel"),
}
"""Where each command is; its module is imported when it is asked for."""


class LazyGroup(SuggestingGroup):
    """A group whose commands are imported late."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(place[0]), place[1])
        return command if isinstance(command, click.Command) else None


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


def main(arguments: Sequence[str] | None = None, *, group: click.Command = cli) -> int:
    """Run the command line; returns the exit code. ``group`` is what the words are for, ours by default."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _end_like_interrupt()
    _hush_libraries()
    _show_every_letter()
    debug = "--debug" in _own(words)
    as_json = "--json" in _own(words)
    try:
        result = _invoke(group, words)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _show_usage(error, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(as_json=as_json)
    except BrokenPipeError:
        _forget_output()  # whoever read it has gone
        return 0
    except AmlprivError as error:
        _show(error, as_json=as_json, debug=debug)
        return error.exit_code
    except OSError as error:
        return _show_os_error(error, as_json=as_json, debug=debug)
    except Exception as error:
        return _crash(error, as_json=as_json, debug=debug)
    return result if isinstance(result, int) else 0


def _invoke(group: click.Command, words: list[str]) -> object:
    """As ``group.main`` does it, but without its own words after Ctrl-C and its own end on a closed pipe."""
    if os.environ.get("_AMLPRIV_COMPLETE"):
        return group.main(args=words, prog_name="amlpriv")  # a shell asks for completions
    with group.make_context("amlpriv", words) as context:
        return group.invoke(context)


def _forget_output() -> None:
    """Python must not complain again when it flushes standard output at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_like_interrupt() -> None:
    """Clean up after SIGTERM, a closed terminal (SIGHUP, on Windows SIGBREAK) as after Ctrl-C: private work folders and
    unfinished builds are removed. What is ignored (``nohup``) stays ignored."""
    import signal
    import threading

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, interrupt)


def _show_every_letter() -> None:
    """What a stream's encoding lacks (cp1252, where Windows' output is piped) is shown as ``\\u4e2d``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="backslashreplace")


def _hush_libraries() -> None:
    """azure-identity logs a page when a sign-in fails; the error that we show has what it says."""
    import logging

    logging.getLogger("azure.identity").setLevel(logging.ERROR)


def _own(words: list[str]) -> list[str]:
    """Our own words: those before ``--``, behind which a job's command stands."""
    return words[: words.index("--")] if "--" in words else words


def _show(error: AmlprivError, *, as_json: bool, debug: bool) -> None:
    from amlpriv.cli import show

    if debug:
        _traceback(error)
    show.error(error, as_json=as_json)


def _show_usage(error: click.ClickException, *, as_json: bool) -> int:
    error.show()
    if as_json:
        from amlpriv.cli import show

        show.failure("UsageError", error.format_message(), exit_code=2)
    return 2


def _interrupted(*, as_json: bool) -> int:
    with contextlib.suppress(OSError):  # the terminal may have gone
        click.echo("Interrupted.", err=True)
        if as_json:
            from amlpriv.cli import show

            show.failure("Interrupted", "Interrupted.", exit_code=INTERRUPTED_EXIT_CODE)
    return INTERRUPTED_EXIT_CODE


def _show_os_error(error: OSError, *, as_json: bool, debug: bool) -> int:
    from amlpriv.errors import InputError, StorageFullError
    from amlpriv.files import FULL

    words = f"{error.strerror or error}"
    ours: AmlprivError
    if error.errno in FULL:
        _forget_output()  # when it is standard output that is full
        ours = StorageFullError(f"No space left: {error.filename or words}.", hint="Free some space and run it again.")
    elif isinstance(error, FileNotFoundError) and error.filename is None and not _current_folder_exists():
        ours = InputError("The current folder does not exist any more.", hint="Go to another one: cd.")
    else:
        ours = InputError(f"{words}.", file=error.filename if isinstance(error.filename, str) else None)
    _show(ours, as_json=as_json, debug=debug)
    return ours.exit_code


def _current_folder_exists() -> bool:
    try:
        return Path.cwd().exists()
    except OSError:
        return False


def _traceback(error: BaseException) -> None:
    import traceback

    from amlpriv.secret import redact

    click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)


def _crash(error: Exception, *, as_json: bool, debug: bool) -> int:
    from amlpriv.secret import redact

    if debug:
        _traceback(error)
    click.echo(f"amlpriv itself failed: {type(error).__name__}: {redact(str(error))}", err=True)
    click.echo("This is a bug. Run it again with --debug and report what it prints.", err=True)
    if as_json:
        from amlpriv.cli import show

        show.failure(type(error).__name__, str(error), hint="This is a bug.", exit_code=CRASH_EXIT_CODE)
    return CRASH_EXIT_CODE
