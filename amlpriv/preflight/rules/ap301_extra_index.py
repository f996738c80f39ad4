"""``--extra-index-url`` gives no index precedence: pip takes the highest version from any (CVE-2018-20225).

Whoever registers a private name on the public index with a high version gets their code into the image ("dependency
confusion"). When the private feed answers 401 or 403, pip silently takes the public one as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import declared_index
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipOption
from amlpriv.specs.sources import IndexSource

__all__ = ["CODE", "NAME", "find"]

CODE = "AP301"
NAME = "extra index beside private names"


def find(subject: Subject) -> Iterator[Finding]:
    """Each ``--extra-index-url`` of a file that has private names or indexes, or that leads to a private feed.

    An error where the file says that a package comes from an index: that name is looked up in all of them.
    """
    file = subject.environment
    looked_up = sorted(name for name, source in file.sources.items() if isinstance(source, IndexSource))
    names = " and ".join(looked_up) or "a private name"
    for line in subject.pip:
        if not isinstance(line, PipOption) or line.name != "--extra-index-url":
            continue
        feed = parse_feed_url(line.value or "")
        index = declared_index(subject, feed)
        if index is not None and index.explicit:  # publishing pins everything with hashes
            continue
        private = feed.kind not in (FeedKind.SIMPLE, FeedKind.NONE)
        if file.sources or file.indexes or private:
            yield place_of(line.position).finding(
                CODE,
                Severity.ERROR if looked_up else Severity.WARNING,
                "--extra-index-url",
                f"With --extra-index-url pip takes {names} from whichever index has the higher version, the public "
                "one included, and from the public one alone when the feed answers 401 or 403.",
                fix="Use one --index-url, a feed with the public index as its upstream source; or, for packages "
                "pinned with hashes, 'explicit: true' at the index in `indexes`.",
            )
