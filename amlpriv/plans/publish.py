"""What publishing will do, decided from what is wanted and what the workspace answered. Nothing happens here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from amlpriv.errors import ConflictError, UnsupportedError
from amlpriv.facts.routes import Route
from amlpriv.plans.access import PolicyPlan
from amlpriv.plans.health import Health, Verdict
from amlpriv.plans.steps import (
    DIGEST,
    MANIFEST,
    WHEEL_PREFIX,
    Action,
    Describe,
    Keep,
    PublishPlan,
    Register,
    Restore,
    Reuse,
    Sign,
    Step,
    Upload,
    Wanted,
    WantedWheel,
    wheel_fields,
)
from amlpriv.remote import RegisteredEnvironment, StoredBlob
from amlpriv.specs.digest import environment_version
from amlpriv.wheels.wheel import Wheel

__all__ = [
    "Answers",
    "blob_path",
    "described",
    "find_match",
    "last_published",
    "plan_publish",
    "refuse_plain",
    "refuse_replaced",
    "renewal_name",
]


def refuse_plain(wanted: Wanted, *, works: bool | None) -> None:
    """UnsupportedError for the route ``plain`` unless a probe has seen the service replace plain URLs.

    ``works``: what the probe found; None when nobody has asked, or there was no answer.
    """
    if wanted.route is not Route.PLAIN or works:
        return
    if works is None:
        raise UnsupportedError(
            "Nobody knows whether this workspace's image build replaces plain blob URLs, which 'via: plain' needs.",
            hint="Find out with 'amlpriv verify --live --only V14'; only its yes opens this route. Or use 'via: sas'.",
        )
    raise UnsupportedError(
        "'amlpriv verify' has asked (V14), and the answer is no: this workspace's image build does not replace plain "
        "blob URLs, which 'via: plain' needs.",
        hint="Use 'via: sas'. Has the service changed? Ask again with 'amlpriv verify --live --only V14'.",
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What the workspace answered."""

    versions: tuple[RegisteredEnvironment, ...] = ()
    match: RegisteredEnvironment | None = None
    health: Health | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    """Where the blobs of the match are, by package: elsewhere than a rebuilt wheel would go."""
    stored: Mapping[str, StoredBlob] = field(default_factory=dict)
    signing: PolicyPlan | None = None
    """None when nothing has to be signed."""
    md5: Mapping[str, bytes] = field(default_factory=dict)
    """Of the wheels that are stored already, by package: for the comparison with what is stored."""
    before: Mapping[str, Mapping[str, str]] | None = None
    """All wheels of the last published version, where its properties have no room for them and they could be read."""
    notes: tuple[str, ...] = ()


def blob_path(wheel: Wheel) -> str:
    """``amlpriv/wheels/<name>/<version>/<first 16 hex of sha256>/<filename>``."""
    return f"amlpriv/wheels/{wheel.name}/{wheel.version}/{wheel.sha256[:16]}/{wheel.filename}"


def find_match(wanted: Wanted, versions: tuple[RegisteredEnvironment, ...]) -> RegisteredEnvironment | None:
    """The registered version with the wanted digest, the highest renewal of several.

    Raises ConflictError when the user's own version number stands for other content.
    """
    same = [item for item in versions if item.properties.get(DIGEST) == wanted.digest]
    if wanted.version is not None:
        taken = next((item for item in versions if item.version == wanted.version), None)
        if taken is not None and taken.properties.get(DIGEST) != wanted.digest:
            raise ConflictError(
                f"Environment {wanted.name}:{wanted.version} is registered with other content.",
                hint="Versions never change: raise 'version' in the file, or leave it out.",
            )
    base = _base(wanted)
    numbered = [(_renewal(item.version, base), item) for item in same]
    if wanted.version is not None:
        numbered = [(number, item) for number, item in numbered if number]
    return max(numbered, key=lambda pair: pair[0], default=(0, None))[1]


def _base(wanted: Wanted) -> str:
    return wanted.version or environment_version(wanted.digest)


def _renewal(version: str, base: str) -> int:
    """1 for ``base`` itself, N for ``base-N``, 0 for a version of another base."""
    if version == base:
        return 1
    head, _, number = version.rpartition("-")
    return int(number) if head == base and number.isdigit() else 0


def renewal_name(wanted: Wanted, number: int) -> str:
    """Version of the first registration (1: the base itself) and of the renewals (2, 3, ...) of this content."""
    return _base(wanted) if number == 1 else f"{_base(wanted)}-{number}"


def described(wanted: Wanted, match: RegisteredEnvironment) -> RegisteredEnvironment:
    """The registered version with the file's description and tags; what the file does not name stays as it is."""
    description = match.description if wanted.description is None else wanted.description
    return replace(match, description=description, tags={**match.tags, **wanted.tags})


def plan_publish(wanted: Wanted, answers: Answers) -> PublishPlan:
    """The steps, from what is wanted and what the workspace answered."""
    match, health = answers.match, answers.health
    if match is None or health is None:
        version = _next_version(wanted, answers.versions)
        because = _differences(wanted, answers)
        return _registering(wanted, answers, Action.CREATED, version, because)
    if health.verdict is Verdict.DEAD:
        version = _next_version(wanted, answers.versions)
        return _registering(wanted, answers, Action.RENEWED, version, (health.reason,))
    return _keeping(wanted, answers, match, health)


def _keeping(wanted: Wanted, answers: Answers, match: RegisteredEnvironment, health: Health) -> PublishPlan:
    """The version stays; its URLs may need their policy extended or their blobs back, and it may be archived."""
    there = [replace(item, path=answers.paths.get(item.wheel.name, item.path)) for item in wanted.wheels]
    missing = [item for item in there if item.wheel.name in health.missing]
    steps: list[Step] = [Upload(item) if item in missing else Reuse(item) for item in there]
    expires, because, action = health.expires, list(health.because), Action.UNCHANGED
    if health.verdict is Verdict.FADING and answers.signing is not None:
        steps.append(Sign(answers.signing))
        expires, action = answers.signing.expires, Action.RENEWED
    if missing:
        action = Action.RENEWED
    if match.archived:
        steps.append(Restore(wanted.name, match.version))
        because.insert(0, f"{wanted.name}:{match.version} was archived")
        action = Action.RESTORED
    elif _words(described(wanted, match)) != _words(match):
        steps.append(Describe(wanted.name, match.version))
        because.append("description or tags changed")
    else:
        steps.append(Keep(wanted.name, match.version))
    notes = (*answers.notes, *health.notes)
    return PublishPlan(wanted, action, match.version, tuple(steps), tuple(because), notes, expires)


def _words(environment: RegisteredEnvironment) -> tuple[str, dict[str, str]]:
    return environment.description or "", dict(environment.tags)


def _registering(
    wanted: Wanted, answers: Answers, action: Action, version: str, because: tuple[str, ...]
) -> PublishPlan:
    steps: list[Step] = []
    notes = list(answers.notes)
    for item in wanted.wheels:
        refuse_replaced(item, answers.stored, answers.md5.get(item.wheel.name))
        steps.append(Reuse(item) if item.path in answers.stored else Upload(item))
        notes.extend(_beside(item, answers.stored))
    if answers.signing is not None:
        steps.append(Sign(answers.signing))
    steps.append(Register(wanted.name, version))
    expires = answers.signing.expires if answers.signing else None
    return PublishPlan(wanted, action, version, tuple(steps), because, tuple(notes), expires)


def refuse_replaced(item: WantedWheel, stored: Mapping[str, StoredBlob], md5: bytes | None = None) -> None:
    """ConflictError when the blob of a wheel is there with other bytes, as far as a listing can tell.

    ``md5`` is the wheel's; it is compared where the listing has one, which is so for all that amlpriv wrote.
    """
    blob = stored.get(item.path)
    if blob is None:
        return
    hint = "Somebody replaced it by hand: delete it there, or raise the package's version."
    if blob.size != item.wheel.size:
        raise ConflictError(
            f"Blob {item.path} exists with {blob.size} bytes; {item.wheel.filename} has {item.wheel.size}.", hint=hint
        )
    if None not in (md5, blob.md5) and md5 != blob.md5:
        raise ConflictError(f"Blob {item.path} exists with other bytes than {item.wheel.filename}.", hint=hint)


def _beside(item: WantedWheel, stored: Mapping[str, StoredBlob]) -> list[str]:
    """Same name and version, other bytes: worth saying, no error."""
    folder = f"amlpriv/wheels/{item.wheel.name}/{item.wheel.version}/"
    others = [
        blob
        for path, blob in stored.items()
        if path.startswith(folder) and blob.metadata.get("amlpriv_content") != item.wheel.content_hash
    ]
    if not others or item.path in stored:
        return []
    return [f"{item.wheel.name} {item.wheel.version} is already stored with other content; this one goes beside it."]


def _next_version(wanted: Wanted, versions: tuple[RegisteredEnvironment, ...]) -> str:
    base = _base(wanted)
    return renewal_name(wanted, max((_renewal(item.version, base) for item in versions), default=0) + 1)


def last_published(versions: tuple[RegisteredEnvironment, ...]) -> RegisteredEnvironment | None:
    """The newest version that amlpriv registered."""
    return next((item for item in versions if DIGEST in item.properties), None)


def _differences(wanted: Wanted, answers: Answers) -> tuple[str, ...]:
    """Why this is not the newest registered version, in words; empty for a first one."""
    last = last_published(answers.versions)
    if last is None:
        return ()
    same = next((item for item in answers.versions if item.properties.get(DIGEST) == wanted.digest), None)
    if same is not None:
        return (f"registered under another version: {same.version}",)
    words = _changed_wheels(wanted, answers, last)
    if last.image != wanted.image:
        words.append(f"image {last.image} became {wanted.image}")
    for heading, value in wanted.summary.items():
        old = last.properties.get(f"amlpriv.{heading}")
        if old is not None and old != value:
            words.append(f"the {heading} section changed")
    return tuple(words or ["the specification changed"])


def _changed_wheels(wanted: Wanted, answers: Answers, last: RegisteredEnvironment) -> list[str]:
    listed = {
        key.removeprefix(WHEEL_PREFIX): wheel_fields(value)
        for key, value in last.properties.items()
        if key.startswith(WHEEL_PREFIX)
    }
    before = listed if answers.before is None else answers.before
    # What properties without room for all wheels do not name is not new for that.
    whole = answers.before is not None or MANIFEST not in last.properties
    now = {wheel.name: wheel for wheel in wanted.all_wheels}
    words = [f"{name} is no longer shipped" for name in before if name not in now]
    for name, wheel in now.items():
        fields = before.get(name, {})
        if name not in before:
            words.extend([f"{name} is new"] if whole else [])
        elif fields.get("version") != str(wheel.version):
            words.append(f"{name} {fields.get('version')} became {wheel.version}")
        elif fields.get("content") != wheel.content_hash:
            words.append(f"{name} content changed")
    return words
