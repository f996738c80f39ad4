"""Several sources to wheels: project folders are built side by side, each once, and the first failure ends all."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from amlpriv.actions.packages import Packages
from amlpriv.errors import AmlprivError
from amlpriv.processes import ToolCancelledError
from amlpriv.specs.sources import IndexSource, PathSource, Source

__all__ = ["make_all"]

_MOST_AT_ONCE = 4


def make_all(packages: Packages, sources: Mapping[str, Source], needed_by: Mapping[str, Collection[str]]) -> bool:
    """Make the wheels of those that are not made yet; whether there was one.

    ``needed_by`` says which packages need a package, for the error. Raises what the first build that fails raises;
    the others are stopped then.
    """
    missing = {
        name: source
        for name, source in sources.items()
        if name not in packages.found and not isinstance(source, IndexSource)
    }
    projects = {name: project for name, one in missing.items() if (project := _project(packages, name, one))}
    for name, project in projects.items():
        with _naming(name, needed_by):
            packages.prepare_build(name, project)
    # What is there already is taken faster by one thread than by several.
    slow = {name: project.resolve() for name, project in projects.items() if not packages.is_kept(name, project)}
    if len(set(slow.values())) > 1:
        _side_by_side(packages, {name: missing[name] for name in slow}, needed_by)
    for name, source in missing.items():
        with _naming(name, needed_by):
            packages.wheel(name, source)
    return bool(missing)


def _project(packages: Packages, name: str, source: Source) -> Path | None:
    return packages.project(name, source) if isinstance(source, PathSource) else None


def _side_by_side(packages: Packages, sources: Mapping[str, Source], needed_by: Mapping[str, Collection[str]]) -> None:
    lock = threading.Lock()

    def say(text: str) -> None:
        with lock:
            packages.say(text)

    stop = threading.Event()
    quiet = replace(packages, say=say, cancelled=stop.is_set)
    workers = max(2, min(_MOST_AT_ONCE, os.cpu_count() or 1, len(sources)))
    with ThreadPoolExecutor(workers, thread_name_prefix="amlpriv-build") as pool:
        begun = {name: pool.submit(quiet.made, name, source) for name, source in sources.items()}
        try:
            _, waiting = wait(begun.values(), return_when=FIRST_EXCEPTION)
            if waiting:
                stop.set()
        except BaseException:  # Ctrl-C
            stop.set()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    made = {name: future for name, future in begun.items() if not future.cancelled()}
    for name, future in made.items():
        if not isinstance(future.exception(), ToolCancelledError):
            with _naming(name, needed_by):
                packages.found[name] = future.result()


@contextmanager
def _naming(name: str, needed_by: Mapping[str, Collection[str]]) -> Iterator[None]:
    """Say in an error who needs the package."""
    try:
        yield
    except AmlprivError as error:
        if by := needed_by.get(name):
            words = f"{name} is needed by {' and '.join(by)}."
            error.hint = f"{error.hint}\n{words}" if error.hint else words
        raise
