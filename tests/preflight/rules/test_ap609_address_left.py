"""Address that the image build has to read."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]

TEXT = """\
name: left
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file: {{channels: [conda-forge], dependencies: [python=3.11, pip=25.3, {{pip: [contoso]}}]}}
sources:
  contoso: {{url: "{url}", sha256: {sha256}{more}}}
"""
DIRECT = ", via: direct"
WHEEL = "contoso-1.0-py3-none-any.whl"


def text(url: str, more: str = DIRECT) -> str:
    return TEXT.format(url=url, sha256="0" * 64, more=more)


def test_what_the_build_must_be_able_to_do_is_noted(found: Found) -> None:
    (finding,) = found("AP609", text(f"https://files.example.org/{WHEEL}"))
    assert finding.severity is Severity.NOTE
    assert finding.line == 5
    assert "files.example.org" in finding.message


def test_a_wheel_that_is_shipped_is_none_of_it(found: Found) -> None:
    assert not found("AP609", text(f"https://files.example.org/{WHEEL}", ""))
    assert not found("AP609", text(f"https://127.0.0.1:8443/{WHEEL}", ", via: sas"))


def test_a_signature_cannot_stay_in_a_specification(found: Found) -> None:
    (finding,) = found("AP609", text(f"https://contosodata.blob.core.windows.net/w/{WHEEL}?sv=1&sig=abcdefgh"))
    assert finding.severity is Severity.ERROR
    assert "abcdefgh" not in str(finding)


def test_the_image_build_does_not_reach_this_machine(found: Found) -> None:
    (finding,) = found("AP609", text(f"https://127.0.0.1:8443/{WHEEL}"))
    assert finding.severity is Severity.ERROR
