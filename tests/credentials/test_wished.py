"""What the user says by --token-from is done, or refused with the reason; nothing else is asked."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Sources
from amlpriv.credentials.wishes import parse_wish
from amlpriv.errors import AmlprivError, AuthenticationError, UnsupportedError, UsageError
from amlpriv.secret import Secret

SECRET = "s3cr3t-t0ken"
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
LOCAL = "https://localhost:8443/local/ml/_packaging/private/pypi/simple/"
OTHER = "https://example.org/simple/"

Ring = Callable[[Mapping[str, object]], dict[str, str]]


def of_local(address: Address) -> Credentials | None:
    """A local workspace at port 8443."""
    return Credentials(Secret("local"), Secret("own")) if address.port == 8443 else None


def entra(way: str) -> Secret:
    """A sign-in whose token says which it was."""
    return Secret(f"token of {way}")


def take(address: str, wish: str, sources: Sources) -> tuple[str, str]:
    """The token and where it is from."""
    found = find_credential(address, wish, sources)
    assert found.credentials is not None
    assert found.credentials.token is not None
    assert len(found.attempts) == 1
    return found.credentials.token.reveal(), found.origin


def test_a_variable_is_taken_for_any_host_and_nothing_else_is_asked() -> None:
    sources = Sources({"MY_TOKEN": SECRET, "SYSTEM_ACCESSTOKEN": "no"})
    assert take(OTHER, "env:MY_TOKEN", sources) == (SECRET, "the variable MY_TOKEN")
    assert take(FEED, "env:MY_TOKEN", sources) == (SECRET, "the variable MY_TOKEN")
    with pytest.raises(UsageError, match="OTHER_TOKEN is not set"):
        take(FEED, "env:OTHER_TOKEN", sources)


def test_a_wish_may_be_read_before() -> None:
    found = find_credential(OTHER, parse_wish("env:MY_TOKEN"), Sources({"MY_TOKEN": SECRET}))
    assert found.credentials == Credentials(None, Secret(SECRET))


def test_standard_input_and_the_prompt_are_asked() -> None:
    assert take(OTHER, "stdin", Sources({}, stdin=io.StringIO(f"{SECRET}\n"))) == (SECRET, "standard input")
    assert take(OTHER, "prompt", Sources({}, prompt=lambda _: SECRET)) == (SECRET, "the prompt")


def test_a_file_may_be_in_the_home(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(0o600)
    sources = Sources({"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)})
    assert take(OTHER, "file:~/token", sources) == (SECRET, f"the file {path}")


def test_netrc_has_an_entry_or_it_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "netrc"
    path.write_text(f"machine example.org login me password {SECRET}\n", encoding="utf-8")
    sources = Sources({"NETRC": str(path)})
    assert take(OTHER, "netrc", sources)[0] == SECRET
    with pytest.raises(AuthenticationError, match=r"no entry for pkgs\.dev\.azure\.com"):
        take(FEED, "netrc", sources)


def test_the_keyring_has_an_entry_or_it_is_an_error(ring: Ring) -> None:
    sources = Sources(ring({"my-feed": {"me": SECRET}}))
    assert take(OTHER, "keyring:my-feed", sources) == (SECRET, "the keyring, for my-feed")
    with pytest.raises(AuthenticationError, match="nothing for") as caught:
        take(OTHER, "keyring", sources)
    assert "keyring set" in str(caught.value.hint)


def test_a_service_with_a_credential_in_it_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        take(OTHER, f"keyring:https://me:{SECRET}@example.org/", Sources({}))
    assert SECRET not in str(caught.value)


def test_entra_is_for_azure_devops_and_the_local_workspace() -> None:
    sources = Sources({}, local=of_local, entra=entra)
    assert take(FEED, "entra", sources) == ("token of default", "Microsoft Entra (DefaultAzureCredential)")
    assert take(FEED, "azure-cli", sources) == ("token of azure-cli", "Microsoft Entra (Azure CLI)")
    for wish in ("entra", "azure-cli"):
        assert take(LOCAL, wish, sources) == ("token of local", "the local workspace's sign-in")


@pytest.mark.parametrize("address", [OTHER, LOCAL, FEED.replace("https:", "http:"), "git@ssh.dev.azure.com:v3/a/b/c"])
@pytest.mark.parametrize("wish", ["entra", "azure-cli"])
def test_an_entra_token_goes_nowhere_else(address: str, wish: str) -> None:
    def never(way: str) -> Secret:
        raise AssertionError(way)

    with pytest.raises(UsageError, match="another host"):
        take(address, wish, Sources({}, entra=never))


def test_key_vault_is_asked_for_the_reference() -> None:
    asked: list[str] = []

    def vault(reference: str) -> Secret:
        asked.append(reference)
        return Secret(SECRET)

    reference = "https://v.vault.azure.net/secrets/pat"
    assert take(OTHER, f"key-vault:{reference}", Sources({}, vault=vault)) == (
        SECRET,
        f"the Key Vault secret {reference}",
    )
    assert asked == [reference]


@pytest.mark.parametrize("wish", ["entra", "azure-cli", "key-vault:https://v.vault.azure.net/secrets/pat"])
def test_what_cannot_be_asked_here_is_said(wish: str) -> None:
    with pytest.raises(UnsupportedError):
        take(FEED, wish, Sources({}))


def test_what_a_sign_in_raises_is_raised() -> None:
    def refused(way: str) -> Secret:
        raise AuthenticationError(f"{way} is not signed in.", hint="Run az login.")

    with pytest.raises(AmlprivError, match="azure-cli is not signed in"):
        take(FEED, "azure-cli", Sources({}, entra=refused))


def test_the_user_that_was_said_goes_with_the_token() -> None:
    found = find_credential(OTHER, "env:MY_TOKEN", Sources({"MY_TOKEN": SECRET}, user="me"))
    assert found.credentials == Credentials(Secret("me"), Secret(SECRET))
