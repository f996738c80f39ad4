"""Which names lead where."""

from __future__ import annotations

import pytest

from amlpriv.local.hosts import Upstream, destination, is_excluded, without_azure


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("acct.blob.core.windows.net", "storage"),
        ("ACCT.blob.core.windows.net.", "storage"),
        ("management.azure.com", "plane"),
        ("login.microsoftonline.com", "plane"),
        ("westeurope.api.azureml.ms", "plane"),
        ("churn.westeurope.inference.ml.azure.com", "plane"),
        ("other.blob.core.windows.net", "refused"),
        ("acct.dfs.core.windows.net", "refused"),
        ("acct.vault.azure.com", "refused"),
        ("azure.com", "refused"),
        ("login.windows.net", "refused"),
        ("pkgs.dev.azure.com", "tunnel"),
        ("contoso.pkgs.dev.azure.com", "tunnel"),
        ("dev.azure.com", "tunnel"),
        ("0t3vsblobprodcus362.blob.core.windows.net", "tunnel"),
        ("contoso.azurecr.io", "refused"),
        ("kv.vault.azure.net", "refused"),
        ("graph.microsoft.com", "refused"),
        ("dc.services.visualstudio.com", "refused"),
        ("management.usgovcloudapi.net", "refused"),
        ("login.microsoftonline.us", "refused"),
        ("management.chinacloudapi.cn", "refused"),
        ("login.partner.microsoftonline.cn", "refused"),
        ("management.azure.us", "refused"),
        ("studio.azure.cn", "refused"),
        ("x.instances.azureml.net", "refused"),
        ("learn.microsoft.com", "tunnel"),
        ("microsoft.com", "tunnel"),
        ("feed.azureedge.net", "tunnel"),
        ("contoso.pkgs.visualstudio.com", "tunnel"),
        ("contoso.visualstudio.com", "tunnel"),
        ("mcr.microsoft.com", "tunnel"),
        ("packages.microsoft.com", "tunnel"),
        ("files.example.org", "tunnel"),
        ("notazure.com", "tunnel"),
        ("evil-windows.net", "tunnel"),
        ("127.0.0.1", "tunnel"),
    ],
)
def test_a_host_leads_to(host: str, expected: str) -> None:
    assert destination(host, "acct") == expected


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("", ""),
        ("intern.example.org, .corp", "intern.example.org,.corp"),
        (".windows.net,*.azure.com,corp", "corp"),
        ("blob.core.windows.net,management.azure.com:443,corp", "corp"),
        ("*", ""),
        (".com,.net,corp", "corp"),
        ("microsoft.com,contoso.azurecr.io,visualstudio.com,pkgs.visualstudio.com", "pkgs.visualstudio.com"),
        ("pkgs.dev.azure.com", "pkgs.dev.azure.com"),
        ("localhost,::1", "localhost,::1"),
    ],
)
def test_no_proxy_loses_azure_and_gains_loopback(given: str, left: str) -> None:
    result = without_azure(given).split(",")
    assert set(result) == {*filter(None, left.split(",")), "localhost", "127.0.0.1", "::1"}
    assert len(result) == len(set(result))


@pytest.mark.parametrize(
    ("host", "no_proxy", "expected"),
    [
        ("a.corp", "corp", True),
        ("a.corp", ".corp", True),
        ("a.corp", "*.corp", True),
        ("corp", "corp:443", True),
        ("A.Corp.", "x, corp", True),
        ("anything", "*", True),
        ("acorp", "corp", False),
        ("a.corp", "", False),
        ("a.corp", ",", False),
    ],
)
def test_no_proxy_excludes(host: str, no_proxy: str, expected: bool) -> None:
    assert is_excluded(host, no_proxy) is expected


def test_the_users_proxy_is_found_with_its_password() -> None:
    environ = {"HTTPS_PROXY": "http://us%40er:pa%3Ass@proxy.corp:8080", "NO_PROXY": "intern"}
    upstream = Upstream.find(environ)
    assert upstream == Upstream("proxy.corp", 8080, "us@er", "pa:ss", "intern")
    assert "pa:ss" not in repr(upstream)


def test_a_proxy_without_scheme_or_port_is_http_on_80() -> None:
    assert Upstream.find({"https_proxy": "proxy.corp"}) == Upstream("proxy.corp", 80, "", "", "")


def test_no_proxy_or_our_own_is_none() -> None:
    assert Upstream.find({}) is None
    assert Upstream.find({"HTTPS_PROXY": ""}) is None
    assert Upstream.find({"HTTPS_PROXY": "http://127.0.0.1:1", "AMLPRIV_PROXY": "http://127.0.0.1:1"}) is None


@pytest.mark.parametrize("url", ["socks5://u:secret@p:1", "https://u:secret@p:1", "http://u:secret@p:x", "http://"])
def test_another_kind_of_proxy_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="HTTPS_PROXY") as caught:
        Upstream.find({"HTTPS_PROXY": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("pkgs.dev.azure.com", "plane"),
        ("PKGS.dev.azure.com.", "plane"),
        ("contoso.pkgs.visualstudio.com", "plane"),
        ("dev.azure.com", "tunnel"),
        ("contoso.visualstudio.com", "tunnel"),
        ("acct.blob.core.windows.net", "storage"),
    ],
)
def test_for_isolated_clients_the_hosts_of_feeds_are_ours(host: str, expected: str) -> None:
    assert destination(host, "acct", isolated=True) == expected
