"""Files of an index on this disk: streamed, resumed, checked, and there as a whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from amlpriv.connections.pages import File
from amlpriv.errors import InputError, ServiceError, StorageFullError
from amlpriv.files import FULL, rename
from amlpriv.indexes.answers import Answer, Login
from amlpriv.indexes.refusals import refuse
from amlpriv.indexes.transport import Opened, Transport, lost
from amlpriv.part_files import MOST_BYTES, check_size, forget_parts

if TYPE_CHECKING:
    from hashlib import _Hash, blake2b

__all__ = ["HashMismatchError", "Progress", "answer_of", "fetch_file", "hasher"]

Progress = Callable[[int, "int | None"], None]
"""Called with the bytes that are there, and the size of the file where it is known."""

_CHUNK = 256 * 1024


class HashMismatchError(ServiceError):
    """The file that came is not the one that the index announces."""

    def __init__(self, message: str, *, expected: str, found: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.expected = expected
        self.found = found


def fetch_file(
    transport: Transport,
    login: Login,
    file: File,
    folder: Path,
    progress: Progress | None,
    *,
    most_bytes: int = MOST_BYTES,
) -> Path:
    """See ``IndexClient.download``. Raises ServiceError for a file of more than ``most_bytes``."""
    target, part = folder / file.filename, folder / f"{file.filename}.part"
    limited = partial(_receive, transport, login, file, part, progress, most_bytes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        forget_parts(folder)
        if file.best_hash is not None and target.is_file() and _digest(target, file) == file.best_hash[1]:
            return target
        resumed = limited()
        try:
            _check(part, file)
        except HashMismatchError:
            part.unlink()
            if not resumed:
                raise
            limited()  # another file may stand there since it was begun
            _check(part, file)
        rename(part, target)
    except OSError as error:
        if error.errno in FULL:
            with contextlib.suppress(OSError):
                part.unlink()  # of an answer without end, perhaps
            raise StorageFullError(
                f"There is no space left for {target}.", hint="Free some and run it again."
            ) from error
        raise InputError(f"This file cannot be written: {error.strerror or error}.", file=target) from error
    return target


def hasher(name: str) -> _Hash | blake2b:
    """A hash by the name that indexes use."""
    if name == "blake2b_256":
        return hashlib.blake2b(digest_size=32, usedforsecurity=False)
    return hashlib.new(name, usedforsecurity=False)


def _receive(
    transport: Transport, login: Login, file: File, part: Path, progress: Progress | None, most_bytes: int
) -> bool:
    """The rest of the file, or all of it; whether something was there before."""
    begun = part.stat().st_size if part.is_file() and file.best_hash is not None else 0
    # Without "identity" a server may compress, and the hash would be of something else.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={begun}-"} if begun else {})}
    with transport.open(login, file.url, headers) as opened:
        status = opened.response.status_code
        if begun and status == 416:
            part.unlink()
        elif begun and status == 206 and opened.response.headers.get("content-range", "").startswith(f"bytes {begun}-"):
            _write(opened, part, begun, progress, most_bytes)
            return True
        else:
            refuse(answer_of(opened), login, file=file.filename)
            _write(opened, part, 0, progress, most_bytes)
            return False
    return _receive(transport, login, file, part, progress, most_bytes)


def _write(opened: Opened, part: Path, begun: int, progress: Progress | None, most_bytes: int) -> None:
    import requests

    length = opened.response.headers.get("content-length", "")
    total = begun + int(length[:20]) if length.isdecimal() else None
    done = begun
    check_size(part, total or 0, begun, most_bytes)
    with part.open("ab" if begun else "wb") as stream:
        try:
            for chunk in opened.response.iter_content(_CHUNK):
                done += len(chunk)
                if done > most_bytes:
                    stream.close()  # so that it can be removed on Windows
                    check_size(part, done, done, most_bytes)
                stream.write(chunk)
                if progress is not None:
                    progress(done, total)
        except requests.exceptions.RequestException as error:
            raise lost(error, opened) from None


def answer_of(opened: Opened) -> Answer:
    """With the text only where it tells why the file does not come."""
    headers = {name.lower(): value for name, value in opened.response.headers.items()}
    text = ""
    if opened.response.status_code >= 400:
        import requests

        with contextlib.suppress(requests.exceptions.RequestException, OSError):
            text = next(opened.response.iter_content(_CHUNK), b"").decode("utf-8", "replace")
    return Answer(opened.url, opened.response.status_code, headers, text, opened.hops, opened.sign_in)


def _digest(path: Path, file: File) -> str:
    name = file.best_hash[0] if file.best_hash is not None else "sha256"
    digest = hasher(name)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check(part: Path, file: File) -> None:
    if file.best_hash is None:
        return
    name, expected = file.best_hash
    found = _digest(part, file)
    if found != expected:
        raise HashMismatchError(
            f"{file.filename} is not the file that the index announces: its {name} is {found}, not {expected}.",
            expected=expected,
            found=found,
            hint="Try again; if it stays so, something between here and the index changes files.",
        )
