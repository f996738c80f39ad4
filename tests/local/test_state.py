"""Identity and state: kept, owner-only, never shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home
from amlpriv.local.state import Ports, State, last_ports, load_identity, load_state, save_ports, save_state
from amlpriv.secret import Secret


@pytest.fixture
def folder(tmp_path: Path) -> Home:
    """A prepared home, without processes."""
    home = Home(tmp_path / "home", tmp_path / "cache")
    home.prepare()
    return home


def test_an_identity_is_made_once(folder: Home) -> None:
    identity = load_identity(folder)
    assert load_identity(folder) == identity
    assert 3 <= len(identity.account) <= 24  # Azure's rule for storage accounts: lower case and digits
    assert identity.account.isalnum()
    assert identity.account.islower()
    assert len(base64.b64decode(identity.account_key.reveal())) == 64


def test_two_homes_have_nothing_in_common(tmp_path: Path) -> None:
    identities = []
    for name in "ab":
        home = Home(tmp_path / name, tmp_path)
        home.prepare()
        identities.append(load_identity(home))
    assert identities[0].account != identities[1].account
    assert identities[0].account_key != identities[1].account_key


@pytest.mark.parametrize("content", ["{", "[]", '{"account": "a"}'])
def test_a_damaged_identity_is_an_error_with_a_way_out(folder: Home, content: str) -> None:
    folder.identity.write_text(content)
    with pytest.raises(LocalWorkspaceError, match="local reset"):
        load_identity(folder)


def test_a_state_is_read_as_it_was_written_and_keeps_its_secrets(folder: Home) -> None:
    identity = load_identity(folder)
    state = State(
        pid=1,
        start_id=Secret("the-start-id"),
        ports=Ports(storage=2, plane=3, proxy=4),
        account=identity.account,
        account_key=identity.account_key,
        container="azureml-blobstore-x",
        tenant=identity.tenant,
        ca_bundle=folder.ca_bundle,
        root=folder.root,
    )
    save_state(folder, state)
    assert load_state(folder) == state
    assert state.proxy_url == "http://127.0.0.1:4"
    assert state.storage_url == f"https://{identity.account}.blob.core.windows.net"
    assert "the-start-id" not in repr(state)
    assert identity.account_key.reveal() not in repr(state) + folder.state.read_text()


def test_no_state_is_none(folder: Home) -> None:
    assert load_state(folder) is None


def test_the_ports_of_the_last_start_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path)
    assert last_ports(home) == Ports(0, 0, 0, 0)
    save_ports(home, Ports(1, 2, 3, 4))
    assert last_ports(home) == Ports(0, 2, 3, 4)
    for text in ("{", "[]", '{"proxy": "x"}'):
        home.ports.write_text(text)
        assert last_ports(home) == Ports(0, 0, 0, 0)
