"""What a feed or a repository answers to a credential, in steps that ``connect test`` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amlpriv.connections.addresses import LOOPBACK, Credentials, read_address
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.indexes.proof_values import Step as ProofStep
from amlpriv.indexes.refusals import error_of
from amlpriv.repositories.proof import error_for, ls_remote
from amlpriv.target import Target

__all__ = ["Step", "prove_feed", "prove_git"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried."""

    name: str
    """``connection``, ``credential``, ``yours``; of a feed ``address``, ``root``, ``page``, ``choice``, ``file``,
    ``hosts``, ``public``; ``repository``; ``match``, ``lines``."""
    ok: bool
    words: str
    fix: str = ""
    """Empty where there is nothing to do."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing."""
    exit_code: int = 0
    """What kind of failure it was; 0 for none."""
    more: Mapping[str, object] = field(default_factory=dict)
    """Details for ``--json``."""

    def as_json(self) -> dict[str, object]:
        """One of the ``steps`` that ``--json`` prints."""
        shown = {"name": self.name, "ok": self.ok, "words": self.words, "fix": self.fix, "notes": list(self.notes)}
        return {**shown, "exit_code": self.exit_code, "details": dict(self.more)}


def prove_git(
    url: str, credentials: Credentials | None, ref: str | None, *, environ: Mapping[str, str]
) -> tuple[Step, ...]:
    """Whether git can read the repository, and has the branch, tag or commit ``ref``."""
    proof = ls_remote(parse_git_url(url), credentials, ref=ref, environ=environ)
    words = proof.words
    if proof.ok and proof.resolved:
        words = f"{words} {proof.resolved.kind.value} {proof.resolved.name}: {proof.resolved.commit}".strip()
    code = 0 if proof.ok else error_for(proof.outcome, proof.words, proof.fix).exit_code
    notes = (*proof.said, *proof.notes)
    return (Step("repository", proof.ok, words, proof.fix, notes, code, proof.as_json()),)


def prove_feed(
    url: str,
    credentials: Credentials | None,
    package: str | None,
    *,
    environ: Mapping[str, str],
    target: Target | None = None,
    also_public: bool = False,
) -> tuple[Step, ...]:
    """Whether pip can read the page of a package, and download one of its files; and with ``also_public`` whether the
    user's own index has that name, too (which tells it the name). Raises UsageError for a package that is none."""
    from amlpriv.indexes.client import IndexClient, Login
    from amlpriv.indexes.proof import prove

    with IndexClient(environ_for(url, environ)) as client:
        proof = prove(Login(url, credentials), package, client=client, target=target)
    steps = [_of_index(step) for step in proof.steps]
    if proof.hosts:
        hosts = ", ".join(dict.fromkeys(need.host for need in proof.hosts))
        notes = tuple(f"{need.host}: {need.reason}, {need.state}" for need in proof.hosts)
        more = {"hosts": proof.as_json()["hosts"]}
        steps.append(Step("hosts", True, f"A locked-down network has to let through: {hosts}", "", notes, more=more))
    if also_public and proof.package:
        steps += _elsewhere(proof.package, url, environ)
    return tuple(steps)


def _of_index(step: ProofStep) -> Step:
    code = 0 if step.ok else error_of(step.outcome, step.fix, step.words).exit_code
    status = (f"HTTP {step.status} from {step.url}",) if step.status is not None else ()
    return Step(step.name, step.ok, step.words, step.fix, status, code, step.as_json())


def _elsewhere(name: str, feed: str, environ: Mapping[str, str]) -> list[Step]:
    """The user's indexes that are not the feed itself; without one, the tools' own default, which the builder has."""
    from amlpriv.default_index import DefaultIndex, ExtraIndex, built_in_index, default_index
    from amlpriv.indexes.client import IndexClient
    from amlpriv.indexes.elsewhere import also_public

    own = default_index(environ)
    known: list[DefaultIndex | ExtraIndex] = [own, *own.extras]
    others = [one for one in known if one.url.rstrip("/") != feed.rstrip("/")]
    with IndexClient(environ) as client:
        answers = [also_public(client, one, name) for one in others or [built_in_index(environ)]]
    return [
        Step("public", True, found.words, found.fix, (found.fix,) if found.fix else (), more=found.as_json())
        for found in answers
    ]


def environ_for(url: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """With the local workspace's certificates, where the address is one of its feeds."""
    from amlpriv.local.environment import BUNDLE_VARIABLES
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import status

    address = read_address(url)
    state = status(Home.find(environ)) if address.host in LOOPBACK and address.scheme == "https" else None
    if state is None or read_address(state.feed_url()).port != address.port:
        return environ
    return {**environ, **dict.fromkeys(BUNDLE_VARIABLES, str(state.ca_bundle))}
