"""add_private_pip_wheel: SDK v1's call, for SDK v2: upload one wheel, get a URL for pip dependencies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from amlpriv.actions.applying import make_signer, verify_urls
from amlpriv.actions.asking import Store, sign_for
from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.actions.opening import open_workspace
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress, upload_wheels
from amlpriv.actions.wheel_files import checked_md5
from amlpriv.errors import ConflictError
from amlpriv.plans.access import asked_lifetime
from amlpriv.plans.publish import blob_path, refuse_replaced
from amlpriv.plans.steps import WantedWheel
from amlpriv.remote import StoredBlob
from amlpriv.secret import SasUrl
from amlpriv.wheels.wheel import Wheel
from amlpriv.workspace.sas import PolicySigner

__all__ = ["AddedWheel", "add_private_pip_wheel", "add_wheel"]


@dataclass(frozen=True, slots=True)
class AddedWheel:
    """A wheel in the workspace's storage."""

    wheel: Wheel
    url: SasUrl
    """With ``#sha256=``: a pip requirement by itself, and what stands behind ``name @``."""
    uploaded: bool
    expires: datetime
    notes: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        """The pip line with its signature hidden."""
        return f"{self.wheel.name} @ {self.url}"

    def as_json(self) -> dict[str, object]:
        """The object that ``add-wheel --json`` prints; the signature stays out."""
        return {
            "name": self.wheel.name,
            "version": str(self.wheel.version),
            "filename": self.wheel.filename,
            "sha256": self.wheel.sha256,
            "content_hash": self.wheel.content_hash,
            "size": self.wheel.size,
            "action": "uploaded" if self.uploaded else "reused",
            "blob": self.url.url,
            "expires": self.expires.astimezone(timezone.utc).isoformat().replace("+00:00", "Z"),
            "notes": list(self.notes),
        }


def add_wheel(
    file: str | os.PathLike[str],
    *,
    workspace: object = None,
    exist_ok: bool = True,
    expires: timedelta | None = None,
    start: bool = True,
    now: datetime | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> AddedWheel:
    """Upload one wheel, create-only, and sign a URL for it.

    The same bytes again are reused. Another wheel of the same name and version lies beside it and is reported, unless
    ``exist_ok`` is False: then a wheel of that name, version and other bytes, or the same bytes, is a ConflictError.
    """
    surroundings, watcher = os.environ if environ is None else environ, progress or Quiet()
    moment = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
    path, lifetime, wheel = Path(file), asked_lifetime(expires), inspect_wheel(file)

    opened = open_workspace(workspace, environ=surroundings, folder=Path.cwd(), start=start, say=watcher.say)
    store, item = Store(opened), WantedWheel(wheel, blob_path(wheel))
    policy = sign_for(store, (), lifetime=lifetime, now=moment)
    stored = _stored(store, item, path)
    others = [blob for blob in stored if blob != item.path and blob.endswith(".whl")]
    if stored and not exist_ok:
        raise ConflictError(
            f"{wheel.name} {wheel.version} is in {opened} already{'' if item.path in stored else ' with other bytes'}.",
            hint="Raise the version, or allow it: exist_ok=True, on the command line without --no-exist-ok.",
        )
    written = {} if item.path in stored else upload_wheels(store, [item], {wheel.name: path}, watcher)
    signer = make_signer(store, policy, now=moment)
    url = signer.sign(item.path)
    verify_urls(store, {wheel.name: url}, patient=isinstance(signer, PolicySigner), progress=watcher)
    notes = [f"{wheel.name} {wheel.version} is also stored with other bytes."] if others else []
    access = store.access.notes if store.access else ()
    whole = SasUrl(f"{url.reveal()}#sha256={wheel.sha256}")
    return AddedWheel(wheel, whole, written.get(item.path, False), signer.expires, (*access, *policy.notes, *notes))


def _stored(store: Store, item: WantedWheel, path: Path) -> Mapping[str, StoredBlob]:
    """What there is of this name and version; ConflictError when the wheel's own place holds other bytes."""
    stored = store.open().stored(item.path.rsplit("/", 2)[0] + "/")
    refuse_replaced(item, stored, checked_md5(path, item.wheel) if item.path in stored else None)
    return stored


def add_private_pip_wheel(workspace: object, file_path: str | os.PathLike[str], exist_ok: bool = False) -> str:
    """Upload a private wheel and return a URL for pip dependencies: SDK v1's ``Environment.add_private_pip_wheel``.

    ``workspace`` is an ``azure.ai.ml.MLClient``, the path of a config.json or ``"local"``. As in SDK v1, a wheel that
    is there already is an error unless ``exist_ok``; other than there, bytes are compared, not names, and ``exist_ok``
    never hands out the URL of other bytes. The URL carries a read-only signature, since nothing in SDK v2 adds one:
    treat it as a secret. Raises ConflictError, WheelError and any other of ``amlpriv.errors``.
    """
    return add_wheel(file_path, workspace=workspace, exist_ok=exist_ok).url.reveal()
