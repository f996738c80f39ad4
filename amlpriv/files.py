"""Read what the user gives, and write results so that a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import BinaryIO

from amlpriv.errors import AmlprivError, InputError, StorageFullError

__all__ = [
    "FULL",
    "create_private_directory",
    "move",
    "open_binary",
    "read_text",
    "rename",
    "write_bytes",
    "write_text",
]

_BOM = b"\xef\xbb\xbf"
_LONGEST_TEXT = 16 * 1024 * 1024
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""The error numbers that mean: no space left, or a quota is used up."""


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte order mark; line ends stay as they are.

    Raises InputError, with the file and, for bytes that are not UTF-8, the line; also for more than 16 MiB.
    """
    with open_binary(path) as stream:
        try:
            data = stream.read(_LONGEST_TEXT + 1)
        except OSError as error:
            raise _unreadable(path, error) from error
    if len(data) > _LONGEST_TEXT:
        raise InputError("This file has more than 16 MiB: it is no text that somebody wrote.", file=path)
    if data.startswith(_UTF16_BOMS):
        raise InputError("This file is UTF-16.", file=path, hint="Save it as UTF-8.")
    data = data.removeprefix(_BOM)
    if (nul := data.find(b"\0")) >= 0:
        raise InputError(
            "This file has a NUL byte: it is UTF-16 or not text.",
            file=path,
            line=_line(data, nul),
            hint="Save it as UTF-8.",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The byte 0x{data[error.start]:02x} is not UTF-8.",
            file=path,
            line=_line(data, error.start),
            hint="Save the file as UTF-8.",
        ) from error


def open_binary(path: Path) -> BinaryIO:
    """The file, open for reading. Raises InputError when it is missing, no regular file, or not ours to read."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):  # Windows calls it a missing permission
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(mode):  # a named pipe would wait for a writer, and a device may never end
            raise InputError(
                "This is a device or a pipe, and a file is needed.", file=path, hint="Save its content as a file first."
            )
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Replace the file's content by ``text`` as UTF-8, line ends as given; see ``write_bytes``."""
    write_bytes(path, text.encode("utf-8"), private=private)


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replace the file's content at one blow: after any failure the old content is still there.

    ``private`` makes it readable for its owner only (mode 0600; on Windows the folder's rights decide). Otherwise an
    existing file keeps its mode. A device or a named pipe is written to, never replaced. Raises StorageFullError or
    InputError.
    """
    if _is_device(path):
        _write_into(path, data)
        return
    try:
        target = path.resolve() if path.is_symlink() else path
        mode = None if private else _mode(target)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    try:
        _write_new(temporary, data, 0o600 if private else 0o666)
        if mode is not None:
            temporary.chmod(mode)
        rename(temporary, target)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink()
    _settle(target.parent)


def rename(source: Path, target: Path) -> None:
    """Rename, replacing a file; with patience, since on Windows a reader or a virus scanner may be in the way."""
    for delay in (0.05, 0.2, 0.5, 1.0, 2.0):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(delay)
        else:
            return
    source.replace(target)


def move(source: Path, target: Path) -> None:
    """Rename a file, or copy it when ``target`` is on another disk; at one blow, as ``write_bytes`` does it.

    Raises StorageFullError or InputError.
    """
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            rename(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.copyfile(source, temporary)
            rename(temporary, target)
            source.unlink()
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    _settle(target.parent)


def create_private_directory(path: Path) -> None:
    """Make the folder, or keep it, for its owner only (mode 0700; on Windows the parent's rights decide).

    Raises StorageFullError or InputError.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700)
    except FileExistsError as error:
        raise InputError("This is a file, and a folder is needed there.", file=path) from error
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    # The mode is given at creation: between a creation and a chmod anybody could open the file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _is_device(path: Path) -> bool:
    """Something that exists, and is neither a file nor a folder: /dev/stdout, a named pipe, a process substitution."""
    with contextlib.suppress(OSError, ValueError):
        return not (stat.S_ISREG(path.stat().st_mode) or stat.S_ISDIR(path.stat().st_mode))
    return False


def _write_into(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as stream:
            stream.write(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _settle(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be synchronised."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _unreadable(path: Path, error: OSError | ValueError) -> InputError:
    match error:
        case FileNotFoundError():
            return InputError("This file does not exist.", file=path, hint=_neighbour(path))
        case IsADirectoryError():
            return InputError("This is a folder, and a file is needed.", file=path)
        case PermissionError():
            return InputError("This file may not be read.", file=path, hint="Check its permissions.")
        case OSError():
            return InputError(f"This file cannot be read: {error.strerror or error}.", file=path)
        case _:
            return InputError(f"This is not a file name: {error}.", file=repr(str(path)))


def _neighbour(path: Path) -> str | None:
    """The folder is there and has the same name in another spelling, or the folder is missing."""
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist either."
    with contextlib.suppress(OSError):
        for other in path.parent.iterdir():
            if other.name.casefold() == path.name.casefold() or other.stem == path.stem:
                return f"Did you mean {other.name}?"
    return None


def _unwritable(path: Path, error: OSError | ValueError) -> AmlprivError:
    if isinstance(error, OSError) and error.errno in FULL:
        return StorageFullError(f"There is no space left to write {path}.", hint="Free some space and run it again.")
    match error:
        case FileNotFoundError():
            return InputError("This file's folder does not exist.", file=path)
        case IsADirectoryError():
            return InputError("This is a folder, and a file is to be written.", file=path)
        case PermissionError():
            return InputError("This file may not be written.", file=path, hint="Check its folder's permissions.")
        case OSError():
            return InputError(f"This file cannot be written: {error.strerror or error}.", file=path)
        case _:
            return InputError(f"This is not a file name: {error}.", file=repr(str(path)))
