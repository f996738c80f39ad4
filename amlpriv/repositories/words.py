"""What to tell people about an outcome: what happened, to which repository, and the next step."""

from __future__ import annotations

from collections.abc import Sequence

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.git_urls import GitUrl
from amlpriv.connections.users import GIT_USERS
from amlpriv.repositories.git import OLDEST
from amlpriv.repositories.outcomes import Outcome

__all__ = ["RIGHTS", "words_and_fix"]

RIGHTS = {
    GitHost.AZURE_REPOS: "In Azure Repos a PAT needs the scope 'Code (Read)', and an identity access to the project "
    "and the permission 'Read' of the repository.",
    GitHost.GITHUB: "On GitHub a fine-grained token needs 'Contents: Read-only' (contents:read) of this repository, a "
    "classic one the scope 'repo', and with single sign-on the organisation's authorisation.",
    GitHost.GITLAB: "On GitLab a token needs the scope 'read_repository', and its owner the role Reporter or higher.",
    GitHost.BITBUCKET: "On Bitbucket a token needs the scope 'Repositories: Read'.",
    GitHost.OTHER: "The token's owner needs the right to read this repository.",
}
"""What is needed to read a private repository, by host. Sources: Azure DevOps "Scopes" of PATs and "Set Git repository
permissions", GitHub "Permissions required for fine-grained personal access tokens", GitLab "Personal access token
scopes" and "Permissions and roles", Bitbucket Cloud "Repository access token permissions"."""

_FIX = {
    Outcome.HOST: "Check the host's name; in a network that blocks it, ask for it to be opened, or set HTTPS_PROXY.",
    Outcome.UNREACHABLE: "Check host and port, and whether the network lets this machine reach them.",
    Outcome.PROXY: "Check HTTPS_PROXY and git's http.proxy: user, password, and whether the proxy allows this host.",
    Outcome.TLS: "Give git your network's own certificate authority: GIT_SSL_CAINFO, or git's http.sslCAInfo. It does "
    "not read SSL_CERT_FILE and REQUESTS_CA_BUNDLE.",
    Outcome.HOST_KEY: "Compare the host's key with the one that its operator publishes, then connect once by "
    "'ssh -T', or add the key to ~/.ssh/known_hosts.",
    Outcome.HOST_KEY_CHANGED: "Ask the host's operator whether the key was changed; only then remove the old one by "
    "'ssh-keygen -R'.",
    Outcome.TIMEOUT: "Run it again; if that is no better, check the network.",
    Outcome.SERVER: "Run it again later; the host has a fault.",
    Outcome.THROTTLED: "Wait some minutes, then run it again.",
    Outcome.NO_GIT: "Install git, or put its folder on PATH.",
    Outcome.OLD_GIT: f"Install git {OLDEST[0]}.{OLDEST[1]} or newer.",
    Outcome.NO_SSH: "Install OpenSSH's client, or give the repository's https address.",
    Outcome.NO_REPOSITORY: "Give the address that the host shows for cloning.",
    Outcome.EMPTY: "Push a commit first; if it has one, check the address.",
    Outcome.ADDRESS: "Give the repository's https address.",
    Outcome.TRANSPORT: "Give the repository's https or ssh address.",
    Outcome.UNKNOWN: "Run 'git ls-remote' with the address to see more.",
}

_WORDS = {
    Outcome.HOST: "The host {host} is not known here: its name cannot be resolved.",
    Outcome.UNREACHABLE: "The host {host} does not answer.",
    Outcome.PROXY: "The proxy does not let git through to {host}.",
    Outcome.TLS: "The certificate of {host} is not trusted here.",
    Outcome.HOST_KEY: "The ssh key of {host} is not known here, so that nobody can tell whether it is the right host.",
    Outcome.HOST_KEY_CHANGED: "{host} shows another ssh key than before: it was changed, or somebody listens.",
    Outcome.TIMEOUT: "git had no answer from {host} in time.",
    Outcome.SERVER: "{host} answered with an error of its own.",
    Outcome.THROTTLED: "{host} has had too many requests (HTTP 429).",
    Outcome.NO_GIT: "The program git was not found.",
    Outcome.OLD_GIT: "This git is too old.",
    Outcome.NO_SSH: "The program ssh was not found.",
    Outcome.NO_REPOSITORY: "What answers at {url} is no git repository.",
    Outcome.EMPTY: "{url} can be read, and has no commit yet.",
    Outcome.ADDRESS: "This is no address that git can use.",
    Outcome.TRANSPORT: "{url} is not encrypted, or no address of a host.",
    Outcome.UNKNOWN: "git could not read {url}.",
    Outcome.OK: "{url} can be read.",
    Outcome.MISSING: "{host} wants a credential for {url}, and there is none.",
    Outcome.SIGN_IN_PAGE: "{host} sends git to a page for signing in: the credential was not taken for {url}.",
    Outcome.FORBIDDEN: "{host} knows the credential and does not let it read {url} (HTTP 403).",
}


def words_and_fix(
    outcome: Outcome,
    git_url: GitUrl,
    url: str,
    credentials: Credentials | None,
    *,
    ref: str | None = None,
    nearest: Sequence[str] = (),
) -> tuple[str, str]:
    """One sentence that says what happened, and what to do; no secret in them."""
    by_ssh = url.startswith("ssh:")
    host = f"{git_url.host}:{git_url.port}" if git_url.port else git_url.host
    rights = RIGHTS[git_url.kind]
    if outcome is Outcome.REFUSED:
        return _refused(git_url, url, host, credentials, by_ssh=by_ssh)
    if outcome is Outcome.NOT_FOUND:
        message = f"{host} says that {url} does not exist. It says the same to those who may not read it."
        owner = (
            "the ssh key's owner" if by_ssh else "the credential's owner" if credentials else "you, by a credential,"
        )
        return message, f"Check the address' spelling, and whether {owner} may read it. {rights}"
    if outcome is Outcome.NO_REF:
        near = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        message = f"{url} can be read, and has no branch, tag or commit '{ref}'."
        return message, f"Check its spelling, and whether it was pushed ('git push --tags').{near}"
    words = _WORDS[outcome].format(host=host, url=url)
    if outcome is Outcome.MISSING:
        return words, f"Give a token, or use a git connection that has one. {rights}"
    if outcome in (Outcome.FORBIDDEN, Outcome.SIGN_IN_PAGE):
        return words, rights
    return words, _FIX.get(outcome, "")


def _refused(git_url: GitUrl, url: str, host: str, credentials: Credentials | None, *, by_ssh: bool) -> tuple[str, str]:
    if by_ssh:
        message = f"{host} takes none of your ssh keys for {url}."
        return message, "Load the key into the agent ('ssh-add'), and register its public part with the host."
    if credentials is None:
        message = f"{host} does not accept the credential that git's own helper or configuration gave for {url}."
        return message, f"Remove it there ('git credential reject'), and sign in again. {RIGHTS[git_url.kind]}"
    message = f"{host} does not accept this credential for {url} (HTTP 401): it is wrong, expired, or revoked."
    user = GIT_USERS.get(git_url.kind)
    alone = f" This host wants a user beside the token: {user}." if user and not credentials.password else ""
    return message, f"Make a new token.{alone} {RIGHTS[git_url.kind]}"
