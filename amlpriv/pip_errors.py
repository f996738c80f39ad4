"""What pip's and conda's last words mean, and what to do about it. Texts: pip 23 to 26, conda and mamba of 2024 on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from amlpriv.connections.rewriting import Access

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One known failure."""

    kind: str
    """A word for programs: ``sas``, ``missing``, ``changed``, ``tags``, ``network``, ..."""
    meaning: str
    step: str


_KNOWN: tuple[tuple[re.Pattern[str], Explanation], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), Explanation(kind, meaning, step))
    for pattern, kind, meaning, step in (
        (
            r"No space left on device|Disk quota exceeded|not enough space on the disk",
            "full",
            "the disk is full.",
            "Free some space and build again.",
        ),
        (
            r"DO NOT MATCH THE HASHES",
            "changed",
            "a downloaded file is not the one that was published: its hash is another.",
            "Publish the environment again; somebody wrote over the wheel, or a proxy changed it.",
        ),
        (
            r"HTTP error 403 while getting|\b403 Client Error|Server failed to authenticate the request|"
            r"AuthorizationPermissionMismatch",
            "sas",
            "the storage refused a wheel (403): its SAS has expired, was revoked, or the account does not let you in.",
            "Renew it with `amlpriv renew`, or publish again; check the storage account's firewall.",
        ),
        (
            r"HTTP error 404 while getting|\b404 Client Error.*\.whl|BlobNotFound",
            "missing",
            "a wheel is no longer where its URL points to (404).",
            "Publish the environment again; the blob was deleted.",
        ),
        (
            r"\b401 Client Error|HTTP error 401|401 Error, Credentials not correct",
            "credentials",
            "a package index wants credentials, or does not accept those it got (401).",
            "Give pip credentials for the index: netrc, keyring, or PIP_INDEX_URL.",
        ),
        (
            r"could not read (?:Username|Password) for|fatal: Authentication failed for|terminal prompts disabled|"
            r"The requested URL returned error: 40[13]",
            "repository",
            "a git server wants credentials, or does not accept those it got.",
            "Give the repository a connection ('amlpriv connect git'), or build the package into a wheel.",
        ),
        (
            r"fatal: repository '[^']*' not found|remote: Repository not found|remote: Not Found",
            "repository",
            "a git server does not know a repository, or does not show it to whom it does not know.",
            "Check the address; a private one needs a connection ('amlpriv connect git').",
        ),
        (
            r"is not a supported wheel on this platform|not a supported wheel",
            "tags",
            "a wheel was built for another Python or platform than this one.",
            "Build it for this Python too, or build the environment where the wheel fits; `amlpriv check` tells which.",
        ),
        (
            r"requires a different Python|Requires-Python|requires Python",
            "python",
            "a package, or the version of it that is asked for, is not for this Python.",
            "Choose another Python in the conda section, or another version of the package.",
        ),
        (
            r"ResolutionImpossible|conflicting dependencies",
            "conflict",
            "the requirements contradict each other.",
            "Loosen one of the pins that are named below.",
        ),
        (
            r"CERTIFICATE_VERIFY_FAILED|SSLError",
            "tls",
            "the server's certificate is not trusted.",
            "Tell pip about your CA bundle (PIP_CERT or SSL_CERT_FILE).",
        ),
        (
            r"NewConnectionError|Name or service not known|getaddrinfo failed|Temporary failure in name resolution|"
            r"Connection refused|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|Max retries exceeded|"
            r"Could not resolve host|CondaHTTPError|Download error|Network is unreachable|Connection aborted",
            "network",
            "a server did not answer.",
            "Check the network, the proxy and the index that pip is configured with, then build again.",
        ),
        (
            r"PackagesNotFoundError|ResolvePackageNotFound|nothing provides|LibMambaUnsatisfiableError|"
            r"Could not solve for environment|does not exist \(perhaps a typo",
            "conda",
            "conda cannot satisfy the conda section.",
            "Check names, versions and channels there.",
        ),
        (
            r"No matching distribution found|Could not find a version that satisfies",
            "unknown-version",
            "an index does not have a package, or not in the version or for the Python that is asked for.",
            "Check the name and version; a private name needs a source or its own index.",
        ),
        (
            r"Invalid requirement|InvalidRequirement|Could not open requirements file|no such option",
            "requirement",
            "a line of the pip section is not one that pip understands.",
            "Correct the line that is named below.",
        ),
        (
            r"Failed building wheel|Failed to build|metadata-generation-failed|subprocess-exited-with-error",
            "sdist",
            "a package has no wheel for this Python, and building it from source failed.",
            "Choose a version with a wheel, or install the compiler and libraries that it needs.",
        ),
    )
)

_UNKNOWN = Explanation("unknown", "the installer failed.", "Its last words are below.")


_OF_INDEXES = ("credentials", "sas", "missing", "unknown-version")
_BY_CONNECTION = "An image build takes its credentials from the workspace's connections, and from nowhere else."
_REFUSED = Explanation(
    "credentials",
    "a package index refused a file (403): its credential is not allowed to read it, or there is none.",
    "The identity behind it needs to be a reader of the feed.",
)


def explain(text: str, accesses: Sequence[Access] = ()) -> Explanation:
    """The first known failure that the output speaks of, the more specific ones first.

    ``accesses`` say which credentials the build had: the explanation points at those that the failure may be about.
    """
    found = next((explanation for pattern, explanation in _KNOWN if pattern.search(text)), _UNKNOWN)
    what = "repository" if found.kind == "repository" else "index" if found.kind in _OF_INDEXES else ""
    concerned = [access for access in accesses if access.what == what]
    named = [access for access in concerned if access.verdict.subject.removesuffix("/") in text]
    if not concerned:
        return found
    if found.kind == "credentials":
        found = replace(found, step=_BY_CONNECTION)
    elif found.kind == "sas" and "sig=" not in text:
        found = _REFUSED
    return replace(found, step="\n".join([found.step, *map(_about, named or concerned)]))


def _about(access: Access) -> str:
    if access.credential is None:
        return str(access)
    return f"{access}. 'amlpriv connect test {access.verdict.connection}' tells whether its credential is good."
