"""What is mirrored can stand in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mirroring.conftest import Add, World

CONDA = """\
channels: [conda-forge]
dependencies:
  - python=3.10
  - scikit-learn
  - pip
  - pip:
    - {line}
"""


def test_a_requirements_file_with_its_constraints(world: World, add: Add, tmp_path: Path) -> None:
    for version in ("1.0", "2.0", "3.0"):
        add("acme-core", version)
    (tmp_path / "bounds.txt").write_text("acme-core<3\n", encoding="utf-8")
    file = tmp_path / "requirements.txt"
    file.write_text("-c bounds.txt\nacme-core>=2  # why\n", encoding="utf-8")
    world.mirror(files=[file])
    assert world.on_feed() == {"acme_core-2.0-py3-none-any.whl"}


def test_a_conda_file_gives_the_python_and_its_conda_packages_are_named(world: World, add: Add, tmp_path: Path) -> None:
    add("acme-old", requires_python="<3.11")
    file = tmp_path / "conda.yaml"
    file.write_text(CONDA.format(line="acme-old"), encoding="utf-8")
    done = world.mirror(files=[file], pythons=[])
    assert done.resolutions[0].target.python == (3, 10)
    assert world.on_feed() == {"acme_old-1.0-py3-none-any.whl"}
    assert "scikit-learn come from conda and are not mirrored" in done.notes[0]


def environment(folder: Path, source: str, *lines: str) -> Path:
    pip = "".join(f"        - {line}\n" for line in lines)
    file = folder / "environment.yml"
    file.write_text(
        "name: churn\nimage: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04\nconda_file:\n"
        f"  dependencies:\n    - python=3.11\n    - pip\n    - pip:\n{pip}{source}",
        encoding="utf-8",
    )
    return file


def test_of_an_environment_file_what_its_private_wheels_require_is_mirrored_and_they_are_not(
    world: World, add: Add, tmp_path: Path
) -> None:
    add("acme-core")
    add("acme-extra")
    add("acme-listed")
    add(
        "contoso-features",
        "1.2.0",
        "acme-core",
        to=tmp_path / "wheels",
        extras={"more": ["acme-extra"], "never": ["acme-nowhere"]},
    )
    wheel = "wheels/contoso_features-1.2.0-py3-none-any.whl"
    sources = f"sources:\n  contoso-features: {{path: {wheel}}}\n"
    file = environment(tmp_path, sources, "contoso-features[more]", "acme-listed")
    world.mirror(files=[file])
    assert {name.partition("-")[0] for name in world.on_feed()} == {"acme_core", "acme_extra", "acme_listed"}


@pytest.mark.parametrize("taken", [False, True])
def test_a_package_of_an_index_source_comes_from_the_feed_only(
    world: World, add: Add, tmp_path: Path, taken: bool
) -> None:
    """Also when somebody has taken its name at the public index, with a higher version."""
    add("acme-core")
    add("contoso-core", "1.0", "acme-core", to=world.stored)
    if taken:
        add("contoso-core", "99.0")
    indexes = f'indexes:\n  team: {{url: "{world.feed.simple}"}}\nsources:\n  contoso-core: {{index: team}}\n'
    done = world.mirror(files=[environment(tmp_path, indexes, "contoso-core")])
    assert done.complete
    assert world.on_feed() == {"acme_core-1.0-py3-none-any.whl", "contoso_core-1.0-py3-none-any.whl"}


def test_the_same_version_of_a_private_name_at_the_public_index_is_left_alone(
    world: World, add: Add, tmp_path: Path
) -> None:
    add("contoso-core", "1.0", modules={"evil.py": ""})
    add("contoso-core", "1.0", to=world.stored)
    indexes = f'indexes:\n  team: {{url: "{world.feed.simple}"}}\nsources:\n  contoso-core: {{index: team}}\n'
    done = world.mirror(files=[environment(tmp_path, indexes, "contoso-core")])
    assert done.complete
    assert not world.source.downloads
    assert done.files[0].step.file.is_local
