"""The unmodified MLClient of azure-ai-ml, and the unmodified azure-identity, against the control plane."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import TENANT, Site

ENVIRONMENTS = f"{WORKSPACE_ID}/environments"
ROOT = Path(__file__).parents[2]
SESSION = Path(__file__).with_name("mlclient_session.py")


class Session:
    """Evaluates Python in the process that has the client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self.questions, self.answers = process.stdin, process.stdout

    def __call__(self, code: str) -> Any:
        self.questions.write(json.dumps(code) + "\n")
        self.questions.flush()
        answer = json.loads(self.answers.readline())
        if "error" in answer:
            raise RuntimeError(f"{answer['error']}: {answer['message']}")
        return answer["value"]


@pytest.fixture(scope="module")
def ml(site: Site) -> Iterator[Session]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "ARM_"))}
    environment |= {"PYTHONPATH": str(ROOT), "REQUESTS_CA_BUNDLE": str(site.ca)}
    environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost")
    command = [sys.executable, str(SESSION), str(site.server.port), str(site.ca)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, encoding="utf-8"
    ) as process:
        session = Session(process)
        yield session
        session.questions.close()


def create(ml: Session, name: str, version: str, **fields: Any) -> str:
    return str(
        ml(f"ml.environments.create_or_update(Environment(name={name!r}, version={version!r}, **{fields!r})).id")
    )


def versions(ml: Session, name: str, view: str = "ActiveOnly") -> list[str]:
    return list(ml(f"[one.version for one in ml.environments.list({name!r}, list_view_type={view!r})]"))


def test_workspace(ml: Session) -> None:
    assert ml("ml.workspaces.get('local').location") == "westeurope"
    assert ml("[one.name for one in ml.workspaces.list()]") == ["local"]


def test_default_datastore(ml: Session, site: Site) -> None:
    assert ml("ml.datastores.get_default().container_name") == site.plane.default_container
    assert ml("[one.name for one in ml.datastores.list()]") == ["workspaceblobstore", "workspaceartifactstore"]


def test_datastore_secrets(ml: Session) -> None:
    assert "sp=racwdl" in ml("ml.datastores.get_default(include_secrets=True).credentials.sas_token")
    assert ml("ml.datastores._list_secrets('workspaceblobstore').secrets_type") == "AccountKey"


def test_create_get_and_create_again(ml: Session) -> None:
    identifier = create(ml, "sdk", "1", image="ubuntu", tags={"a": "b"}, properties={"amlpriv.digest": "d"})
    assert identifier.endswith("/environments/sdk/versions/1")
    assert create(ml, "sdk", "1", image="ubuntu", tags={"a": "c"}, properties={"amlpriv.digest": "d"}) == identifier
    assert ml("ml.environments.get('sdk', '1').tags") == {"a": "c"}
    assert ml("ml.environments.get('sdk', '1').properties") == {"amlpriv.digest": "d"}
    assert ml("ml.environments.get('sdk', '1').creation_context.created_at.year") > 2025


def test_a_conda_file_comes_back(ml: Session) -> None:
    conda = {"dependencies": ["python=3.11", {"pip": ["contoso-features"]}]}
    create(ml, "conda", "1", image="ubuntu", conda_file=conda)
    assert ml("ml.environments.get('conda', '1').conda_file") == conda


def test_other_content_is_a_resource_exists_error(ml: Session) -> None:
    create(ml, "fixed", "1", image="ubuntu")
    with pytest.raises(RuntimeError, match=r"ResourceExistsError.*already registered and cannot be changed"):
        create(ml, "fixed", "1", image="debian")


def test_without_a_version_the_client_counts_up_only_when_something_changed(ml: Session) -> None:
    code = "ml.environments.create_or_update(Environment(name='auto', image={!r})).version"
    assert [ml(code.format(image)) for image in ("a", "a", "b", "c")] == ["1", "1", "2", "3"]


def test_anonymous(ml: Session) -> None:
    name = ml("ml.environments.create_or_update(Environment(image='ubuntu')).name")
    assert name == "CliV2AnonymousEnvironment"
    assert name not in ml("[one.name for one in ml.environments.list(list_view_type='All')]")


def test_list_latest_archive_and_restore(ml: Session) -> None:
    for version in ("a", "b", "c"):
        create(ml, "many", version, image="ubuntu")
    assert versions(ml, "many") == ["c", "b", "a"]
    assert ml("ml.environments.get('many', label='latest').version") == "c"

    ml("ml.environments.archive('many', 'c')")
    assert versions(ml, "many") == ["b", "a"]
    assert versions(ml, "many", "ArchivedOnly") == ["c"]
    assert ml("ml.environments.get('many', label='latest').version") == "b"
    ml("ml.environments.restore('many', 'c')")
    assert versions(ml, "many", "All") == ["c", "b", "a"]

    ml("ml.environments.archive('many')")
    assert "many" not in ml("[one.name for one in ml.environments.list()]")
    ml("ml.environments.restore('many')")
    latest = ml("{one.name: one.latest_version for one in ml.environments.list()}")
    assert latest["many"] == "c"


def test_the_client_follows_pages(ml: Session, site: Site) -> None:
    for number in range(120):
        site.send("PUT", f"{ENVIRONMENTS}/paged/versions/{number}", b'{"properties": {"image": "ubuntu"}}')
    assert versions(ml, "paged") == [str(number) for number in reversed(range(120))]


def test_what_is_not_there(ml: Session) -> None:
    with pytest.raises(RuntimeError, match=r"ResourceNotFoundError.*No environment exists for name: none, version: 1"):
        ml("ml.environments.get('none', '1')")
    with pytest.raises(RuntimeError, match="ResourceNotFoundError"):
        ml("ml.workspaces.get('other')")


def test_what_is_not_imitated_says_so_at_once(ml: Session) -> None:
    with pytest.raises(RuntimeError, match=r"NotImplementedByLocalWorkspace.*does not imitate GET"):
        ml("ml.schedules.get('s').name")


def test_a_refused_secret(ml: Session, site: Site) -> None:
    site.send("PUT", "/_amlpriv/settings", b'{"list_secrets": "forbidden"}')
    with pytest.raises(RuntimeError, match="AuthorizationFailed"):
        ml("ml.datastores._list_secrets('workspaceblobstore')")
    site.send("DELETE", "/_amlpriv/settings")


def test_the_client_comes_back_after_429_and_a_lost_reply(ml: Session, site: Site) -> None:
    rules = [
        {"method": "PUT", "path": "/retried/", "do": "status", "status": 429, "headers": {"Retry-After": "0"}},
        {"method": "PUT", "path": "/retried/", "do": "drop_after"},
    ]
    site.send("PUT", "/_amlpriv/faults", json.dumps(rules).encode())
    assert create(ml, "retried", "1", image="ubuntu").endswith("/retried/versions/1")


def test_azure_identity_signs_in_with_a_client_secret(ml: Session) -> None:
    code = (
        "ClientSecretCredential({!r}, 'any-client', {!r}, authority=authority, disable_instance_discovery=True)"
        ".get_token('https://management.azure.com/.default').token"
    )
    assert ml(code.format(TENANT, "local")).startswith("eyJ")
    with pytest.raises(RuntimeError, match=r"ClientAuthenticationError.*AADSTS7000215"):
        ml(code.format(TENANT, "wrong"))
