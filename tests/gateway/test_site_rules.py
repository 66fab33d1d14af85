"""Rules of each kind in a site file, and what is said where they are wrong."""

import re
from pathlib import Path

import pytest

from alerts.rule_kinds import RULES, ExitRule, TailgateRule, WrongWayRule
from alerts.settings import AssetSelector
from gateway.site import SiteError, parse_site
from gateway.site_schema import site_schema

# Lines 1 to 14; each case changes the rules, which begin on line 11.
SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
readers:
  - name: dock
    driver: llrp
    address: 10.0.0.21:5084
    antennas:
      1: {zone: hall}
      2: {zone: gate}
portals: [{name: door, inside: [dock/1], outside: [dock/2]}]
rules:
  - {name: stay in, fence: [hall], portals: [door], notify: [log]}
  - {name: in only, kind: wrong_way, portals: [door], allowed: inbound, notify: [log]}
  - {name: badge, kind: tailgate, custodians: {category: badge}, notify: [log]}
channels: [{name: log, kind: log}]
"""


def problems(old: str, new: str) -> list[str]:
    assert SITE.count(old) == 1, old
    with pytest.raises(SiteError) as caught:
        parse_site(SITE.replace(old, new), "s.yaml")
    return str(caught.value).split("\n")


def test_each_kind_of_rule_is_read_as_what_it_is() -> None:
    site = parse_site(SITE)
    stay, one_way, badge = site.settings.rules
    assert isinstance(stay, ExitRule)
    assert (stay.kind, stay.fence, stay.portals) == ("exit", ("hall",), ("door",))
    assert isinstance(one_way, WrongWayRule)
    assert (one_way.portals, one_way.allowed) == (("door",), "inbound")
    assert isinstance(badge, TailgateRule)
    assert badge.custodians == AssetSelector(category="badge")
    assert (badge.portals, badge.direction, badge.within_s) == (None, "outbound", 5.0)
    assert site.warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "kind: wrong_way",
            "kind: wrongway",
            f"13: rules[in only].kind: must be {' or '.join(RULES)}; did you mean 'wrong_way'?",
        ),
        (
            "kind: wrong_way",
            "kind: [exit]",
            "13: rules[in only].kind: must be exit or forbidden or enter",
        ),
        (
            "kind: wrong_way",
            "kind: null",
            "13: rules[in only].kind: must be exit or forbidden or enter",
        ),
        (
            "allowed: inbound",
            "allowed: inbound, fence: [hall]",
            "13: rules[in only].fence: is for rules of kind exit, not wrong_way",
        ),
        (
            "fence: [hall],",
            "fence: [hall], within_s: 4,",
            "12: rules[stay in].within_s: is for rules of kind tailgate or unaccompanied, not exit",
        ),
        (
            "allowed: inbound",
            "allowed: inbound, deadband: 4",
            "13: rules[in only].deadband: is for rules of kind sensor, not wrong_way",
        ),
        (
            "allowed: inbound",
            "allowed: inbound, severety: info",
            "13: rules[in only].severety: unknown key; did you mean 'severity'?",
        ),
        (", allowed: inbound", "", "13: rules[in only].allowed: is missing"),
        (
            "allowed: inbound",
            "allowed: in",
            "13: rules[in only].allowed: must be outbound or inbound",
        ),
        ("custodians: {category: badge}, ", "", "14: rules[badge].custodians: is missing"),
        (
            "custodians: {category: badge}",
            "custodians: {}",
            "14: rules[badge].custodians: must say whose badges count, such as {category: badge}",
        ),
        (
            "custodians: {category: badge}",
            "custodians: {colour: red}",
            "14: rules[badge].custodians.colour: unknown key",
        ),
        (
            "kind: tailgate,",
            "kind: tailgate, within_s: 0,",
            "14: rules[badge].within_s: must be greater than 0",
        ),
        (
            "kind: tailgate,",
            "kind: tailgate, portals: [dor],",
            "14: rules[badge].portals[0]: there is no portal 'dor'; did you mean 'door'?",
        ),
        (
            "fence: [hall], portals: [door]",
            "fence: [hall], portals: [gate]",
            "12: rules[stay in].portals[0]: there is no portal 'gate'; known: door",
        ),
        (
            "kind: tailgate,",
            "kind: tailgate, portals: [],",
            "14: rules[badge].portals: must have at least 1 item",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_once_with_line_and_key(
    old: str, new: str, said: str
) -> None:
    found = problems(old, new)
    assert len(found) == 1, found
    assert found[0].startswith(f"s.yaml:{said}")


def test_a_rule_about_portals_on_a_site_without_any_is_warned_of() -> None:
    text = SITE.replace("portals: [{name: door, inside: [dock/1], outside: [dock/2]}]\n", "")
    site = parse_site(text.replace(" portals: [door],", ""))
    said = "warning: there is no portal, so this rule will never say anything"
    assert [str(warning) for warning in site.warnings] == [
        f"site.yaml:12: rules[in only]: {said}",
        f"site.yaml:13: rules[badge]: {said}",
    ]


def test_the_schema_knows_the_keys_of_each_kind() -> None:
    schema = site_schema()
    choices = schema["properties"]["rules"]["items"]["anyOf"]
    rules = [schema["$defs"][choice["$ref"].removeprefix("#/$defs/")] for choice in choices]
    assert [rule["properties"]["kind"]["const"] for rule in rules] == list(RULES)
    required = {rule["properties"]["kind"]["const"]: rule["required"] for rule in rules}
    assert required["exit"] == ["fence", "name"]
    assert required["wrong_way"] == ["allowed", "kind", "name"]
    assert required["tailgate"] == ["custodians", "kind", "name"]
    assert all("kind" in keys for kind, keys in required.items() if kind != "exit")
    assert all(rule["additionalProperties"] is False for rule in rules)


def test_what_the_page_about_doors_shows_is_one_right_site_file(root: Path) -> None:
    page = (root / "docs" / "how-to" / "portals.md").read_text(encoding="utf-8")
    shown: list[str] = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    text = "site: {name: depot}\n" + "".join(shown) + "channels: [{name: guards, kind: log}]\n"
    site = parse_site(text)
    assert [rule.kind for rule in site.settings.rules] == ["exit", "wrong_way", "tailgate"]
    assert [str(warning) for warning in site.warnings if "notified" not in str(warning)] == []
