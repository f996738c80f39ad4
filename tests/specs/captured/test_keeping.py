"""What is named in a captured file, and what is left out."""

from __future__ import annotations

import pytest

from amlpriv.specs.captured.leaving import reason_to_leave
from tests.specs.captured.interpreters import composed, installed, package, pip_lines


def test_what_others_bring_along_is_not_named_unless_pip_was_asked_for_it() -> None:
    found = installed(
        package("pandas", "2.2.0", "numpy>=1.26", "tzdata"),
        package("numpy", "1.26.4", requested=True, installer="pip"),
        package("tzdata", requested=True),  # uv marks everything
    )
    assert pip_lines(composed(found)) == ["numpy==1.26.4", "pandas==2.2.0"]
    assert pip_lines(composed(found, every=True)) == ["numpy==1.26.4", "pandas==2.2.0", "tzdata==1.0"]


def test_a_requirement_of_an_extra_or_of_another_platform_does_not_count_as_one() -> None:
    needs = ('cuda-part; extra == "gpu"', 'colorama; sys_platform == "win32"')
    found = installed(package("model", "1.0", *needs), package("cuda-part"), package("colorama"))
    assert pip_lines(composed(found)) == ["colorama==1.0", "cuda-part==1.0", "model==1.0"]


def test_of_packages_that_require_each_other_the_first_is_named() -> None:
    found = installed(package("one", "1.0", "two"), package("two", "1.0", "one"))
    assert pip_lines(composed(found)) == ["one==1.0"]


def test_notebook_packages_and_what_only_they_need_are_left_out_with_the_reason() -> None:
    found = installed(
        package("ipykernel", "6.0", "tornado", "requests"),
        package("jupyterlab", "4.0", "tornado"),
        package("tornado"),
        package("requests"),
        package("contoso", "1.0", "requests"),
    )
    result = composed(found)
    assert pip_lines(result) == ["contoso==1.0"]
    reasons = {one.name: (one.reason, one.dependency) for one in result.left_out}
    assert reasons == {
        "ipykernel": ("only notebooks need it", False),
        "jupyterlab": ("only notebooks need it", False),
        "tornado": ("only ipykernel, jupyterlab needed it", True),
    }


def test_a_notebook_package_that_a_kept_one_requires_is_no_longer_left_out() -> None:
    found = installed(package("ipywidgets"), package("contoso-view", "1.0", "ipywidgets"))
    result = composed(found)
    assert pip_lines(result) == ["contoso-view==1.0"]
    assert result.left_out == ()
    assert pip_lines(composed(found, every=True)) == ["contoso-view==1.0", "ipywidgets==1.0"]


def test_what_only_windows_or_macos_has_is_left_out_even_from_the_whole_closure() -> None:
    packages = [package("contoso", "1.0", 'pywin32; sys_platform == "win32"'), package("pywin32", "306")]
    result = composed(installed(*packages, package("pyobjc-core"), platform="win32"), every=True)
    assert pip_lines(result) == ["contoso==1.0"]
    assert {one.name for one in result.left_out} == {"pywin32", "pyobjc-core"}
    (finding,) = result.findings
    assert finding.code == "AP707"
    assert "Windows" in finding.message


def test_colorama_that_click_needs_on_windows_is_not_named() -> None:
    needs = 'colorama; sys_platform == "win32"'
    found = installed(package("click", "8.1", needs), package("colorama"), platform="win32")
    assert pip_lines(composed(found)) == ["click==8.1"]


def test_what_the_operating_system_installed_stays_there_unless_the_code_imports_it() -> None:
    found = installed(package("distro", installer="system"), package("contoso", "1.0", "distro"))
    assert pip_lines(composed(found)) == ["contoso==1.0"]
    found = installed(package("distro", installer="system"))
    assert pip_lines(composed(found)) == []
    assert composed(found).left_out[0].reason == "the operating system installed it"
    assert pip_lines(composed(found, imported={"distro"})) == ["distro==1.0"]


def test_installers_and_amlpriv_go_and_what_is_wanted_beside_them_stays() -> None:
    found = installed(
        package("pip"),
        package("setuptools"),
        package("amlpriv", "0.1", "click", "pyyaml", "pandas"),
        package("click"),
        package("pyyaml"),
        package("pandas", requested=True, installer="pip"),
        package("contoso", "1.0", "pyyaml"),
    )
    result = composed(found)
    assert pip_lines(result) == ["contoso==1.0", "pandas==1.0"]
    assert [one.name for one in result.left_out if not one.dependency] == ["amlpriv", "pip", "setuptools"]


def test_what_amlpriv_may_have_hidden_is_said_where_the_installer_does_not_tell() -> None:
    found = installed(package("amlpriv", "0.1", "pandas", "click"), package("pandas"), package("click"))
    result = composed(found)
    assert pip_lines(result) == []
    (note,) = result.notes
    assert "pandas" in note
    assert "click" not in note
    assert "--keep" in note
    assert pip_lines(composed(found, asked={"pandas"})) == ["pandas==1.0"]


def test_what_is_asked_for_stays_whatever_it_is() -> None:
    found = installed(package("ipykernel"), package("pywin32"), package("amlpriv"))
    assert pip_lines(composed(found, asked={"ipykernel"})) == ["ipykernel==1.0"]
    assert pip_lines(composed(found, asked={"amlpriv", "pywin32"})) == ["amlpriv==1.0", "pywin32==1.0"]


def test_only_what_the_code_imports_is_named_and_the_private_part_of_its_closure() -> None:
    found = installed(
        package("contoso-nlp", "1.0", "contoso-core", "requests", project="/src/nlp"),
        package("contoso-core", "1.0", project="/src/core"),
        package("requests"),
        package("unused", "3.0"),
        package("ipykernel"),
    )
    result = composed(found, imported={"contoso-nlp"})
    assert pip_lines(result) == ["contoso-core", "contoso-nlp"]
    assert set(result.sources) == {"contoso-core", "contoso-nlp"}
    reasons = {one.name: one.reason for one in result.left_out}
    assert reasons == {"unused": "the code does not import it", "ipykernel": "only notebooks need it"}


def test_code_that_imports_amlpriv_to_capture_itself_does_not_get_it() -> None:
    found = installed(package("amlpriv"), package("ipython"), package("pandas"))
    assert pip_lines(composed(found, imported={"amlpriv", "ipython"})) == ["ipython==1.0"]


@pytest.mark.parametrize(
    "name", ["jupyter", "jupyter-client", "jupyterlab-server", "notebook", "ipywidgets", "ipykernel"]
)
def test_a_notebook_package_is_known(name: str) -> None:
    assert reason_to_leave(name) == "only notebooks need it"


@pytest.mark.parametrize("name", ["pandas", "jupyterless", "conda-forge-thing", "pythonnet", "colorama"])
def test_what_is_none_of_them_stays(name: str) -> None:
    assert reason_to_leave(name) is None


@pytest.mark.parametrize(
    "text", ["not a requirement", 'b; platform_release > "x.y"', "b @ nowhere", "b ; nothing == '1'"]
)
def test_a_requirement_that_nobody_understands_counts_as_none(text: str) -> None:
    found = installed(package("a", "1.0", text), package("b"))
    assert set(pip_lines(composed(found))) <= {"a==1.0", "b==1.0"}
