"""amlpriv check on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Amlpriv, environment_text
from tests.wheelhouse import build_wheel

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"


def test_check_of_a_good_file_is_0_and_says_so(project: Path, amlpriv: Amlpriv) -> None:
    """Nothing is started, no workspace asked."""
    (project / "environment.yml").write_text(environment_text(), encoding="utf-8")
    ended = amlpriv("check", "environment.yml", "--offline")
    assert (ended.code, ended.out) == (0, "")
    assert "No errors." in ended.err


def test_check_with_an_error_is_1_and_json_has_it(project: Path, amlpriv: Amlpriv) -> None:
    """A wheel for another Python."""
    build_wheel(project / "wheels", tag="cp39-cp39-win_amd64")
    source = "wheels/contoso_features-1.2.0-cp39-cp39-win_amd64.whl"
    (project / "environment.yml").write_text(environment_text(source=source), encoding="utf-8")
    ended = amlpriv("check", "environment.yml", "--offline", "--json")
    assert ended.code == 1
    assert "AP101" in [item["code"] for item in ended.json["findings"]]
    assert amlpriv("check", "environment.yml", "--offline", "--ignore", "AP101").code == 0


def test_check_knows_what_an_environment_can_be_for(project: Path, amlpriv: Amlpriv) -> None:
    """And refuses anything else with the list."""
    (project / "environment.yml").write_text(environment_text(), encoding="utf-8")
    ended = amlpriv("check", "environment.yml", "--offline", "--for", "spaceship")
    assert ended.code == 2
    assert "online-endpoint" in ended.err


def test_check_of_a_plain_conda_file_with_a_private_feed(project: Path, amlpriv: Amlpriv) -> None:
    """No amlpriv key in it at all."""
    text = f"name: a\ndependencies:\n- python=3.11\n- pip=25\n- pip:\n  - --extra-index-url {FEED}\n  - contoso-core\n"
    (project / "conda.yml").write_text(text, encoding="utf-8")
    ended = amlpriv("check", "conda.yml", "--offline")
    assert ended.code == 0
    assert "conda.yml:6: warning AP301" in ended.err
