"""Paths for a command line. They are filled in without quotes, as the service does, and the service's paths need none:
a home with a space in its path (``Application Support``) would break every command. So it gets a link without one."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["is_plain", "plain_name", "reachable", "sweep_links"]

_PREFIX = "amlpriv-job-"
_LINK = "job"
_SEPARATORS = r"/\\:~" if os.name == "nt" else "/%"
_UNSAFE = re.compile(rf"[^\w.,@+={_SEPARATORS}-]")
"""Anything but letters, digits and what no shell looks at."""
_UNSAFE_IN_NAMES = re.compile(r"[^\w.,@+=-]|^[-=]")
_RELATIVE = Path("..")


def is_plain(path: Path) -> bool:
    """Whether a shell takes the path as it is."""
    return not _UNSAFE.search(str(path))


def plain_name(name: str) -> str:
    """A file's name with ``_`` for every character that a shell would not take as it is."""
    return _UNSAFE_IN_NAMES.sub("_", name) or "_"


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[Path]:
    """A path of ``folder`` without shell characters: its own, or that of a link in a new folder that is only ours; the
    link is gone at the end. Where there can be none, it is ``..``: right in the job's own current folder."""
    if is_plain(folder):
        yield folder
        return
    home = _new_folder()
    if home is None:
        yield _RELATIVE
        return
    try:
        yield home / _LINK if _make_link(home / _LINK, folder) else _RELATIVE
    finally:
        _remove(home)


def sweep_links(jobs: Path) -> None:
    """Remove the links into ``jobs`` that a killed workspace left."""
    for place in _places():
        for home in place.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                target = Path(str((home / _LINK).readlink()).removeprefix("\\\\?\\"))
                if target.parent == jobs and (os.name == "nt" or home.lstat().st_uid == os.getuid()):
                    _remove(home)


def _places() -> list[Path]:
    named = [tempfile.gettempdir(), "/tmp", "/var/tmp", os.environ.get("PUBLIC", "")]  # noqa: S108 - mkdtemp's folders
    places = [Path(name) for name in dict.fromkeys(named) if name]
    return [place for place in places if is_plain(place) and place.is_dir()]


def _new_folder() -> Path | None:
    """A folder that nobody else could have made or may enter: mkdtemp makes it 0700, under a name never seen."""
    for place in _places():
        with contextlib.suppress(OSError):
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    return None


def _make_link(link: Path, target: Path) -> bool:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateJunction(str(target), str(link))  # a link would need a privilege
        else:
            link.symlink_to(target, target_is_directory=True)
        return True
    return False


def _remove(home: Path) -> None:
    """The link, never what it leads to."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            (home / _LINK).rmdir()
        else:
            (home / _LINK).unlink()
    with contextlib.suppress(OSError):
        home.rmdir()
