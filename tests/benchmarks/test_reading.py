"""Reading a wheel costs little more than hashing it, and memory that does not grow with it."""

from __future__ import annotations

import hashlib
import random
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import amlpriv
from amlpriv.wheels.read import read_wheel
from tests.wheelhouse import build_wheel, make_record

MEGABYTE = 1024 * 1024
ROUNDS = 3

LIMIT = 5.0
"""read_wheel hashes the file and each of its members, and checks their CRCs: measured 2.3 to 2.5 times sha256 alone."""

MEMBERS_LIMIT = 4.0
"""The same for many small members, compared with unpacking and hashing them: measured 1.5 to 1.8 times."""

MEMORY_LIMIT = 100 * MEGABYTE

MEASURE = """
import resource, sys
from pathlib import Path
from amlpriv.wheels.read import read_wheel
with open(sys.argv[1], "rb") as stream:
    wheel = read_wheel(Path(sys.argv[1]).name, stream)
assert wheel.size > 300_000_000, wheel.size
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss also counts what our parent had at the fork
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def hash_file(path: Path) -> str:
    """SHA-256 as one would do it without us."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()


def read(path: Path) -> str:
    """The same hash from read_wheel."""
    with path.open("rb") as stream:
        return read_wheel(path.name, stream).sha256


def test_reading_takes_a_small_multiple_of_hashing(tmp_path: Path) -> None:
    """As a ratio of pairs in one run, so that it holds on any machine; the best of three, since noise only adds."""
    block = random.Random(1).randbytes(8 * MEGABYTE)  # noqa: S311
    modules = {"contoso_features/__init__.py": b"", **{f"contoso_features/{n}.bin": block for n in range(5)}}
    wheel = build_wheel(tmp_path, modules=modules, compression=zipfile.ZIP_STORED)
    assert read(wheel) == hash_file(wheel)
    ratios = [seconds(lambda: read(wheel)) / seconds(lambda: hash_file(wheel)) for _ in range(ROUNDS)]
    assert min(ratios) < LIMIT, ratios


def test_many_small_members_take_no_longer_than_a_few_times_unpacking(tmp_path: Path) -> None:
    """2,000 modules, as large frameworks have them."""
    modules = {f"contoso_features/m{number}.py": f"x = {number}\n" * 50 for number in range(2000)}
    wheel = build_wheel(tmp_path, modules=modules)

    def unpack() -> None:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                hashlib.sha256(archive.read(name)).digest()

    ratios = [seconds(lambda: read(wheel)) / seconds(unpack) for _ in range(ROUNDS)]
    assert statistics.median(ratios) < MEMBERS_LIMIT, ratios


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource exists on POSIX systems only")
def test_a_wheel_of_300_megabytes_is_read_in_pieces(tmp_path: Path) -> None:
    """Less than 100 MiB at the peak, Python and all modules included."""
    path = large_wheel(tmp_path, 300)
    root = str(Path(amlpriv.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{MEASURE}", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MEMORY_LIMIT, f"{int(done.stdout) / MEGABYTE:.0f} MiB"


def large_wheel(folder: Path, megabytes: int) -> Path:
    """A wheel with one stored member of that size, written without holding it."""
    template = build_wheel(folder / "template")
    with zipfile.ZipFile(template) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    record = next(name for name in members if name.endswith("/RECORD"))
    del members[record]

    block, large = random.Random(2).randbytes(MEGABYTE), "contoso_features/weights.bin"  # noqa: S311
    digest = hashlib.sha256()
    path = folder / template.name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        with archive.open(zipfile.ZipInfo(large, (2020, 1, 1, 0, 0, 0)), "w", force_zip64=True) as stream:
            for _ in range(megabytes):
                stream.write(block)
                digest.update(block)
        archive.writestr(record, make_record(members, record) + record_line(large, digest.digest(), megabytes))
    return path


def record_line(path: str, digest: bytes, megabytes: int) -> bytes:
    """One more line for RECORD."""
    import base64

    text = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return f"{path},sha256={text},{megabytes * MEGABYTE}\n".encode()
