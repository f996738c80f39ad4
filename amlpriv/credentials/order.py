"""Where credentials are looked for, in which order, and for which addresses: what the README shows."""

from __future__ import annotations

from dataclasses import dataclass

from amlpriv.credentials.wishes import FORMS, Origin

__all__ = ["ORDER", "Place", "credential_table", "wish_table"]


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a credential may be."""

    origin: str
    """Its name, as ``connect test -v`` and attempts have it."""
    what: str
    where: str
    """For which addresses it is looked at."""
    source: str
    """Who says so."""


_AZURE = "`*.dev.azure.com` and `*.visualstudio.com`"
_ANY = "any host"

ORDER: tuple[Place, ...] = (
    Place("address", "user and password in the address itself; reported, never kept", _ANY, "RFC 3986, section 3.2.1"),
    Place("local workspace", "the token of the local feed", "feeds of the running local workspace", "amlpriv"),
    Place(
        "named index",
        "the variables `UV_INDEX_<NAME>_PASSWORD` and `UV_INDEX_<NAME>_USERNAME`",
        "the index of this name",
        "uv, Indexes",
    ),
    Place(
        "SYSTEM_ACCESSTOKEN",
        "the token of a job in Azure Pipelines (`env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`)",
        f"{_AZURE}, the job's own organisation",
        "Azure Pipelines, Predefined variables",
    ),
    Place("AZURE_DEVOPS_EXT_PAT", "the personal access token of the Azure DevOps CLI", _AZURE, "Azure DevOps CLI"),
    Place(
        "feed endpoints",
        "`ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS`, else `VSS_NUGET_EXTERNAL_FEED_ENDPOINTS`",
        "the feed that an endpoint in it names",
        "artifacts-credprovider",
    ),
    Place(
        "index variables",
        "user and password in `PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`, `UV_DEFAULT_INDEX`, `UV_INDEX`, `UV_INDEX_URL`, "
        "`UV_EXTRA_INDEX_URL`, `UV_PUBLISH_URL`, `TWINE_REPOSITORY_URL` (of these two also in the variables beside)",
        "the host in the variable; in Azure DevOps, its organisation",
        "pip, uv, twine",
    ),
    Place("netrc", "`NETRC`, else `~/.netrc` or `~/_netrc`; not its `default`", "the host of an entry", "pip, uv, git"),
    Place(
        "keyring",
        "the command `keyring` (10 s at most), with artifacts-keyring as user VssSessionToken",
        "the address or the host that it has an entry for",
        "pip, uv",
    ),
    Place("entra", "a Microsoft Entra token for Azure DevOps, by DefaultAzureCredential", _AZURE, "azure-identity"),
)
"""Without ``--token-from``; the first place that has something ends the search."""

_MEANINGS = {
    Origin.ENV: "an environment variable",
    Origin.STDIN: "the first line of standard input",
    Origin.PROMPT: "asks on the terminal or in the notebook, and does not show what is typed",
    Origin.KEYRING: "the command `keyring`",
    Origin.AZURE_CLI: "an Entra token for Azure DevOps, of `az login`",
    Origin.ENTRA: "an Entra token for Azure DevOps, by DefaultAzureCredential",
    Origin.KEY_VAULT: "a secret of Azure Key Vault, with your own sign-in",
    Origin.NETRC: "the entry of a netrc file for the host",
    Origin.FILE: "a file with the token alone, which only you may read",
}


def credential_table() -> str:
    """The order as a table for the README."""
    rows = ["| | place | what it is | for | source |", "|--:|---|---|---|---|"]
    rows += [f"| {n} | {p.origin} | {p.what} | {p.where} | {p.source} |" for n, p in enumerate(ORDER, start=1)]
    return "\n".join(rows) + "\n"


def wish_table() -> str:
    """What ``--token-from`` takes, as a table for the README."""
    rows = ["| `--token-from` | takes |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{FORMS[origin]}` | {_MEANINGS[origin]} |" for origin in Origin)]) + "\n"
