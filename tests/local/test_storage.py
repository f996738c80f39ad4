"""The storage account as real clients see it: the SDK, pip, uv and an unmodified script."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

from amlpriv.local.credential import LocalCredential
from amlpriv.local.environment import environment_variables
from amlpriv.local.state import State

pytestmark = pytest.mark.local

SCRIPT = """
import sys
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
with BlobServiceClient(sys.argv[1], credential=DefaultAzureCredential()) as client:
    print(client.get_blob_client(sys.argv[2], sys.argv[3]).download_blob().readall().decode())
"""


@pytest.fixture
def client(running: State) -> Iterator[BlobServiceClient]:
    """The SDK's client with the account key, on the production URL."""
    with BlobServiceClient(running.storage_url, running.account_key.reveal(), **_transport(running)) as client:
        yield client


def test_blobs_are_put_and_read_under_the_production_url(running: State, client: BlobServiceClient) -> None:
    blob = client.get_blob_client(running.container, "x/contoso-1!2.0+cu118.bin")
    blob.upload_blob(b"bytes", overwrite=True)
    assert blob.url.startswith(f"https://{running.account}.blob.core.windows.net/{running.container}/")
    assert blob.download_blob().readall() == b"bytes"


def test_the_containers_of_a_workspace_are_there(running: State, client: BlobServiceClient) -> None:
    names = {container.name for container in client.list_containers()}
    assert {running.container, "azureml"} <= names


def test_a_wrong_key_is_refused(running: State) -> None:
    from azure.core.exceptions import HttpResponseError

    wrong = base64.b64encode(b"0" * 64).decode()
    with (
        BlobServiceClient(running.storage_url, wrong, **_transport(running)) as client,
        pytest.raises(HttpResponseError, match=r"Authentication|Authorization"),
    ):
        client.get_account_information()


def test_the_local_credential_gets_a_user_delegation_sas_that_reads(running: State) -> None:
    from azure.storage.blob import BlobClient

    now = datetime.now(timezone.utc)
    credential = LocalCredential(running.tenant)
    with BlobServiceClient(running.storage_url, credential, **_transport(running)) as client:
        client.get_blob_client(running.container, "delegated").upload_blob(b"read me", overwrite=True)
        key = client.get_user_delegation_key(now - timedelta(minutes=5), now + timedelta(hours=1))
    sas = generate_blob_sas(
        running.account,
        running.container,
        "delegated",
        user_delegation_key=key,
        permission=BlobSasPermissions(read=True),
        start=now - timedelta(minutes=5),
        expiry=now + timedelta(hours=1),
    )
    url = f"{running.storage_url}/{running.container}/delegated?{sas}"
    with BlobClient.from_blob_url(url, **_transport(running)) as blob:
        assert blob.download_blob().readall() == b"read me"


def test_pip_installs_from_a_service_sas(
    running: State, client: BlobServiceClient, environ: dict[str, str], tmp_path: Path
) -> None:
    url = _upload_wheel(running, client, tmp_path)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path / "site")]
    _run([*command, f"contoso-local @ {url}"], environment_variables(running, environ), tmp_path)
    assert (tmp_path / "site" / "contoso_local.py").is_file()


def test_uv_installs_from_a_service_sas(
    running: State, client: BlobServiceClient, environ: dict[str, str], tmp_path: Path
) -> None:
    url = _upload_wheel(running, client, tmp_path)
    options = ["--no-config", "--no-cache", "--no-deps", "--python", sys.executable, "--target", str(tmp_path / "site")]
    command = [sys.executable, "-m", "uv", "pip", "install", *options, f"contoso-local @ {url}"]
    _run(command, environment_variables(running, environ), tmp_path)
    assert (tmp_path / "site" / "contoso_local.py").is_file()


def test_an_unmodified_script_signs_in_and_reads(
    running: State, client: BlobServiceClient, environ: dict[str, str], tmp_path: Path
) -> None:
    client.get_blob_client(running.container, "unmodified").upload_blob(b"hello script", overwrite=True)
    arguments = [running.storage_url, running.container, "unmodified"]
    command = [sys.executable, "-c", SCRIPT, *arguments]
    assert "hello script" in _run(command, environment_variables(running, environ), tmp_path)


def _transport(state: State) -> dict[str, Any]:
    return {
        "proxies": {"https": state.proxy_url},
        "connection_verify": str(state.ca_bundle),
        "retry_total": 0,
    }


def _run(command: list[str], environ: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _upload_wheel(state: State, client: BlobServiceClient, folder: Path) -> str:
    """The signed URL of a small wheel."""
    name = "contoso_local-1.0-py3-none-any.whl"
    files = {
        "contoso_local.py": "ANSWER = 42\n",
        "contoso_local-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: contoso-local\nVersion: 1.0\n",
        "contoso_local-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files["contoso_local-1.0.dist-info/RECORD"] = "\n".join([*rows, "contoso_local-1.0.dist-info/RECORD,,", ""])
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    client.get_blob_client(state.container, name).upload_blob((folder / name).read_bytes(), overwrite=True)
    sas = generate_blob_sas(
        state.account,
        state.container,
        name,
        account_key=state.account_key.reveal(),
        permission=BlobSasPermissions(read=True),
        expiry=datetime.now(timezone.utc) + timedelta(hours=1),
    )
    return f"{state.storage_url}/{state.container}/{name}?{sas}"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
