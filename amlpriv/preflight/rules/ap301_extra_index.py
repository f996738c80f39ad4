"""``--extra-index-url`` gives no index precedence: pip takes the highest version from any (CVE-2018-20225).

Whoever registers a private name on the public index with a high version gets their code into the image ("dependency
confusion"). When the private feed answers 401 or 403, pip silently takes the public one as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import declared_index, index_lines, index_verdicts
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.sources import IndexSource

__all__ = ["CODE", "NAME", "find"]

CODE = "AP301"
NAME = "extra index beside private names"

_MAYBE_PUBLIC = (FeedKind.SIMPLE, FeedKind.NONE)


def find(subject: Subject) -> Iterator[Finding]:
    """Each ``--extra-index-url`` or address of ``--find-links`` of a file that has private names or indexes, or in
    which one of the indexes is a private feed.

    An error where the file says that a package comes from an index: that name is looked up in all of them.
    """
    file = subject.environment
    looked_up = sorted(name for name, source in file.sources.items() if isinstance(source, IndexSource))
    names = " and ".join(looked_up) or "a private name"
    any_private = any(feed.kind not in _MAYBE_PUBLIC for _, feed in index_lines(subject))
    any_private = any_private or any(verdict.used for _, _, verdict in index_verdicts(subject))
    for line, feed in index_lines(subject):
        if line.name == "--index-url":
            continue
        index = declared_index(subject, feed)
        if index is not None and index.explicit:  # publishing pins everything with hashes
            continue
        if file.sources or file.indexes or any_private:
            yield place_of(line.position).finding(
                CODE,
                Severity.ERROR if looked_up else Severity.WARNING,
                line.name,
                f"With {line.name} pip takes {names} from whichever index has the higher version, the public "
                "one included, and from the public one alone when the feed answers 401 or 403.",
                fix="Use one --index-url, a feed with the public index as its upstream source; or, for packages "
                "pinned with hashes, 'explicit' at the index (in `indexes`, or in [[tool.uv.index]]).",
            )
