"""Which private packages an environment needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement

from amlpriv.specs.closure import Needed, close, with_paths_named, without_skipped_paths
from amlpriv.specs.environment import EnvironmentFile, PathSource, read_specification
from amlpriv.specs.pip import PipPath, PipRequirement
from amlpriv.target import Target
from amlpriv.wheels.filename import parse_filename
from amlpriv.wheels.wheel import Wheel


def nothing(path: str) -> str:
    """There are no other files."""
    raise AssertionError(path)


def environment(*lines: str, sources: str = "a b c d") -> EnvironmentFile:
    """An environment file with these pip lines, and a source for each of the names."""
    pip = "".join(f"      - {line}\n" for line in lines)
    named = "".join(f"  {name}: {{path: {name}}}\n" for name in sources.split())
    text = f"name: x\nconda_file:\n  dependencies:\n    - python=3.11\n    - pip:\n{pip}"
    return read_specification(text + (f"sources:\n{named}" if named else ""), "env.yml", load=nothing)


def wheel(name: str, *requires: str, extras: tuple[str, ...] = ()) -> Wheel:
    """A wheel that requires these."""
    filename = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    parsed = parse_filename(filename)
    return Wheel(
        filename=filename,
        name=parsed.name,
        display_name=name,
        version=parsed.version,
        build=(),
        tags=parsed.tags,
        root_is_purelib=True,
        sha256="0" * 64,
        content_hash="1" * 64,
        size=1,
        requires_python=None,
        requires_dist=tuple(map(Requirement, requires)),
        provides_extra=extras,
        import_names=(),
    )


def needs(file: EnvironmentFile, *wheels: Wheel, target: Target | None = None) -> dict[str, Needed]:
    """The closure, when these wheels are at hand."""
    stock: Mapping[str, Wheel] = {str(item.name): item for item in wheels}
    return close(file, stock.get, target or Target())


def test_a_public_name_is_not_needed() -> None:
    """Only names with a source are ours."""
    assert needs(environment("pandas>=2", "numpy")) == {}
    assert needs(environment("a", sources="")) == {}


def test_a_listed_package_is_needed_as_it_stands() -> None:
    """With its specifier and its line."""
    found = needs(environment("pandas", "a>=1"), wheel("a"))["a"]
    assert found.required_as == (Requirement("a>=1"),)
    assert found.listed
    assert found.needed_by == ()
    assert found.position is not None
    assert (found.position.file, found.position.line) == ("env.yml", 7)


def test_what_private_packages_require_is_needed_too() -> None:
    """However deep; who needs it is remembered, and whose line it goes back to."""
    found = needs(environment("a"), wheel("a", "b>=2", "pandas"), wheel("b", "C"), wheel("c"))
    assert list(found) == ["a", "b", "c"]
    assert (found["b"].listed, found["b"].needed_by, found["b"].required_as) == (False, ("a",), (Requirement("b>=2"),))
    assert found["c"].needed_by == ("b",)
    assert found["c"].position == found["a"].position


def test_every_demand_is_kept() -> None:
    """The wheel must satisfy all of them; equal ones count once."""
    found = needs(environment("a", "b", "c<9"), wheel("a", "c>=1"), wheel("b", "c>=1", "c!=3"), wheel("c"))
    assert set(found["c"].required_as) == {Requirement("c<9"), Requirement("c>=1"), Requirement("c!=3")}
    assert found["c"].listed
    assert found["c"].needed_by == ("a", "b")


def test_a_circle_ends() -> None:
    """Packages may require each other."""
    found = needs(environment("a"), wheel("a", "b"), wheel("b", "a>=1"))
    assert set(found) == {"a", "b"}
    assert found["a"].needed_by == ("b",)


@pytest.mark.parametrize(
    ("marker", "needed"),
    [
        ('python_version >= "3.11"', True),
        ('python_version < "3.11"', False),
        ('sys_platform == "linux"', True),
        ('sys_platform == "win32"', False),
        ('platform_machine == "x86_64"', True),
        ('extra == "fast"', False),
    ],
)
def test_markers_are_judged_for_the_target(marker: str, needed: bool) -> None:
    """Not for the machine that publishes."""
    assert ("b" in needs(environment("a"), wheel("a", f"b; {marker}"))) is needed


def test_another_target_needs_other_packages() -> None:
    """For instance a backport."""
    backport = wheel("a", 'b; python_version < "3.11"')
    assert set(needs(environment("a"), backport, target=Target(python=(3, 10)))) == {"a", "b"}


def test_extras_bring_what_they_require() -> None:
    """Those that are asked for, in any spelling, and no others."""
    fast = wheel("a", 'b; extra == "fast-path"', 'c; extra == "other"', extras=("fast-path", "other"))
    assert set(needs(environment("a"), fast)) == {"a"}
    assert set(needs(environment("a[Fast_Path]"), fast)) == {"a", "b"}
    assert set(needs(environment("a[fast-path,other]"), fast)) == {"a", "b", "c"}


def test_an_extra_that_somebody_else_asks_for_later_counts() -> None:
    """The package itself was looked at before."""
    found = needs(environment("a", "b"), wheel("a", 'c; extra == "x"', extras=("x",)), wheel("b", "a[x]"), wheel("c"))
    assert set(found) == {"a", "b", "c"}


def test_an_extra_may_ask_for_another_of_its_own_package() -> None:
    """``a[all]`` requires ``a[fast]``; that a package needs itself is no news."""
    recursive = wheel("a", 'a[fast]; extra == "all"', 'b; extra == "fast"', extras=("all", "fast"))
    found = needs(environment("a[all]"), recursive)
    assert set(found) == {"a", "b"}
    assert found["a"].needed_by == ()
    assert found["b"].needed_by == ("a",)


def test_a_wheel_that_is_not_at_hand_ends_the_search() -> None:
    """What it requires is unknown; it is needed all the same."""
    assert set(needs(environment("a"))) == {"a"}


def test_a_path_becomes_the_name_of_its_wheel() -> None:
    """From then on the line and the source are like any other; the rest of the file stays."""
    file = environment("pandas", "../packages/a", sources="b")
    key = next(name for name in file.sources if ":" in name)
    named = with_paths_named(file, {key: "contoso-a"})
    assert named.conda is not None
    assert [type(line) for line in named.conda.pip] == [PipRequirement, PipRequirement]
    assert set(named.sources) == {"b", "contoso-a"}
    source = named.sources["contoso-a"]
    assert isinstance(source, PathSource)
    assert source == file.sources[key]
    assert set(needs(named, wheel("contoso-a", "b"))) == {"contoso-a", "b"}


def test_without_names_nothing_changes() -> None:
    """Also for a file without a conda part."""
    file = environment("../packages/a", sources="")
    assert with_paths_named(file, {}) is file
    assert file.conda is not None
    assert isinstance(file.conda.pip[0], PipPath)
    bare = read_specification("name: x\nimage: y\n", "env.yml", load=nothing)
    assert with_paths_named(bare, {"path:0": "a"}) is bare
    assert needs(bare) == {}


def test_a_line_that_pip_skips_needs_nothing() -> None:
    """Its source stays, and so does the line."""
    file = environment("a", "\"b ; sys_platform == 'win32'\"")
    assert set(needs(file, wheel("a"), wheel("b"))) == {"a"}
    assert set(needs(file, wheel("a", "b>=1"), wheel("b"))) == {"a", "b"}


def test_paths_that_pip_skips_are_left_out() -> None:
    """The others keep their sources."""
    file = environment("\"./x.whl ; sys_platform == 'win32'\"", "pandas", "./y.whl ; python_version > '3'", sources="b")
    kept = without_skipped_paths(file, Target())
    assert kept.conda is not None
    assert [line.text for line in kept.conda.pip] == ["pandas", "./y.whl ; python_version > '3'"]
    assert set(kept.sources) == {"b", "path:1"}
    assert kept.sources["path:1"] == file.sources["path:2"]
    assert without_skipped_paths(kept, Target()) is kept
