"""Environment files: what is read, and rule by rule what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from amlpriv.errors import InputError, UsageError
from amlpriv.facts.routes import Route
from amlpriv.specs.environment import (
    EnvironmentFile,
    GitSource,
    Index,
    IndexSource,
    PathSource,
    UrlSource,
    is_environment_file,
    parse_environment_file,
    read_specification,
    unneeded_sources,
)
from amlpriv.specs.pip import PipPath
from amlpriv.specs.positions import Position

SHA = "AB" * 32
DESIGN = """\
name: churn-train
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
conda_file:                      # inline, or a path to conda.yaml
  channels: [conda-forge]
  dependencies:
    - python=3.11
    - pip
    - pip:
      - pandas>=2
      - contoso-features==1.2.0
      - contoso-nlp
      - contoso-core>=4
sources:
  contoso-features: {path: ../packages/contoso-features}        # a folder is built, a .whl is taken as it is
  contoso-nlp: {git: "https://github.com/contoso/nlp.git", tag: v1.0, subdirectory: packages/nlp}
  contoso-core: {index: contoso}
indexes:
  contoso: {url: "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/", connection: contoso-feed}
via: sas
"""
HEAD = "name: e\nimage: i\n"


def loader(files: Mapping[str, str]) -> Callable[[str], str]:
    def load(path: str) -> str:
        if path not in files:
            raise InputError(f"There is no file {path!r}.", hint="Check the path.")
        return files[path]

    return load


def parse(text: str, **files: str) -> EnvironmentFile:
    return parse_environment_file(text, "e.yml", load=loader(files))


def refused(text: str, files: Mapping[str, str] | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_environment_file(text, "e.yml", load=loader(files or {}))
    return caught.value


def test_the_example_of_the_design_is_read() -> None:
    file = parse(DESIGN)
    assert (file.name, file.version, file.os_type, file.via) == ("churn-train", None, "linux", Route.SAS)
    assert file.image == "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"
    assert file.conda is not None
    assert file.conda.python == (3, 11)
    assert file.conda_file is None
    assert file.sources == {
        "contoso-features": PathSource("../packages/contoso-features", None, Position("e.yml", 14, 3)),
        "contoso-nlp": GitSource(
            "https://github.com/contoso/nlp.git",
            tag="v1.0",
            subdirectory="packages/nlp",
            position=Position("e.yml", 15, 3),
        ),
        "contoso-core": IndexSource("contoso", Position("e.yml", 16, 3)),
    }
    url = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
    assert file.indexes == {"contoso": Index("contoso", url, "contoso-feed", Position("e.yml", 18, 3))}
    assert file.positions["via"] == Position("e.yml", 19, 1)
    assert file.conda.pip[1].position == Position("e.yml", 10, 9)
    assert unneeded_sources(file, ()) == ()


def test_a_plain_azure_ml_environment_is_read() -> None:
    text = (
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
        "name: plain\nversion: 012345670123\ndescription: |\n  two\n  lines\n"
        "tags: {team: ml, year: 2026, on: yes, x:}\n"
        "build: {path: docker, dockerfile_path: Dockerfile.gpu}\nos_type: Linux\ndatastore: azureml:d\n"
        "inference_config:\n  liveness_route: {port: 5001, path: /}\nproperties: {a: 1.10}\n"
    )
    file = parse(text)
    assert file.version == "012345670123"
    assert file.description == "two\nlines"
    assert file.tags == {"team": "ml", "year": "2026", "on": "yes", "x": ""}
    assert file.build == {"path": "docker", "dockerfile_path": "Dockerfile.gpu"}
    assert (file.os_type, file.datastore, file.conda) == ("linux", "azureml:d", None)
    assert file.inference_config == {"liveness_route": {"port": 5001, "path": "/"}}
    assert file.properties == {"a": "1.10"}


@pytest.mark.parametrize("version", ["1.10", "3", "012345670123", "0x1f", "2024-01-01", "c3f2a9c01b7de-2", "1e3"])
def test_a_version_keeps_its_digits(version: str) -> None:
    assert parse(f"{HEAD}version: {version}\n").version == version


def test_a_conda_file_by_path_is_loaded_and_its_positions_are_its_own() -> None:
    files = {"envs/conda.yaml": "dependencies:\n- pip:\n  - ./dist/x.whl\n"}
    file = parse_environment_file(f"{HEAD}conda_file: envs/conda.yaml\n", "dir/e.yml", load=loader(files))
    assert file.conda_file == "envs/conda.yaml"
    source = file.sources["path:0"]
    assert source.position is not None
    assert (source.position.file or "").replace("\\", "/") == "dir/envs/conda.yaml"
    assert source.position.line == 3


def test_a_conda_file_that_cannot_be_loaded_is_named_where_it_is_asked_for() -> None:
    error = refused(f"{HEAD}conda_file: missing.yaml\n")
    assert (error.file, error.line, error.column) == ("e.yml", 3, 13)
    assert "missing.yaml" in error.message


def test_a_mistake_in_a_loaded_conda_file_has_that_files_line() -> None:
    error = refused(f"{HEAD}conda_file: c.yaml\n", {"c.yaml": "dependencies:\n\t- x\n"})
    assert (error.file, error.line) == ("c.yaml", 2)


def test_references_and_routes_of_sources_are_read_exactly() -> None:
    file = parse(
        f"{HEAD}via: context\nsources:\n  A_b: {{git: 'ssh://git@h/r', tag: 1.10, via: image}}\n"
        f"  c: {{url: 'https://h/c.whl', sha256: {SHA}}}\n  d: {{path: d, via: sas}}\n  e: {{git: x, rev: 0123456}}\n"
    )
    assert file.sources["a-b"] == GitSource(
        "ssh://git@h/r", tag="1.10", via=Route.IMAGE, position=Position("e.yml", 5, 3)
    )
    assert file.sources["c"] == UrlSource("https://h/c.whl", SHA.lower(), None, Position("e.yml", 6, 3))
    assert file.sources["d"] == PathSource("d", Route.SAS, Position("e.yml", 7, 3))
    assert isinstance(file.sources["e"], GitSource)
    assert file.sources["e"].rev == "0123456"
    assert file.via is Route.CONTEXT


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("image: i\n", 1, "no name", "--name"),
        ("name:\nimage: i\n", 1, "no name", "--name"),
        ("name: 'a b'\n", 1, "cannot be an environment's name", None),
        ("name: AzureML-x\n", 1, "reserved", None),
        ("name: microsoft.x\n", 1, "reserved", None),
        (f"name: {'x' * 256}\n", 1, "1 to 255", None),
        (f"{HEAD}version: 'a b'\n", 3, "version", None),
        (f"{HEAD}souces: {{}}\n", 3, "Unknown key 'souces'", "Did you mean 'sources'?"),
        (f"{HEAD}dependencies: [python]\n", 3, "Unknown key 'dependencies'", "conda_file"),
        (f"{HEAD}build: {{path: x}}\n", 3, "both 'image' and 'build'", None),
        (f"{HEAD}os_type: linus\n", 3, "os_type", "Did you mean 'linux'?"),
        (f"{HEAD}tags: [a]\n", 3, "'tags' must be a mapping", None),
        (f"{HEAD}tags: {{a: [b]}}\n", 3, "'a' in 'tags' must be text", None),
        (f"{HEAD}conda_file: |\n  dependencies:\n  - python\n", 3, "several lines", "'|'"),
        (f"{HEAD}conda_file: [x]\n", 3, "'conda_file' must be a mapping", None),
        (f"{HEAD}via: sass\n", 3, "Unknown route 'sass'", "Did you mean 'sas'?"),
        (f"{HEAD}via: feed\n", 3, "impossible for the whole file", "{index: NAME}"),
        (f"{HEAD}via: model\n", 3, "impossible for the whole file", "MLflow"),
        (f"{HEAD}via: direct\n", 3, "impossible for the whole file", "'url'"),
    ],
)
def test_mistakes_at_the_top(text: str, line: int, message: str, hint: str | None) -> None:
    error = refused(text)
    assert (error.file, error.line) == ("e.yml", line)
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("a: ../a", "must be a mapping", "{path: ../a}"),
        ("a: {}", "says no place", "Exactly one"),
        ("a: {path: x, git: y}", "has path and git", "Exactly one"),
        ("a: {path: x, pth: y}", "unknown key 'pth'", "Did you mean 'path'?"),
        ("a: {path: x, tag: v1}", "where 'tag' means nothing", "belongs to 'git'"),
        ("a: {path: x, sha256: y}", "where 'sha256' means nothing", "belongs to 'url'"),
        ("a: {git: x, tag: v1, branch: b}", "has tag and branch", "one of rev, tag and branch"),
        ("a: {git: x, rev: a, tag: v1, branch: b}", "has rev and tag and branch", "one of"),
        ("a: {git: git+https://h/r}", "begins with 'git+'", "Leave"),
        ("a: {url: https://h/x.whl}", "no sha256", "64"),
        ("a: {url: https://h/x.whl, sha256: 12}", "not 64 hexadecimal", "sha256sum"),
        ("a: {url: https://h/x.whl, sh256: 12}", "unknown key 'sh256'", "'sha256'"),
        ("a: {index: contosso}", "unknown index 'contosso'", "Did you mean 'contoso'?"),
        ("a: {path: x, via: feed}", "impossible for a source of kind 'path'", "{index: NAME}"),
        ("a: {git: x, via: model}", "impossible for a source of kind 'git'", "MLflow"),
        ("a: {index: contoso, via: sas}", "impossible for a source of kind 'index'", "feed"),
        ("a: {path: x, via: direct}", "impossible for a source of kind 'path'", "'url'"),
        ("a: {git: x, via: direct}", "impossible for a source of kind 'git'", "'url'"),
        ("a: {index: contoso, via: direct}", "impossible for a source of kind 'index'", "feed"),
        ("a: {path: x, via: ctx}", "Unknown route", "context"),
        ("a: {path: [x]}", "'path' must be text", None),
        ("'a b': {path: x}", "not a package name", None),
        ("a-b: {path: x}\n  A.B: {path: y}", "'a-b' stands twice", "case"),
    ],
)
def test_mistakes_in_sources(source: str, message: str, hint: str | None) -> None:
    error = refused(f"{HEAD}indexes: {{contoso: {{url: 'https://h/simple/'}}}}\nsources:\n  {source}\n")
    assert error.file == "e.yml"
    assert error.line == source.count("\n") + 5
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_a_package_from_an_index_may_say_its_only_route() -> None:
    file = parse(f"{HEAD}indexes: {{c: {{url: 'https://h/'}}}}\nsources: {{a: {{index: c, via: feed}}}}\n")
    assert file.sources["a"] == IndexSource("c", Position("e.yml", 4, 11))


@pytest.mark.parametrize(
    ("index", "message"),
    [("{}", "has no 'url'"), ("{url: x, connetion: y}", "Unknown key 'connetion'"), ("https://h", "must be a mapping")],
)
def test_mistakes_in_indexes(index: str, message: str) -> None:
    assert message in refused(f"{HEAD}indexes:\n  c: {index}\n").message


CONDA = "conda_file:\n  dependencies:\n"


@pytest.mark.parametrize(
    ("conda", "line", "message"),
    [
        ("  - A_B=1\n", 5, "'a_b' stands in the conda layer"),
        ("  - pip: [x]\n  - pip: [A.b]\n", 6, "'a-b' stands in a second 'pip:' block"),
        ("  - pip:\n    - a-b @ https://h/a_b-1-py3-none-any.whl\n", 6, "'a-b' has an address"),
        ("  - pip:\n    - git+https://h/r#egg=a_b\n", 6, "'a-b' has an address"),
        ("  - pip:\n    - x\n    - -r reqs/a.txt\n", 7, "'a-b' stands behind '-r reqs/a.txt'"),
        ("  - pip:\n    - -r more.txt\n", 6, "'a-b' stands behind '-r more.txt'"),
    ],
)
def test_a_private_name_in_the_wrong_place(conda: str, line: int, message: str) -> None:
    files = {"reqs/a.txt": "# c\nx \\\n  --hash=sha256:0\nA-b==1\n", "more.txt": "-r reqs/a.txt\n-r more.txt\n"}
    error = refused(f"{HEAD}{CONDA}{conda}sources: {{a-b: {{path: x}}}}\n", files)
    assert error.line == line
    assert message in error.message


def test_a_requirements_file_without_private_names_or_unreadable_is_left_alone() -> None:
    text = (
        f"{HEAD}{CONDA}  - pip: [-r a.txt, -r missing.txt, -r 'https://h/r.txt', a-b]\nsources: {{a-b: {{path: x}}}}\n"
    )
    file = parse_environment_file(text, "e.yml", load=loader({"a.txt": "pandas\n=nonsense\n./x\n"}))
    assert list(file.sources) == ["a-b"]


def test_the_requirements_file_lies_beside_the_conda_file() -> None:
    files = {"envs/conda.yaml": "dependencies:\n- pip: [-r r.txt]\n", "envs/r.txt": "a\n"}
    text = f"{HEAD}conda_file: envs/conda.yaml\nsources: {{a: {{path: x}}}}\n"
    assert "stands behind" in refused(text, files).message


def test_the_first_mistake_is_raised_and_the_others_are_counted() -> None:
    error = refused("image: i\nfoo: 1\nsources: {a: {}}\nvia: x\n")
    assert error.line == 1
    assert error.message == "The environment has no name."
    assert (error.hint or "").endswith("3 more problems in this input.")


def test_unneeded_sources_are_found_with_a_suggestion() -> None:
    file = parse(DESIGN.replace("- contoso-nlp", "- contoso-npl"))
    (unneeded,) = unneeded_sources(file, ["something"])
    assert (unneeded.name, unneeded.suggestion) == ("contoso-nlp", "contoso-npl")
    error = unneeded.error()
    assert (error.line, error.hint) == (15, "Did you mean 'contoso-npl'?")


def test_a_source_that_another_private_package_needs_is_not_unneeded() -> None:
    file = parse(f"{HEAD}{CONDA}  - pip: [a]\nsources: {{a: {{path: x}}, b.c: {{path: y}}}}\n")
    assert [source.name for source in unneeded_sources(file, [])] == ["b-c"]
    assert unneeded_sources(file, ["B_C"]) == ()


def test_paths_in_the_pip_section_become_sources_that_are_never_unneeded() -> None:
    file = parse(f"{HEAD}{CONDA}  - pip: [pandas, './dist/x.whl', '-e ../pkg[a]']\n")
    assert list(file.sources) == ["path:1", "path:2"]
    assert file.sources["path:2"] == PathSource("../pkg", None, Position("e.yml", 5, 35))
    assert file.conda is not None
    assert isinstance(file.conda.pip[2], PipPath)
    assert unneeded_sources(file, []) == ()


CONDA_YAML = "name: from-conda\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip: [./x.whl]\n"


def test_the_two_kinds_of_file_are_told_apart() -> None:
    assert is_environment_file(DESIGN)
    assert is_environment_file("name: x\nimage: i\n")
    assert is_environment_file("name: x\nimage: i\ndependencies: []\n")
    assert not is_environment_file(CONDA_YAML)


def test_a_plain_conda_file_becomes_an_environment_file() -> None:
    file = read_specification(CONDA_YAML, "conda.yaml", load=loader({}))
    assert (file.name, file.image, file.conda_file, file.file) == ("from-conda", None, None, "conda.yaml")
    assert file.sources == {"path:0": PathSource("./x.whl", None, Position("conda.yaml", 5, 9))}
    assert file.positions["channels"] == Position("conda.yaml", 2, 1)


def test_name_and_image_can_be_given() -> None:
    for text in (CONDA_YAML, CONDA_YAML.partition("\n")[2], DESIGN, DESIGN.partition("\n")[2]):
        file = read_specification(text, "f.yaml", load=loader({}), name="given", image="other")
        assert (file.name, file.image) == ("given", "other")


def test_a_plain_conda_file_without_name_names_the_option() -> None:
    with pytest.raises(InputError) as caught:
        read_specification("dependencies: [python]\n", "conda.yaml", load=loader({}))
    assert "--name" in (caught.value.hint or "")


def test_an_impossible_name_or_image_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="reserved"):
        read_specification(CONDA_YAML, load=loader({}), name="AzureML-x")
    with pytest.raises(UsageError, match="build context"):
        read_specification("name: e\nbuild: {path: x}\n", load=loader({}), image="i")


def test_what_sources_and_indexes_print_holds_no_secret() -> None:
    text = (
        f"{HEAD}indexes: {{c: {{url: 'https://u:s3cr3t@h/'}}}}\nsources:\n  a: {{git: 'https://s3cr3t@h/r'}}\n"
        f"  b: {{url: 'https://h/x.whl?sig=s3cr3t', sha256: {SHA}}}\n"
    )
    assert "s3cr3t" not in repr(parse(text))
