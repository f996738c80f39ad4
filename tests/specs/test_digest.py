"""The digest: what changes it, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amlpriv.errors import InputError
from amlpriv.facts.routes import Route
from amlpriv.specs.conda import CondaSpec, parse_conda, render_conda
from amlpriv.specs.digest import (
    SourceIdentity,
    canonical_environment,
    environment_digest,
    environment_version,
    parse_version,
)

GOLDEN = Path(__file__).parent / "golden"

BASE = """\
name: churn
channels: [conda-forge, defaults]
dependencies:
- python=3.11
- numpy >=1.8,<2
- pip
- pip:
  - --index-url https://pkgs.example.com/simple/
  - --pre
  - pandas>=2.0,<3
  - contoso-features[plot]==1.2.0 ; python_version < "3.12"
variables: {MODE: fast}
"""
INDEX = "  - --index-url https://pkgs.example.com/simple/\n"
FEATURES = SourceIdentity("contoso-features", "1.2.0", "c" * 64, Route.SAS)
CORE = SourceIdentity("contoso-core", "1!2.0+cu118", "d" * 64, Route.SAS)


def digest(
    text: str = BASE, *sources: SourceIdentity, image: str | None = "image:1", template: str | None = None
) -> str:
    canonical = canonical_environment(
        image=image, platform="linux/x86_64", conda=parse_conda(text), sources=sources or (FEATURES,), template=template
    )
    return environment_digest(canonical)


@pytest.mark.parametrize("name", ["image-only", "conda", "private"])
def test_golden_digests(name: str) -> None:
    """Permanent from the first release on: a change makes all environments new ones (raise DIGEST_SCHEMA then)."""
    conda = {"image-only": None, "conda": parse_conda("dependencies: [python=3.11]\n"), "private": parse_conda(BASE)}[
        name
    ]
    sources = (FEATURES, CORE) if name == "private" else ()
    canonical = canonical_environment(image="image:1", platform="linux/x86_64", conda=conda, sources=sources)
    golden = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    assert canonical == golden["canonical"]
    assert environment_digest(canonical) == golden["digest"]


def test_the_normal_form_begins_with_its_schema() -> None:
    canonical = canonical_environment(image=None, platform="linux/x86_64", conda=CondaSpec(), sources=())
    assert next(iter(canonical.items())) == ("schema", "amlpriv-env-1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: churn", "name: other  # comment"),
        ("name: churn\n", "prefix: /opt/x\n"),
        ("- python=3.11\n- numpy >=1.8,<2\n", "- numpy>=1.8, <2\n- python=3.11\n"),
        ("  - pandas>=2.0,<3\n  - contoso-features", "  - contoso-features"),
        ("pandas>=2.0,<3", "Pandas <3.0, >= 2  # why"),
        ("contoso-features[plot]==1.2.0", "Contoso_Features[Plot]>=1"),
        ('python_version < "3.12"', "python_version<'3.12'"),
        ("https://pkgs.example.com/simple/", "https://user:token@PKGS.example.com/simple/?key=1"),
        ("- pip:\n  - --index", "- pip:\n  - pandas<3,>=2\n  - --index"),
        ("channels: [conda-forge, defaults]", "platforms: [x]\nchannels:\n  - conda-forge\n  - defaults"),
    ],
)
def test_what_does_not_matter_does_not_change_it(old: str, new: str) -> None:
    assert old in BASE
    changed = BASE.replace(old, new)
    if old.startswith("  - pandas"):
        changed = changed.replace('"3.12"\n', '"3.12"\n  - pandas>=2.0,<3\n')
    assert digest(changed) == digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("python=3.11", "python=3.12"),
        ("numpy >=1.8,<2", "conda-forge::numpy >=1.8,<2"),
        ("[conda-forge, defaults]", "[defaults, conda-forge]"),
        ("pandas>=2.0,<3", "pandas>=2.1,<3"),
        ("pandas>=2.0,<3", "pandas[excel]>=2.0,<3"),
        ("features[plot]", "features"),
        (' ; python_version < "3.12"', ""),
        (f"{INDEX}  - --pre\n", f"  - --pre\n{INDEX}"),
        ("pkgs.example.com", "other.example.com"),
        ("MODE: fast", "MODE: slow"),
        ("- pip\n", ""),
    ],
)
def test_what_matters_changes_it(old: str, new: str) -> None:
    assert old in BASE
    assert digest(BASE.replace(old, new)) != digest()


def test_image_template_and_sources_change_it() -> None:
    others = [
        digest(image="image:2"),
        digest(image=None),
        digest(template="1"),
        digest(BASE, FEATURES, CORE),
        digest(BASE, SourceIdentity("contoso-features", "1.2.1", "c" * 64, Route.SAS)),
        digest(BASE, SourceIdentity("contoso-features", "1.2.0", "e" * 64, Route.SAS)),
        digest(BASE, SourceIdentity("contoso-features", "1.2.0", "c" * 64, Route.CONTEXT)),
    ]
    assert len({digest(), *others}) == len(others) + 1


def test_order_and_spelling_of_sources_do_not_matter() -> None:
    spelled = SourceIdentity("Contoso_Features", "v1.2.0", "c" * 64, Route.SAS)
    assert digest(BASE, CORE, spelled) == digest(BASE, FEATURES, CORE)


def test_a_rendered_file_has_the_digest_of_its_source() -> None:
    """Rendering with whatever signature changes nothing."""
    spec = parse_conda(BASE)
    for signature in ("sig=a%2Bb", "sig=other"):
        rendered = render_conda(spec, urls={"contoso-features": f"https://h/x.whl?{signature}#sha256={'ab' * 32}"})
        assert digest(rendered) == digest()


def test_no_secret_is_in_the_normal_form() -> None:
    text = """\
channels: ['https://conda.example.com/t/s3cr3t/x', 'https://u:s3cr3t@host/c']
dependencies:
- https://u:s3cr3t@host/c::numpy
- pip:
  - -i https://u:s3cr3t@host/simple/
  - --find-links https://host/x?sig=s3cr3t
  - --find-links https://u:s3cr3t@[host/x?sig=s3cr3t
  - contoso-features @ https://host/x.whl?sig=s3cr3t#sha256=ab
  - public @ https://u:s3cr3t@host/p.whl?sig=s3cr3t#sha256=ab&token=s3cr3t
  - git+https://s3cr3t@host/r.git@v1#egg=r&subdirectory=p
  - git+ssh://git:s3cr3t@host/r.git
"""
    canonical = canonical_environment(image=None, platform="p", conda=parse_conda(text), sources=[FEATURES])
    printed = json.dumps(canonical)
    assert "s3cr3t" not in printed
    assert "git+https://host/r.git@v1#egg=r&subdirectory=p" in printed
    assert "git+ssh://git@host/r.git" in printed
    assert "https://host/p.whl#sha256=ab" in printed


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a==1.0", "a==1", True),
        ("a==1.0.*", "a==1.*", False),
        ("a~=1.0", "a~=1.0.0", False),
        ("a==01.0", "a==1", True),
        ("a==1.0rc1", "a==1.0.RC1", True),
        ("a===1.0", "a===1", False),
        ("a==1!2.0+CU.118", "a==1!2+cu.118", True),
        ("a>=1,<2", "a<2,>=1", True),
        ("A.b[X_y]", "a-b[x-y]", True),
    ],
)
def test_specifiers_compare_by_pep_440(one: str, other: str, same: bool) -> None:
    texts = [f"dependencies:\n- pip:\n  - '{line}'\n" for line in (one, other)]
    assert (digest(texts[0]) == digest(texts[1])) is same


def test_a_path_that_nobody_replaced_is_refused() -> None:
    with pytest.raises(InputError, match="A path is no part of an environment's identity") as caught:
        canonical_environment(
            image=None, platform="p", conda=parse_conda("dependencies:\n- pip: [./x.whl]\n", "c.yml"), sources=[]
        )
    assert (caught.value.file, caught.value.line) == ("c.yml", 2)


def test_versions_begin_with_a_letter_and_count_renewals() -> None:
    value = "0123456789ab" + "0" * 52
    assert environment_version(value) == "c0123456789ab"
    assert environment_version(value, 2) == "c0123456789ab-2"
    assert environment_version(value, 11) == "c0123456789ab-11"
    for renewal in (1, 2, 10, 11):
        assert parse_version(environment_version(value, renewal)) == ("c0123456789ab", renewal)


@pytest.mark.parametrize(
    "version", ["1", "", "c0123456789ab-1", "c0123456789ab-02", "c0123456789AB", "c0123456789ab-", "c0123456789ab\n"]
)
def test_a_version_that_is_not_ours_is_none(version: str) -> None:
    assert parse_version(version) is None


@pytest.mark.parametrize(("value", "renewal"), [("abc", 1), ("A" * 64, 1), ("a" * 64, 0)])
def test_a_wrong_digest_or_renewal_is_refused(value: str, renewal: int) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        environment_version(value, renewal)


def with_line(line: str) -> str:
    return digest(f"dependencies:\n- pip:\n  - '{line}'\n")


WHEEL = "public @ https://h.example/p-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x @ git+https://h.example/t/team-a/x.git", "x @ git+https://h.example/t/team-b/x.git"),
        (f"{WHEEL}?version=1", f"{WHEEL}?version=2"),
        (f"{WHEEL}?version=1&sig=a", f"{WHEEL}?version=2&sig=a"),
        (f"{WHEEL}?se=1", f"{WHEEL}?se=2"),
        *((f"{WHEEL}#{name}=aa", f"{WHEEL}#{name}=bb") for name in ("md5", "sha1", "sha224", "sha256", "sha384")),
    ],
)
def test_what_is_fetched_is_part_of_an_address(one: str, other: str) -> None:
    """A path, a field of the query, a hash that pip checks."""
    assert with_line(one) != with_line(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{WHEEL}?sv=1&se=1&sp=r&sig=a&skoid=1", f"{WHEEL}?sv=2&se=2&sp=r&sig=b"),
        (f"{WHEEL}?a=1&b=2", f"{WHEEL}?b=2&a=1"),
        (f"{WHEEL}?access_token=1&v=1", f"{WHEEL}?v=1&TOKEN=2"),
        (f"{WHEEL}?password=1", WHEEL),
    ],
)
def test_what_grants_access_is_not_part_of_an_address(one: str, other: str) -> None:
    """Nor is the order of a query."""
    assert with_line(one) == with_line(other)


def test_the_token_of_a_channel_is_not_part_of_it() -> None:
    """Wherever the channel stands."""
    for text in (
        "channels: ['https://c.example/t/{}/x']\n",
        "dependencies: ['https://c.example/t/{}/x::numpy']\n",
        "dependencies: ['https://c.example/t/{}/x/linux-64/numpy-1.0-py_0.conda']\n",
    ):
        assert digest(text.format("one")) == digest(text.format("two"))


def test_a_hash_of_a_private_line_is_left_to_the_checks() -> None:
    """The wheel's content is what counts."""
    features = "contoso-features[plot]==1.2.0"
    assert digest(BASE.replace(f'{features} ; python_version < "3.12"', features)) == digest(
        BASE.replace(f'{features} ; python_version < "3.12"', f"{features} --hash=sha256:{'a' * 64}")
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python=3.11", "python 3.11.*"),
        ("python==3.11", "python 3.11"),
        ("numpy>=1.8,<2", "numpy[version='<2, >=1.8']"),
        ("conda-forge::numpy", "numpy[channel=conda-forge]"),
        ("NumPy=1.26=py_0", "numpy 1.26 py_0"),
    ],
)
def test_two_spellings_of_a_conda_dependency_are_one(one: str, other: str) -> None:
    """Same meaning to conda, same form."""
    assert digest(f"dependencies: [{one!r}]\n") == digest(f"dependencies: [{other!r}]\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("python=3.11", "python==3.11"),
        ("numpy", "conda-forge::numpy"),
        ("numpy=1.26=py_0", "numpy=1.26=py_1"),
        ("numpy={{ v }}", "numpy={{ w }}"),
    ],
)
def test_another_conda_dependency_is_another_environment(one: str, other: str) -> None:
    assert digest(f"dependencies: ['{one}']\n") != digest(f"dependencies: ['{other}']\n")
