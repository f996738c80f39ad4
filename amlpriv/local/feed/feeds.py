"""The feeds of the local workspace: what there is, kept in ``AMLPRIV_HOME/feeds/feeds.json``."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from amlpriv.errors import ConflictError, InputError, LocalWorkspaceError, NotFoundError
from amlpriv.local.home import make_private_folder, write_private

__all__ = ["DEFAULT_FEED", "ORGANISATION", "PROJECT", "Feed", "Feeds"]

ORGANISATION = "local"
PROJECT = "ml"
DEFAULT_FEED = "private"
"""There from the start: in the organisation ``local``, project ``ml``, with an upstream."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. Names compare without regard to case."""

    name: str
    id: str
    """A GUID, which download links carry."""
    organisation: str
    project: str | None
    """None: of the organisation."""
    project_id: str | None
    upstream: bool
    """Whether it passes on what the user's default index has."""
    redirect_to: str = ""
    """When set, downloads are redirected to this base URL with a made-up signature, as the real service redirects to
    its storage; ``self`` redirects to this server by another host name, where they can be had."""

    @property
    def path(self) -> str:
        """``local/ml/_packaging/private``: organisation, project if any, feed."""
        scope = [self.organisation, self.project] if self.project else [self.organisation]
        return "/".join((*scope, "_packaging", self.name))

    def link_path(self, view: str | None) -> str:
        """The same by ids, without the organisation."""
        at = f"@{view}" if view else ""
        return "/".join((*([self.project_id] if self.project_id else []), "_packaging", f"{self.id}{at}"))


class Feeds:
    """All feeds; safe between threads."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made. Raises LocalWorkspaceError when it cannot be used."""
        make_private_folder(folder)
        self.folder = folder
        self._file = folder / "feeds.json"
        self._lock = threading.Lock()
        self._feeds: tuple[Feed, ...] = self._load()
        if not self._feeds:
            self.create(DEFAULT_FEED)

    @property
    def all(self) -> tuple[Feed, ...]:
        """In the order in which they were made."""
        return self._feeds

    def find(self, organisation: str, project: str | None, feed: str) -> Feed | None:
        """The feed by names or ids."""
        wanted = (organisation.lower(), (project or "").lower(), feed.lower())
        for one in self._feeds:
            scope = {(one.project or "").lower(), one.project_id or ""}
            if one.organisation.lower() == wanted[0] and wanted[1] in scope and wanted[2] in (one.name.lower(), one.id):
                return one
        return None

    def named(self, name: str) -> Feed:
        """The feed by its name or id, or ``organisation[/project]/name``. Raises NotFoundError; ConflictError when
        there are several of that name."""
        *scope, last = name.lower().replace("/_packaging/", "/").split("/")
        found = [one for one in self._feeds if last in (one.name.lower(), one.id) and (not scope or _is(one, scope))]
        if not found:
            known = ", ".join(one.name for one in self._feeds)
            raise NotFoundError(f"The local workspace has no feed {name!r}.", hint=f"It has: {known}.")
        if len(found) > 1:
            paths = ", ".join(one.path.replace("/_packaging/", "/") for one in found)
            raise ConflictError(f"There are several feeds {name!r}.", hint=f"Say which: {paths}.")
        return found[0]

    def create(
        self,
        name: str,
        *,
        organisation: str = ORGANISATION,
        project: str | None = PROJECT,
        upstream: bool = True,
        redirect_to: str = "",
    ) -> Feed:
        """Make a feed. Raises ConflictError when it is there, InputError for a name that a feed cannot have."""
        for what, text in (("feed", name), ("organisation", organisation), ("project", project)):
            if text is not None and not _NAME.fullmatch(text):
                raise InputError(f"{text!r} is no name for a {what}.", hint="Use letters, digits, '.', '_' and '-'.")
        with self._lock:
            if self.find(organisation, project, name):
                raise ConflictError(f"There is a feed {name!r} already.", hint="amlpriv local feed list shows it.")
            same = [one.project_id for one in self._feeds if _is(one, [organisation.lower(), (project or "").lower()])]
            project_id = (same[0] if same else str(uuid.uuid4())) if project else None
            made = Feed(name, str(uuid.uuid4()), organisation, project, project_id, upstream, redirect_to)
            self._save((*self._feeds, made))
        return made

    def change(self, feed: Feed, changes: Mapping[str, Any]) -> Feed:
        """Set ``upstream`` or ``redirect_to``."""
        changed = replace(feed, **{name: changes[name] for name in ("upstream", "redirect_to") if name in changes})
        with self._lock:
            self._save(tuple(changed if one.id == feed.id else one for one in self._feeds))
        return changed

    def _load(self) -> tuple[Feed, ...]:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(Feed(**one) for one in stored["feeds"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LocalWorkspaceError(
                f"{self._file} cannot be read or understood.",
                hint="Delete the folder that it is in: the next start makes an empty feed.",
            ) from error

    def _save(self, feeds: tuple[Feed, ...]) -> None:
        write_private(self._file, json.dumps({"feeds": [asdict(one) for one in feeds]}, indent=2) + "\n")
        self._feeds = feeds


def _is(feed: Feed, scope: list[str]) -> bool:
    return [feed.organisation.lower(), (feed.project or "").lower()] == (scope if len(scope) > 1 else [*scope, ""])
