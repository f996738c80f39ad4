"""The words of a publish plan: what is wanted, the steps, and the plan that has them in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from amlpriv.facts.routes import Route
from amlpriv.plans.access import PolicyPlan
from amlpriv.wheels.wheel import Wheel

__all__ = [
    "DIGEST",
    "LEFT",
    "MANIFEST",
    "WHEELS_IN_PROPERTIES",
    "WHEEL_PREFIX",
    "Action",
    "Connect",
    "Describe",
    "DirectWheel",
    "Keep",
    "Leave",
    "PublishPlan",
    "Register",
    "Restore",
    "Reuse",
    "Sign",
    "Step",
    "Upload",
    "Wanted",
    "WantedWheel",
    "wheel_fields",
]

DIGEST = "amlpriv.digest"
MANIFEST = "amlpriv.manifest"
LEFT = "amlpriv.direct"
"""The names of the wheels whose addresses are the user's own: nothing is signed or stored for them."""
WHEEL_PREFIX = "amlpriv.wheel."
WHEELS_IN_PROPERTIES = 20


def wheel_fields(text: str) -> dict[str, str]:
    """``version=1.2.0 sha256=...`` of a property, by key."""
    return dict(part.partition("=")[::2] for part in text.split())


class Action(Enum):
    """How the environment version came about."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    RENEWED = "renewed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class WantedWheel:
    """A wheel that the environment needs."""

    wheel: Wheel
    path: str
    """Where it goes in the container."""
    route: Route = Route.SAS
    origin: str = ""
    """The commit that it was built from, for people."""
    origin_fields: str = ""
    """The same for the environment's properties: ``git=... commit=...``."""

    @property
    def from_words(self) -> str:
        """`` from ...``; empty for what comes from no repository."""
        return f" from {self.origin}" if self.origin else ""


@dataclass(frozen=True, slots=True)
class DirectWheel:
    """A wheel at an address of the user's own, which the image build fetches from there."""

    wheel: Wheel
    url: str
    """Without a signature; it is in no storage of the workspace, and nothing is signed for it."""

    @property
    def pinned(self) -> str:
        """The address with the hash that pip compares."""
        return f"{self.url}#sha256={self.wheel.sha256}"

    def as_json(self) -> dict[str, object]:
        """The object that ``publish --json`` prints among the wheels."""
        wheel = self.wheel
        known = {"sha256": wheel.sha256, "content_hash": wheel.content_hash, "size": wheel.size}
        named = {"name": wheel.name, "version": str(wheel.version), "filename": wheel.filename}
        return {**named, **known, "blob": None, "source": self.url, "action": "left", "expires": None}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The environment that shall exist."""

    name: str
    version: str | None
    """Set by the user; None for a generated one."""
    digest: str
    image: str | None
    wheels: tuple[WantedWheel, ...]
    summary: Mapping[str, str] = field(default_factory=dict)
    """A short hash of each section (``conda``, ``pip``), to say later which one changed."""
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    index: str | None = None
    """The address of the feed that packages come from, without a credential."""
    from_index: tuple[str, ...] = ()
    """Their names."""
    direct: tuple[DirectWheel, ...] = ()
    """Wheels that stay where they are; they are not among ``wheels``."""

    @property
    def all_wheels(self) -> tuple[Wheel, ...]:
        """Every private wheel, by whatever route."""
        return (*(item.wheel for item in self.wheels), *(item.wheel for item in self.direct))

    @property
    def route(self) -> Route:
        """How the wheels reach the image, the same for all of ``wheels``; where there are none, what has the others."""
        if self.wheels:
            return self.wheels[0].route
        return Route.DIRECT if self.direct else Route.FEED if self.index else Route.SAS


@dataclass(frozen=True, slots=True)
class Upload:
    """Create a blob."""

    wheel: WantedWheel

    def __str__(self) -> str:
        item, size = self.wheel, self.wheel.wheel.size
        return f"upload {item.wheel.filename} ({size} bytes){item.from_words} to {item.path}"


@dataclass(frozen=True, slots=True)
class Reuse:
    """The blob is there already."""

    wheel: WantedWheel

    def __str__(self) -> str:
        return f"reuse {self.wheel.wheel.filename}{self.wheel.from_words}, stored at {self.wheel.path}"


@dataclass(frozen=True, slots=True)
class Sign:
    """Make signed URLs, after bringing the access policy into shape."""

    policy: PolicyPlan

    def __str__(self) -> str:
        return str(self.policy)


@dataclass(frozen=True, slots=True)
class Connect:
    """Rely on a connection of the workspace: nothing is written, the image build takes its credential."""

    connection: str
    address: str
    """Of the index or repository, without a credential."""
    words: str
    """Why it is this one."""

    def __str__(self) -> str:
        return f"connect {self.address} by {self.connection}: {self.words}"


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave an address of the user's own in the specification: nothing is written, the image build fetches it."""

    wheel: DirectWheel

    def __str__(self) -> str:
        return f"leave {self.wheel.wheel.filename} at {self.wheel.url}: the image build has to be able to read it"


@dataclass(frozen=True, slots=True)
class Register:
    """Create an environment version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"register environment {self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Restore:
    """Take an archived version back."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"restore the archived environment {self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Describe:
    """Change the description and the tags, the only things of a version that may change."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"update the description and tags of environment {self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Keep:
    """The environment version is as it should be."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"keep environment {self.name}:{self.version}"


Step = Upload | Reuse | Connect | Leave | Sign | Register | Restore | Describe | Keep


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """The steps of one publish, in order; what ``--dry-run`` prints is what runs."""

    wanted: Wanted
    action: Action
    version: str
    steps: tuple[Step, ...]
    because: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expires: datetime | None = None

    @property
    def created(self) -> bool:
        """Whether a new environment version comes to be."""
        return any(isinstance(step, Register) for step in self.steps)

    @property
    def writes(self) -> bool:
        """Whether anything at all is written."""
        return any(not isinstance(step, Reuse | Connect | Leave | Keep) for step in self.steps)
