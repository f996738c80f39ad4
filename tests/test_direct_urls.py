"""Signatures are taken out of installed environments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amlpriv.direct_urls import strip_queries


def installed(prefix: Path, name: str, text: str, record: str | None = None) -> Path:
    folder = prefix / "lib" / "python3.11" / "site-packages" / f"{name}.dist-info"
    folder.mkdir(parents=True)
    (folder / "direct_url.json").write_text(text)
    if record is not None:
        (folder / "RECORD").write_bytes(record.encode())
    return folder


@pytest.mark.parametrize(
    ("url", "after"),
    [
        ("https://a.example/c/w.whl?se=1&sig=abc", "https://a.example/c/w.whl"),
        ("https://me:pat@feed.example/w.whl", "https://feed.example/w.whl"),
        ("https://pat@git.example/r.git", "https://git.example/r.git"),
    ],
)
def test_queries_and_users_go_and_the_rest_stays(tmp_path: Path, url: str, after: str) -> None:
    archive = {"hash": "sha256=00", "hashes": {"sha256": "00"}}
    folder = installed(tmp_path, "w-1.0", json.dumps({"archive_info": archive, "url": url}))
    assert strip_queries(tmp_path) == ("w-1.0",)
    assert json.loads((folder / "direct_url.json").read_text()) == {"archive_info": archive, "url": after}
    assert strip_queries(tmp_path) == ()


@pytest.mark.parametrize(
    "url",
    ["https://a.example/w.whl", "file:///home/me/p%20q", "ssh://git@git.example/r.git", "https://a.example/p#egg=x"],
)
def test_what_holds_no_secret_is_left_alone(tmp_path: Path, url: str) -> None:
    text = f'{{ "url":  "{url}" }}'
    folder = installed(tmp_path, "w-1.0", text, "w-1.0.dist-info/direct_url.json,sha256=x,1\n")
    assert strip_queries(tmp_path) == ()
    assert (folder / "direct_url.json").read_text() == text
    assert (folder / "RECORD").read_text() == "w-1.0.dist-info/direct_url.json,sha256=x,1\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_its_own_line_of_record_changes(tmp_path: Path, end: str) -> None:
    lines = ['"a,b.py",sha256=aa,1', "w-1.0.dist-info/RECORD,,", "w-1.0.dist-info/direct_url.json,sha256=old,99"]
    record = "".join(line + end for line in lines)
    folder = installed(tmp_path, "w-1.0", '{"url": "https://a.example/w.whl?sig=x"}', record)
    strip_queries(tmp_path)
    after = (folder / "RECORD").read_bytes().decode().split(end)
    assert after[:2] == lines[:2]
    assert after[2].startswith("w-1.0.dist-info/direct_url.json,sha256=")
    assert after[2].endswith(",34")
    assert after[3:] == [""]


@pytest.mark.parametrize("text", ["", "sig=abc", "[1]", '{"url": 3}', "{}"])
def test_what_cannot_be_read_is_removed_also_from_record(tmp_path: Path, text: str) -> None:
    record = "w-1.0.dist-info/METADATA,,\nw-1.0.dist-info/direct_url.json,sha256=old,99\n"
    folder = installed(tmp_path, "w-1.0", text, record)
    assert strip_queries(tmp_path) == ("w-1.0",)
    assert not (folder / "direct_url.json").exists()
    assert (folder / "RECORD").read_text() == "w-1.0.dist-info/METADATA,,\n"
