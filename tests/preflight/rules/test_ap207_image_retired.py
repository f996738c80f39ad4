"""Retired base images."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]

AZUREML = "mcr.microsoft.com/azureml/"


def test_a_retired_image_is_a_warning_with_its_replacement(found: Found, environment_text: Text) -> None:
    """At the line of the image, whatever its tag."""
    (finding,) = found("AP207", environment_text(image=f"{AZUREML}openmpi4.1.0-ubuntu20.04:20240101.v1"))
    assert finding.severity is Severity.WARNING
    assert f"{AZUREML}openmpi4.1.0-ubuntu22.04" in finding.fix
    assert (finding.file, finding.line) == ("environment.yml", 2)


def test_supported_and_unknown_images_are_left_alone(found: Found, environment_text: Text) -> None:
    """Only what Microsoft lists counts; no image is AP206."""
    for image in (
        f"{AZUREML}openmpi5.0-ubuntu24.04:1",
        f"{AZUREML}openmpi4.1.0-new-ubuntu20.04:1",
        "contoso.io/b:1",
        None,
    ):
        assert not found("AP207", environment_text(image=image))
