"""Edits of a site file: what was meant is changed, everything else stays to the letter."""

from difflib import ndiff

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.site_edit import Patch, SiteEditError, merged
from gateway.site_yaml import read_yaml

SITE = """\
# Riverside, drawn in spring
site: {name: "Riverside",   timezone: Europe/Berlin}   # two spaces, on purpose

zones:
  - {name: hall}
  - name: gate
    role: exit   # the door

readers:
  - name: gate-1   # above the door
    driver: llrp
    antennas:
      # left post
      1: {zone: hall}     # left
      2:
        zone: gate  # right
        rssi_dbm_min: -70
      3: {zone: gate, bias_db: 2.0,}
      4: {}
      5:
  - {name: bench, driver: serial, zone: hall, secret: ${SECRET}}
  - {name: dock, driver: llrp, antennas: {1: {zone: hall, bias_db: 1}}}
# the end
"""


def changed(before: str, after: str) -> list[str]:
    lines = ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("patch", "lines"),
    [
        (
            {"readers": {0: {"antennas": {1: {"bias_db": 1.5}}}}},
            [
                "-       1: {zone: hall}     # left",
                "+       1: {zone: hall, bias_db: 1.5}     # left",
            ],
        ),
        (
            {"readers": {0: {"antennas": {2: {"bias_db": -1.25}}}}},
            ["+         bias_db: -1.25"],
        ),
        (
            {"readers": {0: {"antennas": {3: {"bias_db": 0.5}}}}},
            [
                "-       3: {zone: gate, bias_db: 2.0,}",
                "+       3: {zone: gate, bias_db: 0.5,}",
            ],
        ),
        (
            {"readers": {0: {"antennas": {4: {"bias_db": 1.0}}}}},
            ["-       4: {}", "+       4: {bias_db: 1.0}"],
        ),
        (
            {"readers": {0: {"antennas": {5: {"bias_db": 2.0}}}}},
            [
                "-       5:",
                "+       5: {bias_db: 2.0}",
            ],
        ),
        (
            {"readers": {0: {"antennas": {7: {"bias_db": 1.0}}}}},
            ["+       7: {bias_db: 1.0}"],
        ),
        (
            {"readers": {1: {"antennas": {1: None}}}},
            [
                "-   - {name: bench, driver: serial, zone: hall, secret: ${SECRET}}",
                "+   - {name: bench, driver: serial, zone: hall, secret: ${SECRET}, antennas: {}}",
            ],
        ),
        (
            {"readers": {2: {"antennas": {1: {"bias_db": None}}}}},
            [
                "-   - {name: dock, driver: llrp, antennas: {1: {zone: hall, bias_db: 1}}}",
                "+   - {name: dock, driver: llrp, antennas: {1: {zone: hall}}}",
            ],
        ),
        (
            {"readers": {0: {"antennas": {2: {"rssi_dbm_min": None}}}}},
            ["-         rssi_dbm_min: -70"],
        ),
        (
            {"estimator": {"kind": "window", "window_s": 2.5, "levels": [1, 2], "dwell_s": None}},
            ["+ estimator:", "+   kind: window", "+   window_s: 2.5", "+   levels: [1, 2]"],
        ),
        ({"zones": {1: {"role": None}}}, ["-     role: exit   # the door"]),
        ({"zones": {1: {"parent": "the yard"}}}, ['+     parent: "the yard"']),
        ({"nothing": None}, []),
    ],
)
def test_only_what_was_meant_is_changed(patch: Patch, lines: list[str]) -> None:
    assert changed(SITE, merged(SITE, patch)) == lines


def test_an_edit_of_an_edit_replaces_it() -> None:
    once = merged(SITE, {"estimator": {"kind": "window", "window_s": 2.5}})
    again = merged(once, {"estimator": {"kind": "mobility", "window_s": None}})
    assert changed(SITE, again) == ["+ estimator:", "+   kind: mobility"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_stay_those_of_the_file(end: str) -> None:
    text = f"site: {{name: a}}{end}zones:{end}  - name: hall"
    edited = merged(text, {"zones": {0: {"role": "exit"}}, "estimator": {"kind": "window"}})
    wanted = ["site: {name: a}", "zones:", "  - name: hall", "    role: exit"]
    assert edited.split(end)[:4] == wanted
    assert edited.count("\n") == edited.count(end)


def test_a_file_written_as_json_stays_json() -> None:
    edited = merged('{"site": {"name": "a"}, "zones": []}', {"estimator": {"kind": "window"}})
    assert edited == '{"site": {"name": "a"}, "zones": [], estimator: {kind: window}}'


@pytest.mark.parametrize(
    ("text", "patch"),
    [
        ("", {"a": 1}),
        ("a: [", {"a": 1}),
        ("just words", {"a": 1}),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 2}}),
        ("a: &x {b: 1}\nc: *x\n", {"c": {"b": 2}}),
        ("- name: a\n  b: 1\n", {0: {"name": None}}),
        ("a:\n  b: 1\n", {"a": {"b": None}}),
        ("a: [{b: 1}]\n", {"a": {1: {"b": 2}}}),
    ],
)
def test_what_can_not_be_edited_in_place_is_refused(text: str, patch: Patch) -> None:
    with pytest.raises(SiteEditError):
        merged(text, patch)


names = st.sampled_from(["a", "b", "no", "12", "two words", 'say "hm"', "ü"])
scalars = st.one_of(
    st.booleans(),
    st.integers(-99, 99),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from(["x", "true", "1.5", "", "a: b", "#c", "null"]),
)
patches = st.recursive(
    st.dictionaries(names, scalars | st.lists(scalars, max_size=3), min_size=1, max_size=3),
    lambda inner: st.dictionaries(names, scalars | inner, min_size=1, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(patches, patches)
def test_data_after_any_edits_is_what_the_patches_say(first: Patch, second: Patch) -> None:
    begun = merged(SITE, {"extra": first})
    try:
        edited = merged(begun, {"extra": second})
    except SiteEditError as error:
        raise AssertionError(begun) from error
    assert edited.startswith(SITE.removesuffix("# the end\n"))
    assert edited.endswith("# the end\n")
    data = read_yaml(edited)[0].plain()
    assert isinstance(data, dict)
    assert set(map(str, second)) <= set(data["extra"] or {})  # type: ignore[arg-type]  # a mapping by the patch
