"""Conda files that nobody wrote by hand: written, read, rendered and read again, they mean the same."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.specs.conda import CondaSpec, parse_conda, render_conda
from amlpriv.specs.digest import canonical_environment

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}([-_.][a-z0-9]{1,6})?", fullmatch=True).filter(lambda name: name != "pip")
VERSIONS = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2}){0,3}(rc1|a2|\.post3)?", fullmatch=True)
CONSTRAINTS = st.builds("{}{}".format, st.sampled_from([">=", "<", "!=", "~=", "<=", ">"]), VERSIONS)
CONDA_VERSIONS = st.one_of(
    st.just(""),
    st.builds("={}".format, VERSIONS),
    st.builds("=={}".format, VERSIONS),
    st.builds(" {}.*".format, VERSIONS),
    st.builds(" {}|{}".format, CONSTRAINTS, VERSIONS),
    st.builds("={}=py311h{}_0".format, VERSIONS, st.integers(0, 9)),
    st.lists(CONSTRAINTS, min_size=1, max_size=3).map(lambda parts: " " + " , ".join(parts)),
    st.lists(CONSTRAINTS, min_size=1, max_size=3).map(lambda parts: f"[version='{','.join(parts)}']"),
)
CHANNELS = st.sampled_from(["conda-forge", "defaults", "nodefaults", "https://example.org/channel"])
DEPENDENCIES = st.builds("{}{}{}".format, st.sampled_from(["", "conda-forge::"]), NAMES, CONDA_VERSIONS)
MARKERS = st.sampled_from(["", " ; python_version < '3.12'", ' ; sys_platform == "linux"'])
EXTRAS = st.sampled_from(["", "[plot]", "[Plot_2, gpu]"])
PIP_CONSTRAINTS = CONSTRAINTS.filter(lambda text: not text.startswith("~="))  # pip wants two components there
PIP_VERSIONS = st.lists(PIP_CONSTRAINTS, max_size=2).map(",".join)
PIP_LINES = st.one_of(
    st.builds("{}{}{}{}".format, NAMES, EXTRAS, PIP_VERSIONS, MARKERS),
    st.builds("{}{} @ https://example.org/{}-1.0-py3-none-any.whl{}".format, NAMES, EXTRAS, NAMES, MARKERS),
    st.builds("git+https://example.org/{}.git@v1#egg={}".format, NAMES, NAMES),
    st.sampled_from(["--pre", "--index-url https://example.org/simple/", "--no-binary :all:"]),
)
FILES = st.fixed_dictionaries(
    {"dependencies": st.lists(DEPENDENCIES, max_size=6)},
    optional={
        "name": NAMES,
        "channels": st.lists(CHANNELS, max_size=3),
        "variables": st.dictionaries(st.from_regex(r"[A-Z]{1,6}", fullmatch=True), st.text("abc 1.0:#'", max_size=8)),
    },
)


def _meaning(spec: CondaSpec) -> object:
    return canonical_environment(image=None, platform="linux/x86_64", conda=spec, sources=())


@settings(max_examples=80, deadline=None)
@given(file=FILES, pip=st.lists(PIP_LINES, max_size=5), flow=st.booleans(), width=st.sampled_from([40, 80, 1000]))
def test_a_conda_file_means_the_same_after_it_was_rendered(
    file: dict[str, object], pip: list[str], flow: bool, width: int
) -> None:
    """Whatever style it was written in. PyYAML judges what stands in it."""
    dependencies = file["dependencies"]
    assert isinstance(dependencies, list)
    if pip:
        dependencies.append({"pip": pip})
    text = yaml.safe_dump(file, default_flow_style=flow, width=width, sort_keys=False)
    spec = parse_conda(text)
    assert [item.text for item in spec.dependencies] == [item.strip() for item in dependencies if isinstance(item, str)]
    assert [line.text for line in spec.pip] == [line.strip() for line in pip]
    assert _meaning(parse_conda(render_conda(spec))) == _meaning(spec)
