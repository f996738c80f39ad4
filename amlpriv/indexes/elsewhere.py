"""The same name in other places: whether a feed passes on public packages, and whether a private name is public too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amlpriv.connections.pages import NotAPageError, normalized, read_page
from amlpriv.default_index import DefaultIndex, ExtraIndex
from amlpriv.indexes.answers import Login, host_of
from amlpriv.indexes.client import IndexClient, project_url
from amlpriv.indexes.judging import Outcome
from amlpriv.indexes.refusals import judge_answer
from amlpriv.indexes.troubles import UnreachableError
from amlpriv.secret import without_query

__all__ = ["Elsewhere", "also_public", "has_upstream"]

_ABSENT = (Outcome.NOT_FOUND, Outcome.PACKAGE_MISSING)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whether an index has a name."""

    name: str
    """Normalised."""
    url: str
    """The index that was asked, without anything secret."""
    present: bool | None
    """None where the index did not say."""
    outcome: Outcome
    words: str
    fix: str = ""
    host: str = ""
    """The host of the page, behind all redirects."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "url": self.url,
            "present": self.present,
            "outcome": self.outcome.value,
            "words": self.words,
            "fix": self.fix,
        }


def has_upstream(client: IndexClient, login: Login, probe_name: str) -> Elsewhere:
    """Whether a feed passes on public packages, by a name that the public index has and nobody publishes again.

    ``present`` is False where the single ``--index-url`` of an environment would not find public requirements.
    """
    found = _look(client, login, probe_name)
    if found.present is None:
        return found
    if found.present:
        forwarded = found.host != host_of(login.url)
        words = f"The feed has {found.name} too: public packages come through it"
        words += f", by redirect to {found.host}, which has to be reachable." if forwarded else "."
        return _said(found, words, "")
    words = f"The feed has no {found.name}, which is public: it has no upstream source for public packages."
    fix = "Add one to the feed, or bring the packages into it with 'amlpriv feed mirror', before a single --index-url."
    return _said(found, words, fix)


def also_public(client: IndexClient, index: DefaultIndex | ExtraIndex, name: str) -> Elsewhere:
    """Whether a private name exists on a public index as well, where ``--extra-index-url`` would take the newer one of
    both, whoever published it (pip's documentation of that option: dependency confusion)."""
    if not index.url.startswith(("https://", "http://")):
        words = f"The index of {index.origin} is no server, and was not asked."
        return Elsewhere(normalized(name), index.url, None, Outcome.ADDRESS, words)
    found = _look(client, Login(index.url, index.credentials), name)
    if found.present is None:
        return found
    if found.present:
        words = (
            f"{found.name} is on {host_of(index.url)} too ({index.origin}): with both indexes pip takes the newer one."
        )
        fix = "Use the feed as the only --index-url; else pin the version with its hash, or rename the package."
        return _said(found, words, fix)
    words = f"{found.name} is not on {host_of(index.url)} ({index.origin}); anybody could register it there."
    return _said(found, words, "Use the feed as the only --index-url.")


def _look(client: IndexClient, login: Login, name: str) -> Elsewhere:
    name, shown = normalized(name), without_query(login.url)
    try:
        answer = client.get(login, project_url(login, name))
        judgement = judge_answer(answer, login)
        if judgement.outcome is Outcome.OK:
            page = read_page(answer.text, url=answer.url, content_type=answer.content_type)
            host = host_of(answer.url)
            return Elsewhere(name, shown, bool(page.files), Outcome.OK, "", host=host)
    except UnreachableError as error:
        return Elsewhere(name, shown, None, Outcome.NETWORK, error.message, error.hint or "")
    except NotAPageError as error:
        return Elsewhere(name, shown, None, Outcome.NOT_A_PAGE, error.message, error.hint or "")
    if judgement.outcome in _ABSENT:
        return Elsewhere(name, shown, False, judgement.outcome, judgement.words)
    return Elsewhere(name, shown, None, judgement.outcome, judgement.words, judgement.fix)


def _said(found: Elsewhere, words: str, fix: str) -> Elsewhere:
    return Elsewhere(found.name, found.url, found.present, found.outcome, words, fix, found.host)
