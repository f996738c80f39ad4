"""Environment versions: immutable, archivable, listed newest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amlpriv.errors import ConflictError, NotFoundError
from amlpriv.remote import RegisteredEnvironment
from amlpriv.secret import Secret
from tests.contract.conftest import Case

CONDA = Secret("name: churn\ndependencies:\n- python=3.11\n- pip:\n  - pandas>=2\n")


def _environment(name: str, version: str = "c1", image: str = "ubuntu") -> RegisteredEnvironment:
    properties = {"amlpriv.digest": "d" * 64}
    return RegisteredEnvironment(name, version, "", image, CONDA, properties, {"team": "churn"}, "About it.")


def test_what_was_registered_is_read_back(case: Case) -> None:
    wanted = _environment(case.name())
    made = case.workspace.environments.put(wanted)

    assert made == replace(wanted, id=made.id, created_at=made.created_at)
    assert made.id == f"{case.workspace.name.arm_id}/environments/{wanted.name}/versions/c1"
    assert made.created_at is not None
    assert case.workspace.environments.get(wanted.name, "c1") == made


def test_the_same_content_again_is_no_error(case: Case) -> None:
    wanted = _environment(case.name())
    first = case.workspace.environments.put(wanted)

    assert case.workspace.environments.put(wanted).created_at == first.created_at
    assert len(case.workspace.environments.versions(wanted.name)) == 1


@pytest.mark.parametrize("change", ["image", "conda", "properties"])
def test_other_content_under_the_same_version_is_a_conflict(case: Case, change: str) -> None:
    wanted = _environment(case.name())
    case.workspace.environments.put(wanted)
    other = {
        "image": replace(wanted, image="debian"),
        "conda": replace(wanted, conda=Secret("dependencies: [python=3.12]\n")),
        "properties": replace(wanted, properties={"amlpriv.digest": "e" * 64}),
    }[change]

    with pytest.raises(ConflictError):
        case.workspace.environments.put(other)
    assert case.workspace.environments.get(wanted.name, "c1").image == "ubuntu"


def test_description_tags_and_the_archive_flag_may_change(case: Case) -> None:
    wanted = _environment(case.name())
    case.workspace.environments.put(wanted)

    case.workspace.environments.put(replace(wanted, archived=True, description="Old.", tags={}))
    archived = case.workspace.environments.get(wanted.name, "c1")
    assert (archived.archived, archived.description, archived.tags) == (True, "Old.", {})

    case.workspace.environments.put(replace(archived, archived=False))
    assert not case.workspace.environments.get(wanted.name, "c1").archived


def test_versions_come_newest_first_with_archived_ones(case: Case) -> None:
    name = case.name()
    for version in ("c1", "c2", "c1-2"):
        case.workspace.environments.put(_environment(name, version))
    case.workspace.environments.put(replace(_environment(name, "c2"), archived=True))

    found = case.workspace.environments.versions(name)
    assert [(item.version, item.archived) for item in found] == [("c1-2", False), ("c2", True), ("c1", False)]


def test_an_unknown_name_has_no_versions(case: Case) -> None:
    assert case.workspace.environments.versions(case.name()) == ()


@pytest.mark.parametrize("name", ["workspace", "my-workspace-7", "the-resource"])
def test_an_unknown_name_has_no_versions_whatever_words_are_in_it(case: Case, name: str) -> None:
    assert case.workspace.environments.versions(f"{name}-{case.name()}") == ()


def test_an_unknown_version_is_not_found(case: Case) -> None:
    name = case.name()
    with pytest.raises(NotFoundError):
        case.workspace.environments.get(name, "c1")
    case.workspace.environments.put(_environment(name))
    with pytest.raises(NotFoundError):
        case.workspace.environments.get(name, "c2")


def test_an_environment_without_conda_text(case: Case) -> None:
    wanted = replace(_environment(case.name()), conda=None, description=None)
    made = case.workspace.environments.put(wanted)
    assert (made.conda, made.description) == (None, None)


def test_every_request_is_counted(case: Case) -> None:
    before = case.workspace.requests.control_plane
    case.workspace.environments.put(_environment(case.name()))
    case.workspace.environments.versions(case.name())
    assert case.workspace.requests.control_plane == before + 2
