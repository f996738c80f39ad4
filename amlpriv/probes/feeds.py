"""Connections: whether, how and for which addresses the image build uses the credentials of one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from amlpriv.probes.cleaning import remove
from amlpriv.probes.journal import Thing
from amlpriv.probes.payload import conda_text, look_command
from amlpriv.probes.probe import Answer, Cost, Needs, Probe, Verdict, facts, unanswered, yes_or_no
from amlpriv.probes.running import Outcome, run_job
from amlpriv.probes.site import Feed, NotAskedError, Site, said

__all__ = ["PROBES", "judge_cache", "judge_closest", "judge_matching", "judge_used", "targets_of"]

WRONG = "not-a-token"


def targets_of(url: str) -> dict[str, str]:
    """Targets of connections to try for the address of a feed's simple page, by what they are."""
    parts = urlsplit(url)
    path = [part for part in parts.path.split("/") if part]

    def at(*names: str, host: str = parts.netloc, slash: str = "") -> str:
        return urlunsplit((parts.scheme, host, "/" + "/".join(names) + slash if names else "", "", ""))

    found = {"whole address": at(*path, slash="/"), "without the last slash": at(*path), "host": at()}
    if path:
        found["first part of the path"] = at(path[0])
        found["first part, with a slash"] = at(path[0], slash="/")
        found["first part, other case"] = at(path[0].swapcase())
    if "_packaging" in path:
        before = path[: path.index("_packaging")]
        if len(before) > 1:
            found["organisation and project"] = at(*before)
        found["feed"] = at(*path[: path.index("_packaging") + 2])
    elif len(path) > 1:
        found["all but the last part"] = at(*path[:-1])
    found["another path"] = at("amlpriv-verify-elsewhere")
    return found


def _feed(site: Site) -> Feed:
    if site.feed is None:
        raise NotAskedError("This needs --feed, --feed-token-from and --feed-package.")
    return site.feed


def _conda(site: Site, label: str) -> dict[str, str]:
    """``label`` is a part of the text, so that no image of another probe is used."""
    feed = _feed(site)
    return {"condaFile": conda_text(site.name(label), [f"--index-url {feed.url}", feed.package])}


def _connect(site: Site, label: str, target: str, token: str) -> Thing:
    feed, name = _feed(site), site.name(label)
    properties = {"category": feed.category, "target": target, "authType": "PAT", "credentials": {"pat": token}}
    answer = site.put_connection(name, properties)
    if not answer.ok:
        raise NotAskedError(f"The connection to {target} was refused: {said(answer)} {answer.message}")
    return Thing("connection", name)


def _build(site: Site, label: str, targets: Mapping[str, str], *, text: str | None = None) -> Outcome:
    """A job that installs the feed's package with these connections (target to token) and no others of ours."""
    things = [
        _connect(site, f"{label}{number}", target, token) for number, (target, token) in enumerate(targets.items())
    ]
    try:
        return run_job(
            site, label, _conda(site, text or label), look_command(_feed(site).package), mark=site.name(label)
        )
    finally:
        for thing in things:
            if not remove(site.workspace, thing).words:
                site.journal.end(thing)


def used(site: Site) -> Outcome:
    """The plain case: one connection whose target is the feed's whole address; once for all probes."""
    if "used" not in site.memo:
        feed = _feed(site)
        site.memo["used"] = _build(site, "f", {feed.url: feed.token.reveal()})
    found: Outcome = site.memo["used"]
    return found


def judge_used(job: Outcome, without: Outcome | None) -> Answer:
    """Yes when the package was installed with a connection and not without one."""
    details: dict[str, object] = {"with": job.as_json()}
    if without is not None:
        details["without"] = without.as_json()
    if not job.completed:
        return unanswered(f"The package was not installed with a connection: {job.status} {job.cause}", **details)
    if without is not None and without.completed:
        return unanswered(
            "The package is installed without any connection: the feed is open, or has another one.", **details
        )
    look = job.look or {}
    left = look.get("userinfo_in_file", "none")
    words = f"The connection is used. Credentials in the image's conda file: {left if look.get('file') else 'no file'}."
    return yes_or_no(True, words, **details)


def _ask_used(site: Site) -> Answer:
    job = used(site)
    return judge_used(job, _build(site, "fno", {}) if job.completed else None)


def judge_matching(control: Outcome, jobs: Mapping[str, Outcome]) -> Answer:
    """Facts: which targets of a connection match the index line."""
    details: dict[str, object] = {label: job.as_json() for label, job in jobs.items()}
    if not control.completed:
        return unanswered(f"The whole address does not work here: {control.status} {control.cause}", **details)
    fits = [label for label, job in jobs.items() if job.completed]
    return facts(f"Targets that match: {', '.join(fits) or 'none'}.", matching=fits, jobs=details)


def _ask_matching(site: Site) -> Answer:
    feed, control, jobs = _feed(site), used(site), dict[str, Outcome]()
    if control.completed:
        for number, (label, target) in enumerate(targets_of(feed.url).items()):
            jobs[label] = _build(site, f"m{number}", {target: feed.token.reveal()})
    return judge_matching(control, jobs)


def judge_closest(near: Outcome, far: Outcome) -> Answer:
    """Yes when the longer target wins. ``near``: it has the right token; ``far``: the shorter one has it."""
    details = {"longer_has_token": near.as_json(), "shorter_has_token": far.as_json()}
    if near.completed and not far.completed:
        return yes_or_no(True, "Of two connections on one host the one with the longer target is used.", **details)
    if far.completed and not near.completed:
        return yes_or_no(False, "Of two connections on one host the one with the shorter target is used.", **details)
    return unanswered("Both or none of the two orders work.", **details)


def _ask_closest(site: Site) -> Answer:
    feed = _feed(site)
    if not used(site).completed:
        return unanswered("The package is not installed with one connection.")
    host = targets_of(feed.url)["host"]
    token = feed.token.reveal()
    near = _build(site, "near", {feed.url: token, host: WRONG})
    return judge_closest(near, _build(site, "far", {feed.url: WRONG, host: token}))


def judge_cache(first: Outcome, again: Outcome) -> Answer:
    """Yes when another secret in the connection makes a new build of the same text."""
    details = {"first": first.as_json(), "with_another_secret": again.as_json()}
    if not first.completed:
        return unanswered(f"The first build failed: {first.status} {first.cause}", **details)
    if again.completed:
        return yes_or_no(False, "The image is taken again: the connection is no part of the cache key.", **details)
    return yes_or_no(True, "The image is built anew when the connection changes.", **details)


def _ask_cache(site: Site) -> Answer:
    first, feed = used(site), _feed(site)
    if not first.completed:
        return judge_cache(first, first)
    return judge_cache(first, _build(site, "cache", {feed.url: WRONG}, text="f"))


def _ask_entra(site: Site) -> Answer:
    if not _feed(site).token.reveal().startswith("eyJ"):
        return Answer(Verdict.NOT_ASKED, "not asked: the token of --feed-token-from is no Entra token (no JWT)")
    job = used(site)
    if job.completed:
        return yes_or_no(True, "An Entra token works as the secret of a connection.", job=job.as_json())
    return yes_or_no(False, f"It does not: {job.status} {job.cause}", job=job.as_json())


_NEEDS = frozenset({Needs.FEED})

PROBES = (
    Probe(
        "V18",
        "Is a connection used for an index line, in which form, and what of it stays in the image?",
        "The route 'feed' rests on it; credentials in a layer of the image can be read by whoever pulls it.",
        "one connection, two environments, two jobs",
        Cost.BUILDS,
        _ask_used,
        _NEEDS,
    ),
    Probe(
        "V19",
        "Which targets of a connection match an index line (organisation, project, case, slash)?",
        "amlpriv tells beforehand which connection will be used, or why none.",
        "up to ten connections, environments and jobs, one after the other",
        Cost.BUILDS,
        _ask_matching,
        _NEEDS,
    ),
    Probe(
        "V20",
        "Of two connections on one host, is the one with the longer target used?",
        "As V19.",
        "four connections, two environments, two jobs",
        Cost.BUILDS,
        _ask_closest,
        _NEEDS,
    ),
    Probe(
        "V21",
        "Is an image built anew when only the connection changes?",
        "Whether a rotated token needs a new environment version.",
        "one connection, one environment, one job",
        Cost.BUILDS,
        _ask_cache,
        _NEEDS,
    ),
    Probe(
        "V22",
        "Does an Entra token work as the secret of a connection?",
        "Then no personal access token is needed, for builds within its hour.",
        "nothing beyond V18",
        Cost.BUILDS,
        _ask_entra,
        _NEEDS,
    ),
)
