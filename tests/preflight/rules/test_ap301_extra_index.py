"""An extra index beside private names."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]

EXTRA = "--extra-index-url https://pkgs.example.com/simple/"


def test_an_extra_index_beside_a_private_name_is_a_warning(found: Found, environment_text: Text) -> None:
    """Dependency confusion."""
    (finding,) = found("AP301", environment_text(pip=[EXTRA, "contoso-features"]))
    assert (finding.severity, finding.line) == (Severity.WARNING, 9)
    assert "--index-url" in finding.fix


def test_an_extra_index_for_public_packages_is_left_alone(found: Found, environment_text: Text) -> None:
    """Builds of torch for one CUDA version, for instance."""
    assert not found("AP301", environment_text(pip=[EXTRA, "torch"], sources=[]))


def test_one_index_is_fine(found: Found, environment_text: Text) -> None:
    """The fix must not be found again."""
    assert not found("AP301", environment_text(pip=[EXTRA.replace("extra-", ""), "contoso-features"]))


def test_refuses_an_extra_index_beside_a_package_from_an_index(found: Found, from_index: Text) -> None:
    """That name is looked up in all of them."""
    text = from_index().replace(
        "      - contoso-core>=4", "      - --extra-index-url https://x.example.org/simple/\n      - contoso-core>=4"
    )
    (finding,) = found("AP301", text)
    assert finding.severity is Severity.ERROR
    assert "contoso-core" in finding.message


def test_a_public_index_beside_a_private_one_is_a_warning_without_any_source(
    found: Found, environment_text: Text
) -> None:
    """The commonest form: which names are private cannot be told, and pip takes the higher version."""
    feed = "--index-url https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
    (finding,) = found("AP301", environment_text(pip=[feed, EXTRA, "contoso-core"], sources=[]))
    assert (finding.severity, finding.line) == (Severity.WARNING, 10)


def test_a_page_of_find_links_is_an_index_too_and_a_folder_is_not(found: Found, environment_text: Text) -> None:
    """pip takes the higher version from there as well."""
    page = "--find-links https://wheels.example.org/page.html"
    (finding,) = found("AP301", environment_text(pip=[page, "contoso-features"]))
    assert finding.subject == "--find-links"
    assert not found("AP301", environment_text(pip=["--find-links ./wheels", "contoso-features"]))
