"""Fetching from real servers, by http with a credential, by ssh with a key, and from the disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl
from amlpriv.errors import (
    AuthenticationError,
    BuildError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    UsageError,
)
from amlpriv.repositories.checkout import Checkout
from amlpriv.repositories.fetching import fetch
from amlpriv.repositories.git import local_repository
from amlpriv.repositories.refs import RefKind
from amlpriv.secret import Secret
from tests.repositories.servers import PASSWORD, GitServer, SshServer, commit_files, git, publish, serve_git

POSIX = pytest.mark.skipif(os.name != "posix", reason="links, and programs in sh")
READER = Credentials(Secret("reader"), Secret(PASSWORD))
PACKAGE = "packages/mypackage1"

Fetch = Callable[..., Checkout]


@pytest.fixture
def bring(scrubbed: dict[str, str], tmp_path: Path) -> Fetch:
    """``fetch`` with a cache and a new work folder for each call."""
    places = iter(range(100))

    def do(url: str | GitUrl, credentials: Credentials | None = READER, **options: object) -> Checkout:
        settings: dict[str, object] = {"environ": scrubbed, "cache": tmp_path / "cache", "timeout": 30.0, **options}
        work = tmp_path / f"work-{next(places)}"
        work.mkdir()
        git_url = parse_git_url(url) if isinstance(url, str) else url
        return fetch(git_url, credentials=credentials, work=work, **settings)  # type: ignore[arg-type]

    return do


def status(folder: Path) -> str:
    return git("status", "--porcelain", cwd=folder)


def test_a_tag_and_a_subdirectory_are_fetched_at_their_commit(
    git_server: GitServer, bring: Fetch, work_tree: Path
) -> None:
    found = bring(f"git+{git_server.url()}@v1.0#subdirectory={PACKAGE}")
    assert found.commit == git("rev-parse", "v1.0^{commit}", cwd=work_tree)
    assert found.folder == found.root / PACKAGE
    assert 'version = "1.0"' in (found.folder / "pyproject.toml").read_text()
    assert status(found.root) == ""
    assert not found.history
    assert found.describe == f"{git_server.url()} at tag v1.0 ({found.commit[:12]}), {PACKAGE}"
    assert found.as_json() == {
        "url": git_server.url(),
        "commit": found.commit,
        "kind": "tag",
        "name": "v1.0",
        "subdirectory": PACKAGE,
        "submodules": {},
    }


def test_only_the_wanted_commit_comes(git_server: GitServer, bring: Fetch) -> None:
    found = bring(git_server.url(), branch="main")
    assert git("rev-list", "--count", "HEAD", cwd=found.root) == "1"
    assert (found.kind, found.name) == (RefKind.BRANCH, "main")


def test_a_commit_is_fetched_and_then_needs_no_host_any_more(bring: Fetch, repositories: Path, work_tree: Path) -> None:
    first = git("rev-parse", "main~1", cwd=work_tree)
    with serve_git(repositories) as server:
        assert 'version = "1.0"' in (bring(server.url(), rev=first).root / PACKAGE / "pyproject.toml").read_text()
        url = server.url()
    again = bring(url, rev=first, subdirectory=PACKAGE)
    assert again.commit == first
    assert status(again.root) == ""
    with pytest.raises(NetworkError):
        bring(url, rev="main")


def test_the_beginning_of_a_commit_is_enough(git_server: GitServer, bring: Fetch, work_tree: Path) -> None:
    first = git("rev-parse", "main~1", cwd=work_tree)
    assert bring(git_server.url(), rev=first[:9]).commit == first
    with pytest.raises(NotFoundError):
        bring(git_server.url(), rev="0123abc")


def test_a_server_that_gives_no_commit_by_its_hash_is_cloned_deeper(
    bring: Fetch, repositories: Path, work_tree: Path
) -> None:
    first = git("rev-parse", "main~1", cwd=work_tree)
    with serve_git(repositories) as server:
        server.settings = {"uploadpack.allowAnySHA1InWant": "false", "protocol.version": "0"}
        bring(server.url(), branch="main")
        found = bring(server.url(), rev=first)
    assert found.commit == first
    assert 'version = "1.0"' in (found.root / PACKAGE / "pyproject.toml").read_text()


def test_a_version_that_is_counted_from_tags_has_its_tags(
    git_server: GitServer, bring: Fetch, repositories: Path
) -> None:
    work = repositories.parent / "work-dynamic"
    dynamic = '[build-system]\nrequires = ["setuptools-scm"]\n[project]\nname = "x"\ndynamic = ["version"]\n'
    commit_files(work, {"pyproject.toml": dynamic, "x.py": "1"})
    git("tag", "v2.0", cwd=work)
    commit_files(work, {"x.py": "2"})
    commit_files(work, {"x.py": "3"})
    publish(work, repositories / "team/dynamic.git")
    found = bring(git_server.url("team/dynamic.git"))
    assert found.history
    assert git("describe", "--tags", "--long", "--dirty", cwd=found.root).startswith("v2.0-2-g")
    assert (found.root / "x.py").read_text() == "3"
    assert git("rev-parse", "--is-shallow-repository", cwd=found.root) == "false"

    git("tag", "v2.1", cwd=work)
    git("push", "--quiet", "--tags", str(repositories / "team/dynamic.git"), cwd=work)
    git("push", "--quiet", str(repositories / "team/dynamic.git"), ":refs/tags/v2.0", cwd=work)
    again = bring(git_server.url("team/dynamic.git"), rev=found.commit)
    assert git("tag", "--list", cwd=again.root) == "v2.1", "tags that are new or gone count"


def test_a_branch_that_looks_like_a_commit_is_a_branch(git_server: GitServer, bring: Fetch, repositories: Path) -> None:
    work = repositories.parent / "work-looks"
    commit_files(work, {"one": "1"})
    git("branch", "abcdef01", cwd=work)
    commit_files(work, {"two": "2"})
    publish(work, repositories / "team/looks.git")
    found = bring(git_server.url("team/looks.git"), rev="abcdef01")
    assert (found.kind, found.name) == (RefKind.BRANCH, "abcdef01")
    assert not (found.root / "two").exists()


def test_a_name_of_a_branch_and_a_tag_must_be_told_apart(
    git_server: GitServer, bring: Fetch, repositories: Path
) -> None:
    work = repositories.parent / "work-twice"
    commit_files(work, {"one": "1"})
    git("tag", "same", cwd=work)
    commit_files(work, {"two": "2"})
    git("branch", "same", cwd=work)
    publish(work, repositories / "team/twice.git")
    url = git_server.url("team/twice.git")
    with pytest.raises(UsageError, match="is a branch"):
        bring(url, rev="same")
    assert not (bring(url, tag="same").root / "two").exists()
    assert (bring(url, branch="same").root / "two").exists()
    assert not (bring(url, rev="refs/tags/same").root / "two").exists()


def test_refusals_are_told_apart(git_server: GitServer, bring: Fetch) -> None:
    url = git_server.url()
    with pytest.raises(AuthenticationError):
        bring(url, Credentials(Secret("reader"), Secret("canary-wrong")))
    with pytest.raises(AuthenticationError, match="there is none"):
        bring(url, None)
    with pytest.raises(PermissionDeniedError):
        bring(url, Credentials(Secret("stranger"), Secret("known-password")))
    with pytest.raises(NotFoundError, match="may not read it"):
        bring(git_server.url("team/none.git"))
    with pytest.raises(NotFoundError, match=r"v1\.0"):
        bring(url, tag="v1")
    with pytest.raises(NotFoundError):
        bring(url, tag="main")
    with pytest.raises(NotFoundError):
        bring(url, rev="0123456789" * 4)
    with pytest.raises(UsageError, match="tag and branch"):
        bring(url, tag="v1.0", branch="main")
    with pytest.raises(UsageError):
        bring(url, rev="--upload-pack=x")
    with pytest.raises(UsageError):
        bring("ext::sh -c true")
    with pytest.raises(UsageError):
        bring("/srv/x.git")


def test_a_subdirectory_that_is_not_there_is_answered_with_those_that_are(git_server: GitServer, bring: Fetch) -> None:
    with pytest.raises(NotFoundError, match="packages/mypackage1"):
        bring(git_server.url(), subdirectory="mypackage1")
    with pytest.raises(InputError, match="leads out"):
        bring(git_server.url(), subdirectory="../other")


@POSIX
def test_a_link_that_leads_out_of_the_repository_is_refused(
    git_server: GitServer, bring: Fetch, repositories: Path
) -> None:
    work = repositories.parent / "work-links"
    commit_files(work, {"good/x.py": "1", "bad/x.py": "1"})
    (work / "good" / "inside").symlink_to("../bad/x.py")
    (work / "bad" / "secrets").symlink_to("/etc/passwd")
    (work / "away").symlink_to("../..")
    commit_files(work, {})
    publish(work, repositories / "team/links.git")
    url = git_server.url("team/links.git")
    assert (bring(url, subdirectory="good").folder / "inside").read_text() == "1"
    with pytest.raises(InputError, match="bad/secrets"):
        bring(url, subdirectory="bad")
    with pytest.raises(InputError, match="leads out"):
        bring(url, subdirectory="away")


@POSIX
def test_the_users_settings_and_hooks_change_no_file(
    git_server: GitServer, bring: Fetch, scrubbed: dict[str, str], repositories: Path, tmp_path: Path
) -> None:
    work = repositories.parent / "work-lines"
    commit_files(work, {".gitattributes": "*.txt text=auto\n*.bin filter=own\n", "a.txt": "1\n2\n", "b.bin": "x"})
    publish(work, repositories / "team/lines.git")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/{name}-ran\n")
        (hooks / name).chmod(0o755)
    (Path(scrubbed["HOME"]) / ".gitconfig").write_text(
        f"[core]\n\tautocrlf = true\n\teol = crlf\n\thooksPath = {hooks}\n"
        f'[filter "own"]\n\tsmudge = tr x y\n\tclean = tr y x\n\trequired = true\n'
    )
    found = bring(git_server.url("team/lines.git"))
    assert (found.root / "a.txt").read_bytes() == b"1\n2\n"
    assert (found.root / "b.bin").read_text() == "x"
    assert not list(tmp_path.glob("*-ran"))


def test_submodules_come_with_the_same_credential_from_the_same_host_only(
    git_server: GitServer, bring: Fetch, repositories: Path
) -> None:
    inner = repositories.parent / "work-inner"
    commit_files(inner, {"pyproject.toml": "[project]\nname='inner'\n"})
    publish(inner, repositories / "team/inner.git")
    middle = repositories.parent / "work-middle"
    add_submodule(middle, repositories / "team/inner.git", "deep/inner", git_server.url("team/inner.git"))
    publish(middle, repositories / "team/middle.git")
    outer = repositories.parent / "work-outer"
    add_submodule(outer, repositories / "team/middle.git", "libs/middle", "../middle.git")
    publish(outer, repositories / "team/outer.git")

    found = bring(git_server.url("team/outer.git"), subdirectory="libs/middle/deep/inner")
    assert (found.folder / "pyproject.toml").is_file()
    assert [path for path, _ in found.submodules] == ["libs/middle", "libs/middle/deep/inner"]
    assert status(found.root) == ""
    assert bring(git_server.url("team/outer.git"), submodules=False).submodules == ()

    with serve_git(repositories) as other:
        strange = repositories.parent / "work-strange"
        add_submodule(strange, repositories / "team/inner.git", "inner", other.url("team/inner.git"))
        publish(strange, repositories / "team/strange.git")
        with pytest.raises(AuthenticationError, match="It is the submodule 'inner'"):
            bring(git_server.url("team/strange.git"))
        assert {login for _, login in other.seen} == {None}


@pytest.mark.parametrize("url", ["ext::sh -c touch% /tmp/x", "file:///etc", "/srv/x.git", "git://git.example.org/x"])
def test_a_submodule_reaches_no_disk_and_runs_no_command(
    git_server: GitServer, bring: Fetch, repositories: Path, url: str
) -> None:
    work = repositories.parent / f"work-bad-{abs(hash(url))}"
    inner = repositories / "team/private.git"
    add_submodule(work, inner, "bad", url)
    publish(work, repositories / f"team/{work.name}.git")
    with pytest.raises(UsageError, match="submodule 'bad'"):
        bring(git_server.url(f"team/{work.name}.git"))


def add_submodule(work: Path, repository: Path, path: str, url: str) -> None:
    if not (work / ".git").exists():
        commit_files(work, {"README": "x"})
    git("submodule", "--quiet", "add", str(repository), path, cwd=work)
    git("config", "--file", ".gitmodules", f"submodule.{path}.url", url, cwd=work)
    commit_files(work, {})


def test_a_credential_in_the_address_is_used_once_and_reported(
    git_server: GitServer, bring: Fetch, tmp_path: Path
) -> None:
    url = git_server.url().replace("http://", f"http://reader:{PASSWORD}@")
    found = bring(url, None)
    assert "revoke" in found.notes[0]
    assert PASSWORD not in repr(found)
    for path in (tmp_path / "cache").rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes()
    for path in found.root.rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="NOT PROVEN here: no credential in any argument (/proc)")
def test_no_process_has_the_credential_among_its_arguments(git_server: GitServer, bring: Fetch) -> None:
    seen: set[bytes] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        bring(git_server.url(), tag="v1.0")
    finally:
        ended.set()
        thread.join()
    assert any(b"fetch" in line or b"remote-http" in line for line in seen)
    assert not any(PASSWORD.encode() in line for line in seen)


def test_the_cache_is_for_its_owner_only_and_survives_damage(
    git_server: GitServer, bring: Fetch, tmp_path: Path
) -> None:
    first = bring(git_server.url(), tag="v1.0")
    [store] = [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    if os.name == "posix":
        assert store.stat().st_mode & 0o077 == 0
        assert store.parent.stat().st_mode & 0o077 == 0
    (store / "content.git" / "shallow.lock").touch()
    assert bring(git_server.url(), branch="main").commit != first.commit
    (store / "content.git" / "config").write_text("nonsense [")
    assert bring(git_server.url(), tag="v1.0").commit == first.commit


@POSIX
def test_git_lfs_that_is_missing_is_an_error_where_its_files_are_needed(
    git_server: GitServer, bring: Fetch, repositories: Path, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    work = repositories.parent / "work-lfs"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    commit_files(work, {"with/model.bin": pointer, "with/x.py": "1", "without/x.py": "1"})
    publish(work, repositories / "team/lfs.git")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    environ = {**scrubbed, "PATH": str(programs)}
    url = git_server.url("team/lfs.git")
    assert (bring(url, subdirectory="without", environ=environ).folder / "x.py").is_file()
    with pytest.raises(BuildError, match="git-lfs is not installed"):
        bring(url, subdirectory="with", environ=environ)


@pytest.mark.skipif(not shutil.which("git-lfs"), reason="NOT PROVEN here: Git LFS (Debian: apt-get install git-lfs)")
def test_git_lfs_brings_what_is_needed_with_the_same_credential(
    git_server: GitServer, bring: Fetch, repositories: Path
) -> None:
    content = b"a large model"
    name = hashlib.sha256(content).hexdigest()
    git_server.large[name] = content
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n"
    unknown = pointer.replace(name, "1" * 64)
    work = repositories.parent / "work-large"
    files = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "one/m.bin": pointer}
    commit_files(work, {**files, "two/m.bin": unknown})
    publish(work, repositories / "team/large.git")
    found = bring(git_server.url("team/large.git"), subdirectory="one")
    assert (found.folder / "m.bin").read_bytes() == content
    assert (found.root / "two/m.bin").read_text() == unknown
    assert not [path for path in found.root.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    if shutil.which("git-lfs"):
        assert status(found.root) == ""
    with pytest.raises(BuildError, match=r"could not be fetched: two/m\.bin"):
        bring(git_server.url("team/large.git"), subdirectory="two")


def test_several_fetches_at_once_share_one_cache(git_server: GitServer, bring: Fetch) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda tag: bring(git_server.url(), rev=tag).commit, ["v1.0", "main", "v1.0"]))
    assert results[0] == results[2] != results[1]


def test_a_host_that_says_nothing_ends_by_the_time_limit(bring: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NetworkError, match="in time"):
        bring(f"http://127.0.0.1:{silent.getsockname()[1]}/team/x.git", timeout=1.0)


def test_a_path_of_the_users_is_fetched_like_a_host(bring: Fetch, repositories: Path) -> None:
    found = bring(local_repository(repositories / "team/private.git"), None, tag="v1.0", subdirectory=PACKAGE)
    assert (found.folder / "pyproject.toml").is_file()
    assert found.url.startswith("file:///")


def test_ssh_fetches_with_the_users_key(ssh_server: SshServer, bring: Fetch, scrubbed: dict[str, str]) -> None:
    environ = {**scrubbed, "GIT_SSH_COMMAND": ssh_server.command()}
    url = f"git+{ssh_server.url()}@v1.0#subdirectory={PACKAGE}"
    assert (bring(url, None, environ=environ).folder / "pyproject.toml").is_file()
    unknown = {**scrubbed, "GIT_SSH_COMMAND": ssh_server.command(known_hosts="no_hosts")}
    with pytest.raises(NetworkError, match="ssh key"):
        bring(url, None, environ=unknown, cache=Path(scrubbed["HOME"]) / "other")


def test_lines_are_told_while_it_runs(git_server: GitServer, bring: Fetch) -> None:
    lines: list[str] = []
    bring(git_server.url(), branch="main", on_line=lines.append)
    assert any("objects" in line for line in lines)


def test_a_fetched_project_builds_to_the_same_wheel_as_its_work_tree(git_server: GitServer, bring: Fetch) -> None:
    found = bring(git_server.url(), tag="v1.0", subdirectory=PACKAGE)
    when = subprocess.run(
        ["git", "-C", found.root, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True
    )
    assert when.stdout.strip() == "1700000000", "the time of the build is that of the commit"
