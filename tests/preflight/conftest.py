"""An environment file that nothing is wrong with, and ways to make one thing about it wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.uses import Use
from amlpriv.findings import Finding
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import PackagedWheel, Subject
from amlpriv.specs.environment import read_specification
from amlpriv.specs.index_line import with_index_line
from amlpriv.target import Target
from amlpriv.wheels.filename import parse_filename
from amlpriv.wheels.wheel import Wheel

IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250407.v1"


def write(
    *,
    image: str | None = IMAGE,
    channels: Sequence[str] | None = ("conda-forge", "nodefaults"),
    conda: Iterable[str] = ("python=3.11", "pip=25"),
    pip: Iterable[str] = ("contoso-features==1.2.0",),
    more_pip: Iterable[str] = (),
    sources: Iterable[str] = ("contoso-features: {path: features}",),
    top: Iterable[str] = (),
) -> str:
    """An environment file. As it comes, python stands in line 6, pip in 7 and the first pip line in 9."""
    lines = ["name: churn-train", *([f"image: {image}"] if image else []), "conda_file:"]
    lines += [] if channels is None else [f"  channels: [{', '.join(channels)}]"]
    lines += ["  dependencies:", *(f"    - {line}" for line in conda)]
    for block in (tuple(pip), tuple(more_pip)):
        lines += ["    - pip:", *(f"      - {line}" for line in block)] if block else []
    lines += ["sources:", *(f"  {line}" for line in sources)] if sources else []
    return "\n".join([*lines, *top, ""])


def make_wheel(
    filename: str = "contoso_features-1.2.0-py3-none-any.whl",
    *,
    required_as: Iterable[str] = ("contoso-features",),
    requires_python: str | None = None,
    requires: Iterable[str] = (),
    extras: tuple[str, ...] = (),
) -> PackagedWheel:
    """A wheel by its file name, asked for in line 9."""
    name = parse_filename(filename)
    wheel = Wheel(
        filename=filename,
        name=name.name,
        display_name=name.name,
        version=name.version,
        build=name.build,
        tags=name.tags,
        root_is_purelib=True,
        sha256="0" * 64,
        content_hash="1" * 64,
        size=1000,
        requires_python=None if requires_python is None else SpecifierSet(requires_python),
        requires_dist=tuple(map(Requirement, requires)),
        provides_extra=extras,
        import_names=(),
    )
    return PackagedWheel(wheel, tuple(map(Requirement, required_as)), "environment.yml", 9, 7)


def make_subject(
    text: str | None = None,
    *,
    wheels: Iterable[PackagedWheel] = (),
    target: Target | None = None,
    texts: Mapping[str, str] | None = None,
    connections: Sequence[StoredConnection] | None = None,
    use: Use = Use.JOB,
    absent: tuple[str, ...] | None = None,
    refused: str | None = None,
) -> Subject:
    """What the rules look at, read by the real parser. Other texts are there for the file's ``conda_file``."""
    text = write() if text is None else text
    others = dict(texts or {})
    environment = with_index_line(read_specification(text, "environment.yml", load=others.__getitem__))
    asked = None if connections is None else tuple(connections)
    return Subject(environment, text, others, tuple(wheels), target or Target(), asked, use, absent, refused)


def write_indexed(
    connection: str | None = "contoso-feed",
    url: str = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/",
) -> str:
    """An environment file with one package from an index."""
    named = f", connection: {connection}" if connection else ""
    return write(
        pip=["contoso-core>=4"],
        sources=["contoso-core: {index: contoso}"],
        top=["indexes:", f'  contoso: {{url: "{url}"{named}}}'],
    )


def make_feed(
    name: str = "contoso-feed", target: str = "https://pkgs.dev.azure.com/contoso", auth: str = "PAT"
) -> StoredConnection:
    """A connection for a feed."""
    return StoredConnection(name, "PythonFeed", target, auth)


@pytest.fixture
def from_index() -> Callable[..., str]:
    """``write_indexed``, for tests."""
    return write_indexed


@pytest.fixture
def feed() -> Callable[..., StoredConnection]:
    """``make_feed``, for tests."""
    return make_feed


@pytest.fixture
def environment_text() -> Callable[..., str]:
    """``write``, for tests."""
    return write


@pytest.fixture
def packaged() -> Callable[..., PackagedWheel]:
    """``make_wheel``, for tests."""
    return make_wheel


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """``make_subject``, for tests."""
    return make_subject


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """``found(code, text, wheels=..., ...)``: what the whole engine finds under that code."""

    def run(code: str, text: str | None = None, **options: object) -> list[Finding]:
        report = check(make_subject(text, **options))  # type: ignore[arg-type]
        return [finding for finding in report if finding.code == code]

    return run
