"""Whether a blob's plain URL works in a conda file: the service replacing it by one that storage lets in."""

from __future__ import annotations

import hashlib
import re

from amlpriv.probes.payload import conda_text, look_command, make_wheel
from amlpriv.probes.probe import Answer, Cost, Probe, unanswered, yes_or_no
from amlpriv.probes.running import Outcome, run_job
from amlpriv.probes.site import NotAskedError, Site
from amlpriv.probes.storage import signed_url
from amlpriv.secret import SasUrl
from amlpriv.workspace.sas import blob_url

__all__ = ["PLAIN_URL", "PROBES", "judge_log", "judge_plain"]

PLAIN_URL = "V14"
"""The probe whose 'yes' opens the route ``plain``."""
V1_FOLDER = "Environment/azureml-private-packages"
_SIGNATURE = re.compile(r"\bsig=(?!\*)[A-Za-z0-9%/+]{16,}")


def judge_plain(public: bool, plain: Outcome | None, control: Outcome | None) -> Answer:
    """Yes when the plain URL was installed; no only when the signed one was, and the plain one was not.

    ``public``: whether anybody may read the blob, which would make any answer worthless.
    """
    jobs = {name: job.as_json() for name, job in (("plain", plain), ("signed", control)) if job is not None}
    if public:
        return unanswered("The container is open to the public: a plain URL works without the service's help.", **jobs)
    if plain is not None and plain.completed:
        words = "The service fetched a blob whose URL has no signature."
        if plain.look and plain.look.get("signature_in_direct_url"):
            words += " It signed the URL itself, and the signature is in the image."
        return yes_or_no(True, words, **jobs)
    if plain is not None and control is not None and control.completed:
        return yes_or_no(False, f"The signed URL worked, the plain one did not: {plain.cause or plain.status}", **jobs)
    said = ", ".join(f"{name} {job['status']}" for name, job in jobs.items())
    return unanswered(f"Not even the signed URL worked ({said}): that says nothing about plain ones.", **jobs)


def judge_log(build_log: str, signature: str) -> Answer:
    """Yes when the log of an image's build shows the signature."""
    if not build_log:
        return unanswered("The log of the image's build was not found.")
    shown = signature in build_log
    other = not shown and bool(_SIGNATURE.search(build_log))
    words = "The log of the image's build shows the signature." if shown else "The log does not show the signature."
    return yes_or_no(shown or other, words if not other else "The log shows another signature.", another=other)


def _environment(name: str, package: str, url: str, data: bytes) -> dict[str, str]:
    line = f"{package} @ {url}#sha256={hashlib.sha256(data).hexdigest()}"
    return {"condaFile": conda_text(name, [line])}


def control(site: Site) -> Outcome:
    """The same with a signed URL, once for all probes: whether builds and jobs work here at all."""
    if "control" not in site.memo:
        package = site.name("signed")
        filename, data = make_wheel(package)
        place = site.own_container()
        url = signed_url(site, site.upload(filename, data, container=place))
        site.memo["signature"] = url.reveal().partition("sig=")[2].partition("&")[0]
        environment = _environment(package, package, url.reveal(), data)
        command = look_command(package, package.replace("-", "_"))
        site.memo["control"] = run_job(site, "signed", environment, command, mark=package.replace("-", "_"))
    found: Outcome = site.memo["control"]
    return found


def _ask(site: Site, label: str, folder: str, container: str | None) -> Answer:
    package = site.name(label)
    filename, data = make_wheel(package)
    path = site.upload(f"{folder}/{filename}", data, container=container)
    place = site.place(container)
    url = blob_url(place, path)
    if site.blobs(container).head(SasUrl(url)) == 200:
        return judge_plain(True, None, None)
    environment = _environment(package, package, url, data)
    command = look_command(package, package.replace("-", "_"))
    plain = run_job(site, label, environment, command)
    return judge_plain(False, plain, None if plain.completed else control(site))


def _ask_own(site: Site) -> Answer:
    return _ask(site, "plain", f"amlpriv-verify/{site.run}", None)


def _ask_v1(site: Site) -> Answer:
    return _ask(site, "plainv1", V1_FOLDER, site.artifacts())


def _ask_log(site: Site) -> Answer:
    done = control(site)
    if not done.completed and not done.build_log:
        raise NotAskedError(f"The job with a signed URL did not complete: {done.status} {done.error}")
    return judge_log(done.build_log, site.memo["signature"])


PROBES = (
    Probe(
        PLAIN_URL,
        "Does the service replace the plain URL of a blob in the default datastore's container?",
        "Then no signature is needed: 'via: plain' works, and nothing expires. Only its yes opens that route.",
        "one blob, one environment, one job; the same once more with a signed URL when it fails",
        Cost.BUILD,
        _ask_own,
    ),
    Probe(
        "V15",
        "Does it replace the plain URL of a blob where SDK v1 puts private wheels?",
        "SDK v1's add_private_pip_wheel gives such URLs; migrated environments have them.",
        "one blob, one environment, one job; the same once more with a signed URL when it fails",
        Cost.BUILD,
        _ask_v1,
    ),
    Probe(
        "V16",
        "Does the log of an image's build show the signature of a URL?",
        "Who can read the log could read the wheel for as long as the URL lives.",
        "one container with one blob, one environment, one job (those of V14, when it needed them)",
        Cost.BUILD,
        _ask_log,
    ),
)
