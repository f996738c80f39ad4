"""What the match simulator says about one address: which connection, or why none, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Confidence", "Verdict", "VerdictCode"]


class Confidence(Enum):
    """Who says that the service does so."""

    DOCUMENTED = "documented"
    """A page of Microsoft's."""
    REPORTED = "reported"
    """A thread, by Microsoft's people or by users; or read in Microsoft's code."""
    ASSUMED = "assumed"
    """Nobody: it is what the rest implies."""

    @property
    def rank(self) -> int:
        """The higher, the less sure."""
        return list(Confidence).index(self)


class VerdictCode(Enum):
    """Permanent names of the verdicts."""

    MATCH = "match"
    CLOSEST = "closest-match"
    """Several match, one of them is closer than the others."""
    AMBIGUOUS = "ambiguous"
    ANONYMOUS = "match-without-credential"
    AUTH = "unusable-auth"
    """One matches, and has a credential that a feed or repository cannot take."""
    NO_CONNECTION = "no-connection"
    CATEGORY = "category-differs"
    HOST = "host-differs"
    LEGACY_HOST = "legacy-host"
    WEB_HOST = "web-host"
    ORGANISATION = "organisation-differs"
    SCOPE = "scope-differs"
    PATH = "path-differs"
    CASE = "case-differs"
    PORT = "port-differs"
    SCHEME = "scheme-differs"
    CREDENTIALS = "credentials-in-url"
    USER = "user-in-url"
    SSH = "ssh"
    ADDRESS = "no-address"
    UNUSED = "unused-connection"
    """A connection that no line of the specification leads to."""
    BUILD_CONTEXT = "build-context"
    MLFLOW_ONLINE = "mlflow-online"
    LOCAL_ENDPOINT = "local-endpoint"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the service would do about one address. Holds no secret."""

    code: VerdictCode
    subject: str
    """The address without its credentials; for an unused connection, its name."""
    connection: str | None
    """The one that is used; where none is, the one that comes near, if any does."""
    words: str
    fix: str
    """Empty where there is nothing to do."""
    confidence: Confidence
    source: str
    """A Microsoft page, a thread, or what the assumption rests on."""
    others: tuple[str, ...] = ()
    """Further connections that match."""
    probe: str | None = None
    """The question of ``amlpriv verify --live`` that settles it."""

    @property
    def used(self) -> bool:
        """Whether a credential of a connection reaches the address."""
        return self.code in (VerdictCode.MATCH, VerdictCode.CLOSEST)

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "code": self.code.value,
            "subject": self.subject,
            "connection": self.connection,
            "others": list(self.others),
            "used": self.used,
            "words": self.words,
            "fix": self.fix,
            "confidence": self.confidence.value,
            "source": self.source,
            "probe": self.probe,
        }

    def __str__(self) -> str:
        settles = f" 'amlpriv verify --live --only {self.probe}' settles it." if self.probe else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.words}{fix} ({self.confidence.value}: {self.source}.{settles})"
