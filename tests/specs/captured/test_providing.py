"""Imports and the packages they come from."""

from __future__ import annotations

from amlpriv.specs.captured.installed import CondaPackage
from amlpriv.specs.captured.providing import Provided, provide
from tests.specs.captured.interpreters import installed, package

FOUND = installed(
    package("PyYAML", modules=("yaml", "_yaml")),
    package("google-cloud-storage", modules=("google.cloud.storage",)),
    package("google-cloud-bigquery", modules=("google.cloud.bigquery",)),
    package("opencv-python", modules=("cv2",)),
    package("opencv-python-headless", modules=("cv2",)),
    package("numpy", modules=("numpy",), conda="numpy"),
    conda=[CondaPackage("gdal", "3.0", "conda-forge", modules=("osgeo",))],
)


def found(*names: str) -> Provided:
    return provide(names, FOUND)


def test_a_module_is_found_whatever_its_package_is_called() -> None:
    assert found("yaml.constructor.SafeConstructor").distributions == {"pyyaml"}


def test_a_namespace_is_told_apart_by_what_follows() -> None:
    assert found("google.cloud.storage.Client").distributions == {"google-cloud-storage"}
    assert found("google.cloud").distributions == {"google-cloud-storage", "google-cloud-bigquery"}


def test_two_packages_with_one_module_are_both_kept() -> None:
    assert found("cv2").distributions == {"opencv-python", "opencv-python-headless"}


def test_conda_packages_are_found_with_and_without_python_metadata() -> None:
    assert found("numpy.linalg", "osgeo.gdal") == Provided(
        frozenset({"numpy"}), frozenset({"numpy", "gdal"}), frozenset()
    )


def test_the_standard_library_needs_nothing_and_the_rest_is_missing() -> None:
    assert found("os.path", "cupy.cuda").missing == {"cupy.cuda"}
