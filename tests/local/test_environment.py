"""What a child process gets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.environment import DROPPED, changes, environment_variables, outside
from amlpriv.local.hosts import Upstream
from amlpriv.local.state import Ports, State
from amlpriv.secret import Secret


@pytest.fixture
def state() -> State:
    """A state as if a workspace ran."""
    return State(
        pid=1,
        start_id=Secret("the-start-id"),
        ports=Ports(storage=2, plane=3, proxy=4, isolated=5),
        account="acct",
        account_key=Secret("a2V5"),
        container="c",
        tenant="tenant",
        ca_bundle=Path("/home/ca-bundle.pem"),
        root=Path("/home"),
    )


def test_the_rest_of_the_environment_stays(state: State) -> None:
    before = {"PATH": "/bin", "HTTP_PROXY": "http://corp:1"}
    after = environment_variables(state, before)
    assert before == {"PATH": "/bin", "HTTP_PROXY": "http://corp:1"}
    assert after["PATH"] == "/bin"
    assert after["HTTP_PROXY"] == "http://corp:1"


def test_every_client_is_led_to_our_proxy_and_bundle(state: State) -> None:
    user = {"HTTPS_PROXY": "http://user:password@corp:1", "SSL_CERT_FILE": "/corp.pem", "PIP_CERT": "/corp.pem"}
    after = environment_variables(state, user)
    assert after["HTTPS_PROXY"] == after["https_proxy"] == "http://127.0.0.1:4"
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
    assert {after[name] for name in bundles} == {str(state.ca_bundle)}
    assert "password" not in str(after)


def test_no_proxy_does_not_lead_past_us(state: State) -> None:
    after = environment_variables(state, {"NO_PROXY": ".windows.net,corp"})
    assert after["NO_PROXY"] == after["no_proxy"] == "corp,localhost,127.0.0.1,::1"


def test_default_azure_credential_signs_in_with_a_client_secret(state: State) -> None:
    user = {"AZURE_CLIENT_SECRET": "real", "AZURE_TENANT_ID": "real", "AZURE_CLIENT_ID": "real"}
    after = environment_variables(state, user)
    assert after["AZURE_TENANT_ID"] == "tenant"
    assert "real" not in (after["AZURE_CLIENT_SECRET"], after["AZURE_CLIENT_ID"])


@pytest.mark.parametrize("name", DROPPED)
def test_what_would_lead_elsewhere_is_gone(state: State, name: str) -> None:
    assert name not in environment_variables(state, {name: "x"})


def test_no_key_and_no_start_id_is_given_away(state: State) -> None:
    values = environment_variables(state, {}).values()
    assert not {"a2V5", "the-start-id"} & set(values)


def test_a_nested_start_does_not_take_our_proxy_for_the_users(state: State) -> None:
    assert Upstream.find(environment_variables(state, {})) is None


def test_twice_is_once(state: State) -> None:
    moved = replace(state, ports=Ports(storage=2, plane=3, proxy=6, isolated=7))
    once = environment_variables(moved, {"PATH": "/bin"})
    assert environment_variables(moved, environment_variables(state, {"PATH": "/bin"})) == once


def test_the_names_are_those_of_the_local_workspace(state: State) -> None:
    after = environment_variables(state, {"AZURE_SUBSCRIPTION_ID": "real", "AMLPRIV_WORKSPACE": "config.json"})
    assert after["AMLPRIV_WORKSPACE"] == "local"
    assert after["AZURE_SUBSCRIPTION_ID"] == after["AZUREML_ARM_SUBSCRIPTION"] == state.subscription_id
    assert (after["AZUREML_ARM_RESOURCEGROUP"], after["AZUREML_ARM_WORKSPACE_NAME"]) == ("amlpriv", "local")


@pytest.mark.parametrize("chosen", ["dev", "AzureCliCredential", "prod"])
def test_a_choice_of_credentials_does_not_leave_ours_out(state: State, chosen: str) -> None:
    after = environment_variables(state, {"AZURE_TOKEN_CREDENTIALS": chosen})
    assert after["AZURE_TOKEN_CREDENTIALS"] == "prod"
    assert "AZURE_TOKEN_CREDENTIALS" not in environment_variables(state, {})


def test_pips_own_proxy_setting_does_not_lead_past_us(state: State, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nproxy = http://corp:1\n")
    for user in ({"PIP_PROXY": "http://corp:1"}, {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}):
        assert environment_variables(state, user)["PIP_PROXY"] == state.proxy_url
    assert "PIP_PROXY" not in environment_variables(state, {"PIP_CONFIG_FILE": os.devnull})


def test_an_isolated_child_has_no_way_past_the_proxy(state: State) -> None:
    user = {"NO_PROXY": "*", "HTTP_PROXY": "http://corp:1", "ALL_PROXY": "socks5://corp:1"}
    after = environment_variables(state, user, isolated=True)
    names = ("https_proxy", "http_proxy", "all_proxy")
    assert {after[name] for each in names for name in (each, each.upper())} == {state.isolated_url}
    assert after["NO_PROXY"] == after["no_proxy"] == "localhost,127.0.0.1,::1"
    assert Upstream.find(after) is None


def test_isolation_is_inherited(state: State) -> None:
    after = environment_variables(state, environment_variables(state, {}, isolated=True))
    assert after["HTTPS_PROXY"] == state.isolated_url


def test_a_workspace_of_an_older_version_cannot_isolate(state: State) -> None:
    older = replace(state, ports=Ports(storage=2, plane=3, proxy=4))
    with pytest.raises(LocalWorkspaceError, match="cannot isolate"):
        changes(older, {}, isolated=True)


def test_a_home_with_a_relative_path_is_found_from_another_folder_too(state: State) -> None:
    assert environment_variables(state, {"AMLPRIV_HOME": "home"})["AMLPRIV_HOME"] == str(state.root)
    assert "AMLPRIV_HOME" not in environment_variables(state, {})


def test_outside_is_as_if_no_shell_had_been_led_here(state: State) -> None:
    """A workspace that is started from an isolated shell isolates nobody else."""
    before = {"PATH": "/bin", "HTTP_PROXY": "http://corp:1"}
    led = environment_variables(state, {"PATH": "/bin", "PIP_PROXY": "http://corp:1"}, isolated=True)
    rest = outside(led)
    assert not {name for name in rest if "PROXY" in name.upper()} - {"no_proxy", "NO_PROXY", "NODE_USE_ENV_PROXY"}
    assert "AMLPRIV_ISOLATED" not in rest
    assert environment_variables(state, rest)["https_proxy"] == state.proxy_url
    assert outside(before) == before
