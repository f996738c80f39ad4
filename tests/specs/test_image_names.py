"""Docker's grammar for the names of images."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError, UsageError
from amlpriv.facts.images import DEFAULT_IMAGE, images
from amlpriv.specs.environment import read_specification
from amlpriv.specs.image_names import image_complaint

SHA = "sha256:" + "a" * 64


def nothing(path: str) -> str:
    """There are no other files."""
    raise AssertionError(path)


@pytest.mark.parametrize(
    "image",
    [
        "image",
        "image:1",
        "library/ubuntu:24.04",
        "localhost/x",
        "localhost:5000/x/y:TAG",
        "Registry.example.com:443/a/b__c/d---e.f@" + SHA,
        "[2001:db8::1]:5000/x",
        "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250407.v1@" + SHA,
        DEFAULT_IMAGE,
    ],
)
def test_a_good_name(image: str) -> None:
    assert image_complaint(image) is None


def test_every_known_image_has_a_good_name() -> None:
    assert [name for name in images() if image_complaint(name)] == []


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        ("", "empty"),
        ("UPPER CASE::@@", "blank"),
        ("Upper", "lower case"),
        ("h.example/Upper", "lower case"),
        ("x:", "no tag"),
        ("x:a:b", "no part of a name|no tag"),
        ("x@sha256:12", "no digest"),
        ("x@@", "no digest"),
        ("x//y", "no part"),
        ("/x", "no part"),
        ("h.example:port/x", "no registry"),
        ("a..b/x", "no registry"),
        ("https://h.example/x", "no registry|no part|no tag"),
        ("x" * 300, "longer"),
        ("x\x00", "no part"),
        ("ünï", "no part"),
    ],
)
def test_a_bad_name(image: str, complaint: str) -> None:
    found = image_complaint(image)
    assert found is not None
    assert any(word in found for word in complaint.split("|")), found


def test_a_bad_image_has_its_line() -> None:
    with pytest.raises(InputError, match=r"'UPPER CASE::@@' is no image") as caught:
        read_specification('name: x\nimage: "UPPER CASE::@@"\n', "env.yml", load=nothing)
    assert (caught.value.file, caught.value.line) == ("env.yml", 2)
    assert caught.value.hint


@pytest.mark.parametrize("image", ["", "a b", "A@@"])
def test_a_bad_image_of_the_caller_is_a_usage_error(image: str) -> None:
    with pytest.raises(UsageError, match="is no image"):
        read_specification("name: x\n", "env.yml", load=nothing, image=image)
