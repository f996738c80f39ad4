"""What a failure means for a proof, and its words: pure."""

from __future__ import annotations

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.pages import File, NotAPage, NotAPageError
from amlpriv.indexes.answers import Hop
from amlpriv.indexes.judging import AZURE, Judgement, Outcome
from amlpriv.indexes.troubles import BLOCKED, Trouble

__all__ = ["by_way_of", "gone", "missing_fix", "no_page", "nothing_there", "outcome_of"]

_PROXY = (Trouble.PROXY_SIGN_IN, Trouble.PROXY_UNREACHABLE)
_REDIRECT = (Trouble.LOOP, Trouble.DOWNGRADE, Trouble.BAD_REDIRECT)


def outcome_of(trouble: Trouble) -> Outcome:
    """The outcome of a step to which no answer came."""
    if trouble in BLOCKED:
        return Outcome.BLOCKED
    if trouble in _PROXY:
        return Outcome.PROXY
    if trouble in _REDIRECT:
        return Outcome.REDIRECT
    return Outcome.NETWORK if trouble is Trouble.OTHER else Outcome.TLS


def no_page(error: NotAPageError) -> Judgement:
    """What came in place of a page."""
    outcome = Outcome.SIGN_IN if error.kind is NotAPage.SIGN_IN else Outcome.NOT_A_PAGE
    return Judgement(outcome, error.message, error.hint or "")


def gone(file: File, judgement: Judgement) -> Judgement:
    """A file that the page lists and the server does not have."""
    words = f"The page lists {file.filename}, and the server does not have it."
    fix = "It may have been deleted, or its upstream source does not give it: ask those who run the feed."
    return Judgement(Outcome.FILE_MISSING, words, f"{fix} {judgement.fix}".strip())


def nothing_there(name: str, kind: FeedKind, *, said: bool) -> Judgement:
    """Neither the page nor the root page is there; ``said`` whether the server itself says that the feed is missing."""
    fix = "Check the address: the organisation, the project and the feed in it; it often ends in '/simple/'."
    if kind in AZURE and not said:  # whether it has a root page is not known ("not useful in the browser", uv#11440)
        words = f"Neither {name} nor a root page is at this address: the feed or the package does not exist."
        return Judgement(Outcome.NOT_FOUND, words, f"{fix} Then check the name.")
    return Judgement(Outcome.FEED_MISSING, f"Neither {name} nor the index itself is at this address.", fix)


def missing_fix(fix: str) -> str:
    """The next step for a package that is missing; what ``fix`` says about hidden ones is kept."""
    hidden = fix.partition(" Such a server")
    return "Check the name; else publish it there, or add an upstream source that has it." + "".join(hidden[1:])


def by_way_of(hops: tuple[Hop, ...]) -> str:
    """The other hosts on the way, as the end of a sentence; empty when there was none."""
    hosts = list(dict.fromkeys(hop.host for hop in hops))
    return f", by way of {' and '.join(hosts[1:])}" if len(hosts) > 1 else ""
