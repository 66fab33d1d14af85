"""What rules of any kind name: it is there, or it is said; and what is hardly meant."""

from typing import get_args

import pytest

from alerts.rule_kinds import RULES
from alerts.settings import AssetSelector, RuleSettings
from gateway.site import Site, SiteError, parse_site
from gateway.site_rules import Unmatched, unmatched_rules
from inventory.assets import Asset

# Each rule stands on a line of its own, the first on line 16.
SITE = """\
site: {name: depot}
zones:
  - {name: house}
  - {name: hall, parent: house, absent_after_s: 300}
  - {name: bay, parent: hall}
  - {name: gate, role: exit}
readers:
  - {name: dock, driver: llrp, address: h, antennas: {1: {zone: bay}, 2: {zone: gate}}}
  - name: tracker
    driver: mqtt
    address: mqtt://broker
    subscribe: [{topic: owntracks/#, format: owntracks}]
portals: [{name: door, inside: [dock/1], outside: [dock/2]}]
channels: [{name: guards, kind: log}, {name: boss, kind: log}]
rules:
"""
OF_KIND = {
    "exit": "fence: [hall], portals: [door]",
    "forbidden": "zones: [hall]",
    "enter": "zones: [hall]",
    "dwell": "zones: [hall], longer_than_s: 3600",
    "missing": "zones: [hall]",
    "crossing": "portals: [door]",
    "wrong_way": "portals: [door], allowed: inbound",
    "tailgate": "portals: [door], custodians: {category: badge}",
    "unaccompanied": "zones: [hall], custodians: {category: badge}",
    "speed": "zones: [hall], over_mps: 3",
    "count": "zones: [hall], over: 5",
    "sensor": "sensor: fridge, quantity: temperature, above: 8",
    "tamper": "readers: [dock/2]",
}
NAMED = {"fence": "hall", "zones": "hall", "portals": "door", "readers": "dock/2"}


def site_with(*rules: str) -> Site:
    return parse_site(SITE + "".join(f"  - {{{rule}}}\n" for rule in rules), "s.yaml")


def problems(*rules: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        site_with(*rules)
    return [problem.removeprefix("s.yaml:") for problem in str(caught.value).split("\n")]


def warned(*rules: str) -> list[str]:
    return [str(each).removeprefix("s.yaml:") for each in site_with(*rules).warnings]


def of_kind(kind: str, keys: str = "notify: [guards]") -> str:
    return f"name: r, kind: {kind}, {OF_KIND[kind]}, {keys}"


def test_every_kind_of_rule_is_tried_here() -> None:
    assert set(OF_KIND) == set(RULES)
    assert set(get_args(RuleSettings.model_fields["kind"].annotation)) == set(RULES)
    assert warned(*(of_kind(kind).replace("name: r", f"name: {kind}") for kind in OF_KIND)) == []


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, keys in OF_KIND.items() for key in NAMED if key in keys]
)
def test_a_name_that_is_not_there_is_said_with_the_one_that_may_be_meant(
    kind: str, key: str
) -> None:
    name = NAMED[key]
    wrong = name.replace("dock", "dok") if key == "readers" else name[:-1]
    what = {"fence": "zone", "zones": "zone"}.get(key, key[:-1])
    rule = of_kind(kind).replace(f"{key}: [{name}]", f"{key}: [{name}, {wrong}]")
    asked, known = wrong.partition("/")[0], name.partition("/")[0]
    assert problems(rule) == [
        f"16: rules[r].{key}[1]: there is no {what} '{asked}'; did you mean '{known}'?"
    ]


@pytest.mark.parametrize("kind", OF_KIND)
def test_a_channel_or_schedule_that_is_not_there_is_said_in_rules_of_every_kind(kind: str) -> None:
    escalate = "escalate: [{after_s: 60, notify: [boss]}, {after_s: 120, notify: [boss, bos]}]"
    keys = f"notify: [guards, gards], {escalate}, schedule: night"
    assert problems(of_kind(kind, keys)) == [
        "16: rules[r].notify[1]: there is no channel 'gards'; did you mean 'guards'?",
        "16: rules[r].escalate[1].notify[1]: there is no channel 'bos'; did you mean 'boss'?",
        "16: rules[r].schedule: there is no schedule 'night'",
    ]


def test_the_channels_of_system_alerts_are_there_too() -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(SITE.replace("rules:\n", "system: {notify: [guards, gards]}\n"), "s.yaml")
    assert str(caught.value) == (
        "s.yaml:15: system.notify[1]: there is no channel 'gards'; did you mean 'guards'?"
    )


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("dock/9", "reader 'dock' has no antenna 9 (listed: 1, 2)"),
        ("dock/x", "'dock/x' is no read point; write READER/ANTENNA, such as gate-1/2"),
        ("dok", "there is no reader 'dok'; did you mean 'dock'?"),
        ("dok/1", "there is no reader 'dok'; did you mean 'dock'?"),
    ],
)
def test_equipment_that_is_watched_is_there(reader: str, said: str) -> None:
    rule = of_kind("tamper").replace("[dock/2]", f"[dock, dock/1, {reader}]")
    assert problems(rule) == [f"16: rules[r].readers[2]: {said}"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", [": nobody is notified; only who asks the API sees the alert"]),
        ("notify: []", [": nobody is notified; only who asks the API sees the alert"]),
        (
            "escalate: [{after_s: 60}]",
            [": nobody is notified; only who asks the API sees the alert"],
        ),
        (
            "escalate: [{after_s: 60}, {after_s: 90, notify: [boss]}]",
            [".escalate[0]: tells nobody: neither it nor the rule names a channel"],
        ),
        ("escalate: [{after_s: 60, notify: [boss]}]", []),
        ("notify: [guards], escalate: [{after_s: 60}]", []),
        ("out_of_service: the hall is being rebuilt", []),
    ],
)
def test_a_rule_that_tells_nobody_is_warned_of(keys: str, said: list[str]) -> None:
    found = [each.replace(" warning:", "") for each in warned(of_kind("enter", keys))]
    assert found == [f"16: rules[r]{each}" for each in said]


def test_what_nothing_can_ever_go_missing_from_is_warned_of() -> None:
    several = of_kind("missing").replace("[hall]", "[house, hall, gate, bay]")
    said = "has no absent_after_s, so nothing is ever missing from it"
    assert warned(several) == [
        f"16: rules[r].zones[2]: warning: 'gate' {said}",
        f"16: rules[r].zones[3]: warning: 'bay' {said}",
    ]
    anywhere = "name: r, kind: missing, notify: [guards]"
    assert warned(anywhere) == []
    never = SITE.replace(", absent_after_s: 300", "") + f"  - {{{anywhere}}}\n"
    (warning,) = parse_site(never, "s.yaml").warnings
    assert warning.message == "no zone has absent_after_s, so nothing is ever missing"


@pytest.mark.parametrize(("longer_than_s", "warnings"), [(299, 1), (300, 1), (301, 0)])
def test_a_stay_that_absence_alone_makes_too_long_is_warned_of(
    longer_than_s: int, warnings: int
) -> None:
    rule = of_kind("dwell").replace("3600", str(longer_than_s))
    said = (
        "16: rules[r].zones[0]: warning: what leaves 'hall' unseen counts as there for 300 s "
        "(absent_after_s), which is too long already for longer_than_s"
    )
    assert warned(rule) == [said] * warnings


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("crossing", "there is no portal"),
        ("wrong_way", "there is no portal"),
        ("tailgate", "there is no portal"),
        ("speed", "no reader tells positions"),
        ("tamper", "there is no reader"),
    ],
)
def test_a_rule_that_can_never_say_anything_is_warned_of(kind: str, said: str) -> None:
    bare = "site: {name: d}\nzones: [{name: hall}]\nchannels: [{name: guards, kind: log}]\nrules:\n"
    rule = of_kind(kind)
    for named in ("portals: [door], ", "portals: [door]", "readers: [dock/2]"):
        rule = rule.replace(named, "")
    rule = rule.replace(", ,", ",")
    warnings = [str(each) for each in parse_site(f"{bare}  - {{{rule}}}\n", "s.yaml").warnings]
    rest = "so this rule will never say anything"
    assert warnings[-1] == f"s.yaml:5: rules[r]: warning: {said}, {rest}"


# The register

ASSETS = (
    Asset(id="L-1", category="laptop", group="it", tags=("3034",)),
    Asset(id="L-2", category="laptop", group="sales"),
    Asset(id="B-1", category="badge"),
)


def unmatched(*rules: str) -> list[Unmatched]:
    return unmatched_rules(site_with(*rules).settings.rules, ASSETS)


@pytest.mark.parametrize(
    ("assets", "said"),
    [
        (
            "{category: latop}",
            "selects none of the 3 assets: none has category 'latop'; did you mean 'laptop'?",
        ),
        (
            "{category: [laptop, badge], group: iT}",
            "selects none of the 3 assets: none has group 'iT'; known: it, sales",
        ),
        (
            "{id: [L-3, L-4]}",
            "selects none of the 3 assets: none has id 'L-3'; did you mean 'L-2'?",
        ),
        ("{id: 'X-*'}", "selects none of the 3 assets"),
        ("{category: badge, group: it}", "selects none of the 3 assets"),
        ("{category: laptop, tag: '99*'}", "selects none of the 3 assets"),
        ("{category: laptop, not: {group: [it, sales]}}", "selects none of the 3 assets"),
    ],
)
def test_a_rule_that_is_for_none_of_the_assets_is_named(assets: str, said: str) -> None:
    found = unmatched(of_kind("enter", f"assets: {assets}"))
    assert found == [Unmatched("r", "assets", said)]


@pytest.mark.parametrize(
    "assets",
    [
        "{}",
        "{category: laptop}",
        "{id: 'L-*'}",
        "{category: laptop, tag: '30*'}",
        "{group: [it, nobody]}",
        "{tag: '99*'}",  # perhaps of tags that no asset carries
    ],
)
def test_a_rule_that_is_for_some_asset_is_not(assets: str) -> None:
    assert unmatched(of_kind("enter", f"assets: {assets}")) == []


@pytest.mark.parametrize("kind", ["sensor", "tamper"])
def test_rules_about_equipment_are_for_no_asset(kind: str) -> None:
    assert unmatched(of_kind(kind, "assets: {category: latop}")) == []


def test_custodians_whom_nobody_is_are_named_too() -> None:
    rules = [of_kind(kind).replace("badge", "bagde") for kind in ("tailgate", "unaccompanied")]
    message = "selects none of the 3 assets: none has category 'bagde'; did you mean 'badge'?"
    for rule in rules:
        assert unmatched(rule) == [Unmatched("r", "custodians", message)]


def test_a_check_with_a_register_warns_of_rules_by_their_line() -> None:
    text = f"{SITE}  - {{{of_kind('enter', 'assets: {category: latop}, notify: [guards]')}}}\n"
    (warning,) = parse_site(text, "s.yaml", assets=ASSETS).warnings
    assert str(warning).startswith(
        "s.yaml:16: rules[r].assets: warning: selects none of the 3 assets: none has category"
    )
    assert parse_site(text, "s.yaml").warnings == ()


def test_selectors_with_nothing_in_them_are_for_all() -> None:
    rule = RuleSettings(name="r", assets=AssetSelector())
    assert unmatched_rules([rule], ASSETS) == []
