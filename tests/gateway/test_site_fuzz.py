"""Whatever stands in a site file, it is read or refused; nothing else happens."""

import json
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gateway.site import Problem, SiteError, parse_site
from gateway.site_yaml import YamlFaultError, read_yaml

WORDS = """
    site name timezone zones floors readers portals rules channels driver address antennas zone
    polygon parent was floor role size_m inside outside fence notify kind url secret assets not
    category estimator history server listen limits 1 0
"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70_000)
    | st.floats()
    | KEYS
    | st.sampled_from(
        ["llrp", "replay", "exit", "webhook", "log", "${X}", "${", "r/1", "whsec_QQ=="]
    )
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=5),
    max_leaves=20,
)
ENTRIES = st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=3)
PARTS = ("floors", "readers", "portals", "rules", "channels", "server", "limits")
SITES = st.fixed_dictionaries(
    {"site": st.just({"name": "d"}) | VALUES, "zones": ENTRIES | VALUES},
    optional=dict.fromkeys(PARTS, ENTRIES | VALUES),
)
MARKS = st.text(st.sampled_from("ab: -[]{}'\"&*!|>#%@`?,\n\t\\~<=0.${}\r\ufeff") | st.characters())


def as_yaml(data: object) -> str:
    out = StringIO()
    YAML(typ="safe", pure=True).dump(data, out)
    return out.getvalue()


def refused(text: str, env: Mapping[str, str] | None) -> tuple[Problem, ...]:
    """The problems of a text; anything but a SiteError goes through."""
    try:
        parse_site(text, env=env)
    except SiteError as error:
        return error.problems
    return ()


def check(text: str, env: Mapping[str, str] | None) -> None:
    for problem in refused(text, env):
        assert 1 <= problem.line <= text.count("\n") + text.count("\r") + 2
        assert problem.key
        assert "\n" not in str(problem)


@given(MARKS)
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    check(text, {"X": "x"})


@given(SITES, st.sampled_from([{}, {"X": "1"}, None]))
def test_no_structure_whatever_breaks_the_checks(
    data: dict[str, object],
    env: dict[str, str] | None,
) -> None:
    check(json.dumps(data, ensure_ascii=False), env)  # JSON is YAML too, and written faster


@given(VALUES)
def test_plain_values_are_read_as_yaml_means_them(data: object) -> None:
    text = as_yaml({"key": data})
    with suppress(YamlFaultError):
        node, faults = read_yaml(text)
        assert faults or node.plain() == {"key": data}
