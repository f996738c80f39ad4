"""The words and sources of the match simulator's verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amlpriv.connections.addresses import Address, read_address
from amlpriv.connections.azure_hosts import AzurePlace, azure_place
from amlpriv.connections.closeness import Closeness, Relation
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.kinds import Category, StoredConnection
from amlpriv.connections.verdicts import Confidence, Verdict, VerdictCode

__all__ = ["about_match", "about_miss", "ambiguous", "no_connection", "unused", "wrong_category"]

V1_PAGE = "learn.microsoft.com, Use private Python packages (v1): 'the feed with the matching base URL'"
CLOSEST = (
    "azure-sdk-for-python#22441 (2022-10-21): 'the closest match (if there are multiple connections for the same host "
    "name)'"
)
HOST = "azure-docs#65730: a target without a path, by users"
LEGACY = "azure-docs#84122, azure-docs#87920: targets on the old host, with index lines on it"
OTHERS = (
    "learn.microsoft.com, Use private Python packages (v1): 'applicable to other repositories with token based "
    "authentication'; worked in azure-sdk-for-python#35036, not in MachineLearningNotebooks#1803 and azure-docs#117842"
)
GIT = "how-to-connection has the target https://github.com/<account>/<repo>; no page shows the line that goes with it"
IMPLIED = "implied by 'closest match' (azure-sdk-for-python#22441)"
SLASH = "implied by 'closest match' (azure-sdk-for-python#22441); nothing is said about a slash at the end"
UNIQUE = "azure-docs#114975 (2023-09): 'Unique workspace connection not available for specified target'"
PLAIN = "azure-sdk-for-python#22441: addresses of the specification are rewritten, nothing else is done"


def about_match(
    subject: str,
    connection: StoredConnection,
    closeness: Closeness,
    category: Category,
    place: AzurePlace | None,
    *,
    several: bool,
) -> Verdict:
    """``connection`` is used; ``several``: it is the closest of those that match."""
    confidence, source, probe = _how_sure(connection, closeness, category, place)
    code, words = VerdictCode.MATCH, f"The credential of {connection.name!r} is used."
    if several:
        code, words = (
            VerdictCode.CLOSEST,
            f"Several connections match; that of {connection.name!r} has the longest target.",
        )
        if confidence.rank <= Confidence.REPORTED.rank:
            confidence, source = Confidence.REPORTED, CLOSEST
        probe = "V20"
    return Verdict(code, subject, connection.name, words, "", confidence, source, probe=probe)


def _how_sure(
    connection: StoredConnection, closeness: Closeness, category: Category, place: AzurePlace | None
) -> tuple[Confidence, str, str | None]:
    if category is Category.GIT:
        return Confidence.ASSUMED, GIT, None
    if connection.target.rstrip().endswith("/"):
        return Confidence.ASSUMED, SLASH, "V19"
    probe = "V18" if closeness.relation is Relation.WHOLE else "V19"
    if place is None:
        return Confidence.REPORTED, OTHERS, probe
    if place.legacy and closeness.depth == 0:
        return Confidence.REPORTED, LEGACY, "V19"
    if closeness.relation is Relation.HOST_ONLY:
        return Confidence.REPORTED, HOST, "V19"
    if closeness.depth == 1 and not place.legacy:
        return Confidence.DOCUMENTED, V1_PAGE, None
    return Confidence.ASSUMED, IMPLIED, probe


def ambiguous(subject: str, best: Sequence[StoredConnection], names: tuple[str, ...]) -> Verdict:
    """Several connections are equally close."""
    equal = ", ".join(repr(item.name) for item in best)
    return Verdict(
        VerdictCode.AMBIGUOUS,
        subject,
        best[0].name,
        f"The targets of {equal} are equally close: which one is used, or whether the build fails, is not certain.",
        "Keep one; 'amlpriv connect rotate' replaces a token in place.",
        Confidence.REPORTED,
        UNIQUE,
        others=tuple(name for name in names if name != best[0].name),
    )


_MISSES: Mapping[Relation, tuple[VerdictCode, str, Confidence, str, str | None]] = {
    Relation.LEGACY: (
        VerdictCode.LEGACY_HOST,
        "{name} is for the same organisation on Azure DevOps' {other} host; hosts must be equal.",
        Confidence.ASSUMED,
        "azure-sdk-for-python#22441 compares host names; Azure DevOps hands out both (azure-pipelines-tasks#14827)",
        None,
    ),
    Relation.WEB_HOST: (
        VerdictCode.WEB_HOST,
        "{name} is for the same organisation, and the other host: feeds have pkgs. before it, git has not.",
        Confidence.REPORTED,
        CLOSEST,
        None,
    ),
    Relation.CASE: (
        VerdictCode.CASE,
        "{name} differs in upper and lower case only; Azure DevOps takes both, the match may not.",
        Confidence.ASSUMED,
        "nothing is said about case",
        "V19",
    ),
    Relation.SCHEME: (
        VerdictCode.SCHEME,
        "{name} differs in http and https.",
        Confidence.ASSUMED,
        IMPLIED,
        None,
    ),
    Relation.PORT: (VerdictCode.PORT, "{name} is for another port of the host.", Confidence.ASSUMED, IMPLIED, None),
    Relation.SCOPE: (
        VerdictCode.SCOPE,
        "{name} is for {target_scope}, and the address is of {scope}.",
        Confidence.ASSUMED,
        "'matching base URL' (v1 page)",
        "V19",
    ),
    Relation.PATH: (
        VerdictCode.PATH,
        "{name} is for another path of the host: the address is not below its target.",
        Confidence.ASSUMED,
        "'matching base URL' (v1 page)",
        "V19",
    ),
    Relation.ORGANISATION: (
        VerdictCode.ORGANISATION,
        "{name} is for another organisation of Azure DevOps.",
        Confidence.ASSUMED,
        "'matching base URL' (v1 page)",
        "V19",
    ),
    Relation.HOST: (
        VerdictCode.HOST,
        "No connection is for this host; {name} is for {target_host}.",
        Confidence.REPORTED,
        CLOSEST,
        None,
    ),
}


def about_miss(
    subject: str, address: Address, connection: StoredConnection, relation: Relation, category: Category
) -> Verdict:
    """No connection matches; ``connection`` comes nearest."""
    code, words, confidence, source, probe = _MISSES[relation]
    target, here = read_address(connection.target), azure_place(address)
    there = azure_place(target)
    words = words.format(
        name=repr(connection.name),
        other="old" if there and there.legacy else "new",
        target_scope=_scope(there),
        scope=_scope(here),
        target_host=target.host or "no host at all",
    )
    fix = _fix(address, relation, category, here)
    probe = probe if category is Category.FEED else None
    name = None if relation is Relation.HOST else connection.name
    return Verdict(code, subject, name, words, fix, confidence, source, probe=probe)


def _scope(place: AzurePlace | None) -> str:
    if place is None:
        return "another path"
    project = place.rest[0] if place.rest and not place.rest[0].startswith("_") else None
    return f"the project {project}" if project else "the organisation"


def _fix(address: Address, relation: Relation, category: Category, place: AzurePlace | None) -> str:
    base, line = _base(address, category)
    if relation is Relation.LEGACY and place is not None and place.legacy:
        return f"Write the address on the new host: {line}"
    if relation is Relation.WEB_HOST and category is Category.FEED and place is not None:
        is_page = not address.host.startswith("pkgs") and ".pkgs." not in address.host
        return f"Write the index's address: {line}" if is_page else f"Give the connection the target {base}"
    if relation is Relation.SCHEME and address.scheme == "http":
        return f"Write https: in the specification: {line.replace('http:', 'https:')}"
    return f"Give the connection the target {base}"


def _base(address: Address, category: Category) -> tuple[str, str]:
    """The target that is right for an address, and the address as it should stand in the specification."""
    if category is Category.GIT:
        git = parse_git_url(address.text)
        return git.target, f"git+{git.url}"
    feed = parse_feed_url(address.text)
    return feed.base, feed.simple or address.text


def no_connection(subject: str, address: Address, category: Category) -> Verdict:
    """The workspace has none of this category."""
    what = "feed" if category is Category.FEED else "git"
    base, _ = _base(address, category)
    return Verdict(
        VerdictCode.NO_CONNECTION,
        subject,
        None,
        f"The workspace has no connection for {'feeds' if category is Category.FEED else 'git'}.",
        f"If the address wants a credential: 'amlpriv connect {what} NAME --url {base}'.",
        Confidence.DOCUMENTED,
        "learn.microsoft.com, Create connections (how-to-connection)",
    )


def wrong_category(subject: str, connection: StoredConnection, category: Category) -> Verdict:
    """The target would match; the category is another one."""
    what = "feed" if category is Category.FEED else "git"
    return Verdict(
        VerdictCode.CATEGORY,
        subject,
        connection.name,
        f"{connection.name!r} has the right target and the category {connection.category}, not {category.value}.",
        f"Create it again: 'amlpriv connect {what} NAME --url {connection.target}'.",
        Confidence.ASSUMED,
        "how-to-connection has a category for each purpose, and its sample in how-to-package-models mixes them up",
    )


def unused(connection: StoredConnection, category: Category) -> Verdict:
    """A connection that no line leads to: by itself it does nothing."""
    line, place = ("--index-url", "an index line") if category is Category.FEED else ("git+", "a git line")
    target = read_address(connection.target)
    base, example = _base(target, category) if target.host else ("", "")
    whole = category is Category.FEED and example not in ("", base)
    example = f"'{line} {example}'" if whole else f"'{line}' with an address below {connection.target}"
    return Verdict(
        VerdictCode.UNUSED,
        connection.name,
        connection.name,
        f"No line of the specification leads to {connection.name!r}: without {place} a connection does nothing.",
        f"If a package is to come from there, add {example} to the pip section.",
        Confidence.ASSUMED,
        PLAIN,
    )
