"""Base images: the table is complete, and look-ups say what they know and what they do not."""

from __future__ import annotations

from datetime import date

import pytest

from amlpriv.facts.images import DEFAULT_IMAGE, ImageFact, images, look_up, systems, target_for, without_tag
from amlpriv.target import Target

AZUREML = "mcr.microsoft.com/azureml/"


def found(image: str) -> ImageFact:
    fact = look_up(image)
    assert fact is not None, image
    return fact


@pytest.mark.parametrize("fact", images().values(), ids=lambda fact: fact.name.removeprefix(AZUREML))
def test_every_image_is_complete(fact: ImageFact) -> None:
    """A name without tag, a known system or ``unknown``, a source, its date, and a replacement if retired."""
    assert without_tag(fact.name) == (fact.name, None, None)
    assert fact.os in {*systems(), "unknown"}
    assert (fact.glibc is None) == (fact.os == "unknown")
    assert fact.source
    assert date(2026, 1, 1) <= fact.read
    assert fact.retired == (fact.replacement is not None)


def test_every_system_is_complete() -> None:
    """Source and day of reading, for the systems too."""
    for system in systems().values():
        assert system.source, system.name
        assert date(2026, 1, 1) <= system.read
        assert system.codename


def test_a_replacement_is_a_supported_image() -> None:
    """Nobody is sent from one retired image to another."""
    for fact in images().values():
        if fact.replacement is not None:
            assert not images()[fact.replacement].retired, fact.name


def test_the_default_image_is_in_the_table_and_supported() -> None:
    """What we suggest is something that Microsoft supports."""
    assert not found(DEFAULT_IMAGE).retired


def test_supported_images_come_with_conda_of_python_310() -> None:
    """As the table of AzureML-Containers says."""
    assert found(AZUREML + "openmpi5.0-cuda12.6-ubuntu24.04").conda_python == (3, 10)


@pytest.mark.parametrize(
    ("image", "glibc"),
    [
        (AZUREML + "openmpi5.0-ubuntu24.04", (2, 39)),
        (AZUREML + "openmpi4.1.0-ubuntu22.04:latest", (2, 35)),
        (AZUREML + "openmpi4.1.0-ubuntu20.04:20240101.v1", (2, 31)),
        (AZUREML + "openmpi3.1.2-ubuntu18.04", (2, 27)),
        (AZUREML + "base:intelmpi2018.3-ubuntu16.04", (2, 23)),
        (AZUREML + "openmpi5.0-ubuntu24.04@sha256:" + "0" * 64, (2, 39)),
        (AZUREML + "openmpi5.0-ubuntu24.04:1@sha256:" + "0" * 64, (2, 39)),
        (AZUREML + "curated/acft-hf-ubuntu22.04-new", (2, 35)),
        ("mcr.microsoft.com/aifx/acpt/stable-ubuntu2204-cu118-py310-torch260", (2, 35)),
        (AZUREML + "inference-base-2204:20240730.v5", (2, 35)),
        ("python:3.11-slim", (2, 36)),
        ("docker.io/library/python:3.12", (2, 36)),
        ("python:3.12-slim-trixie", (2, 41)),
        ("python:3.9-bullseye", (2, 31)),
        ("ubuntu:22.04", (2, 35)),
        ("debian:12-slim", (2, 36)),
        ("  MCR.microsoft.com/azureml/OpenMPI5.0-ubuntu24.04 ", (2, 39)),
    ],
)
def test_glibc_is_known(image: str, glibc: tuple[int, int]) -> None:
    """By the table, by the release in the name, by the release in an official image's tag."""
    assert found(image).glibc == glibc


@pytest.mark.parametrize(
    "image",
    [
        "contoso.azurecr.io/base-ubuntu22.04:1",
        "nvcr.io/nvidia/pytorch:24.01-py3",
        "python:3.11-alpine",
        "ubuntu",
        "debian:unstable",
        AZUREML + "something-new",
        AZUREML + "openmpi9-ubuntu30.04",
        "",
    ],
)
def test_nothing_is_known_about_other_images(image: str) -> None:
    """A name that only looks alike, musl instead of glibc, a release we have no row for."""
    assert look_up(image) is None


def test_a_retired_image_names_its_replacement() -> None:
    """CPU stays CPU, CUDA stays CUDA."""
    assert found(AZUREML + "openmpi4.1.0-ubuntu20.04:latest").replacement == AZUREML + "openmpi4.1.0-ubuntu22.04"
    assert "cuda" in (found(AZUREML + "base-gpu").replacement or "")


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("a", ("a", None, None)),
        ("a:1", ("a", "1", None)),
        ("a.io:5000/b", ("a.io:5000/b", None, None)),
        ("a.io:5000/b:1", ("a.io:5000/b", "1", None)),
        ("a.io/b@sha256:c", ("a.io/b", None, "sha256:c")),
        ("a.io:5000/b:1@sha256:c", ("a.io:5000/b", "1", "sha256:c")),
    ],
)
def test_tag_and_digest_are_told_from_a_port(image: str, parts: tuple[str, str | None, str | None]) -> None:
    """The colon of a registry's port is no tag."""
    assert without_tag(image) == parts


def test_the_target_of_a_known_image() -> None:
    """glibc from the image, Python from the conda file, architecture as said."""
    answer = target_for(AZUREML + "openmpi4.1.0-ubuntu22.04", (3, 12), arch="aarch64")
    assert (answer.target, answer.known) == (Target((3, 12), (2, 35), "aarch64"), True)


def test_no_image_and_no_python_mean_the_defaults() -> None:
    """The documented default image, the default Python."""
    answer = target_for(None, None)
    assert (answer.target, answer.known) == (Target((3, 11), (2, 39)), True)


@pytest.mark.parametrize("image", ["contoso.azurecr.io/base:1", AZUREML + "minimal-py312-inference"])
def test_an_unknown_system_is_assumed_to_be_old_and_said_to_be_unknown(image: str) -> None:
    """glibc 2.31: what passes there runs on anything newer."""
    answer = target_for(image, (3, 10))
    assert (answer.target.glibc, answer.known) == ((2, 31), False)
