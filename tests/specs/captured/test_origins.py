"""Where an installed distribution came from."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.findings import Severity
from amlpriv.specs.captured.origins import Origin, origin_of
from amlpriv.specs.sources import GitSource, PathSource, UrlSource
from tests.specs.captured.interpreters import composed, installed, package, pip_lines

SHA = "ab" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PASSWORD = "hunter2-ultra"
SIGNATURE = "sv=2024-11-04&se=2027-01-01&sr=b&sp=r&sig=c2lnbmF0dXJl"


def origin(url: str, *, info: dict[str, Any], path: str | None = None, kind: str | None = None, **more: Any) -> Origin:
    return origin_of(
        package("contoso", "1.2", direct_url={"url": url, **info}, path=path, path_kind=kind, project=None, **more)
    )


def git(url: str, **more: Any) -> Origin:
    return origin(url, info={"vcs_info": {"vcs": "git", "commit_id": COMMIT}, **more})


def wheel(url: str, **archive: Any) -> Origin:
    return origin(url, info={"archive_info": archive})


def test_what_came_from_an_index_has_no_source_and_no_complaint() -> None:
    assert origin_of(package("pandas")) == Origin()


def test_an_editable_install_is_its_project() -> None:
    found = origin_of(package("contoso", path="/src/contoso", path_kind="folder", project="/src/contoso"))
    assert found.source == PathSource("/src/contoso")
    assert found.fixed


def test_an_editable_install_whose_project_is_gone_is_an_error_with_the_name_and_the_folder() -> None:
    found = origin_of(package("contoso", "1.2", path="/src/contoso", path_kind=None, project="/src/contoso"))
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("AP701", Severity.ERROR)
    assert "contoso 1.2" in finding.message
    assert "/src/contoso" in finding.message
    assert "sources" in finding.fix


def test_a_wheel_file_is_taken_as_it_is_and_pinned() -> None:
    place = "/wheels/contoso-1.2-py3-none-any.whl"
    found = origin(f"file://{place}", info={"archive_info": {}}, path=place, kind="file")
    assert found.source == PathSource(place)
    assert not found.fixed


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [("contoso-1.2-py3-none-any.whl", None, "gone"), ("contoso-1.2.tar.gz", "file", "source archive")],
)
def test_a_file_that_is_gone_or_no_wheel_is_told(name: str, kind: str | None, word: str) -> None:
    found = origin(f"file:///w/{name}", info={"archive_info": {}}, path=f"/w/{name}", kind=kind)
    assert found.source is None
    assert word in found.findings[0].message


def test_a_repository_is_pinned_to_its_commit_with_the_subdirectory() -> None:
    found = git("https://github.com/contoso/nlp.git", subdirectory="packages/nlp")
    assert found == Origin(GitSource("https://github.com/contoso/nlp.git", rev=COMMIT, subdirectory="packages/nlp"))


@pytest.mark.parametrize(
    "url",
    [
        "ssh://git@github.com/contoso/nlp.git",
        "ssh://tester@127.0.0.1:2222/srv/git/nlp.git",
        "http://127.0.0.1:8080/nlp.git",
        "https://example.org:8443/x/nlp",
        "https://dev.azure.com/o/p/_git/nlp",
    ],
)
def test_an_address_without_a_credential_stays_as_it_is(url: str) -> None:
    assert git(url) == Origin(GitSource(url, rev=COMMIT))


def test_what_is_not_encrypted_becomes_https_where_the_host_is_known() -> None:
    assert git("git://github.com/contoso/nlp.git") == Origin(
        GitSource("https://github.com/contoso/nlp.git", rev=COMMIT)
    )


@pytest.mark.parametrize("user", [f"me:{PASSWORD}", f"{PASSWORD * 3}", "${GIT_TOKEN}", f"x-access-token:{PASSWORD}"])
def test_a_credential_in_the_address_of_a_repository_is_left_out_and_told(user: str) -> None:
    found = git(f"https://{user}@example.org/contoso/nlp.git")
    assert found.source == GitSource("https://example.org/contoso/nlp.git", rev=COMMIT)
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("AP702", Severity.WARNING)
    assert "contoso" in finding.message
    assert PASSWORD not in repr(found)
    assert "GIT_TOKEN" not in repr(found)


@pytest.mark.parametrize("kind", ["folder", None])
def test_a_repository_of_this_machine_is_an_error_that_says_what_to_do(kind: str | None) -> None:
    info = {"vcs_info": {"vcs": "git", "commit_id": COMMIT}}
    found = origin("file:///srv/nlp.git", info=info, path="/srv/nlp.git", kind=kind)
    assert found.source is None
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("AP701", Severity.ERROR)
    assert "/srv/nlp.git" in finding.message
    assert "Push" in finding.fix
    assert "{path: ...}" in finding.fix


@pytest.mark.parametrize("folder", ["../../x", "a/../../x", "/etc", "..\\x", "C:\\x", "C:/x", ".git/hooks", "a\nb"])
def test_a_subdirectory_that_leads_out_of_the_repository_is_no_source(folder: str) -> None:
    found = git("https://example.org/contoso/nlp.git", subdirectory=folder)
    assert found.source is None
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("AP701", Severity.ERROR)
    assert "subdirectory" in finding.message


@pytest.mark.parametrize(("lies", "told"), [("other", True), ("contoso", False), (None, False)])
def test_a_folder_that_holds_another_project_by_now_is_no_source(lies: str | None, told: bool) -> None:
    found = origin_of(package("Contoso", path="/src/c", path_kind="folder", project="/src/c", lies_there=lies))
    assert (found.source is None) is told
    assert [finding.code for finding in found.findings] == (["AP701"] if told else [])
    assert all("/src/c" in finding.message and "'other'" in finding.message for finding in found.findings)


@pytest.mark.parametrize("info", [{"vcs": "hg", "commit_id": "1"}, {"vcs": "git"}, {}])
def test_another_version_control_or_no_commit_is_an_error(info: dict[str, str]) -> None:
    found = origin("https://example.org/x", info={"vcs_info": info})
    assert found.source is None
    assert found.findings[0].code == "AP701"


@pytest.mark.parametrize("archive", [{"hashes": {"sha256": SHA}}, {"hash": f"sha256={SHA}"}])
def test_a_wheel_at_an_address_is_taken_with_its_hash(archive: dict[str, Any]) -> None:
    url = "https://store.example.org/contoso-1.2-py3-none-any.whl"
    assert wheel(url, **archive) == Origin(UrlSource(url, SHA))


@pytest.mark.parametrize("name", ["contoso-1.2-py3-none-any.whl", "contoso-1.2.tar.gz"])
def test_an_address_without_a_hash_or_of_no_wheel_is_an_error(name: str) -> None:
    hashes = {} if name.endswith(".whl") else {"hashes": {"sha256": SHA}}
    found = wheel(f"https://store.example.org/{name}", **hashes)
    assert found.source is None
    assert found.findings[0].code == "AP701"


def test_a_signature_is_left_out_where_the_hash_makes_the_wheel_sure() -> None:
    url = "https://store.example.org/c/contoso-1.2-py3-none-any.whl"
    found = wheel(f"{url}?{SIGNATURE}", hashes={"sha256": SHA})
    assert found.source == UrlSource(url, SHA)
    assert found.findings[0].severity is Severity.WARNING
    assert "c2lnbmF0dXJl" not in repr(found)


@pytest.mark.parametrize(
    ("address", "hashes"),
    [
        (f"https://me:{PASSWORD}@example.org/contoso-1.2-py3-none-any.whl", {"sha256": SHA}),
        (f"https://example.org/contoso-1.2-py3-none-any.whl?{SIGNATURE}", {}),
        (f"https://example.org/contoso-1.2-py3-none-any.whl?X-Amz-Signature={PASSWORD}", {"sha256": SHA}),
        (f"https://example.org/contoso-1.2-py3-none-any.whl?token={PASSWORD}", {"sha256": SHA}),
    ],
)
def test_a_credential_that_the_address_is_useless_without_is_refused_by_package(
    address: str, hashes: dict[str, str]
) -> None:
    found = wheel(address, hashes=hashes)
    assert found.source is None
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.subject) == ("AP702", Severity.ERROR, "contoso")
    assert "contoso was installed from https://example.org/contoso-1.2-py3-none-any.whl" in finding.message
    assert PASSWORD not in repr(found)
    assert "c2lnbmF0dXJl" not in repr(found)


def test_what_conda_owns_was_built_in_a_folder_that_nobody_has() -> None:
    info = {"url": "file:///home/conda/feedstock_root/work", "dir_info": {}}
    one = package("pandas", direct_url=info, path="/home/conda/feedstock_root/work", installer="conda")
    assert origin_of(one) == Origin()


def test_a_direct_url_that_cannot_be_read_is_told() -> None:
    assert "direct_url.json" in origin_of(package("contoso", direct_url={})).findings[0].message


def test_the_file_has_a_remark_where_a_source_is_missing_and_no_pin_where_it_is_built() -> None:
    result = composed(
        installed(
            package("Contoso.Core", "1.0.dev3+g12.d2026", path="/src/core", project="/src/core", path_kind="folder"),
            package("contoso-lost", "2.0", path="/gone", project="/gone", path_kind=None),
        )
    )
    assert pip_lines(result) == ["Contoso.Core", "contoso-lost==2.0"]
    assert "contoso-lost==2.0  # contoso-lost 2.0 has no source: it was installed from the folder /gone" in result.text
    assert "  contoso-core: {path: /src/core}\n" in result.text
    assert [finding.code for finding in result.findings] == ["AP701"]


@pytest.mark.parametrize(
    ("version", "line", "code"),
    [
        ("2.1.0+cu118", "torch==2.1.0", "AP704"),
        ("2.2.0.dev20260101", "torch==2.2.0.dev20260101", "AP704"),
        ("not a version", "torch", "AP704"),
    ],
)
def test_a_version_that_no_index_has_is_told(version: str, line: str, code: str) -> None:
    result = composed(installed(package("torch", version)))
    assert pip_lines(result) == [line]
    assert [finding.code for finding in result.findings] == [code]


def test_a_package_without_a_sign_of_being_published_is_suspicious_and_one_with_a_source_is_not() -> None:
    result = composed(
        installed(
            package("pandas"),
            package("contoso-a", has_web_page=False),
            package("contoso-b", private_classifier=True),
            package("contoso-c", has_web_page=False, path="/c", project="/c", path_kind="folder"),
            package("contoso-gone", has_web_page=False, path="/d", project="/d", path_kind=None),
        ),
        known_private={"contoso-b"},
    )
    assert result.suspicious == ("contoso-a", "contoso-b")
    told = [(finding.code, finding.subject) for finding in result.findings]
    assert told == [("AP701", "contoso-gone"), ("AP706", "contoso-b")]


def test_changed_files_are_reported_by_package() -> None:
    result = composed(installed(package("pandas", "2.0", modified=(("pandas/x.py", "changed"),))))
    assert result.modified[0].files == (("pandas/x.py", "changed"),)
    assert "pandas/x.py" in result.findings[0].message
    assert result.findings[0].code == "AP703"
