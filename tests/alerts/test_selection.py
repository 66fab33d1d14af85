"""Which assets and tags a rule is for."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.rule_kinds import ExitRule
from alerts.selection import selects
from alerts.settings import AssetSelector
from inventory.assets import Asset

ASSET = Asset(id="lap-1", category="laptop", group="north", tags=("aa01", "ble:Tile"))


def chosen(named: dict[str, Any], asset: Asset | None = ASSET, tag: str = "aa01") -> bool:
    return selects(AssetSelector.model_validate(named), asset, tag)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, True),
        ({"id": "lap-1"}, True),
        ({"id": "lap-2"}, False),
        ({"id": "lap"}, False),
        ({"id": "LAP-1"}, False),
        ({"id": "lap-?"}, True),
        ({"id": "lap-1?"}, False),
        ({"id": "*-1"}, True),
        ({"id": "*"}, True),
        ({"id": ["x", "lap-*"]}, True),
        ({"id": []}, False),
        ({"category": "laptop", "group": "north"}, True),
        ({"category": "laptop", "group": "south"}, False),
        ({"category": "phone", "group": "north"}, False),
        ({"category": ["phone", "lap*"]}, True),
        ({"tag": "aa*"}, True),
        ({"tag": "AA*"}, True),
        ({"tag": ["bb*", "AA01"]}, True),
        ({"tag": "ble:Tile"}, True),
        ({"tag": "ble:tile"}, False),
        ({"tag": "cc*"}, False),
        ({"category": "laptop", "not": {"id": "lap-1"}}, False),
        ({"category": "laptop", "not": {"id": "lap-2"}}, True),
        ({"not": {"category": "laptop", "group": "south"}}, True),
        ({"not": {"category": "laptop", "not": {"group": "north"}}}, True),
        ({"category": "phone", "not": {"group": "south"}}, False),
    ],
)
def test_every_named_field_must_match_and_nothing_of_not(
    named: dict[str, Any],
    expected: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    assert chosen(named) is expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, False),
        ({"id": "*"}, False),
        ({"category": "*"}, False),
        ({"tag": "*"}, True),
        ({"tag": "e2*"}, True),
        ({"tag": "aa*"}, False),
        ({"tag": "*", "category": "laptop"}, False),
        ({"tag": "*", "group": ""}, False),
        ({"tag": "*", "id": []}, False),
        ({"tag": "*", "not": {"tag": "e2*"}}, False),
        ({"tag": "*", "not": {"tag": "aa*"}}, True),
        ({"tag": "*", "not": {"category": "laptop"}}, True),
    ],
)
def test_a_tag_without_an_asset_is_only_chosen_by_a_pattern_of_tags(
    named: dict[str, Any],
    expected: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    assert chosen(named, None, "e200") is expected


def test_a_tag_pattern_looks_at_all_tags_of_an_asset_and_at_the_one_that_was_read() -> None:
    assert chosen({"not": {"tag": "ble:*"}}, tag="30aa") is False
    by_uri = Asset(id="x", tags=("urn:epc:id:sgtin:4012345.098765.42",))
    assert selects(AssetSelector(tag="30*"), by_uri, "3034")


@given(st.text(string.printable, max_size=12))
def test_a_text_without_wildcards_matches_itself(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert chosen({"id": plain}, Asset(id=plain))
    assert chosen({"id": f"{plain}?"}, Asset(id=f"{plain}."))
    assert chosen({"id": f"{plain}*"}, Asset(id=f"{plain}.."))


@given(st.text("ab[]!-", max_size=6), st.text("ab[]!-", max_size=6))
def test_brackets_are_no_wildcards(pattern: str, text: str) -> None:
    assert chosen({"id": pattern}, Asset(id=text)) is (text == pattern)
    assert chosen({"id": f"{pattern}*"}, Asset(id=text)) is text.startswith(pattern)


def test_a_rule_says_its_defaults() -> None:
    rule = ExitRule(name="r", fence=("hall",))
    assert (rule.severity, rule.confirm_s, rule.clear_confirm_s) == ("warning", 5.0, 10.0)
    assert (rule.kind, rule.latch, rule.notify, rule.assets) == ("exit", True, (), AssetSelector())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"fence": []},
        {"confirm_s": -1},
        {"confirm_s": "nan"},
        {"clear_confirm_s": 3601},
        {"severity": "fatal"},
        {"kind": "dwell"},
        {"assets": {"colour": "red"}},
        {"until": 3},
    ],
)
def test_what_a_rule_can_not_mean_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExitRule.model_validate({"name": "r", "fence": ["hall"]} | wrong)


def test_a_rule_can_not_pass_for_one_of_the_gateway() -> None:
    with pytest.raises(ValidationError, match="must not begin with 'system: '"):
        ExitRule(name="system: blind", fence=("hall",))
