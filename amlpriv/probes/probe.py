"""What a probe is: a question with a permanent id, what asking it costs, and what an answer looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amlpriv.probes.site import Site

__all__ = ["Answer", "Cost", "Needs", "Probe", "Verdict", "facts", "unanswered", "yes_or_no"]


class Cost(Enum):
    """What asking costs, in words for the person who decides."""

    REQUESTS = "requests only"
    BLOBS = "a few KB of blobs"
    CONTEXTS = "about 18 MB of blobs for a moment; the service may start small image builds by itself"
    BUILD = "one image build and one short compute job"
    BUILDS = "several image builds and short compute jobs"


class Needs(Enum):
    """What the user has to give before a probe can be asked."""

    FEED = "--feed, --feed-token-from and --feed-package"
    BUILDS = "--builds"


class Verdict(Enum):
    """How a probe ended."""

    YES = "yes"
    NO = "no"
    FACTS = "facts"
    """Answered, and the question has no yes or no."""
    UNKNOWN = "unknown"
    """Asked, and there was no answer; the words say why."""
    NOT_ASKED = "not asked"

    @property
    def is_answer(self) -> bool:
        """Whether something is known now."""
        return self in (Verdict.YES, Verdict.NO, Verdict.FACTS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known now. Holds no secret."""

    verdict: Verdict
    words: str
    """One sentence."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What JSON can hold."""


def facts(words: str, **details: object) -> Answer:
    """An answer that is neither yes nor no."""
    return Answer(Verdict.FACTS, words, details)


def unanswered(words: str, **details: object) -> Answer:
    """No answer, and why."""
    return Answer(Verdict.UNKNOWN, words, details)


def yes_or_no(yes: bool, words: str, **details: object) -> Answer:
    """A plain answer."""
    return Answer(Verdict.YES if yes else Verdict.NO, words, details)


@dataclass(frozen=True, slots=True)
class Probe:
    """One question. ``ask`` creates what ``creates`` says, after noting it in the site's journal."""

    id: str
    """Permanent: reports are compared by it."""
    question: str
    why: str
    """What amlpriv does by the answer."""
    creates: str
    cost: Cost
    ask: Callable[[Site], Answer]
    needs: frozenset[Needs] = frozenset()

    def as_json(self) -> dict[str, object]:
        """The question, for a list of probes."""
        return {
            "id": self.id,
            "question": self.question,
            "why": self.why,
            "creates": self.creates,
            "cost": self.cost.value,
            "needs": sorted(need.value for need in self.needs),
        }
