"""The route feed, with the local workspace's feed: push, connect, check, publish, build, import."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import amlpriv
from amlpriv.actions.local_feed import local_feed_create, local_feed_token
from amlpriv.errors import BuildError, FindingsError
from amlpriv.plans.steps import Connect
from tests.wheelhouse import build_wheel

pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.xdist_group("build")]

HERE = "{}.{}".format(*sys.version_info)


@dataclass(frozen=True)
class Place:
    """A feed of its own, and a folder for files."""

    folder: Path
    url: str
    environ: dict[str, str]

    def file(self, name: str, *pip: str, more: str = "", index: str = "", connection: str = "team-feed") -> Path:
        """An environment file with contoso-core from the feed; its index stands in the last line."""
        lines = "\n".join(f"      - {line}" for line in ("contoso-core>=4", *pip))
        named = f", connection: {connection}" if connection else ""
        text = (
            f"name: {name}\nimage: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1\nconda_file:\n"
            f"  channels: [conda-forge]\n  dependencies:\n    - python={HERE}\n    - pip=25.3\n    - pip:\n{lines}\n"
            f"sources:\n  contoso-core: {{index: team}}\n{more}indexes:\n  team: {{url: '{self.url}'{named}{index}}}\n"
        )
        path = self.folder / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, local_environ: dict[str, str]) -> Place:
    """A feed without upstream that has contoso-core 4.1, and a connection to it."""
    folder = tmp_path_factory.mktemp("route")
    rest = {name: value for name, value in local_environ.items() if name not in ("MAMBA_EXE", "CONDA_EXE")}
    ours = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "AMLPRIV_PYTHONS": sys.executable}
    environ = {**rest, **ours}
    made = local_feed_create("route", project="route", upstream=False, environ=environ)
    wheel = build_wheel(
        folder / "dist", name="contoso-core", version="4.1", modules={"contoso_core.py": "VALUE = 41\n"}
    )
    amlpriv.feed_push(wheel, to=made.url, environ=environ)
    token = local_feed_token("read", environ=environ)
    amlpriv.connect.feed("team-feed", made.url, secret=token, workspace="local", environ=environ)
    return Place(folder, made.url, environ)


def test_an_environment_with_a_package_from_the_feed_is_published_built_and_imported(place: Place) -> None:
    """The index is the first pip line, the credential is in none of the texts."""
    built = amlpriv.build(place.file("feed-churn"), workspace="local", environ=place.environ)
    assert built.environment.imported == {"contoso-core": "4.1"}
    plan, registered = built.published.plan, built.published.registered
    assert registered is not None
    assert registered.conda is not None
    assert f"- --index-url {place.url}\n" in registered.conda.reveal()
    assert [step.connection for step in plan.steps if isinstance(step, Connect)] == ["team-feed"]
    token = local_feed_token("read", environ=place.environ).reveal()
    assert token not in registered.conda.reveal()
    assert registered.properties["amlpriv.index"] == place.url
    assert built.published.as_json()["route"] == "feed"
    files = [path for path in built.environment.folder.rglob("*") if path.is_file()]
    leaks = [path for path in files if token.encode() in path.read_bytes()]
    assert not leaks


def test_publishing_it_again_changes_nothing(place: Place) -> None:
    """The content is the same, whatever the feed has by now."""
    first = amlpriv.publish(place.file("feed-again"), workspace="local", environ=place.environ)
    again = amlpriv.publish(place.file("feed-again"), workspace="local", environ=place.environ)
    assert (again.version, again.plan.action.value) == (first.version, "unchanged")


def test_wheels_by_signed_urls_and_packages_from_a_feed_go_together(place: Place) -> None:
    """A shipped wheel may require a package that only the feed has."""
    build_wheel(place.folder / "wheels", name="contoso-plots", version="1.0", requires_dist=["contoso-core>=4"])
    file = place.file("feed-both", "contoso-plots", more="  contoso-plots: {path: wheels}\n")
    built = amlpriv.build(file, workspace="local", environ=place.environ)
    assert built.environment.imported == {"contoso-core": "4.1", "contoso-plots": "1.0"}


def test_a_connection_that_is_not_there_is_told_before_anything_is_registered(place: Place) -> None:
    """With the command that makes it."""
    with pytest.raises(FindingsError) as caught:
        amlpriv.publish(place.file("feed-none", connection="absent-feed"), workspace="local", environ=place.environ)
    (finding,) = caught.value.report.errors
    assert finding.code == "AP601"
    assert f"amlpriv connect feed absent-feed --url {place.url}" in finding.fix


def test_check_says_which_public_packages_the_feed_lacks(place: Place) -> None:
    """Asked with the connection's own credential."""
    found = amlpriv.check(place.file("feed-check", "six"), workspace="local", environ=place.environ)
    (finding,) = [item for item in found.report if item.code == "AP608"]
    assert "has no six:" in finding.message
    assert "feed mirror six --to" in finding.fix
    assert [verdict.connection for verdict in found.verdicts] == ["team-feed"]
    assert not found.notes


def test_check_offline_asks_nobody(place: Place) -> None:
    """Only the file is judged."""
    environ = {**place.environ, "AMLPRIV_HOME": str(place.folder / "nowhere")}
    found = amlpriv.check(place.file("feed-check", "six"), workspace="local", offline=True, environ=environ)
    assert not found.verdicts
    assert not [item for item in found.report if item.code.startswith("AP6")]


def test_check_for_a_use_that_ignores_connections(place: Place) -> None:
    """A no-code MLflow deployment installs without any credential."""
    file = place.file("feed-check")
    found = amlpriv.check(file, workspace="local", use="mlflow-online", environ=place.environ)
    assert not found.verdicts[0].used
    assert [item.code for item in found.report.errors] == ["AP601"]
    with pytest.raises(amlpriv.AmlprivError, match="'nothing' is nothing that an environment is for"):
        amlpriv.check(file, use="nothing", environ=place.environ)


def test_a_feed_that_cannot_be_asked_is_a_note(place: Place) -> None:
    """A wrong address is told by whoever answers there."""
    file = place.file("feed-note", connection="")
    file.write_text(file.read_text(encoding="utf-8").replace("/_packaging/route/", "/_packaging/absent/"), "utf-8")
    found = amlpriv.check(file, workspace="local", environ=place.environ)
    assert any("could not be asked" in note for note in found.notes)


def test_a_wrong_token_ends_the_build_with_the_connection_named(place: Place) -> None:
    """pip itself says 'no matching distribution'."""
    other = local_feed_create("denied", project="denied", upstream=False, environ=place.environ)
    secret = local_feed_token("expired", environ=place.environ)
    amlpriv.connect.feed("denied-feed", other.url, secret=secret, workspace="local", environ=place.environ)
    moved = Place(place.folder, other.url, place.environ)
    found = amlpriv.check(moved.file("feed-denied", connection="denied-feed"), workspace="local", environ=place.environ)
    assert [(item.code, "expired" in item.message) for item in found.report.errors] == [("AP604", True)]
    with pytest.raises(BuildError) as caught:
        amlpriv.build(moved.file("feed-denied", connection="denied-feed"), workspace="local", environ=place.environ)
    assert "denied-feed" in f"{caught.value} {caught.value.hint}"


def test_an_explicit_index_stands_beside_the_default_one_and_all_is_pinned_with_hashes(place: Place) -> None:
    """six comes from the user's own index, contoso-core from the feed; nobody else's file has these hashes."""
    file = place.file("feed-explicit", "six", index=", explicit: true")
    built = amlpriv.build(file, workspace="local", environ=place.environ)
    assert built.environment.imported == {"contoso-core": "4.1"}
    assert built.published.registered is not None
    assert built.published.registered.conda is not None
    text = built.published.registered.conda.reveal()
    assert f"--extra-index-url {place.url}" in text
    assert "contoso-core==4.1 --hash=sha256:" in text
    assert "six==" in text
