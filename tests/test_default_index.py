"""The user's package index, as pip and uv take it. The tools' own default is asked for, never written down."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.default_index import default_index
from amlpriv.errors import UnsupportedError
from amlpriv.pip_config import pip_option

HOST = "https://feed.example.org"


def with_config(scrubbed: dict[str, str], folder: Path, text: str) -> dict[str, str]:
    file = folder / "my-pip.conf"
    file.write_text(text, "utf-8")
    return {**scrubbed, "PIP_CONFIG_FILE": str(file)}


def test_without_any_setting_it_is_the_tools_default(scrubbed: dict[str, str], tmp_path: Path) -> None:
    found = default_index(scrubbed, folder=tmp_path)
    assert found.is_built_in
    assert found.url.startswith("https://")
    assert found.credentials is None
    assert found.url in str(found)
    assert found.extras == ()
    assert default_index(dict(scrubbed), folder=tmp_path) is found  # asked once


def test_pips_variable_goes_first_and_its_credentials_do_not_show(scrubbed: dict[str, str]) -> None:
    settings = {"PIP_INDEX_URL": "https://me:s%40cret@feed.example.org/simple/", "UV_DEFAULT_INDEX": f"{HOST}/uv"}
    found = default_index({**scrubbed, **settings})
    assert (found.url, found.origin, found.is_built_in) == (f"{HOST}/simple", "PIP_INDEX_URL", False)
    assert found.credentials is not None
    assert found.credentials.password is not None
    assert found.credentials.password.reveal() == "s@cret"
    assert "s@cret" not in repr(found) + str(found)
    assert "s%40cret" not in repr(found) + str(found)


def test_pips_file_goes_before_uv(scrubbed: dict[str, str], tmp_path: Path) -> None:
    environ = with_config(scrubbed, tmp_path, f"[global]\nindex_url = {HOST}/g\n[install]\nindex-url = {HOST}/i\n")
    found = default_index({**environ, "UV_DEFAULT_INDEX": f"{HOST}/uv", "PIP_INDEX_URL": ""})
    assert (found.url, found.origin) == (f"{HOST}/i", str(tmp_path / "my-pip.conf"))


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_uvs_variables_count_where_pip_has_none(scrubbed: dict[str, str], name: str) -> None:
    found = default_index({**scrubbed, name: "https://me:secret@feed.example.org/simple"})
    assert (found.url, found.origin, found.is_built_in) == (f"{HOST}/simple", name, False)
    assert found.credentials is not None
    assert "secret" not in repr(found)


def test_uvs_file_counts_too(scrubbed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text(f'[[index]]\nurl = "{HOST}/toml"\ndefault = true\n', "utf-8")
    environ = {name: value for name, value in scrubbed.items() if name != "UV_NO_CONFIG"}
    found = default_index(environ, folder=tmp_path)
    assert (found.url, found.origin) == (f"{HOST}/toml", "uv's settings")


def test_extra_indexes_of_both_tools_are_listed_once(scrubbed: dict[str, str], tmp_path: Path) -> None:
    lines = f"[global]\nextra-index-url =\n  {HOST}/one\n  https://t:secret@two.example.org/simple/\n"
    environ = with_config(scrubbed, tmp_path, lines)
    found = default_index({**environ, "UV_INDEX": f"{HOST}/three {HOST}/one"})
    assert {extra.url for extra in found.extras} == {f"{HOST}/one", "https://two.example.org/simple", f"{HOST}/three"}
    assert "secret" not in repr(found.extras)
    assert found.is_built_in


def test_without_uv_and_without_a_setting_the_way_out_is_said(scrubbed: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "uv.toml"
    broken.write_text("index = 1\n", "utf-8")
    environ = {name: value for name, value in scrubbed.items() if name != "UV_NO_CONFIG"}
    with pytest.raises(UnsupportedError, match="PIP_INDEX_URL"):
        default_index(environ, folder=tmp_path)
    assert default_index({**environ, "PIP_INDEX_URL": f"{HOST}/simple"}, folder=tmp_path).url == f"{HOST}/simple"


def test_an_option_of_pip_says_where_it_stands(scrubbed: dict[str, str], tmp_path: Path) -> None:
    environ = with_config(scrubbed, tmp_path, "[global]\n--cert = a.pem\n[download]\nproxy = x\n")
    file = str(tmp_path / "my-pip.conf")
    assert pip_option(environ, "cert") == ("a.pem", file)
    assert pip_option({**environ, "PIP_CERT": "b.pem"}, "cert") == ("b.pem", "PIP_CERT")
    assert pip_option({**environ, "PIP_CONFIG_FILE": os.devnull}, "cert") is None
    assert pip_option(environ, "proxy") is None
