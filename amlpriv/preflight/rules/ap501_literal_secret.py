"""A secret in the file gets into git, into build logs, and to everyone who can read the workspace's environments.

Every line of every file that was read is looked at, comments included. A finding says what kind of secret and where,
never any part of it. Placeholders (``***``, ``<PAT>``, ``${PAT}``) are none.

The same for the addresses in what a wheel requires (``Requires-Dist``): whoever can read the wheel or an image with it
has them. Where the address was taken out of the wheel, it is still in the project's own files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel, Place, Subject
from amlpriv.secret import redact

__all__ = ["CODE", "NAME", "find"]

CODE = "AP501"
NAME = "secret in the file"

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "the signature of a shared access signature (SAS)",
        re.compile(r"(?i)(?:[?&;\s\"']|&amp;|^)sig=(?P<secret>[^&\s\"'#;]+)"),
    ),
    ("a password in a URL", re.compile(r"://[^\s/:@\"']*:(?P<secret>[^\s/@\"']+)@")),
    ("a token as the user of a URL", re.compile(r"://(?P<secret>(?=[A-Za-z_]*\d)\w{20,})@")),
    ("an account key", re.compile(r"(?i)(?:AccountKey|SharedAccessKey)=(?P<secret>[^;\s\"']+)")),
    ("a storage account key", re.compile(r"(?<![\w+/=-])(?P<secret>[A-Za-z0-9+/]{86}==)(?![\w+/=])")),
    ("a personal access token of Azure DevOps", re.compile(r"\b(?P<secret>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})\b")),
    ("a personal access token of Azure DevOps", re.compile(r"\b(?P<secret>(?=\w*[2-7])(?=\w*[a-z])[a-z2-7]{52})\b")),
    ("a token of GitHub", re.compile(r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})")),
    ("a token of GitLab", re.compile(r"\b(?P<secret>glpat-[\w-]{20,})")),
    ("an upload token of a package index", re.compile(r"\b(?P<secret>pypi-[\w-]{50,})")),
    ("an Authorization header", re.compile(r"(?i)\b(?:bearer|basic)\s+(?P<secret>[\w.+/=-]{20,})")),
    ("a token of a conda channel", re.compile(r"/t/(?P<secret>[A-Za-z]{2}-[\w-]{20,})/")),
    ("a JSON web token", re.compile(r"\b(?P<secret>eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)")),
)

_PLACEHOLDER = re.compile(
    r"\*{2,}|[xX]{3,}|\.{3}|…|<[^>]*>|\[[^\]]*\]|\$\{.*\}|\$\(.*\)|\$\w+|\{.*\}|%\w+%"
    r"|(?:YOUR_|MY_)?(?:PAT|SAS|TOKEN|PASSWORD|SECRET|SIGNATURE|KEY)"
)
_STANDS_FOR = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\{\{[^}]*\}\}|<[^>]*>|%\w+%")
_USER = re.compile(r"(?<=://)[^/@:\s]*(?::\*{3})?@")
"""A user without a password, or with what stands for one."""


def find(subject: Subject) -> Iterator[Finding]:
    """Each kind of secret on each line, and in the addresses of each wheel."""
    yield from _in_texts(subject)
    for packaged in subject.wheels:
        yield from _in_wheel(packaged)


def _in_wheel(packaged: PackagedWheel) -> Iterator[Finding]:
    wheel = packaged.wheel
    for item in wheel.requires_dist:
        kind = _kind_in(item.url) if item.url else None
        if kind is not None:
            required = canonicalize_name(item.name)
            yield packaged.place.finding(
                CODE,
                Severity.ERROR,
                wheel.name,
                f"{wheel.name} {wheel.version} requires {required} from an address that holds {kind}: everyone who "
                "gets the wheel gets that too.",
                fix=f"Write only {required} into the project's dependencies, give it a source in 'sources', and revoke "
                "what the address holds.",
            )
    for name, address in packaged.removed.items():
        if (kind := _kind_in(address)) is not None:
            yield packaged.place.finding(
                CODE,
                Severity.WARNING,
                wheel.name,
                f"The project of {wheel.name} names {name} with an address that holds {kind}. The wheel is shipped "
                "without it; it stays in the project's files.",
                fix="Take it out of them and revoke it: whoever had the files has it.",
            )


def _kind_in(address: str) -> str | None:
    """What kind of secret an address holds; a user's name alone is none."""
    for kind, _ in _secrets(address):
        return kind
    plain = _USER.sub("", _STANDS_FOR.sub("***", address))
    return "a credential" if redact(plain) != plain else None


def _in_texts(subject: Subject) -> Iterator[Finding]:
    for file, text in subject.all_texts():
        for number, line in enumerate(text.splitlines(), start=1):
            for kind, column in _secrets(line):
                yield Place(file, number, column).finding(
                    CODE,
                    Severity.ERROR,
                    kind,
                    f"This line holds {kind}.",
                    fix="Take it out and revoke it: whoever had the file has it. amlpriv makes SAS URLs itself; "
                    "a feed's credential belongs into a workspace connection (`indexes`, `connection`).",
                )


def _secrets(line: str) -> Iterator[tuple[str, int]]:
    """Kind and column (from 1) of each secret, each place once: the first kind that fits names it."""
    taken: list[range] = []
    for kind, pattern in _KINDS:
        for match in pattern.finditer(line):
            start, end = match.span("secret")
            if _PLACEHOLDER.fullmatch(match["secret"]) or any(start < span.stop and span.start < end for span in taken):
                continue
            taken.append(range(start, end))
            yield kind, start + 1
