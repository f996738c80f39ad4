"""Words of git, libcurl, OpenSSH and of the hosts, and what they mean."""

from __future__ import annotations

import pytest

from amlpriv.repositories.outcomes import Outcome, judge, said

URL = "https://git.example.org/team/x.git/"
ACCESS = f"fatal: unable to access '{URL}': "


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (f"fatal: Authentication failed for '{URL}'", Outcome.REFUSED),
        ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://gitlab.com/'", Outcome.REFUSED),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", Outcome.MISSING),
        ("fatal: could not read Username for 'https://github.com': No such device or address", Outcome.MISSING),
        (ACCESS + "The requested URL returned error: 401", Outcome.REFUSED),
        (ACCESS + "The requested URL returned error: 403", Outcome.FORBIDDEN),
        ("remote: Write access to repository not granted.\n" + ACCESS + "The requested URL returned error: 403",
         Outcome.FORBIDDEN),
        (ACCESS + "The requested URL returned error: 429", Outcome.THROTTLED),
        (ACCESS + "The requested URL returned error: 502", Outcome.SERVER),
        (ACCESS + "The requested URL returned error: 418", Outcome.UNKNOWN),
        (f"remote: Repository not found.\nfatal: repository '{URL}' not found", Outcome.NOT_FOUND),
        ("remote: TF401019: The Git repository with name or identifier x does not exist or you do not have permissions"
         " for the operation you are attempting.", Outcome.NOT_FOUND),
        ("remote: The project you were looking for could not be found or you don't have permission to view it.",
         Outcome.NOT_FOUND),
        ("fatal: '/srv/x.git' does not appear to be a git repository", Outcome.NOT_FOUND),
        ("fatal: unable to update url base from redirection:\n  asked for: https://dev.azure.com/o/_git/x/info/refs\n"
         "   redirect: https://login.example.org/_signin", Outcome.SIGN_IN_PAGE),
        (f"fatal: {URL}info/refs not valid: is this a git repository?", Outcome.NO_REPOSITORY),
        (ACCESS + "Could not resolve host: git.example.org", Outcome.HOST),
        ("ssh: Could not resolve hostname git.example.org: Name or service not known", Outcome.HOST),
        (ACCESS + "Could not resolve proxy: proxy.example.org", Outcome.PROXY),
        (ACCESS + "Received HTTP code 407 from proxy after CONNECT", Outcome.PROXY),
        (ACCESS + "CONNECT tunnel failed, response 403", Outcome.PROXY),
        (ACCESS + "Failed to connect to git.example.org port 443 after 3 ms: Couldn't connect to server",
         Outcome.UNREACHABLE),
        (ACCESS + "SSL certificate problem: unable to get local issuer certificate", Outcome.TLS),
        (ACCESS + "server certificate verification failed. CAfile: none CRLfile: none", Outcome.TLS),
        (ACCESS + "schannel: next InitializeSecurityContext failed", Outcome.TLS),
        (ACCESS + "gnutls_handshake() failed: Handshake failed", Outcome.TLS),
        ("git@git.example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.",
         Outcome.REFUSED),
        ("No ED25519 host key is known\nHost key verification failed.", Outcome.HOST_KEY),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
         Outcome.HOST_KEY_CHANGED),
        ("ssh: connect to host git.example.org port 22: Connection timed out", Outcome.UNREACHABLE),
        ("kex_exchange_identification: Connection closed by remote host", Outcome.UNREACHABLE),
        ("error: cannot run ssh: No such file or directory\nfatal: unable to fork", Outcome.NO_SSH),
        ("fatal: transport 'ext' not allowed", Outcome.TRANSPORT),
        ("fatal: remote error: upload-pack: not our ref 0123", Outcome.NO_REF),
        ("fatal: couldn't find remote ref v9", Outcome.NO_REF),
        ("something else", Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_words_have_their_meaning(words: str, outcome: Outcome) -> None:
    assert judge(words.split("\n")) is outcome


def test_what_was_said_is_kept_short() -> None:
    lines = ["remote:", "remote: One", "Cloning", "remote: One", "fatal: Two", *(f"remote: {n}" for n in range(9))]
    assert said(lines) == tuple(f"remote: {n}" for n in range(3, 9))
    assert said(lines[:5]) == ("remote: One", "fatal: Two")
