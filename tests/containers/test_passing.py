from __future__ import annotations

import os
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.containers.passing import Passed, passed
from amlpriv.secret import Secret

PLAIN = {"PATH": os.environ.get("PATH", ""), "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


def _passed(folder: Path, **environ: str) -> Passed:
    home = {"HOME": str(folder), "USERPROFILE": str(folder), "APPDATA": str(folder), "PROGRAMDATA": str(folder)}
    return passed({**PLAIN, **home, **environ}, folder=folder, epoch="42")


def test_a_machine_without_settings_passes_none(tmp_path: Path) -> None:
    given = _passed(tmp_path)

    assert given == Passed({"SOURCE_DATE_EPOCH": "42"})


def test_places_of_this_machine_stay_here(tmp_path: Path) -> None:
    extra = f"{tmp_path.as_uri()} https://pypi.example.org/simple"
    given = _passed(tmp_path, PIP_EXTRA_INDEX_URL=extra, PIP_FIND_LINKS=str(tmp_path), CFLAGS="-march=native")

    assert given.settings == {"SOURCE_DATE_EPOCH": "42", "PIP_EXTRA_INDEX_URL": "https://pypi.example.org/simple"}


def test_credentials_that_the_address_does_not_hold_are_looked_for(tmp_path: Path) -> None:
    asked = []

    def find(url: str) -> Credentials:
        asked.append(url)
        return Credentials(Secret("someone"), Secret("p@ss/word"))

    environ = {**PLAIN, "HOME": str(tmp_path), "PIP_INDEX_URL": "https://pypi.example.org/simple"}
    given = passed(environ, folder=tmp_path, epoch="42", find=find)

    assert asked == ["https://pypi.example.org/simple"]
    assert given.settings["PIP_INDEX_URL"] == "https://someone:p%40ss%2Fword@pypi.example.org/simple"
    assert Secret("p@ss/word") in given.secrets
    assert "p%40ss" not in repr(given)


def test_proxies_go_along_and_their_passwords_are_hidden(tmp_path: Path) -> None:
    given = _passed(tmp_path, https_proxy="http://someone:s3cret@proxy.example.org:3128", NO_PROXY="10.0.0.1")

    assert given.settings["https_proxy"] == "http://someone:s3cret@proxy.example.org:3128"
    assert given.settings["NO_PROXY"] == "10.0.0.1"
    assert Secret("s3cret") in given.secrets
    assert not given.host_network


def test_a_version_that_the_user_gives_in_place_of_git_goes_along(tmp_path: Path) -> None:
    given = _passed(tmp_path, SETUPTOOLS_SCM_PRETEND_VERSION_FOR_CONTOSO="1.2", UNRELATED="x")

    assert given.settings["SETUPTOOLS_SCM_PRETEND_VERSION_FOR_CONTOSO"] == "1.2"
    assert "UNRELATED" not in given.settings
