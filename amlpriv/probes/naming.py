"""Which versions, names, tags and properties of environments the service takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amlpriv.probes.probe import Answer, Cost, Probe, facts, unanswered, yes_or_no
from amlpriv.probes.site import Site, environment_path, said
from amlpriv.remote import RawAnswer

__all__ = ["PROBES", "judge_names", "judge_properties", "judge_versions"]

OURS = ("c0123456789ab", "c0123456789ab-2")
"""The forms that amlpriv generates."""

VERSIONS = (
    *OURS,
    "1",
    "007",
    "20261120",
    "1.10.0",
    "1.0.0-rc.1",
    "c0123-2",
    "2026-01-31",
    "a_b",
    "-a",
    "1+local",
    "UPPER",
    "with space",
    "\u00e4",
    "latest",
    "x" * 255,
    "x" * 256,
)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:12]}... ({len(text)} characters)"


def judge_versions(answers: Mapping[str, RawAnswer]) -> Answer:
    """Yes when all forms that amlpriv generates are taken."""
    taken = {text: str(answer.body.get("id") or "").rpartition("/")[2] for text, answer in answers.items() if answer.ok}
    refused = {_short(text): said(answer) for text, answer in answers.items() if not answer.ok}
    changed = {_short(text): _short(kept) for text, kept in taken.items() if kept and kept != text}
    ours = [text for text in OURS if text in taken and taken[text] in ("", text)]
    details = {"accepted": [_short(text) for text in taken], "refused": refused, "stored_as_something_else": changed}
    words = f"{len(taken)} of {len(answers)} forms of a version are accepted"
    return yes_or_no(
        len(ours) == len(OURS), f"{words}; those that amlpriv makes: {len(ours)} of {len(OURS)}.", **details
    )


def _ask_versions(site: Site) -> Answer:
    name = site.name("versions")
    return judge_versions({version: site.put_environment(name, version) for version in VERSIONS})


def names_of(prefix: str) -> tuple[str, ...]:
    """Names to try, all of this run's."""
    long = f"{prefix}-".ljust(300, "n")
    return (
        f"{prefix}-Upper",
        f"{prefix}.dot",
        f"{prefix}_underscore",
        f"-{prefix}",
        f"_{prefix}",
        f".{prefix}",
        f"{prefix} space",
        f"{prefix}\u00e4",
        f"AzureML-{prefix}",
        f"Microsoft-{prefix}",
        long[:255],
        long[:256],
    )


def judge_names(answers: Mapping[str, RawAnswer], prefix: str) -> Answer:
    """Facts: which forms of a name are taken."""
    shown = {_short(name.replace(prefix, "NAME")): answer for name, answer in answers.items()}
    accepted = [name for name, answer in shown.items() if answer.ok]
    refused = {name: said(answer) for name, answer in shown.items() if not answer.ok}
    words = f"{len(accepted)} of {len(answers)} forms of a name are accepted."
    return facts(words, accepted=accepted, refused=refused)


def _ask_names(site: Site) -> Answer:
    prefix = site.name("names")
    return judge_names({name: site.put_environment(name, "1") for name in names_of(prefix)}, prefix)


def _shapes() -> dict[str, dict[str, str]]:
    """Properties and tags to try, by what is special about them."""
    wheel = "version=1.2.0 sha256=" + 64 * "a" + " content=" + 64 * "b" + " size=123456"
    ours = {f"amlpriv.wheel.package-{number}": wheel for number in range(20)}
    ours |= {"amlpriv.digest": 64 * "d", "amlpriv.schema": "amlpriv-env-1", "amlpriv.route": "sas"}
    shapes = {"as amlpriv writes them": ours}
    shapes |= {f"{count} of them": {f"k{number}": "v" for number in range(count)} for count in (15, 25, 50, 100, 500)}
    shapes |= {f"a value of {size}": {"key": "v" * size} for size in (256, 257, 1024, 4096, 32768)}
    shapes |= {f"a key of {size}": {"k" * size: "value"} for size in (100, 255, 256, 257, 512)}
    shapes |= {
        "an empty value": {"key": ""},
        "a key with / and space": {"a/b c": "value"},
        "umlaut": {"\u00e4": "\u00f6"},
    }
    return shapes


def judge_properties(answers: Sequence[tuple[str, str, Mapping[str, str], RawAnswer]]) -> Answer:
    """Yes when what amlpriv writes comes back as it was sent. Each is (properties or tags, label, sent, answer)."""
    found: dict[str, dict[str, str]] = {"properties": {}, "tags": {}}
    fine = 0
    for field, label, sent, answer in answers:
        back = dict(answer.properties.get(field) or {})
        kept = all(back.get(key) == value for key, value in sent.items())
        found[field][label] = ("kept" if kept else "accepted, but changed") if answer.ok else said(answer)
        fine += answer.ok and kept
    ours = found["properties"].get("as amlpriv writes them")
    if ours is None:
        return unanswered("Properties as amlpriv writes them were not tried.")
    words = f"Properties as amlpriv writes them are {ours}; {fine} of {len(answers)} shapes are kept."
    return yes_or_no(ours == "kept", words, **found)


def _ask_properties(site: Site) -> Answer:
    name, answers = site.name("tags"), list[tuple[str, str, Mapping[str, str], RawAnswer]]()
    for field in ("properties", "tags"):
        for number, (label, sent) in enumerate(_shapes().items()):
            version = f"{field}-{number}"
            answer = site.put_environment(name, version, **{field: sent})
            if answer.ok:
                answer = site.ask("GET", environment_path(name, version))
            answers.append((field, label, sent, answer))
    return judge_properties(answers)


PROBES = (
    Probe(
        "V01",
        "Which versions of an environment does the service take?",
        "amlpriv generates versions like c0123456789ab-2, and checks those that users give.",
        f"one environment with up to {len(VERSIONS)} versions",
        Cost.REQUESTS,
        _ask_versions,
    ),
    Probe(
        "V02",
        "Which names of an environment does the service take?",
        "A wrong name is refused before anything is built.",
        "up to 12 environments",
        Cost.REQUESTS,
        _ask_names,
    ),
    Probe(
        "V03",
        "How many properties and tags may an environment have, and how long may they be?",
        "The digest and up to 20 wheels stand in an environment's properties.",
        "one environment with up to 38 versions",
        Cost.REQUESTS,
        _ask_properties,
    ),
)
