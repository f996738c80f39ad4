"""The proof against real servers: by http with Basic authentication, and by ssh."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.errors import AuthenticationError, NotFoundError, PermissionDeniedError, UsageError
from amlpriv.local.certificates import ensure_certificates
from amlpriv.local.home import Home
from amlpriv.repositories.outcomes import Outcome
from amlpriv.repositories.proof import RepositoryProof, ls_remote, protocols_for
from amlpriv.repositories.refs import RefKind
from amlpriv.secret import Secret
from tests.repositories.servers import PASSWORD, TOKEN, GitServer, SshServer, commit_files, git, publish, serve_git

POSIX = pytest.mark.skipif(os.name != "posix", reason="a program in sh")
READER = Credentials(Secret("reader"), Secret(PASSWORD))


def ask(
    url: str,
    environ: Mapping[str, str],
    credentials: Credentials | None = READER,
    *,
    ref: str | None = None,
    own_helpers: bool = False,
    timeout: float = 20,
) -> RepositoryProof:
    return ls_remote(
        parse_git_url(url), credentials, ref=ref, environ=environ, own_helpers=own_helpers, timeout=timeout
    )


def test_a_tag_is_the_commit_that_it_stands_for(
    git_server: GitServer, scrubbed: dict[str, str], work_tree: Path
) -> None:
    proof = ask(f"git+{git_server.url()}@v1.0#subdirectory=packages/mypackage1", scrubbed)
    assert proof.ok
    assert proof.commit == git("rev-parse", "v1.0^{commit}", cwd=work_tree)
    assert proof.resolved is not None
    assert (proof.resolved.kind, proof.resolved.name) == (RefKind.TAG, "v1.0")
    proof.raise_for_failure()


def test_without_a_reference_the_default_branch_is_meant(
    git_server: GitServer, scrubbed: dict[str, str], work_tree: Path
) -> None:
    proof = ask(git_server.url(), scrubbed)
    assert proof.commit == git("rev-parse", "main", cwd=work_tree)
    assert proof.resolved is not None
    assert (proof.resolved.kind, proof.resolved.name) == (RefKind.DEFAULT, "main")


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(Secret(TOKEN)),
        Credentials(None, Secret(TOKEN)),
        Credentials(Secret("x-access-token"), Secret(TOKEN)),
    ],
    ids=["token as user alone", "token as password alone", "user and token"],
)
def test_a_token_goes_as_it_was_given(
    git_server: GitServer, scrubbed: dict[str, str], credentials: Credentials
) -> None:
    assert ask(git_server.url(), scrubbed, credentials, ref="main").ok


def test_a_commit_that_no_branch_ends_at_is_found(
    git_server: GitServer, scrubbed: dict[str, str], repositories: Path
) -> None:
    work = repositories.parent / "work-old"
    old = commit_files(work, {"one": "1"})
    commit_files(work, {"two": "2"})
    publish(work, repositories / "team/old.git")
    proof = ask(git_server.url("team/old.git"), scrubbed, ref=old)
    assert proof.ok
    assert proof.commit == old


def test_a_commit_that_is_not_there_is_named(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    proof = ask(git_server.url(), scrubbed, ref="0123456789" * 4)
    assert proof.outcome is Outcome.NO_REF
    assert "0123456789" in proof.words


def test_the_beginning_of_a_commit_is_not_claimed_to_be_there(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    proof = ask(git_server.url(), scrubbed, ref="abcdef01")
    assert proof.ok
    assert proof.commit is None
    assert "whole clone" in proof.notes[0]


def test_a_wrong_token_is_refused_and_the_missing_right_is_named(
    git_server: GitServer, scrubbed: dict[str, str]
) -> None:
    wrong = Credentials(Secret("reader"), Secret("canary-wrong-token"))
    proof = ask(git_server.url(), scrubbed, wrong)
    assert proof.outcome is Outcome.REFUSED
    assert "401" in proof.words
    assert "canary" not in json.dumps(proof.as_json()) + repr(proof)
    with pytest.raises(AuthenticationError):
        proof.raise_for_failure()


def test_no_credential_is_another_thing_than_a_wrong_one(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    proof = ask(git_server.url(), scrubbed, None)
    assert proof.outcome is Outcome.MISSING
    assert "token" in proof.fix


def test_somebody_without_the_right_gets_403(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    proof = ask(git_server.url(), scrubbed, Credentials(Secret("stranger"), Secret("known-password")))
    assert proof.outcome is Outcome.FORBIDDEN
    with pytest.raises(PermissionDeniedError):
        proof.raise_for_failure()


def test_a_repository_that_is_not_there_may_be_one_that_must_not_be_read(
    git_server: GitServer, scrubbed: dict[str, str]
) -> None:
    proof = ask(git_server.url("team/privat.git"), scrubbed)
    assert proof.outcome is Outcome.NOT_FOUND
    assert "may not read it" in proof.words
    with pytest.raises(NotFoundError):
        proof.raise_for_failure()


def test_an_unknown_tag_comes_with_the_nearest_ones(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    proof = ask(git_server.url(), scrubbed, ref="1.0")
    assert proof.outcome is Outcome.NO_REF
    assert proof.nearest == ("v1.0",)
    assert "v1.0" in proof.fix


def test_a_name_of_a_branch_and_a_tag_is_said_to_be_both(
    git_server: GitServer, scrubbed: dict[str, str], repositories: Path
) -> None:
    work = repositories.parent / "work-both"
    first = commit_files(work, {"one": "1"})
    git("tag", "same", cwd=work)
    second = commit_files(work, {"two": "2"})
    git("branch", "same", cwd=work)
    publish(work, repositories / "team/both.git")
    proof = ask(git_server.url("team/both.git"), scrubbed, ref="same")
    assert proof.commit == second
    assert first in proof.notes[0]
    assert ask(git_server.url("team/both.git"), scrubbed, ref="refs/tags/same").commit == first


def test_a_repository_without_a_commit_is_empty(
    git_server: GitServer, scrubbed: dict[str, str], repositories: Path
) -> None:
    git("init", "--quiet", "--bare", "team/empty.git", cwd=repositories)
    assert ask(git_server.url("team/empty.git"), scrubbed).outcome is Outcome.EMPTY


def test_a_web_page_is_no_repository(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    assert ask(git_server.url("page/x"), scrubbed).outcome is Outcome.NO_REPOSITORY


@pytest.mark.parametrize(("status", "outcome"), [(503, Outcome.SERVER), (429, Outcome.THROTTLED)])
def test_the_hosts_own_errors_are_told_apart(
    git_server: GitServer, scrubbed: dict[str, str], status: int, outcome: Outcome
) -> None:
    git_server.answers[f"/status{status}"] = status
    assert ask(git_server.url(f"status{status}/x.git"), scrubbed).outcome is outcome


def test_a_repository_that_moved_is_followed_and_the_other_address_named(
    git_server: GitServer, scrubbed: dict[str, str]
) -> None:
    git_server.redirects["/moved"] = "/team"
    proof = ask(git_server.url("moved/private.git"), scrubbed)
    assert proof.ok
    assert git_server.url() in proof.notes[0]


def test_the_credential_goes_to_no_other_host(
    git_server: GitServer, scrubbed: dict[str, str], repositories: Path
) -> None:
    with serve_git(repositories) as other:
        git_server.redirects["/elsewhere"] = other.url("team")
        assert ask(git_server.url("elsewhere/private.git"), scrubbed).outcome is Outcome.MISSING
        assert {login for _, login in other.seen} == {None}


def test_hosts_that_do_not_answer_are_told_apart(scrubbed: dict[str, str]) -> None:
    assert ask("https://no-such-host.example.org/team/x.git", scrubbed).outcome is Outcome.HOST
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert ask(f"https://127.0.0.1:{port}/team/x.git", scrubbed).outcome is Outcome.UNREACHABLE


def test_a_proxy_that_is_not_there_is_named(scrubbed: dict[str, str]) -> None:
    environ = {**scrubbed, "https_proxy": "http://no-such-proxy.example.org:3128"}
    assert ask("https://git.example.org/team/x.git", environ).outcome is Outcome.PROXY


def test_a_certificate_that_nobody_knows_is_a_tls_failure_until_git_gets_the_authority(
    scrubbed: dict[str, str], repositories: Path, tmp_path: Path
) -> None:
    home = Home.find({"AMLPRIV_HOME": str(tmp_path / "tls")})
    home.certificates.mkdir(parents=True)
    files = ensure_certificates(home, datetime.now(timezone.utc))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with serve_git(repositories, context) as server:
        proof = ask(server.url(), scrubbed)
        assert proof.outcome is Outcome.TLS
        assert "GIT_SSL_CAINFO" in proof.fix
        assert ask(server.url(), {**scrubbed, "GIT_SSL_CAINFO": str(files.ca)}).ok


def test_a_host_that_says_nothing_ends_by_the_time_limit(scrubbed: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/team/x.git"
        assert ask(url, scrubbed, timeout=1).outcome is Outcome.TIMEOUT


def test_git_that_is_missing_is_named(scrubbed: dict[str, str], tmp_path: Path) -> None:
    assert ask("https://git.example.org/x/y", {**scrubbed, "PATH": str(tmp_path)}).outcome is Outcome.NO_GIT


@POSIX
def test_git_that_is_too_old_is_named(scrubbed: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.17.1\n")
    program.chmod(0o755)
    proof = ask("https://git.example.org/x/y", {**scrubbed, "PATH": str(tmp_path)})
    assert proof.outcome is Outcome.OLD_GIT
    assert "2.25" in proof.fix


@pytest.mark.parametrize("url", ["http://git.example.org/team/x.git", "git://git.example.org/team/x.git"])
def test_what_is_not_encrypted_is_not_asked(scrubbed: dict[str, str], url: str) -> None:
    assert ask(url, scrubbed).outcome is Outcome.TRANSPORT


@pytest.mark.parametrize("url", ["file:///srv/x.git", "ext::sh -c true", "/srv/x.git", "nonsense"])
def test_what_is_no_address_is_not_asked(scrubbed: dict[str, str], url: str) -> None:
    proof = ask(url, scrubbed)
    assert proof.outcome is Outcome.ADDRESS
    with pytest.raises(UsageError):
        proof.raise_for_failure()


def test_the_users_netrc_and_settings_do_not_stand_in_for_the_credential(
    git_server: GitServer, scrubbed: dict[str, str]
) -> None:
    home = Path(scrubbed["HOME"])
    netrc = home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login reader password {PASSWORD}\n")
    netrc.chmod(0o600)
    header = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
    (home / ".gitconfig").write_text(
        f'[credential "{git_server.url("")}"]\n\thelper = "!echo username=reader; echo password={PASSWORD}; :"\n'
        f'[http "{git_server.url("")}"]\n\textraHeader = Authorization: Basic {header}\n'
        f'[url "{git_server.url("public/")}"]\n\tinsteadOf = {git_server.url("team/")}\n'
    )
    wrong = Credentials(Secret("reader"), Secret("canary-wrong-token"))
    assert ask(git_server.url(), scrubbed, wrong).outcome is Outcome.REFUSED
    assert ask(git_server.url(), scrubbed, None).outcome is Outcome.MISSING


@pytest.mark.parametrize("place", ["netrc", "helper", pytest.param("askpass", marks=POSIX)])
def test_the_users_own_helpers_answer_where_that_is_wished(
    git_server: GitServer, scrubbed: dict[str, str], place: str, tmp_path: Path
) -> None:
    home, environ = Path(scrubbed["HOME"]), dict(scrubbed)
    match place:
        case "netrc":
            (home / ".netrc").write_text(f"machine 127.0.0.1 login reader password {PASSWORD}\n")
        case "helper":
            (home / ".gitconfig").write_text(
                f'[credential]\n\thelper = "!echo username=reader; echo password={PASSWORD}; :"\n'
            )
        case _:
            program = tmp_path / "askpass"
            program.write_text(f'#!/bin/sh\ncase "$1" in User*) echo reader;; *) echo {PASSWORD};; esac\n')
            program.chmod(0o755)
            environ["GIT_ASKPASS"] = str(program)
    assert ask(git_server.url(), environ, None, own_helpers=True).ok
    assert ask(git_server.url(), environ, None).outcome is Outcome.MISSING


def test_tracing_that_the_user_left_on_writes_no_credential(
    git_server: GitServer, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "trace"
    loud = {"GIT_TRACE": str(log), "GIT_TRACE_CURL": str(log), "GIT_TRACE_REDACT": "0", "GIT_CURL_VERBOSE": "1"}
    assert ask(git_server.url(), {**scrubbed, **loud}).ok
    assert not log.exists()


def test_a_hooks_surroundings_lead_nowhere(git_server: GitServer, scrubbed: dict[str, str], tmp_path: Path) -> None:
    assert ask(git_server.url(), {**scrubbed, "GIT_DIR": str(tmp_path / "none"), "GIT_WORK_TREE": "/none"}).ok


def test_a_credential_with_a_line_break_is_refused(git_server: GitServer, scrubbed: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="line break"):
        ask(git_server.url(), scrubbed, Credentials(None, Secret("a\nhost=evil.example.org")))


def test_ssh_with_the_right_key_reads(ssh_server: SshServer, by_ssh: Mapping[str, str], work_tree: Path) -> None:
    proof = ask(f"git+{ssh_server.url()}@v1.0", by_ssh, None)
    assert proof.ok, proof
    assert proof.commit == git("rev-parse", "v1.0^{commit}", cwd=work_tree)


def test_ssh_failures_are_told_apart(ssh_server: SshServer, scrubbed: dict[str, str], tmp_path: Path) -> None:
    def outcome(url: str, command: str) -> Outcome:
        return ask(url, {**scrubbed, "GIT_SSH_COMMAND": command}, None).outcome

    changed = tmp_path / "changed"
    other = (ssh_server.folder / "other_key.pub").read_text().split()
    changed.write_text(f"[127.0.0.1]:{ssh_server.port} {other[0]} {other[1]}\n")
    assert outcome(ssh_server.url(), ssh_server.command(key="other_key")) is Outcome.REFUSED
    assert outcome(ssh_server.url(), ssh_server.command(known_hosts="no_hosts")) is Outcome.HOST_KEY
    assert outcome(ssh_server.url(), ssh_server.command(known_hosts=str(changed))) is Outcome.HOST_KEY_CHANGED
    assert outcome(ssh_server.url("team/none.git"), ssh_server.command()) is Outcome.NOT_FOUND
    assert outcome("ssh://git@no-such-host.example.org/team/x.git", ssh_server.command()) is Outcome.HOST
    assert outcome("ssh://git@127.0.0.1:1/team/x.git", ssh_server.command()) is Outcome.UNREACHABLE


def test_a_missing_ssh_is_named(scrubbed: dict[str, str], tmp_path: Path) -> None:
    environ = {**scrubbed, "GIT_SSH_COMMAND": str(tmp_path / "bin" / "ssh")}
    assert ask("ssh://git@127.0.0.1:1/team/x.git", environ, None).outcome is Outcome.NO_SSH


def test_http_is_for_this_machine_only() -> None:
    assert "http" in protocols_for(parse_git_url("http://localhost:8080/x/y.git"))
    assert "http" not in protocols_for(parse_git_url("http://git.example.org/x/y.git"))
    assert "http" not in protocols_for(parse_git_url("https://localhost:8080/x/y.git"))
