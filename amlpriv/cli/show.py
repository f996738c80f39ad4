"""How results and errors look. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from amlpriv.errors import AmlprivError, FindingsError, InputError
from amlpriv.findings import Finding, Report, Severity
from amlpriv.secret import redact

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from amlpriv.actions.add_wheel import AddedWheel
    from amlpriv.actions.publish import Published
    from amlpriv.wheels.wheel import Wheel

__all__ = ["Watcher", "added", "as_json", "error", "failure", "findings", "heading", "published", "say", "wheel"]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def say(text: str) -> None:
    """A message, on standard error."""
    click.echo(redact(text), err=True)


def as_json(value: Mapping[str, Any], *, err: bool = False) -> None:
    """One JSON object on standard output, or on standard error; in ASCII, whatever the stream's encoding is."""
    click.echo(redact(json.dumps(value, indent=2)), err=err)


def _style(text: str, **how: Any) -> str:
    """Coloured where it is wanted: click drops colours when standard error is no terminal, NO_COLOR is ours to obey."""
    import os

    return text if os.environ.get("NO_COLOR") else click.style(text, **how)


def heading(text: str) -> str:
    """A title, bold where it is wanted."""
    return _style(f"== {text}", bold=True)


def findings(report: Report | Iterable[Finding]) -> None:
    """Findings, one a line, with their fix below; on standard error."""
    for item in report:
        place = ":".join(str(part) for part in (item.file, item.line) if part is not None)
        label = _style(f"{item.severity.value} {item.code}", fg=_COLOURS[item.severity], bold=True)
        click.echo(f"{place + ': ' if place else ''}{label}: {redact(item.message)}", err=True)
        if item.fix:
            click.echo(f"    {redact(item.fix)}", err=True)


def error(problem: AmlprivError, *, as_json: bool = False) -> None:
    """An error: what happened and what to do next."""
    if as_json:
        _error_as_json(problem)
    if isinstance(problem, FindingsError):
        findings(problem.report)
        count = len(problem.report.errors)
        click.echo(f"{count} error{'s' if count != 1 else ''}. {problem.hint or ''}", err=True)
        return
    where = f"{problem.where}: " if isinstance(problem, InputError) and problem.where else ""
    click.echo(f"{_style('Error:', fg='red', bold=True)} {redact(where + problem.message)}", err=True)
    if problem.hint:
        click.echo(redact(problem.hint), err=True)


def _error_as_json(problem: AmlprivError) -> None:
    place = (problem.file, problem.line) if isinstance(problem, InputError) else (None, None)
    report = problem.report if isinstance(problem, FindingsError) else Report()
    failure(
        type(problem).__name__,
        problem.message,
        hint=problem.hint,
        exit_code=problem.exit_code,
        place=place,
        report=report,
    )


def failure(
    kind: str,
    message: str,
    *,
    exit_code: int,
    hint: str | None = None,
    place: tuple[str | None, int | None] = (None, None),
    report: Report | None = None,
) -> None:
    """The one JSON object of a command that did not end well."""
    error = {"type": kind, "message": message, "hint": hint, "exit_code": exit_code}
    as_json(
        {
            "error": {**error, "file": place[0], "line": place[1]},
            "findings": [item.as_json() for item in report or ()],
        }
    )


def published(result: Published) -> None:
    """What a publish did, or would do."""
    plan = result.plan
    findings(result.report)
    for note in plan.notes:
        say(f"note: {note}")
    if result.dry_run:
        click.echo(f"Plan for {result.workspace}:")
        for step in plan.steps:
            click.echo(f"  {step}")
        _because(result, "  because ")
        return
    verb = {"created": "registered", "unchanged": "unchanged", "renewed": "renewed", "restored": "restored"}
    click.echo(f"{result.reference}  {verb[plan.action.value]} in {result.workspace}")
    _because(result, "  because ")
    for item in result.as_json()["wheels"]:  # type: ignore[attr-defined]  # a list of mappings, as --json prints it
        click.echo(f"  {item['filename']}  {item['action']}, sha256 {item['sha256'][:16]}...")
    if plan.expires is not None:
        click.echo(f"  signed URLs valid until {plan.expires:%Y-%m-%d}")
    click.echo(f"  use it: environment: {result.reference}")


def _because(result: Published, before: str) -> None:
    for reason in result.plan.because:
        click.echo(f"{before}{redact(reason)}")


def added(result: AddedWheel) -> None:
    """A wheel that was uploaded, its URL redacted."""
    for note in result.notes:
        say(f"note: {note}")
    word = "uploaded" if result.uploaded else "was there already"
    click.echo(f"{result.wheel.filename}  {word}")
    click.echo(f"  {result.requirement}")
    click.echo(f"  valid until {result.expires:%Y-%m-%d}")


def wheel(item: Wheel) -> None:
    """What a wheel is."""
    rows: list[tuple[str, object]] = [
        ("name", item.display_name),
        ("version", item.version),
        ("tags", ", ".join(sorted(map(str, item.tags)))),
        ("requires Python", item.requires_python or "any"),
        ("requires", ", ".join(map(str, item.requires_dist)) or "nothing"),
        ("extras", ", ".join(item.provides_extra) or "none"),
        ("imports", ", ".join(item.import_names) or "nothing"),
        ("size", f"{item.size} bytes"),
        ("sha256", item.sha256),
        ("content hash", item.content_hash),
    ]
    click.echo(item.filename)
    for name, value in rows:
        click.echo(f"  {name:<16}{value}")
    for note in (*item.tag_notes, *item.metadata_notes):
        say(f"note: {note}")


class Watcher:
    """Shows how uploads go on while standard error is a terminal; otherwise says only what is worth a line."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, name: str, size: int) -> None:
        """An upload of ``size`` bytes begins."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        self._tasks[name] = self._bar.add_task(name, total=size)

    def advance(self, name: str, sent: int) -> None:
        """``sent`` bytes have gone so far."""
        if self._bar is not None and name in self._tasks:
            self._bar.update(self._tasks[name], completed=sent)

    def say(self, text: str) -> None:
        """A line."""
        say(text)
