"""The user's pip configuration: what finds packages stays, what would send them elsewhere does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.errors import BuildError
from amlpriv.pip_config import has_proxy, no_find_links, pip_settings, refuse_diversions

posix = pytest.mark.skipif(os.name != "posix", reason="where POSIX systems have them")


def configured(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "pip.conf").write_text(text, encoding="utf-8")
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "XDG_CONFIG_DIRS": str(tmp_path)}


def test_logs_reports_and_the_cache_of_a_private_build_are_in_its_folder(tmp_path: Path) -> None:
    environ = {"PIP_REPORT": "/x/report.json", "PIP_LOG": "/x/log", "PIP_CACHE_DIR": "/x/cache", "PIP_DRY_RUN": "1"}
    settings = pip_settings(environ, tmp_path, private=True)
    for name in ("PIP_REPORT", "PIP_LOG", "PIP_CACHE_DIR", "PIP_SRC", "TMPDIR"):
        assert Path(settings[name]).is_relative_to(tmp_path), name
    for name in ("PIP_DRY_RUN", "PIP_USER", "PIP_NO_DEPS", "PIP_REQUIRE_VIRTUALENV"):
        assert settings[name] == "0"  # pip takes an empty value for none, and its configuration file would count
    assert pip_settings(environ, tmp_path, private=False)["PIP_CACHE_DIR"] == "/x/cache"


def test_what_has_no_harmless_value_is_dropped_and_the_index_stays(tmp_path: Path) -> None:
    stays = {"PIP_INDEX_URL": "https://index.example", "PIP_PROXY": "p", "PIP_CERT": "c", "HTTPS_PROXY": "q"}
    goes = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PYTHONPATH", "PYTHONHOME")
    settings = pip_settings({**stays, **dict.fromkeys(goes, "/x")}, tmp_path, private=True)
    assert settings.items() >= stays.items()
    assert not settings.keys() & set(goes)


@pytest.mark.parametrize("section", ["global", "install"])
@pytest.mark.parametrize("option", ["target", "prefix", "root", "python", "--target", "TARGET"])
def test_an_option_that_installs_elsewhere_is_refused_with_its_file(tmp_path: Path, section: str, option: str) -> None:
    environ = configured(tmp_path, f"[{section}]\n{option} = /x\n")
    with pytest.raises(BuildError, match=option.strip("-").lower()) as caught:
        refuse_diversions(environ)
    assert str(tmp_path / "pip.conf") in caught.value.message
    assert f"[{section}]" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[global]\nindex-url = https://me:secret@index.example/simple\nproxy = p\n100% = x\n",
        "[install]\ntarget =\nno-deps = true\nreport = /x\n",
        "[download]\ntarget = /x\n",
        "target = /x without a section",
        "[global]\ntarget\n",
        "\0",
    ],
)
def test_everything_else_is_left_to_pip(tmp_path: Path, text: str) -> None:
    refuse_diversions(configured(tmp_path, text))


@posix
def test_the_users_file_counts_unless_another_is_named(tmp_path: Path) -> None:
    for folder in (".pip", ".config/pip", "xdg/pip"):
        home = tmp_path / folder.replace("/", "-")
        (home / folder).mkdir(parents=True)
        (home / folder / "pip.conf").write_text("[install]\ntarget = /x\n", encoding="utf-8")
        environ = {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "xdg")}
        with pytest.raises(BuildError, match="target"):
            refuse_diversions(environ)
        refuse_diversions({**environ, "PIP_CONFIG_FILE": os.devnull})
        if folder != "xdg/pip":
            (home / "own.conf").touch()
            refuse_diversions({**environ, "PIP_CONFIG_FILE": str(home / "own.conf")})


@pytest.mark.parametrize("text", ["[global]\nproxy = http://corp:1\n", "[download]\n--proxy: http://corp:1\n"])
def test_a_proxy_in_a_configuration_file_is_seen(tmp_path: Path, text: str) -> None:
    assert has_proxy(configured(tmp_path, text))
    assert not has_proxy({**configured(tmp_path, text), "PIP_CONFIG_FILE": os.devnull})


@pytest.mark.parametrize("text", ["", "[global]\nproxy =\n", "[global]\ncert = /x\n", "no sections", "[global]\nproxy"])
def test_no_proxy_in_it_is_seen_too(tmp_path: Path, text: str) -> None:
    assert not has_proxy(configured(tmp_path, text))


def test_find_links_stay_where_no_index_is_named(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PIP_FIND_LINKS": "/x", "PIP_CONFIG_FILE": os.devnull}
    assert no_find_links(["pandas", "--no-binary :all:"], environ, tmp_path) == ({}, None)
    for line in ("--index-url https://a.example.org", "--extra-index-url=https://a.example.org", "-i https://a"):
        found, note = no_find_links([line], environ, tmp_path)
        assert found["PIP_FIND_LINKS"].startswith("file:")
        assert "PIP_FIND_LINKS" in (note or "")
    assert no_find_links(["-i https://a"], {**environ, "PIP_FIND_LINKS": ""}, tmp_path) == ({}, None)
