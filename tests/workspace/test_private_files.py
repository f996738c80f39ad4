"""A wheel in a storage account of one's own: by token, by signature, by key, and refused without any of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import CredentialUnavailableError

from amlpriv.errors import AuthenticationError, NetworkError, NotFoundError, PermissionDeniedError, UsageError
from amlpriv.local.credential import LocalCredential
from amlpriv.workspace.azure.private_files import ChangedFileError, fetch_file
from tests.private_storage import ACCOUNTS, Account, accounts_at
from tests.wheelhouse import build_wheel

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("private-storage")]

ENTRA: Any = LocalCredential("11111111-2222-3333-4444-555555555555")


class Nobody:
    """A sign-in of somebody who is not signed in."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_token(self, *scopes: str, **_options: Any) -> Any:
        self.asked += scopes
        raise CredentialUnavailableError(message="Please run 'az login' to set up an account")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Account]]:
    with accounts_at(tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture(scope="module")
def account(accounts: dict[str, Account]) -> Account:
    return accounts[ACCOUNTS[0]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, account: Account) -> Path:
    """A wheel that is stored, under a name that has to be quoted."""
    path = build_wheel(tmp_path_factory.mktemp("wheel"), version="1.2.0+cu118")
    account.put(path, f"team a/{path.name}")
    return path


def url_of(account: Account, wheel: Path) -> str:
    return account.url(f"team%20a/{wheel.name.replace('+', '%2B')}")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(account: Account, wheel: Path, folder: Path, environ: dict[str, str], **options: Any) -> Path:
    given: dict[str, Any] = {"credential": Nobody(), "connection": account.connection, **options}
    url = given.pop("url", url_of(account, wheel))
    sha256 = given.pop("sha256", digest(wheel))
    return fetch_file(url, folder, wheel.name, sha256, environ=environ, **given)


def test_by_entra_token(account: Account, wheel: Path, tmp_path: Path) -> None:
    found = fetch(account, wheel, tmp_path, {}, credential=ENTRA)
    assert found.name == wheel.name
    assert found.read_bytes() == wheel.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name]


@pytest.mark.parametrize("form", ["{}", "?{}", "https://contosodata.blob.core.windows.net/wheels?{}"])
def test_by_the_variable_with_a_sas(account: Account, wheel: Path, tmp_path: Path, form: str) -> None:
    sas = account.sas(f"team a/{wheel.name}")
    fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": form.format(sas)})


def test_by_the_variables_of_the_azure_cli(account: Account, wheel: Path, tmp_path: Path) -> None:
    sas = account.sas(f"team a/{wheel.name}")
    mine = {"AZURE_STORAGE_ACCOUNT": account.name}
    whole = f"DefaultEndpointsProtocol=https;AccountName={account.name};AccountKey={account.key};EndpointSuffix=x"
    signed = f"BlobEndpoint={account.endpoint}/;SharedAccessSignature={sas}"
    for number, environ in enumerate(
        (
            {**mine, "AZURE_STORAGE_SAS_TOKEN": sas},
            {**mine, "AZURE_STORAGE_KEY": account.key},
            {"AZURE_STORAGE_CONNECTION_STRING": whole},
            {"AZURE_STORAGE_CONNECTION_STRING": signed},
        )
    ):
        fetch(account, wheel, tmp_path / str(number), environ)


def test_by_a_signature_in_the_address(account: Account, wheel: Path, tmp_path: Path) -> None:
    """A call may have it; an environment file may not."""
    url = f"{url_of(account, wheel)}?{account.sas(f'team a/{wheel.name}')}"
    fetch(account, wheel, tmp_path, {}, url=url)


def test_without_any_credential_it_is_refused_and_what_would_help_is_told(
    account: Account, wheel: Path, tmp_path: Path
) -> None:
    nobody = Nobody()
    with pytest.raises(AuthenticationError) as caught:
        fetch(account, wheel, tmp_path, {}, credential=nobody)
    assert nobody.asked == ["https://storage.azure.com/.default"]
    assert "az login" in str(caught.value)
    assert "AMLPRIV_SAS_CONTOSODATA" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_login_of_one_account_is_not_sent_to_another(
    accounts: dict[str, Account], account: Account, wheel: Path, tmp_path: Path
) -> None:
    other = accounts[ACCOUNTS[1]]
    environ = {"AZURE_STORAGE_ACCOUNT": other.name, "AZURE_STORAGE_KEY": other.key, "AMLPRIV_SAS_OTHERDATA": "sig=x"}
    with pytest.raises(AuthenticationError):
        fetch(account, wheel, tmp_path, environ)
    with pytest.raises(NotFoundError, match="the blob does not exist"):
        fetch(other, wheel, tmp_path, {"AZURE_STORAGE_ACCOUNT": other.name, "AZURE_STORAGE_KEY": other.key})


def test_an_expired_sas_is_told_with_its_time(account: Account, wheel: Path, tmp_path: Path) -> None:
    sas = account.sas(f"team a/{wheel.name}", hours=-1, starts=-3)
    with pytest.raises(AuthenticationError, match=r"AMLPRIV_SAS_CONTOSODATA expired on \d{4}-\d\d-\d\d") as caught:
        fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": sas}, credential=ENTRA)
    assert sas.rpartition("sig=")[2][:12] not in str(caught.value)


def test_a_sas_that_is_not_valid_yet_says_from_when(account: Account, wheel: Path, tmp_path: Path) -> None:
    sas = account.sas(f"team a/{wheel.name}", hours=9, starts=3)
    with pytest.raises(AuthenticationError, match="is valid from"):
        fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": sas})


def test_a_sas_without_the_right_to_read_says_what_it_grants(account: Account, wheel: Path, tmp_path: Path) -> None:
    sas = account.sas(f"team a/{wheel.name}", permission="w")
    with pytest.raises(PermissionDeniedError, match="does not allow to read") as caught:
        fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": sas})
    assert "It grants 'w'" in str(caught.value)


def test_a_sas_that_was_cut_off_is_not_accepted(account: Account, wheel: Path, tmp_path: Path) -> None:
    sas = account.sas(f"team a/{wheel.name}")[:-8]
    with pytest.raises(AuthenticationError, match="is not accepted"):
        fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": sas})


def test_a_variable_that_holds_no_sas_is_told(account: Account, wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="AMLPRIV_SAS_CONTOSODATA"):
        fetch(account, wheel, tmp_path, {"AMLPRIV_SAS_CONTOSODATA": "s3cr3t"})


def test_a_wrong_key_is_told(account: Account, accounts: dict[str, Account], wheel: Path, tmp_path: Path) -> None:
    wrong = {"AZURE_STORAGE_ACCOUNT": account.name, "AZURE_STORAGE_KEY": accounts[ACCOUNTS[1]].key}
    with pytest.raises(AuthenticationError, match="the account key is not accepted"):
        fetch(account, wheel, tmp_path, wrong)


@pytest.mark.parametrize("way", [{"credential": ENTRA}, {}])
def test_a_blob_that_is_not_there_is_not_taken_for_a_refusal(
    account: Account, wheel: Path, tmp_path: Path, way: dict[str, Any]
) -> None:
    environ = {} if way else {"AZURE_STORAGE_ACCOUNT": account.name, "AZURE_STORAGE_KEY": account.key}
    with pytest.raises(NotFoundError, match="the blob does not exist"):
        fetch(account, wheel, tmp_path, environ, url=account.url("missing.whl"), **way)


def test_other_bytes_are_an_error_with_both_hashes(account: Account, wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(ChangedFileError) as caught:
        fetch(account, wheel, tmp_path, {}, credential=ENTRA, sha256="0" * 64)
    assert "0" * 64 in str(caught.value)
    assert digest(wheel) in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, account: Account) -> Path:
    """One that comes in several pieces."""
    path = tmp_path_factory.mktemp("large") / "large-1.0-py3-none-any.whl"
    path.write_bytes(bytes(range(256)) * 4096 * 20)
    account.put(path)
    return path


def test_an_interrupted_download_goes_on_where_it_stopped(account: Account, large: Path, tmp_path: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    url = account.url(large.name)
    with pytest.raises(KeyboardInterrupt):
        fetch(account, large, tmp_path, {}, url=url, credential=ENTRA, progress=interrupt)
    begun = (tmp_path / f"{large.name}.part").stat().st_size
    assert 0 < begun < large.stat().st_size

    seen: list[tuple[int, int]] = []
    fetch(account, large, tmp_path, {}, url=url, credential=ENTRA, progress=lambda *told: seen.append(told))
    size = large.stat().st_size
    assert (
        sum(later - earlier for (earlier, _), (later, _) in zip([(begun, 0), *seen], seen, strict=False))
        == size - begun
    )
    assert seen[-1] == (size, size)


@pytest.mark.parametrize("left_over", [b"something else", bytes(range(256)) * 4096 * 20, bytes(30_000_000)])
def test_what_is_left_of_another_file_is_thrown_away(
    account: Account, large: Path, tmp_path: Path, left_over: bytes
) -> None:
    (tmp_path / f"{large.name}.part").write_bytes(left_over)
    found = fetch(account, large, tmp_path, {}, url=account.url(large.name), credential=ENTRA)
    assert digest(found) == digest(large)


def test_a_public_blob_needs_no_sign_in(account: Account, wheel: Path, tmp_path: Path) -> None:
    with account.service() as service:
        container = service.create_container("open", public_access="blob")
        container.upload_blob(wheel.name, wheel.read_bytes())
    fetch(account, wheel, tmp_path, {}, url=f"{account.endpoint}/open/{wheel.name.replace('+', '%2B')}")


def test_an_emulator_or_a_domain_of_ones_own_is_storage_by_its_connection_string(
    account: Account, wheel: Path, tmp_path: Path
) -> None:
    """It gets the key, and a token of Entra never."""
    port = account.proxy.routes.storage_port
    endpoint = f"https://127.0.0.1:{port}/{account.name}"
    text = f"AccountName={account.name};AccountKey={account.key};BlobEndpoint={endpoint}"
    url = url_of(account, wheel).replace(account.endpoint, endpoint)
    fetch(account, wheel, tmp_path / "1", {"AZURE_STORAGE_CONNECTION_STRING": text}, url=url)
    nobody = Nobody()
    keyless = {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName={account.name};BlobEndpoint={endpoint}"}
    with pytest.raises(AuthenticationError):
        fetch(account, wheel, tmp_path / "2", keyless, url=url, credential=nobody)
    assert nobody.asked == []


def test_a_host_that_is_not_reached_is_told(account: Account, wheel: Path, tmp_path: Path) -> None:
    url = url_of(account, wheel).replace(account.name, "nobodysdata")
    with pytest.raises(NetworkError):
        fetch(account, wheel, tmp_path, {}, url=url, credential=ENTRA)
