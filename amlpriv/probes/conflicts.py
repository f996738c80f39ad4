"""What of an environment version may change, and how the service refuses the rest; archiving, order, deleting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.probes.probe import Answer, Cost, Probe, facts, unanswered, yes_or_no
from amlpriv.probes.site import Site, environment_path, said
from amlpriv.remote import RawAnswer

__all__ = ["PROBES", "judge_archive", "judge_conflicts", "judge_delete", "judge_order"]

CONDA = "name: verify\nchannels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip\n"
FIRST: Mapping[str, Any] = {
    "condaFile": CONDA,
    "description": "first",
    "tags": {"tag": "first"},
    "properties": {"property": "first"},
}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "tags": {"tags": {"tag": "second"}},
    "description": {"description": "second"},
    "properties": {"properties": {"property": "second"}},
    "a property added": {"properties": {"property": "first", "more": "first"}},
    "conda text, same meaning": {"condaFile": CONDA + "# a comment\n"},
    "conda file": {"condaFile": CONDA.replace("3.11", "3.10")},
    "image": {"image": f"{DEFAULT_IMAGE}:latest"},
    "environment variables": {"condaFile": CONDA + "variables:\n  A: b\n"},
}
"""What is sent again under the same version, by what is different in it."""


def judge_conflicts(answers: Mapping[str, RawAnswer], after: Mapping[str, RawAnswer]) -> Answer:
    """Yes when other content is refused with 409. ``after`` is what the version was after each change."""
    if "conda file" not in answers:
        return unanswered("Nothing could be registered.")
    found: dict[str, object] = {}
    for label, answer in answers.items():
        if not answer.ok:
            found[label] = {"refused": said(answer), "message": answer.message}
            continue
        now = after[label].properties if label in after else {}
        sent = CHANGES[label]
        found[label] = "changed" if all(now.get(key) == value for key, value in sent.items()) else "ignored"
    statuses = {label: answers[label].status for label in ("conda file", "image") if label in answers}
    refused = all(status == 409 for status in statuses.values())
    words = f"Other content under the same version: {', '.join(f'{key} {value}' for key, value in statuses.items())}."
    kept = found.get("properties")
    words += f" Other properties: {kept if isinstance(kept, str) else 'refused'}."
    return yes_or_no(refused, words, changes=found)


def _ask_conflicts(site: Site) -> Answer:
    name, answers, after = site.name("conflict"), dict[str, RawAnswer](), dict[str, RawAnswer]()
    first = site.put_environment(name, "1", **FIRST)
    if not first.ok:
        return unanswered(f"The first registration was refused: {said(first)}.")
    for label, change in CHANGES.items():
        answers[label] = site.put_environment(name, "1", **{**FIRST, **change})
        after[label] = site.ask("GET", environment_path(name, "1"))
    return judge_conflicts(answers, after)


def _versions(answer: RawAnswer) -> list[str]:
    return [str(item.get("id") or "").rpartition("/")[2] for item in answer.items]


def _listed(site: Site, name: str, view: str) -> list[str]:
    return _versions(site.ask("GET", f"{environment_path(name)}/versions", query={"listViewType": view}))


def judge_archive(states: Mapping[str, tuple[list[str], list[str]]], puts: Mapping[str, RawAnswer]) -> Answer:
    """Yes when a version disappears from the active ones and comes back. States are (active, archived) versions."""
    archived, restored = states.get("archived", ([], [])), states.get("restored", ([], []))
    works = "1" not in archived[0] and "1" in archived[1] and "1" in restored[0] and "1" not in restored[1]
    words = (
        f"A version is {'archived and restored' if works else 'not archived and restored'} by PUT of its whole body."
    )
    shown = {label: {"active": active, "archived": gone} for label, (active, gone) in states.items()}
    return yes_or_no(works, words, listed=shown, answers={label: said(answer) for label, answer in puts.items()})


def _ask_archive(site: Site) -> Answer:
    name = site.name("archive")
    puts, states = dict[str, RawAnswer](), dict[str, tuple[list[str], list[str]]]()

    def see(label: str, answer: RawAnswer) -> None:
        puts[label] = answer
        states[label] = (_listed(site, name, "ActiveOnly"), _listed(site, name, "ArchivedOnly"))

    see("created", site.put_environment(name, "1", **FIRST))
    site.put_environment(name, "2", **{**FIRST, "description": "second"})
    see("archived", site.put_environment(name, "1", **FIRST, isArchived=True))
    see("restored", site.put_environment(name, "1", **FIRST, isArchived=False))
    whole = {"properties": {"isArchived": True}}
    see("the environment archived", site.ask("PUT", environment_path(name), whole))
    see("a version archived and restored in it", site.put_environment(name, "1", **FIRST, isArchived=False))
    see("the environment restored", site.ask("PUT", environment_path(name), {"properties": {"isArchived": False}}))
    return judge_archive(states, puts)


ORDER = ("2", "10", "1")
"""Created in this order."""


def judge_order(newest: list[str], oldest: list[str], first: list[str], container: Mapping[str, Any]) -> Answer:
    """Yes when ``createdtime`` orders by creation, so that ``latest`` is the version created last."""
    details = {
        "created": list(ORDER),
        "createdtime desc": newest,
        "createdtime asc": oldest,
        "latest": first,
        "latestVersion": container.get("latestVersion"),
        "nextVersion": container.get("nextVersion"),
    }
    right = newest == list(reversed(ORDER)) and first == [ORDER[-1]]
    words = f"Created {', '.join(ORDER)}; listed newest first: {', '.join(newest)}; latest is {', '.join(first)}."
    return yes_or_no(right, words, **details)


def _ask_order(site: Site) -> Answer:
    name = site.name("order")
    for version in ORDER:
        site.put_environment(name, version, condaFile=f"{CONDA}# {version}\n")
    path = f"{environment_path(name)}/versions"
    newest = _versions(site.ask("GET", path, query={"$orderBy": "createdtime desc"}))
    oldest = _versions(site.ask("GET", path, query={"$orderBy": "createdtime asc"}))
    first = _versions(site.ask("GET", path, query={"$orderBy": "createdtime desc", "$top": "1"}))
    return judge_order(newest, oldest, first, site.ask("GET", environment_path(name)).properties)


def judge_delete(version: RawAnswer, then: RawAnswer, again: RawAnswer | None, whole: RawAnswer) -> Answer:
    """Yes when a version can be deleted."""
    gone = version.ok and then.status == 404
    answers = {"version": said(version), "read afterwards": said(then), "environment": said(whole)}
    if again is not None:
        answers["the number with other content"] = said(again)
    words = "A version can be deleted." if gone else f"A version cannot be deleted: {said(version)}."
    return yes_or_no(gone, words, answers=answers)


def _ask_delete(site: Site) -> Answer:
    name = site.name("delete")
    site.put_environment(name, "1", **FIRST)
    site.put_environment(name, "2", **FIRST)
    path = environment_path(name, "2")
    version = site.ask("DELETE", path)
    then = site.ask("GET", path)
    again = site.put_environment(name, "2", condaFile=CONDA.replace("3.11", "3.10")) if version.ok else None
    return judge_delete(version, then, again, site.ask("DELETE", environment_path(name)))


CATEGORIES = ("PythonFeed", "Git")
CREDENTIALS: Mapping[str, Mapping[str, str] | None] = {
    "None": None,
    "PAT": {"pat": "not-a-token"},
    "UsernamePassword": {"username": "nobody", "password": "not-a-token"},
    "SAS": {"sas": "not-a-token"},
    "ManagedIdentity": {"clientId": "00000000-0000-0000-0000-000000000000", "resourceId": "nothing"},
    "ApiKey": {"key": "not-a-token"},
}
"""Bodies of connections by ``authType``; nothing in them opens anything."""


def judge_credentials(puts: Mapping[str, RawAnswer], gets: Mapping[str, RawAnswer]) -> Answer:
    """Facts: what is accepted for a feed and for git, and whether reading back shows a secret."""
    accepted = [label for label, answer in puts.items() if answer.ok]
    refused = {label: said(answer) for label, answer in puts.items() if not answer.ok}
    shown = [label for label, answer in gets.items() if "not-a-token" in str(answer.body)]
    words = f"{len(accepted)} of {len(puts)} kinds of credentials are accepted."
    words += f" Reading back shows the secret of: {', '.join(shown)}." if shown else " Reading back shows no secret."
    return facts(words, accepted=accepted, refused=refused, secret_shown=shown)


def _ask_credentials(site: Site) -> Answer:
    puts, gets = dict[str, RawAnswer](), dict[str, RawAnswer]()
    for number, category in enumerate(CATEGORIES):
        for index, (kind, credentials) in enumerate(CREDENTIALS.items()):
            target = f"https://amlpriv-verify.invalid/{site.run}/{kind.lower()}"
            body: dict[str, Any] = {"category": category, "target": target, "authType": kind}
            if credentials is not None:
                body["credentials"] = dict(credentials)
            name, label = site.name(f"{number}{index}"), f"{category} {kind}"
            puts[label] = site.put_connection(name, body)
            if puts[label].ok:
                gets[label] = site.ask("GET", f"connections/{name}")
    return judge_credentials(puts, gets)


PROBES = (
    Probe(
        "V04",
        "Is other content under the same version refused with 409, and what of a version may change?",
        "publish counts on it: a 409 with an equal digest is success, and properties carry the digest.",
        "one environment with one version",
        Cost.REQUESTS,
        _ask_conflicts,
    ),
    Probe(
        "V08",
        "Does archiving a version hide it, and does restoring bring it back?",
        "publish restores an archived version with the same content.",
        "one environment with two versions",
        Cost.REQUESTS,
        _ask_archive,
    ),
    Probe(
        "V09",
        "Are versions listed by the time of their creation, and what is 'latest'?",
        "publish looks at the newest 100 versions.",
        "one environment with three versions",
        Cost.REQUESTS,
        _ask_order,
    ),
    Probe(
        "V10",
        "Can a version of an environment be deleted?",
        "verify removes what it creates; what cannot be deleted is archived.",
        "one environment with two versions",
        Cost.REQUESTS,
        _ask_delete,
    ),
    Probe(
        "V13",
        "Which kinds of credentials does a connection for a feed or for git take?",
        "The SDK refuses none; amlpriv should refuse those that the service does not use.",
        "up to 12 connections to addresses that do not exist",
        Cost.REQUESTS,
        _ask_credentials,
    ),
)
