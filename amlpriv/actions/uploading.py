"""Wheels into storage, several at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import uuid4

from amlpriv.actions.asking import Store
from amlpriv.actions.wheel_files import CheckedFile, checked_md5
from amlpriv.plans.steps import WantedWheel
from amlpriv.remote import BlobUpload

__all__ = ["Progress", "upload_wheels"]

UPLOADS_IN_FLIGHT = 4


class Progress(Protocol):
    """Hears how an upload goes on; does nothing unless a face gives one."""

    def begin(self, name: str, size: int) -> None:
        """An upload of ``size`` bytes begins."""

    def advance(self, name: str, sent: int) -> None:
        """``sent`` bytes have gone so far."""

    def say(self, text: str) -> None:
        """Something worth a line."""


def upload_wheels(
    store: Store, wheels: list[WantedWheel], files: Mapping[str, Path], progress: Progress
) -> dict[str, bool]:
    """Create the blobs. By path: whether this call wrote it (False: it was there already).

    Raises InputError when a file has other bytes than the wheel that was checked; nothing of it is stored then.
    """
    if not wheels:
        return {}
    blobs = store.open()
    stop = Event()
    uploads = [_upload(item, files[item.wheel.name], stop) for item in wheels]
    for item in wheels:
        progress.begin(item.wheel.filename, item.wheel.size)

    def put(item: WantedWheel, upload: BlobUpload) -> bool:
        return blobs.put(upload, partial(progress.advance, item.wheel.filename))

    with ThreadPoolExecutor(min(UPLOADS_IN_FLIGHT, len(uploads))) as pool:
        try:
            written = list(pool.map(put, wheels, uploads))
        except BaseException:
            stop.set()  # Ctrl-C, or one of them failed: the others end at their next read
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return dict(zip((item.path for item in wheels), written, strict=True))


def _upload(item: WantedWheel, file: Path, stop: Event) -> BlobUpload:
    wheel = item.wheel
    metadata = {
        "amlpriv_sha256": wheel.sha256,
        "amlpriv_content": wheel.content_hash,
        # Tells our own upload from another's when the reply is lost and a retry finds the blob there.
        "amlpriv_upload": uuid4().hex,
    }
    return BlobUpload(item.path, wheel.size, checked_md5(file, wheel), metadata, lambda: CheckedFile(file, wheel, stop))
