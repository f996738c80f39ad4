"""The conda layer of a captured environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from amlpriv.specs.captured.conda_layer import CondaLayer, conda_layer
from amlpriv.specs.captured.installed import CondaPackage, Installed
from tests.specs.captured.interpreters import composed, installed, package, pip_lines


def conda(name: str, version: str = "1.0", *depends: str, **more: object) -> CondaPackage:
    return replace(CondaPackage(name, version, "conda-forge", depends), **more)  # type: ignore[arg-type]


PACKAGES = (
    conda("python", "3.11.7", "openssl"),
    conda("pip", "24.0", "python"),
    conda("openssl", "3.0"),
    conda("numpy", "1.26.4", "libblas"),
    conda("libblas", "3.9"),
    conda("lightgbm", "4.3.0", "numpy"),
    conda("ipykernel", "6.0"),
)


def layer(
    *, specs: Sequence[str], packages: Sequence[CondaPackage] = PACKAGES, every: bool = False, platform: str = "linux"
) -> CondaLayer:
    return conda_layer(installed(conda=packages, specs=specs, platform=platform), every=every, imported=None)


def test_without_conda_the_layer_is_python_and_pip() -> None:
    found = conda_layer(installed(package("pip", "24.1")), every=False, imported=None)
    assert found == CondaLayer(("conda-forge",), ("python=3.11", "pip=24.1"))


def test_what_was_asked_of_conda_is_kept_with_its_version_and_the_rest_is_left_to_conda() -> None:
    found = layer(specs=["update specs: ['python=3.11', 'lightgbm', \"numpy[version='>=1.2,<2']\", 'ipykernel']"])
    assert found.dependencies == ("python=3.11", "pip", "lightgbm=4.3.0", "numpy=1.26.4")
    assert [str(one) for one in found.left_out] == ["ipykernel 6.0: only notebooks need it"]
    assert found.channels == ("conda-forge",)


def test_what_was_removed_later_is_not_asked_for_any_more() -> None:
    specs = ["update specs: ['numpy', 'lightgbm']", "remove specs: ['numpy']", "neutered specs: ['libblas==3.9']"]
    assert layer(specs=specs).dependencies[2:] == ("lightgbm=4.3.0",)


def test_the_old_form_of_the_history_is_read_as_well() -> None:
    assert layer(specs=["create specs: python=3.11,conda-forge::lightgbm=4.*"]).dependencies[2:] == ("lightgbm=4.3.0",)


def test_a_record_that_was_asked_for_counts_where_there_is_no_history() -> None:
    packages = [*PACKAGES[:3], conda("numpy", "1.26.4", requested=("numpy",)), *PACKAGES[4:]]
    assert layer(specs=[], packages=packages).dependencies[2:] == ("numpy=1.26.4",)


def test_without_any_record_of_a_wish_the_packages_that_no_other_needs_are_kept() -> None:
    assert layer(specs=[]).dependencies[2:] == ("lightgbm=4.3.0",)


def test_everything_is_kept_where_the_platform_is_that_of_the_image() -> None:
    assert layer(specs=["update specs: [lightgbm]"], every=True).dependencies[2:] == (
        "libblas=3.9",
        "lightgbm=4.3.0",
        "numpy=1.26.4",
        "openssl=3.0",
    )
    found = layer(specs=["update specs: ['lightgbm']"], every=True, platform="win32")
    assert found.dependencies[2:] == ("lightgbm=4.3.0",)
    assert "platform" in found.notes[0]


def test_only_the_packages_that_the_code_imports_are_kept() -> None:
    found = installed(conda=PACKAGES, specs=["update specs: ['lightgbm', 'numpy', 'ipykernel']"])
    result = conda_layer(found, every=False, imported={"numpy"})
    assert result.dependencies[2:] == ("numpy=1.26.4",)
    assert {one.name: one.reason for one in result.left_out} == {
        "lightgbm": "the code does not import it",
        "ipykernel": "only notebooks need it",
    }


def test_what_pip_has_replaced_stands_in_the_pip_list() -> None:
    packages = [*PACKAGES[:3], conda("numpy", "1.26.4", alive=False), *PACKAGES[4:]]
    found = installed(
        package("numpy", "2.0.0"), package("lightgbm", "4.3.0", "numpy", conda="lightgbm"),
        conda=packages, specs=["update specs: ['lightgbm', 'numpy']"],
    )  # fmt: skip
    result = composed(found, asked={"numpy"})
    assert pip_lines(result) == ["numpy==2.0.0"]
    assert "    - lightgbm=4.3.0\n" in result.text
    assert "numpy: pip has replaced" in result.notes[0]


@pytest.mark.parametrize(
    ("channel", "channels"),
    [
        ("conda-forge", ("conda-forge",)),
        ("pkgs/main", ("defaults",)),
        ("https://repo.anaconda.test/pkgs/main/noarch", ("defaults",)),
        ("https://conda.anaconda.test/conda-forge/noarch", ("conda-forge",)),
        ("https://mirror.example.org/forge/linux-64", ("https://mirror.example.org/forge",)),
        ("file:///srv/channel/noarch", ("file:///srv/channel",)),
    ],
)
def test_a_channel_is_named_as_a_file_names_it(channel: str, channels: tuple[str, ...]) -> None:
    found = layer(specs=["update specs: ['a']"], packages=[conda("a", channel=channel)])
    assert found.channels == channels


@pytest.mark.parametrize("address", ["https://x.example.org/t/to-ken-1234/ml/noarch", "https://me:pw@x.example.org/ml"])
def test_a_channel_with_a_token_is_left_out_and_told(address: str) -> None:
    found = layer(specs=["update specs: ['a']"], packages=[conda("a", channel=address)])
    assert found.channels == ("conda-forge",)
    assert "token" in found.notes[0]
    assert "to-ken" not in repr(found)


def test_a_conda_package_without_python_in_it_can_be_kept_by_name() -> None:
    found = installed(package("contoso"), conda=PACKAGES, specs=["update specs: ['numpy']"])
    result = composed(found, asked={"openssl"}, imported={"contoso"})
    assert pip_lines(result) == ["contoso==1.0"]
    assert "    - openssl=3.0\n" in result.text
    assert "numpy" not in result.text


def test_conda_itself_stays_at_home() -> None:
    found = layer(specs=["update specs: ['conda', 'a']"], packages=[conda("conda"), conda("a")])
    assert found.dependencies[2:] == ("a=1.0",)
    assert found.left_out[0].reason == "a tool of conda itself"


def test_a_package_that_conda_owns_is_not_in_the_pip_list() -> None:
    found: Installed = installed(package("numpy", conda="numpy"), package("contoso"), conda=PACKAGES)
    assert pip_lines(composed(found)) == ["contoso==1.0"]
