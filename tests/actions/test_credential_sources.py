"""What this process may ask for credentials, with the running local workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.connections.addresses import read_address
from amlpriv.connections.tokens import AZURE_DEVOPS_APP, token_shape
from amlpriv.credentials.finding import find_credential
from amlpriv.errors import AmlprivError, UsageError
from amlpriv.local.credential import LocalCredential
from amlpriv.local.environment import FEED_TOKEN, ISOLATED
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.state import State

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
OFF = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@pytest.mark.local
def test_a_feed_of_the_local_workspace_gets_its_own_token(local_state: State, local_environ: dict[str, str]) -> None:
    sources = credential_sources({**local_environ, "AZURE_DEVOPS_EXT_PAT": "of-azure"})
    tokens = load_tokens(local_state.root)
    assert tokens is not None
    for address in (local_state.feed_url(), local_state.feed_url("private@Release", project=None, area="upload")):
        found = find_credential(address, None, sources)
        assert found.origin == "the local workspace"
        assert found.credentials is not None
        assert found.credentials.token == tokens.write


@pytest.mark.local
def test_nobody_else_gets_it(local_state: State, local_environ: dict[str, str]) -> None:
    local = credential_sources({**local_environ, **OFF}).local
    assert local is not None
    port = local_state.ports.plane
    assert local(read_address(local_state.feed_url())) is not None
    for address in (
        f"https://localhost:{port + 1}/local/ml/_packaging/private/pypi/simple/",
        f"http://localhost:{port}/local/ml/_packaging/private/pypi/simple/",
        f"https://example.org:{port}/local/ml/_packaging/private/pypi/simple/",
        f"https://localhost:{port}/simple/",
        FEED,
    ):
        assert local(read_address(address)) is None


@pytest.mark.local
@pytest.mark.parametrize("wish", ["entra", "azure-cli"])
def test_its_feeds_take_the_local_sign_in_only(local_state: State, local_environ: dict[str, str], wish: str) -> None:
    found = find_credential(local_state.feed_url(), wish, credential_sources(local_environ))
    assert found.origin == "the local workspace's sign-in"
    assert found.credentials is not None
    assert found.credentials.token is not None
    assert token_shape(found.credentials.token).audience == AZURE_DEVOPS_APP


def test_an_isolated_child_reaches_the_local_feed_by_the_hosts_of_azure(environ: dict[str, str]) -> None:
    inside = {**environ, ISOLATED: "1", FEED_TOKEN: "of-the-feed"}
    found = find_credential(FEED, None, credential_sources(inside))
    assert found.credentials is not None
    assert found.credentials.token is not None
    assert found.credentials.token.reveal() == "of-the-feed"
    for other in ({**inside, ISOLATED: ""}, {**environ, ISOLATED: "1"}):
        local = credential_sources(other).local
        assert local is not None
        assert local(read_address(FEED)) is None


def test_a_credential_that_was_handed_over_is_asked(environ: dict[str, str]) -> None:
    credential: Any = LocalCredential("11111111-2222-3333-4444-555555555555")
    found = find_credential(FEED, "entra", credential_sources(environ, credential=credential))
    assert found.credentials is not None
    assert found.credentials.token is not None
    assert token_shape(found.credentials.token).audience == AZURE_DEVOPS_APP


def test_no_local_workspace_is_no_hindrance(environ: dict[str, str], tmp_path: Path) -> None:
    address = "https://localhost:8443/local/ml/_packaging/private/pypi/simple/"
    found = find_credential(address, None, credential_sources({**environ, **OFF, "NETRC": str(tmp_path / "none")}))
    assert found.credentials is None
    with pytest.raises(UsageError, match="another host"):
        find_credential(address, "entra", credential_sources(environ))


def test_what_is_no_vault_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(AmlprivError, match="not the address of a Key Vault secret"):
        find_credential(FEED, "key-vault:https://example.org/secrets/pat", credential_sources(environ))
