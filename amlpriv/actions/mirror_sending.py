"""Files of this disk to the destination: all that can be sent, and the reason for each that cannot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from amlpriv.actions.feed_place import FeedPlace
from amlpriv.actions.mirror_closure import Destination
from amlpriv.actions.mirror_files import Fetched
from amlpriv.errors import AmlprivError, ConflictError, InputError, ServiceError
from amlpriv.indexes.distributions import Distribution
from amlpriv.indexes.uploading import Uploaded, upload
from amlpriv.plans.mirror import MirrorStep

__all__ = ["save_files", "send_files"]

_OF_ONE_FILE = (ConflictError, InputError, ServiceError)
"""What concerns one file only: the others may go all the same."""


def send_files(
    fetched: Sequence[Fetched],
    place: FeedPlace,
    destination: Destination,
    *,
    upload_url: str | None,
    public: bool,
    done: Callable[[Uploaded], None],
) -> tuple[dict[str, Uploaded], dict[str, AmlprivError]]:
    """Upload: what the destination has now, and why the rest is missing, both by file name. Never raises for a refusal:
    what was sent before it counts."""
    sent: dict[str, Uploaded] = {}
    failed: dict[str, AmlprivError] = {}

    def note(item: Uploaded) -> None:
        sent[item.distribution.filename] = item
        done(item)

    login = destination.login.credentials
    to = partial(upload, feed=place.feed, credentials=login, environ=place.environ, client=destination.client)
    wanted = [item.distribution for item in fetched]
    # All at once; when one of them is refused, the others one by one.
    for items in (wanted, *([item] for item in wanted)):
        missing = [item for item in items if item.filename not in sent]
        try:
            if missing:
                to(missing, upload_url=upload_url, public=public, done=note)
        except _OF_ONE_FILE as error:
            if items is not wanted:
                failed[missing[0].filename] = error
        except AmlprivError as error:
            return sent, _all_others(wanted, sent, failed, error)
    return sent, failed


def _all_others(
    wanted: Sequence[Distribution], sent: dict[str, Uploaded], failed: dict[str, AmlprivError], error: AmlprivError
) -> dict[str, AmlprivError]:
    rest = [item.filename for item in wanted if item.filename not in sent and item.filename not in failed]
    return {**failed, **dict.fromkeys(rest, error)}


def save_files(steps: Sequence[MirrorStep], destination: Destination, *, jobs: int) -> dict[str, AmlprivError]:
    """Read every file once through the destination, which keeps what its upstream gives; why some cannot be read.

    Azure Artifacts saves a package when somebody with the role Feed and Upstream Reader (Collaborator) or a higher one
    installs it (Microsoft, "What are upstream sources?").
    """
    failed: dict[str, AmlprivError] = {}
    with tempfile.TemporaryDirectory(prefix="amlpriv-save-", ignore_cleanup_errors=True) as folder:

        def read(step: MirrorStep) -> None:
            files = destination.files(step.name)
            file = next((one for one in files if one.filename == step.file.filename), None)
            if file is not None:
                path = destination.client.download(destination.login, file, Path(folder, step.file.sha256 or step.name))
                path.unlink()

        def attempt(step: MirrorStep) -> None:
            try:
                read(step)
            except AmlprivError as error:
                failed[step.file.filename] = error

        with ThreadPoolExecutor(max(1, jobs)) as pool:
            try:
                list(pool.map(partial(attempt), steps))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    return failed
