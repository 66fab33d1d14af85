"""A site file that is right: what it gives, and what a version of it is."""

from pathlib import Path

import pytest

from delivery.settings import WebhookChannel
from gateway.limits import LimitsSettings
from gateway.site import Site, SiteError, load_site, parse_site
from gateway.site_settings import UnfilledChannel
from readers.llrp.settings import LlrpSettings
from simulators.depot import LAYOUT
from zones.estimator_settings import default_estimator

SMALLEST = "site: {name: depot}\nzones: [{name: hall}]\n"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = """\
site: {name: depot}
zones: [{name: hall}]
readers:
  - {name: dock, driver: llrp, address: ${DOCK}:5084, keepalive_s: ${ALIVE}, zone: hall}
rules:
  - {name: stay, fence: [hall], notify: [guards]}
channels:
  - {name: guards, kind: webhook, url: "${HOOK}", secret: ${SECRET}, timeout_s: ${WAIT}}
"""
ENV = {
    "DOCK": "10.0.0.9",
    "ALIVE": "2",
    "WAIT": "7",
    "HOOK": "https://example.net",
    "SECRET": SECRET,
}


def test_the_smallest_site_has_a_default_for_all_the_rest() -> None:
    settings = parse_site(SMALLEST).settings
    assert settings.site.timezone == "UTC"
    assert settings.server.listen == "127.0.0.1:8080"
    assert settings.estimator == default_estimator()
    assert settings.limits == LimitsSettings()
    assert (settings.history.store, settings.history.keep_days) == ("sqlite", 400)
    assert (settings.readers, settings.rules, settings.channels) == ((), (), ())


def test_a_list_whose_entries_are_all_commented_out_is_empty() -> None:
    assert parse_site(SMALLEST + "rules:\n#  - {name: later}\nserver:\n").settings.rules == ()


def test_a_reader_is_checked_by_its_own_driver() -> None:
    (reader,) = parse_site(WEBHOOK, env=ENV).settings.readers
    assert isinstance(reader, LlrpSettings)
    assert (reader.address, reader.keepalive_s) == ("10.0.0.9:5084", 2.0)


def test_names_in_braces_come_from_the_environment_in_values_only() -> None:
    settings = parse_site(WEBHOOK, env=ENV).settings
    (channel,) = settings.channels
    assert isinstance(channel, WebhookChannel)
    assert channel.secret.get_secret_value() == SECRET
    assert channel.timeout_s == 7.0


def test_what_the_environment_says_is_never_read_as_yaml() -> None:
    text = "site: {name: '${NAME}'}\nzones: [{name: hall}]\n"
    name = "x}, zones: [{name: y}]\n# ${NAME}"
    assert parse_site(text, env={"NAME": name}).settings.site.name == name


@pytest.mark.parametrize(
    "text",
    [
        "zones: [{name: '${Z}'}]",
        "zones: [{name: hall, absent_after_s: '${Z}'}]",
        "zones: [{name: hall}]\nrules: [{name: r, fence: [hall], confirm_s: '${Z}'}]",
        "zones: [{name: hall}]\nlimits: {tags_max: '${Z}'}",
        "zones: [{name: hall}]\nreaders: [{name: r, driver: llrp, address: h, zone: '${Z}'}]",
    ],
)
def test_what_is_decided_by_may_not_hang_on_the_environment(text: str) -> None:
    with pytest.raises(SiteError, match="must be written out"):
        parse_site(f"site: {{name: d}}\n{text}\n", env={"Z": "7"})


def test_without_an_environment_the_places_are_known_and_the_secrets_are_not() -> None:
    settings = parse_site(WEBHOOK, env=None).settings
    assert settings.readers[0].zone == "hall"
    assert settings.channels[0].kind == "webhook"
    assert isinstance(settings.channels[0], UnfilledChannel)


def test_without_an_environment_what_is_wrong_in_other_ways_is_still_said() -> None:
    text = WEBHOOK + "  - {kind: log, colour: red}\n  - ${X}\n"
    with pytest.raises(SiteError) as caught:
        parse_site(text, env=None)
    assert [problem.line for problem in caught.value.problems] == [9, 9, 10]


def test_the_version_names_the_text_as_written() -> None:
    one = parse_site(WEBHOOK, env=ENV)
    assert one.version == parse_site(WEBHOOK, env=None).version
    assert one.version != parse_site(WEBHOOK + "# a comment\n", env=ENV).version
    assert len(one.version) == 16
    assert one.text == WEBHOOK
    assert SECRET not in repr(one)


def test_a_file_is_read_with_the_environment_and_without_its_byte_order_mark(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("\ufeff" + WEBHOOK, encoding="utf-8")
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert load_site(path) == parse_site(WEBHOOK, str(path), ENV)


def test_an_alias_stands_for_what_its_anchor_marks() -> None:
    text = SMALLEST + "floors:\n  - &f {name: a, size_m: &s [5, 6]}\n  - {name: b, size_m: *s}\n"
    assert [floor.size_m for floor in parse_site(text).settings.floors] == [(5, 6), (5, 6)]


def test_plain_values_are_those_of_yaml_1_2() -> None:
    text = "site: {name: on}\nzones: [{name: 2026-01-01, absent_after_s: 0x10}, {name: !!str 12}]\n"
    settings = parse_site(text).settings
    assert settings.site.name == "on"
    assert [zone.name for zone in settings.zones] == ["2026-01-01", "12"]
    assert settings.zones[0].absent_after_s == 16


def test_a_polygon_is_held_against_the_only_floor_unless_its_zone_names_one() -> None:
    text = "site: {name: d}\nzones: [{name: z, polygon: [[0, 0], [9, 0], [9, 9]]}]\nfloors:\n"
    with pytest.raises(SiteError, match=r"\(9, 0\) lies outside the floor of 5 x 5 m"):
        parse_site(text + "  - {name: a, size_m: [5, 5]}\n")
    two = parse_site(text + "  - {name: a, size_m: [5, 5]}\n  - {name: b}\n")
    assert len(two.settings.floors) == 2


def load_sample(root: Path, name: str) -> Site:
    text = (root / "config" / name).read_text(encoding="utf-8")
    return parse_site(text, name, {"GUARDS_SECRET": SECRET})


def test_the_sample_warehouse_has_nothing_to_complain_of(root: Path) -> None:
    site = load_sample(root, "warehouse.yaml")
    assert site.warnings == ()
    assert site.settings.rules[0].severity == "critical"


def test_the_sample_warehouse_is_the_simulated_one(root: Path) -> None:
    settings = load_sample(root, "warehouse.yaml").settings
    assert settings.floors[0].size_m == LAYOUT.size_m
    simulated = {zone.name for zone in LAYOUT.zones}
    heard = [zone for zone in settings.zones if zone.name in simulated]
    assert {zone.name: (zone.polygon, zone.role) for zone in heard} == {
        zone.name: (zone.polygon, zone.role) for zone in LAYOUT.zones
    }
    assert {
        (reader.name, number, antenna.zone, antenna.rssi_dbm_min)
        for reader in settings.readers
        for number, antenna in reader.antennas.items()
    } == {(one.reader, one.number, one.zone, one.rssi_dbm_min) for one in LAYOUT.antennas}


def test_the_sample_for_recordings_has_a_zone_for_each_antenna(root: Path) -> None:
    site = load_sample(root, "recordings.yaml")
    assert site.warnings == ()
    (reader,) = site.settings.readers
    assert {number: antenna.zone for number, antenna in reader.antennas.items()} == {
        1: "q1",
        2: "q2",
        3: "q3",
        4: "q4",
    }
