"""uv resolves for a target that is not this machine; what fails, fails in words."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.errors import AmlprivError, AuthenticationError, InputError, PermissionDeniedError, UnsupportedError
from amlpriv.resolving import IndexUnreachableError, NoSolutionError, NoWheelError, UnknownPackageError, resolve
from amlpriv.resolving.command import platform_name
from amlpriv.secret import Secret
from amlpriv.specs.resolution import Resolution, lock_text
from amlpriv.target import Target
from tests.package_servers import PASSWORD, USER, Server, pypi_server
from tests.source_index import source_index, write_sdist
from tests.wheelhouse import build_wheel

TARGET = Target((3, 11), (2, 28))


@dataclass(frozen=True)
class At:
    """An index and a credential."""

    url: str
    credentials: Credentials | None = None


def signed_in(server: Server, password: str = PASSWORD) -> At:
    return At(server.simple, Credentials(Secret(USER), Secret(password)))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server") / "served"

    def add(name: str, version: str = "1.0", tag: str = "py3-none-any", *requires: str, **more: Any) -> None:
        build_wheel(folder / "packages", name=name, version=version, tag=tag, requires_dist=requires, **more)

    add("acme-core", "1.0")
    add("acme-core", "2.0")
    add("acme-core", "2.0", "cp311-cp311-manylinux_2_17_x86_64")
    add("acme-core", "2.0", "cp311-cp311-win_amd64")
    add("acme-app", "1.0", "py3-none-any", "acme-core>=1")
    add("acme-old", "1.0", "py3-none-any", "acme-core<2")
    add("acme-marks", "1.0", "py3-none-any", "acme-core; sys_platform=='win32'", "acme-old; python_version<'3.12'")
    add("acme-new", requires_python=">=3.12")
    add("acme-windows", "1.0", "cp311-cp311-win_amd64")
    add("acme-needs", "1.0", "py3-none-any", "acme-windows")
    add("acme-glibc", "1.0", "cp311-cp311-manylinux_2_39_x86_64")
    add("acme-other", "1.0", "cp312-cp312-manylinux_2_17_x86_64")
    add("acme-bare", "1.0", "cp311-cp311-linux_x86_64")
    add("acme-both", "1.0", "cp311-cp311-manylinux_2_28_aarch64")
    add("acme-both", "1.0", "cp311-cp311-manylinux_2_28_x86_64")
    add("acme-missing", "1.0", "py3-none-any", "acme-not-published>=2")
    write_sdist(folder / "packages", "acme-source")
    return folder / "packages"


@pytest.fixture(scope="module")
def server(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("feed") / "one"
    with pypi_server(folder) as running:
        for wheel in wheels.iterdir():
            shutil.copy(wheel, folder / "packages")
        yield running


def from_folder(
    wheels: Path, environ: dict[str, str], *requirements: str, target: Target = TARGET, **more: Any
) -> Resolution:
    work = Path(environ["HOME"]) / "work"
    return resolve(requirements, target, index=None, find_links=wheels, environ=environ, work=work, **more)


def names(resolution: Resolution) -> list[str]:
    return [str(pin) for pin in resolution.pins]


def test_the_whole_closure_comes_with_its_files(wheels: Path, scrubbed: dict[str, str]) -> None:
    found = from_folder(wheels, scrubbed, "acme-app")
    assert names(found) == ["acme-app==1.0", "acme-core==2.0"]
    file = found.by_name["acme-core"].file  # type: ignore[index]
    assert file.filename == "acme_core-2.0-cp311-cp311-manylinux_2_17_x86_64.whl"
    assert file.url.startswith("file:")
    assert len(file.sha256 or "") == 64
    assert f"--hash=sha256:{file.sha256}" in lock_text(found)


def test_markers_are_those_of_the_target_and_not_of_this_machine(wheels: Path, scrubbed: dict[str, str]) -> None:
    assert names(from_folder(wheels, scrubbed, "acme-marks"))[1:] == ["acme-marks==1.0", "acme-old==1.0"]
    newer = from_folder(wheels, scrubbed, "acme-marks", target=Target((3, 12), (2, 28)))
    assert names(newer) == ["acme-marks==1.0"]


def test_each_architecture_gets_its_own_wheel(wheels: Path, scrubbed: dict[str, str]) -> None:
    for arch in ("x86_64", "aarch64"):
        found = from_folder(wheels, scrubbed, "acme-both", target=Target((3, 11), (2, 28), arch))
        assert found.pins[0].file.filename == f"acme_both-1.0-cp311-cp311-manylinux_2_28_{arch}.whl"


def test_a_constraint_bounds_what_others_require(wheels: Path, scrubbed: dict[str, str]) -> None:
    assert "acme-core==1.0" in names(from_folder(wheels, scrubbed, "acme-app", constraints=["acme-core<2"]))


def test_a_bare_linux_wheel_is_taken_and_told(wheels: Path, scrubbed: dict[str, str]) -> None:
    (note,) = from_folder(wheels, scrubbed, "acme-bare").notes
    assert note.startswith("acme_bare-1.0-cp311-cp311-linux_x86_64.whl is for some Linux")


def test_a_source_archive_is_taken_only_when_asked_for(wheels: Path, scrubbed: dict[str, str]) -> None:
    with pytest.raises(NoWheelError, match="acme-source has no wheel, only a source archive"):
        from_folder(wheels, scrubbed, "acme-source")
    found = from_folder(wheels, scrubbed, "acme-source", allow_sdist=True)
    assert found.pins[0].file.filename == "acme_source-1.0.tar.gz"
    assert not found.pins[0].file.is_wheel


def test_nothing_is_asked_for_and_nothing_comes(wheels: Path, scrubbed: dict[str, str]) -> None:
    assert from_folder(wheels, scrubbed).pins == ()


@pytest.mark.parametrize(
    ("requirements", "kind", "message"),
    [
        (("acme-old", "acme-core>=2"), NoSolutionError, "acme-old depend on acme-core<2"),
        (("acme-core>=5",), NoSolutionError, "only acme-core<=2.0 is available and you require acme-core>=5"),
        (("acme-new",), NoSolutionError, "acme-new==1.0 requires Python >=3.12"),
        (("acme-windows",), NoWheelError, "acme-windows has wheels for win_amd64 only"),
        (("acme-needs",), NoWheelError, "acme-windows has wheels for win_amd64 only"),
        (("acme-other",), NoWheelError, "acme-other has wheels for cp312 only"),
        (("acme-glibc",), NoWheelError, "acme-glibc needs glibc 2.39, and the target has 2.28"),
        (("acme-missing",), UnknownPackageError, "no package 'acme-not-published'.* acme-missing needs it"),
        (("acme-nowhere",), UnknownPackageError, "no package 'acme-nowhere'"),
        (("acme-core >> 3",), InputError, "cannot read a requirement"),
    ],
)
def test_what_has_no_answer_says_why(
    wheels: Path, scrubbed: dict[str, str], requirements: tuple[str, ...], kind: type[AmlprivError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        from_folder(wheels, scrubbed, *requirements)
    assert type(caught.value) is kind
    assert "uv says:\n" in (caught.value.hint or "")
    if isinstance(caught.value, UnknownPackageError | NoWheelError):
        assert caught.value.package in message


def test_a_package_with_an_address_of_its_own_is_refused(wheels: Path, scrubbed: dict[str, str]) -> None:
    path = next(wheels.glob("acme_app-*")).as_uri()
    with pytest.raises(UnsupportedError, match="acme-app does not come from an index"):
        from_folder(wheels, scrubbed, f"acme-app @ {path}")


def test_an_index_gets_the_credential_and_the_answer_has_none(server: Server, scrubbed: dict[str, str]) -> None:
    work = Path(scrubbed["HOME"]) / "work"
    found = resolve(["acme-app"], TARGET, index=signed_in(server), environ=scrubbed, work=work, all_hashes=True)
    assert names(found) == ["acme-app==1.0", "acme-core==2.0"]
    assert [pin.index for pin in found.pins] == [server.simple, server.simple]
    one = found.by_name["acme-core"]  # type: ignore[index]
    assert len(one.hashes) == 3  # of every file of the version, while two of them fit the target
    assert {f"sha256:{file.sha256}" for file in one.files} < set(one.hashes)
    assert PASSWORD not in repr(found)
    assert server.origin not in lock_text(found)
    assert not list(work.iterdir())


@pytest.mark.parametrize(
    ("password", "kind", "status"), [(None, AuthenticationError, 401), ("wrong-secret", PermissionDeniedError, 403)]
)
def test_a_refusing_index_is_named_and_the_credential_is_not(
    server: Server, scrubbed: dict[str, str], password: str | None, kind: type[AmlprivError], status: int
) -> None:
    index = signed_in(server, password) if password else At(server.simple)
    with pytest.raises(kind, match=rf"{server.simple} .*\({status}\)") as caught:
        resolve(["acme-app"], TARGET, index=index, environ=scrubbed, work=Path(scrubbed["HOME"]))
    assert "wrong-secret" not in str(caught.value)


def test_a_name_of_an_extra_index_comes_from_there_or_not_at_all(server: Server, scrubbed: dict[str, str]) -> None:
    """pip would silently take the other index's package after a 403."""
    work = Path(scrubbed["HOME"]) / "work"
    with source_index(work / "public") as public:
        for name, version in (("acme-core", "9.0"), ("public-thing", "1.0")):
            build_wheel(public.folder, name=name, version=version)
        both: dict[str, Any] = {"index": At(public.simple), "environ": scrubbed, "work": work}
        found = resolve(["acme-app", "public-thing"], TARGET, extra=[signed_in(server)], **both)
        assert names(found) == ["acme-app==1.0", "acme-core==2.0", "public-thing==1.0"]
        assert [pin.index for pin in found.pins] == [server.simple, server.simple, public.simple]
        with pytest.raises(PermissionDeniedError, match=server.simple):
            resolve(["acme-core"], TARGET, extra=[signed_in(server, "wrong")], **both)


def test_an_index_that_does_not_answer_is_a_network_error(scrubbed: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environ = {**scrubbed, "UV_HTTP_RETRIES": "0"}
    with pytest.raises(IndexUnreachableError, match=f"127.0.0.1:{port}/simple/ did not answer"):
        resolve(
            ["a"], TARGET, index=At(f"http://127.0.0.1:{port}/simple/"), environ=environ, work=Path(scrubbed["HOME"])
        )


def test_the_users_uv_settings_do_not_lead_elsewhere(wheels: Path, scrubbed: dict[str, str], tmp_path: Path) -> None:
    """Neither a variable nor a uv.toml, where both would change the answer."""
    configuration = tmp_path / "uv.toml"
    configuration.write_text('[pip]\nresolution = "lowest"\n', encoding="utf-8")
    environ = {**scrubbed, "UV_CONFIG_FILE": str(configuration), "UV_RESOLUTION": "lowest", "UV_NO_CONFIG": ""}
    assert "acme-core==2.0" in names(from_folder(wheels, environ, "acme-app"))


@pytest.mark.parametrize(
    ("glibc", "arch", "expected"),
    [
        ((2, 17), "x86_64", "x86_64-manylinux_2_17"),
        ((2, 27), "x86_64", "x86_64-manylinux_2_17"),
        ((2, 28), "aarch64", "aarch64-manylinux_2_28"),
        ((2, 35), "x86_64", "x86_64-manylinux_2_35"),
        ((2, 99), "x86_64", "x86_64-manylinux_2_40"),
        ((2, 5), "x86_64", "x86_64-manylinux_2_17"),
    ],
)
def test_uv_gets_the_highest_platform_that_it_knows_and_the_target_has(
    glibc: tuple[int, int], arch: str, expected: str
) -> None:
    assert platform_name(Target((3, 11), glibc, arch)) == expected


def test_preferred_versions_are_kept_where_they_fit(wheels: Path, scrubbed: dict[str, str]) -> None:
    """Those of an older lock; what does not fit is no reason to fail."""
    kept = from_folder(wheels, scrubbed, "acme-core", preferred=["acme-core==1.0", "acme-unheard-of==3"])
    assert str(kept.pins[0]) == "acme-core==1.0"
    newer = from_folder(wheels, scrubbed, "acme-core>1", preferred=["acme-core==1.0"])
    assert str(newer.pins[0]) == "acme-core==2.0"


def test_prereleases_come_only_where_they_are_allowed(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    """As pip's --pre."""
    for version in ("1.0", "2.0rc1"):
        build_wheel(tmp_path, name="acme-early", version=version)
    assert str(from_folder(tmp_path, scrubbed, "acme-early").pins[0]) == "acme-early==1.0"
    assert str(from_folder(tmp_path, scrubbed, "acme-early", prereleases=True).pins[0]) == "acme-early==2.0rc1"
