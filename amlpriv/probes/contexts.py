"""Build contexts: how large they may be, and what builds them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.probes.journal import Thing
from amlpriv.probes.probe import Answer, Cost, Needs, Probe, unanswered, yes_or_no
from amlpriv.probes.running import Outcome, run_job
from amlpriv.probes.site import NotAskedError, Site, said, upload_of
from amlpriv.remote import RawAnswer
from amlpriv.workspace.sas import blob_url

__all__ = ["PROBES", "judge_buildkit", "judge_built", "judge_registered", "make_context"]

MEGABYTE = 1024 * 1024
SIZES: Mapping[str, tuple[int, int]] = {
    "100 files": (100, 20_000),
    "101 files": (101, 20_000),
    "1.0 MB": (3, MEGABYTE),
    "1.1 MB": (3, MEGABYTE * 11 // 10),
    "2 MB": (3, MEGABYTE * 2),
    "14 MB": (3, MEGABYTE * 14),
}
"""Files and bytes in all, the Dockerfile included."""
BUILT = ("101 files", "2 MB")
IN_FLIGHT = 8
TINY = "FROM scratch\nLABEL amlpriv=verify\n"
WHOLE = f"FROM {DEFAULT_IMAGE}\nCOPY . /amlpriv-verify\n"
MOUNT = f"FROM {DEFAULT_IMAGE}\nRUN --mount=type=tmpfs,target=/amlpriv-verify true\n"


def make_context(files: int, size: int, dockerfile: str) -> dict[str, bytes]:
    """``files`` files of ``size`` bytes in all that do not compress; the same on every call."""
    context = {"Dockerfile": dockerfile.encode()}
    left, others = size - len(context["Dockerfile"]), files - 1
    noise = random.Random(files * size)  # noqa: S311 - bytes that do not compress, not secrets
    for number in range(others):
        share = left // others + (left % others if number == 0 else 0)
        context[f"data/{number:03}.bin"] = noise.randbytes(share)
    return context


def _stage(site: Site, label: str, context: Mapping[str, bytes]) -> dict[str, object]:
    """Upload a context; the environment that is built from it."""
    folder = f"amlpriv-verify/{site.run}/{label}/"
    place = site.datastore()
    site.journal.begin(Thing("blobs", folder, place.container))
    blobs = site.blobs()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(lambda name: blobs.put(upload_of(folder + name, context[name])), context))
    return {"build": {"contextUri": f"{blob_url(place, folder.rstrip('/'))}/", "dockerfilePath": "Dockerfile"}}


def _slug(label: str) -> str:
    return label.replace(" ", "-").replace(".", "")


def judge_registered(answers: Mapping[str, RawAnswer]) -> Answer:
    """Yes when some context is refused for its size."""
    refused = {label: said(answer) for label, answer in answers.items() if not answer.ok}
    if len(refused) == len(answers):
        return unanswered("Every build context is refused.", refused=refused)
    details = {"accepted": [label for label in answers if label not in refused], "refused": refused}
    words = f"Refused at registration: {', '.join(refused)}." if refused else "No context is refused at registration."
    return yes_or_no(bool(refused), words, **details)


def _ask_registered(site: Site) -> Answer:
    name, answers = site.name("contexts"), dict[str, RawAnswer]()
    for label, (files, size) in SIZES.items():
        staged = _stage(site, _slug(label), make_context(files, size, TINY))
        answers[label] = site.put_environment(name, _slug(label), **staged)
    return judge_registered(answers)


def judge_built(control: Outcome, jobs: Mapping[str, Outcome]) -> Answer:
    """Yes when contexts above the documented limit are built."""
    details: dict[str, object] = {label: job.as_json() for label, job in {"small": control, **jobs}.items()}
    if not control.completed:
        return unanswered(f"Not even a small context was built: {control.status} {control.cause}", **details)
    works = [label for label, job in jobs.items() if job.completed]
    words = f"Built: {', '.join(works) or 'none'}; not built: {', '.join(set(jobs) - set(works)) or 'none'}."
    return yes_or_no(len(works) == len(jobs), words, **details)


COMMAND = "python -c \"print('amlpriv verify')\""


def small(site: Site) -> Outcome:
    """A job in the image of a small context, once for all probes."""
    if "small" not in site.memo:
        staged = _stage(site, "small", make_context(3, 20_000, WHOLE))
        site.memo["small"] = run_job(site, "small", staged, COMMAND)
    found: Outcome = site.memo["small"]
    return found


def _ask_built(site: Site) -> Answer:
    control = small(site)
    jobs: dict[str, Outcome] = {}
    if control.completed:
        for label in BUILT:
            staged = _stage(site, f"built-{_slug(label)}", make_context(*SIZES[label], WHOLE))
            jobs[label] = run_job(site, f"b-{_slug(label)}", staged, COMMAND)
    return judge_built(control, jobs)


def judge_buildkit(job: Outcome, control: Outcome | None) -> Answer:
    """Yes when ``RUN --mount`` works."""
    details: dict[str, object] = {"mount": job.as_json()}
    if control is not None:
        details["small"] = control.as_json()
    if job.completed:
        return yes_or_no(True, "RUN --mount works: the builder is BuildKit.", **details)
    if "requires BuildKit" in job.build_log or (control is not None and control.completed):
        return yes_or_no(False, "RUN --mount fails: the builder is not BuildKit.", **details)
    return unanswered(f"No context is built here: {job.status} {job.cause}", **details)


def _ask_buildkit(site: Site) -> Answer:
    staged = _stage(site, "mount", make_context(2, 10_000, MOUNT))
    job = run_job(site, "mount", staged, COMMAND)
    try:
        control = None if job.completed else small(site)
    except NotAskedError:
        control = None
    return judge_buildkit(job, control)


PROBES = (
    Probe(
        "V11",
        "Is a build context with more than 100 files or 1 MB refused at registration?",
        "The documented limit of the route 'context'; amlpriv warns above it.",
        f"one environment with {len(SIZES)} versions, and their files",
        Cost.CONTEXTS,
        _ask_registered,
    ),
    Probe(
        "V12",
        "Is a build context with more than 100 files or 1 MB built?",
        "As V11; what is registered may still fail when it is built.",
        "three environments with their files, three jobs",
        Cost.BUILDS,
        _ask_built,
        frozenset({Needs.BUILDS}),
    ),
    Probe(
        "V17",
        "Does the image build use BuildKit (RUN --mount)?",
        "With BuildKit a build context could use a secret without keeping it in the image.",
        "one or two environments with their files, as many jobs",
        Cost.BUILDS,
        _ask_buildkit,
        frozenset({Needs.BUILDS}),
    ),
)
