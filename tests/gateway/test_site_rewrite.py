"""A site file is made to say something else: what is meant changes, all the rest stays."""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.site_edit import SiteEditError
from gateway.site_rewrite import is_same, rewritten
from gateway.site_writing import many_lines, one_line
from gateway.site_yaml import read_yaml
from tests.gateway.test_site_edit import SITE, changed

Json = Any
Edit = Callable[[Json], object]


def data_of(text: str) -> Json:
    return read_yaml(text)[0].plain()


def edited(text: str, edit: Edit) -> str:
    data = deepcopy(data_of(text))
    edit(data)
    made = rewritten(text, data)
    assert is_same(data_of(made), data)
    return made


def after(edit: Edit) -> list[str]:
    return changed(SITE, edited(SITE, edit))


YARD = {"name": "yard", "polygon": [[0, 0], [1, 0], [1.5, 2]], "role": "exit"}


CASES: list[tuple[str, Edit, list[str]]] = [
    (
        "an entry is written as its neighbour in block style",
        lambda site: site["zones"].append(YARD),
        [
            "+   - name: yard",
            "+     polygon: [[0, 0], [1, 0], [1.5, 2]]",
            "+     role: exit",
        ],
    ),
    (
        "an entry is written as its neighbour in braces",
        lambda site: site["readers"].append({"name": "b", "driver": "http"}),
        ["+   - {name: b, driver: http}"],
    ),
    (
        "an entry comes first",
        lambda site: site["zones"].insert(0, {"name": "first"}),
        ["+   - {name: first}"],
    ),
    (
        "a list that was not there",
        lambda site: site.update(rules=[{"name": "stay", "fence": ["hall"]}]),
        ["+ rules:", "+   - {name: stay, fence: [hall]}"],
    ),
    ("an entry goes", lambda site: site["zones"].pop(0), ["-   - {name: hall}"]),
    (
        "an entry in block style goes with its comments",
        lambda site: site["zones"].pop(1),
        ["-   - name: gate", "-     role: exit   # the door"],
    ),
    (
        "all entries go",
        lambda site: site.update(zones=None),
        ["-   - {name: hall}", "-   - name: gate", "-     role: exit   # the door"],
    ),
    (
        "an entry is renamed where it stands",
        lambda site: site["zones"][1].update(name="door", was="gate"),
        ["-   - name: gate", "+   - name: door", "+     was: gate"],
    ),
    (
        "a key of a block goes",
        lambda site: site["readers"][0]["antennas"].pop("3"),
        ["-       3: {zone: gate, bias_db: 2.0,}"],
    ),
    (
        "the first key in braces goes",
        lambda site: site["readers"][2]["antennas"]["1"].pop("zone"),
        [
            "-   - {name: dock, driver: llrp, antennas: {1: {zone: hall, bias_db: 1}}}",
            "+   - {name: dock, driver: llrp, antennas: {1: {bias_db: 1}}}",
        ],
    ),
    (
        "the last key in braces goes",
        lambda site: site["readers"][1].pop("secret"),
        [
            "-   - {name: bench, driver: serial, zone: hall, secret: ${SECRET}}",
            "+   - {name: bench, driver: serial, zone: hall}",
        ],
    ),
    ("nothing changes", lambda site: site["zones"][0].update(name="hall"), []),
]


@pytest.mark.parametrize(("case", "edit", "lines"), CASES)
def test_only_what_was_meant_is_changed(case: str, edit: Edit, lines: list[str]) -> None:
    assert after(edit) == lines, case


def test_a_commented_out_list_takes_entries_again() -> None:
    text = "zones:\n  # - {name: old}\nsite: {name: a}\n"
    made = edited(text, lambda site: site.update(zones=[{"name": "b"}]))
    assert made == "zones:\n  - {name: b}\n  # - {name: old}\nsite: {name: a}\n"


def test_comments_between_entries_in_brackets_stay() -> None:
    text = "zones: [\n  {name: a},  # first\n  {name: b},  # second\n  {name: c}  # third\n]\n"
    made = edited(text, lambda site: site["zones"].pop(2))
    assert "# first" in made
    assert "# second" in made


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_a_missing_last_one_stay(newline: str) -> None:
    text = newline.join(["site: {name: a}", "zones:", "  - name: hall"])
    made = edited(text, lambda site: site["zones"].append({"name": "gate"}))
    assert made == text + newline + "  - name: gate"


def test_wide_lines_are_not_folded() -> None:
    wide = "a " * 300
    text = f"site: {{name: {wide}end}}\nzones: [{{name: a}}]\n"
    made = edited(text, lambda site: site["zones"].append({"name": "b"}))
    assert made == text.replace("{name: a}]", "{name: a}, {name: b}]")


@pytest.mark.parametrize(
    "said",
    ["no", "12", "1.5", "a: b", "#c", "", "null", "${NAME}", "ü", "two\nlines", "\u2028", "\ufeff"],
)
def test_any_text_can_be_put_in(said: str) -> None:
    made = edited(SITE, lambda site: site["zones"][1].update(parent=said))
    assert data_of(made)["zones"][1]["parent"] == said


@pytest.mark.parametrize("key", ["a", "c"])
def test_what_an_alias_repeats_is_not_edited(key: str) -> None:
    with pytest.raises(SiteEditError):
        edited("a: &x {b: 1}\nc: *x\n", lambda site: site[key].update(b=2))


@pytest.mark.parametrize("text", ["", "just words", "a: [", "a: 1\na: 2\n"])
def test_what_is_no_site_file_is_not_edited(text: str) -> None:
    with pytest.raises(SiteEditError):
        rewritten(text, {"a": 3})


names = st.sampled_from(["a", "b", "no", "12", "two words", 'say "hm"', "ü", "name"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-99, 99),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from(["x", "true", "1.5", "", "a: b", "#c", "null", "${X}", "12", "l1\nl2"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)


def named(name: str, rest: Json) -> Json:
    return {**rest, "name": name}


def name_of(entry: Json) -> str:
    return str(entry["name"])


entries = st.builds(named, st.sampled_from("pqrstu"), st.dictionaries(names, values, max_size=4))
lists = st.lists(entries, max_size=5, unique_by=name_of)
files = st.fixed_dictionaries(
    {"zones": lists | st.none()},
    optional={
        "rules": lists | st.none(),
        "more": values,
        "site": st.dictionaries(names, values, max_size=3),
    },
)


def written(data: Json, random: Random, newline: str) -> str:
    """The data as people write it: blocks and braces, comments and blank lines, any indent."""
    lines = ["# head"]
    for key, value in data.items():
        as_block = random.random() < 0.8
        if isinstance(value, list) and value and as_block:
            margin = random.choice(["", "  ", "    "])
            lines.append(f"{key}:   # all of them")
            for each in value:
                lines += _entry_lines(each, random, margin)
        elif isinstance(value, dict) and value and as_block:
            lines.append(f"{key}:")
            lines += ["   " + _noted(line, random) for line in many_lines(value)]
        else:
            lines.append(f"{key}:" if value is None else f"{key}: {one_line(value)}")
        lines += [""] * random.randrange(2)
    return newline.join([*lines, "# tail"]) + random.choice(["", newline])


def _entry_lines(entry: Json, random: Random, margin: str) -> list[str]:
    about = [f"{margin}# about it"] * random.randrange(2)
    if not isinstance(entry, dict) or not entry or random.random() < 0.4:
        return [*about, _noted(f"{margin}- {one_line(entry)}", random)]
    first, *rest = many_lines(entry)
    return [
        *about,
        _noted(f"{margin}- {first}", random),
        *(_noted(f"{margin}  {line}", random) for line in rest),
    ]


def _noted(line: str, random: Random) -> str:
    return f"{line}   # so it is" if random.random() < 0.4 else line


@settings(max_examples=60)
@given(files, files, st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]))
def test_any_file_can_be_made_to_say_anything(
    before: Json, wanted: Json, random: Random, newline: str
) -> None:
    text = written(before, random, newline)
    assert is_same(data_of(text), before)
    made = rewritten(text, wanted)
    assert is_same(data_of(made), wanted)
    assert rewritten(made, wanted) == made
    assert made.count("\n") == made.count(newline)
    assert made.startswith("# head")
    assert "# tail" in made
    assert made.endswith(newline) == text.endswith(newline)


@settings(max_examples=25)
@given(files, entries, st.randoms(use_true_random=False))
def test_an_added_entry_leaves_every_other_line(before: Json, entry: Json, random: Random) -> None:
    text = written(before, random, "\n")
    listed = [each for each in before["zones"] or [] if each["name"] != entry["name"]]
    if not listed or len(listed) != len(before["zones"]):
        return
    made = rewritten(text, {**before, "zones": [*listed, entry]})
    lost = [line for line in changed(text, made) if line.startswith("-")]
    assert len(lost) <= 1
    assert all(line.startswith("- zones: [") for line in lost)
