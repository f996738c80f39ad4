from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlpriv.wheels.identity import SCHEMA, Content, canonical_text, content_hash
from amlpriv.wheels.metadata import parse_metadata, parse_wheel_file
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel, make_record, wheel_members, write_archive

Read = Callable[[Path], Wheel]

METADATA = parse_metadata(
    "a.whl",
    "METADATA",
    b"Name: Contoso.Features\nVersion: 1.2.0\nRequires-Python: >= 3.9, <4\n"
    b"Requires-Dist: NumPy (>=1.0-RC1,<2)\nRequires-Dist: b[Y,x_x] @ https://host/b.whl ; extra == 'T_t'\n"
    b"Requires-Dist: c===odd ; python_version<'3.10' and (extra=='T_t' or os_name == \"nt\")\n"
    b"Requires-Dist: d==1.*\nProvides-Extra: T_t\n",
)
WHEEL = parse_wheel_file("a.whl", "WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n")
CONTENTS = [
    Content("contoso_features/__init__.py", "00", False),
    Content("contoso_features/run.sh", "11", True),
    Content("Contoso.Features-1.2.0.data/scripts/run", "22", False),
    Content("Contoso.Features-1.2.0.dist-info/entry_points.txt", "33", False),
    *(
        Content(f"Contoso.Features-1.2.0.dist-info/{path}", "44", False)
        for path in (
            "METADATA",
            "WHEEL",
            "RECORD",
            "RECORD.jws",
            "INSTALLER",
            "REQUESTED",
            "direct_url.json",
            "sboms/a",
        )
    ),
]
DIST_INFO = "Contoso.Features-1.2.0.dist-info"
TEXT = r"""amlpriv-wheel-content-1
["file", "contoso-features-1.2.0.data/scripts/run", "22", false]
["file", "contoso-features-1.2.0.dist-info/entry_points.txt", "33", false]
["file", "contoso_features/__init__.py", "00", false]
["file", "contoso_features/run.sh", "11", true]
["name", "contoso-features"]
["provides-extra", "t-t"]
["requires-dist", "b[x-x,y] @ https://host/b.whl ; extra == \"t-t\""]
["requires-dist", "c[] ===odd ; python_version < \"3.10\" and (extra == \"t-t\" or os_name == \"nt\")"]
["requires-dist", "d[] ==1.* ; "]
["requires-dist", "numpy[] <2,>=1.0rc1 ; "]
["requires-python", "<4,>=3.9"]
["root-is-purelib", true]
["tag", "py2-none-any"]
["tag", "py3-none-any"]
["version", "1.2.0"]
"""


def test_the_canonical_text() -> None:
    """Golden. A change here gives every published wheel another identity: raise the schema's number with it."""
    assert canonical_text(CONTENTS, METADATA, WHEEL, DIST_INFO) == TEXT


def test_the_golden_hash() -> None:
    expected = "4163f559c7f57713757811b448ed0ea55cfc0192b17f5c50aa80fa2b6cacacd2"
    assert content_hash(CONTENTS, METADATA, WHEEL, DIST_INFO) == expected


def test_the_golden_hash_of_a_wheel(tmp_path: Path, read: Read) -> None:
    path = build_wheel(tmp_path, requires_dist=["numpy>=1"], extras={"test": ["pytest"]}, requires_python=">=3.9")
    assert read(path).content_hash == "8a49fb3499da7889606b481d25bbcd3d960bc4fdf5e54398e760b3594ceb2c4b"


def test_the_schema_comes_first() -> None:
    assert canonical_text([], METADATA, WHEEL, DIST_INFO).startswith(f"{SCHEMA}\n")


@pytest.fixture
def content_of(tmp_path: Path, read: Read) -> Callable[..., str]:
    """The content hash of a wheel built with these options."""

    def built(**options: Any) -> str:
        return read(build_wheel(tmp_path, **options)).content_hash

    return built


@pytest.mark.parametrize(
    "options",
    [
        {"generator": "another backend 2.0"},
        {"compression": zipfile.ZIP_STORED},
        {"name": "Contoso.Features"},
        {"build": "7"},
        {"requires_dist": ["b<2, >=1", "Numpy ;python_version<'4'"]},
        {"files": {"sboms/a.json": "{}", "INSTALLER": "pip", "REQUESTED": "", "direct_url.json": "{}"}},
    ],
)
def test_what_does_not_change_the_identity(content_of: Callable[..., str], options: dict[str, Any]) -> None:
    requires = ['numpy; python_version < "4"', "b>=1,<2"]
    assert content_of(**{"requires_dist": requires, **options}) == content_of(requires_dist=requires)


@pytest.mark.parametrize(
    "options",
    [
        {"modules": {"contoso_features/__init__.py": "changed = True\n"}},
        {"modules": {"contoso_features/moved.py": '__version__ = "1.2.0"\n'}},
        {"executable": ["contoso_features/__init__.py"]},
        {"version": "1.2.1", "modules": {"contoso_features/__init__.py": '__version__ = "1.2.0"\n'}},
        {"name": "contoso-other", "modules": {"contoso_features/__init__.py": '__version__ = "1.2.0"\n'}},
        {"tag": "py3-none-linux_x86_64"},
        {"requires_dist": ["numpy>=1"]},
        {"requires_python": ">=3.9"},
        {"extras": {"test": []}},
        {"files": {"entry_points.txt": "[console_scripts]\na = b:c\n"}},
        {"files": {"licenses/LICENSE": "text"}},
        {"files": {"sboms.txt": "text"}},
    ],
)
def test_what_changes_the_identity(content_of: Callable[..., str], options: dict[str, Any]) -> None:
    assert content_of(**options) != content_of()


def test_the_spelling_of_the_dist_info_folder_does_not_matter(tmp_path: Path, read: Read) -> None:
    members = wheel_members(files={"entry_points.txt": ""})
    plain = {path: data for path, data in members.items() if not path.endswith("/RECORD")}
    spelled = {
        path.replace("contoso_features-1.2.0.d", "Contoso.Features-1.2.0.d"): data for path, data in plain.items()
    }
    record = "Contoso.Features-1.2.0.dist-info/RECORD"
    path = write_archive(
        tmp_path / "Contoso.Features-1.2.0-py3-none-any.whl", {**spelled, record: make_record(spelled, record)}
    )
    assert read(path).content_hash == read(build_wheel(tmp_path, files={"entry_points.txt": ""})).content_hash


def test_the_order_of_members_does_not_matter() -> None:
    assert content_hash(CONTENTS[::-1], METADATA, WHEEL, DIST_INFO) == content_hash(
        CONTENTS, METADATA, WHEEL, DIST_INFO
    )
