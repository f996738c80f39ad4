"""What went wrong in a local workspace: ``trouble.json``, kept until somebody was told; ``local status`` shows it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone

from amlpriv.errors import AmlprivError
from amlpriv.local.home import Home, write_private

__all__ = ["Trouble", "find_trouble", "keep_trouble", "note_trouble", "tell_trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part that ended although nobody wanted it to."""

    part: str
    """``Azurite``, ``control plane``, ``proxy`` or ``supervisor``."""
    text: str
    """What happened: a sentence."""
    log: str
    """The file that may say why."""
    time: str
    """UTC, ISO 8601."""
    told: bool = False

    def __str__(self) -> str:
        return f"{self.text} ({self.time}) Its log: {self.log}"


def note_trouble(home: Home, part: str, text: str) -> None:
    """Keep it for the next command. A disk that is full loses it: the log has it as well."""
    log = home.azurite_log if part == "Azurite" else home.supervisor_log
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    _write(home, Trouble(part, text, str(log), moment))


def find_trouble(home: Home, *, running: bool) -> Trouble | None:
    """The last trouble of this run, or the one that ended the last run; None when all is well.

    ``running``: whether the workspace answers. A ``state.json`` without it is left by a supervisor that was killed.
    """
    if not running and home.state.exists():
        text = "The supervisor ended without being stopped: it was killed, or the machine was switched off."
        with contextlib.suppress(OSError):
            moment = datetime.fromtimestamp(home.state.stat().st_mtime, timezone.utc)
            return Trouble("supervisor", text, str(home.supervisor_log), f"started {moment:%Y-%m-%dT%H:%M:%SZ}")
    try:
        return Trouble(**json.loads(home.trouble.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def keep_trouble(home: Home) -> None:
    """Keep what a left-over ``state.json`` tells, before it is taken away."""
    trouble = find_trouble(home, running=False)
    if trouble and home.state.exists():
        _write(home, trouble)


def tell_trouble(home: Home, say: Callable[[str], None], *, running: bool) -> None:
    """Say what is not told yet. What ended the last run is forgotten then; the trouble of this run stays for status."""
    trouble = find_trouble(home, running=running)
    if trouble is None:
        return
    if not trouble.told:
        say(f"Trouble in the local workspace: {trouble}")
    if not running:
        with contextlib.suppress(OSError):
            home.trouble.unlink(missing_ok=True)
    elif not trouble.told:
        _write(home, replace(trouble, told=True))


def _write(home: Home, trouble: Trouble) -> None:
    with contextlib.suppress(AmlprivError, OSError):
        write_private(home.trouble, json.dumps(asdict(trouble), indent=2) + "\n")
