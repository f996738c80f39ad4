"""Reading thousands of specifications in one process: steady in time and memory. Ratios within one run, no seconds."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.specs.conda import parse_conda, render_conda
from amlpriv.specs.documents import read_document
from amlpriv.specs.requirements import parse_requirements

GOLDEN = Path(__file__).parents[1] / "golden"
YAML = [path.read_text("utf-8") for folder in ("conda", "azureml") for path in sorted((GOLDEN / folder).glob("*.yml"))]
PIP = [path.read_bytes().decode("utf-8", "replace") for path in sorted((GOLDEN / "requirements").glob("*.txt"))]


def _read_all(times: int) -> None:
    for _ in range(times):
        for text in YAML:
            try:
                read_document(text)
                render_conda(parse_conda(text))
            except InputError:
                continue
        for text in PIP:
            try:
                parse_requirements(text, "requirements.txt")
            except InputError:
                continue


def test_memory_does_not_grow_with_the_number_of_files() -> None:
    _read_all(5)
    tracemalloc.start()
    try:
        _read_all(5)
        first = tracemalloc.get_traced_memory()[0]
        _read_all(20)
        assert tracemalloc.get_traced_memory()[0] - first < 500_000
    finally:
        tracemalloc.stop()


def test_a_long_file_costs_as_much_as_its_lines() -> None:
    """Four times the lines, about four times the time."""

    def seconds(lines: int) -> float:
        body = "".join(f"  - package{number}>=1.{number},<2\n" for number in range(lines))
        text = f"name: a\ndependencies:\n{body}"
        best = 1e9
        for _ in range(3):
            begun = time.perf_counter()
            parse_conda(text)
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(4000) < 8 * seconds(1000)
