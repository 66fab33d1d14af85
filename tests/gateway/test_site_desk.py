"""Edits of a site file: what they make of its text, its secrets, and the file on disk."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.site_edits import (
    EditTerms,
    EntryEdit,
    PartEdit,
    SiteEdit,
    SiteRefusedError,
    WholePatch,
    WholeText,
)
from gateway.site import parse_site
from gateway.site_file import SiteFile, SiteFileChangedError, replace_site_file
from gateway.site_planning import Plan, plan_of
from gateway.site_reading import Standing, changes_between, version_of, version_of_entry
from gateway.site_secrets import MASK, masked, masked_text, unmasked_text
from gateway.site_yaml import read_yaml

SITE = """\
site: {name: depot}
zones:
  - {name: hall}   # all of it
  - {name: shelf, parent: hall}
readers:
  - name: gate-1
    driver: llrp
    address: 10.0.0.21
    antennas: {1: {zone: hall}, 2: {zone: shelf}}
  - name: sensors
    driver: mqtt
    address: mqtt://10.0.0.5
    username: us
    password: hunter2
    subscribe: [{topic: zebra/+/tags, format: zebra, device: 2}]
    devices: {FX-1: {antennas: {1: {zone: hall}}}}
portals:
  - {name: door, inside: [gate-1/1], outside: [gate-1/2, "sensors:FX-1/1"]}
rules:
  - {name: stay, fence: [hall], notify: [guards]}
channels:
  - name: guards
    kind: webhook
    url: https://example.net/hook
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""
ANY = EditTerms("ann", if_match=("*",))


def standing(text: str = SITE) -> Standing:
    return Standing(Path("site.yaml"), text.encode(), text, version_of(text))


def planned(edit: SiteEdit, text: str = SITE, terms: EditTerms = ANY) -> Plan:
    return plan_of(standing(text), edit, terms)


def entry(part: str, name: str) -> dict[str, Any]:
    data: Any = read_yaml(SITE)[0].plain()
    return next(each for each in data[part] if each["name"] == name)


def refusal(edit: SiteEdit, terms: EditTerms = ANY, text: str = SITE) -> SiteRefusedError:
    with pytest.raises(SiteRefusedError) as refused:
        planned(edit, text, terms)
    return refused.value


def test_a_renamed_zone_is_named_so_wherever_the_file_names_it() -> None:
    made = planned(EntryEdit("zones", "hall", {"name": "lobby"}, merge=True)).site.text
    assert made == SITE.replace("hall", "lobby").replace(
        "{name: lobby}", "{name: lobby, was: hall}"
    )


def test_a_renamed_reader_keeps_its_read_points() -> None:
    made = planned(EntryEdit("readers", "gate-1", {"name": "dock-1"}, merge=True)).site.text
    assert "inside: [dock-1/1], outside: [dock-1/2," in made
    assert "    was: gate-1\n" in made
    made = planned(EntryEdit("readers", "sensors", {"name": "air"}, merge=True)).site.text
    assert '"air:FX-1/1"' in made


def test_a_renamed_channel_is_still_notified() -> None:
    made = planned(EntryEdit("channels", "guards", {"name": "desk"}, merge=True)).site.text
    assert "notify: [desk]" in made
    assert "was:" not in made


def test_a_zone_can_not_take_the_name_of_another_one() -> None:
    edit = EntryEdit("zones", "hall", {"name": "shelf"}, merge=True)
    assert refusal(edit).refused == "exists"


def test_no_secret_is_shown_anywhere() -> None:
    text = masked_text(SITE)
    assert "hunter2" not in text
    assert "whsec_" not in text
    assert text.count(MASK) == 2
    assert changes_between(SITE, SITE.replace("hunter2", "hunter3"), ("a", "b")) == ""
    data: Any = masked(read_yaml(SITE)[0].plain())
    assert data["readers"][1]["password"] == MASK


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("password: ${MQTT_PASSWORD}", "password: ${MQTT_PASSWORD}"),
        ("password: 12345", f'password: "{MASK}"'),
        ("password: a${MQTT_PASSWORD}", f'password: "{MASK}"'),
        ("url: https://us:pw@example.net/", f'url: "{MASK}"'),
        ("url: https://us:${PW}@example.net/", "url: https://us:${PW}@example.net/"),
        ("urls: ['tgram://1/2', '${OTHER}']", f"urls: [\"{MASK}\", '${{OTHER}}']"),
        ("password:", "password:"),
        ("secret: |\n  two\n  lines\nkind: log", f'secret: "{MASK}"\nkind: log'),
        ("token: &x abc\nlast: *x", f'token: "{MASK}"\nlast: *x'),
    ],
)
def test_only_secrets_that_stand_there_are_masked(written: str, shown: str) -> None:
    assert masked_text(written + "\n") == shown + "\n"


def test_a_masked_text_that_comes_back_has_its_secrets_back() -> None:
    data = read_yaml(SITE)[0].plain()
    text, faults = unmasked_text(masked_text(SITE), data)
    assert faults == []
    assert read_yaml(text)[0].plain() == data
    moved = masked_text(SITE).replace("name: guards\n", "name: desk\n")
    _, faults = unmasked_text(moved, data)
    assert [fault.path for fault in faults] == [("channels", 0, "secret")]


def test_a_renamed_channel_keeps_its_masked_secret() -> None:
    shown = masked(entry("channels", "guards")) | {"name": "desk"}
    made = planned(EntryEdit("channels", "guards", shown)).site.text
    assert 'secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"' in made


def test_a_bulk_edit_keeps_what_it_does_not_change() -> None:
    shown = [masked(entry("channels", "guards")), {"name": "log", "kind": "log"}]
    made = planned(PartEdit("channels", shown)).site.text
    assert made == SITE + "  - name: log\n    kind: log\n"
    assert planned(PartEdit("channels", shown[:1]), made).site.text == SITE


def test_the_last_entry_of_a_list_leaves_its_key() -> None:
    made = planned(EntryEdit("portals", "door", None)).site.text
    assert "portals:\nrules:\n" in made
    again = planned(EntryEdit("portals", None, entry("portals", "door")), made).site.text
    assert parse_site(again, env={}).settings == parse_site(SITE, env={}).settings


def test_a_patch_of_the_whole_takes_parts_out_and_puts_them_in() -> None:
    edit = WholePatch({"site": {"timezone": "Europe/Berlin"}, "portals": None, "limits": {}})
    made = planned(edit).site.text
    assert made.startswith("site: {name: depot, timezone: Europe/Berlin}\n")
    assert "portals" not in made


@pytest.mark.parametrize(
    ("edit", "terms", "refused"),
    [
        (EntryEdit("zones", "attic", None), ANY, "unknown"),
        (EntryEdit("zones", "attic", {}, merge=True), ANY, "unknown"),
        (EntryEdit("zones", "hall", None), EditTerms("ann"), "unconditional"),
        (EntryEdit("zones", "hall", {}), EditTerms("ann", new=True), "changed"),
        (EntryEdit("zones", "attic", {}), ANY, "changed"),
        (EntryEdit("zones", None, {"name": "hall"}), EditTerms("ann"), "exists"),
        (WholeText(SITE), EditTerms("ann"), "unconditional"),
        (WholeText(SITE), EditTerms("ann", if_match=("0123",)), "changed"),
        (WholeText(""), ANY, "invalid"),
        (WholeText("zones: ["), ANY, "invalid"),
        (WholePatch({"zones": None}), ANY, "invalid"),
        (WholePatch({"zones": "none"}), ANY, "invalid"),
    ],
)
def test_what_can_not_be_done_is_refused(edit: SiteEdit, terms: EditTerms, refused: str) -> None:
    assert refusal(edit, terms).refused == refused


def test_an_edit_of_what_an_alias_repeats_says_what_to_do() -> None:
    text = SITE.replace("{name: hall}", "&hall {name: hall}") + "positions: {}\n"
    text = text.replace("{name: shelf, parent: hall}", "*hall")
    found = refusal(EntryEdit("zones", "hall", {"priority": 1}, merge=True), text=text)
    assert found.refused == "conflict"
    assert "PUT /api/v1/site" in found.detail


def test_the_version_of_an_entry_is_the_same_until_it_changes() -> None:
    zone = entry("zones", "hall")
    assert version_of_entry(zone) == version_of_entry({**zone})
    assert version_of_entry(zone) != version_of_entry(zone | {"priority": 1})
    one, other = entry("channels", "guards"), entry("channels", "guards") | {"secret": "other"}
    assert version_of_entry(one) != version_of_entry(other)


def test_a_file_that_was_changed_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    file = SiteFile(path, b"what was read", parse_site(SITE, env={}))
    with pytest.raises(SiteFileChangedError):
        replace_site_file(file, "new")
    assert path.read_text(encoding="utf-8") == SITE
    assert [each.name for each in tmp_path.iterdir()] == ["site.yaml"]


names = st.text(min_size=1, max_size=12).filter(
    lambda name: name.isprintable() and name == name.strip() and "${" not in name
)


@settings(max_examples=6)
@given(st.lists(names, min_size=1, max_size=2, unique=True))
def test_zones_of_any_name_are_added_and_taken_out_again(added: list[str]) -> None:
    text = SITE
    for name in added:
        if name not in {"hall", "shelf"}:
            text = planned(EntryEdit("zones", None, {"name": name}), text).site.text
    assert [zone.name for zone in parse_site(text, env={}).settings.zones][:2] == ["hall", "shelf"]
    for name in reversed(added):
        if name not in {"hall", "shelf"}:
            text = planned(EntryEdit("zones", name, None), text).site.text
    assert text == SITE
