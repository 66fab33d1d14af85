"""Topics, payloads and discovery: what is told of a fact, whatever its names."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from delivery.home_assistant import Discovery, farewell, messages
from delivery.presence import (
    Fact,
    Headcount,
    ReaderState,
    SensorValues,
    Subject,
    Topics,
    Whereabouts,
    ZoneState,
    is_ours,
    level,
    strays,
    subject_of,
)
from delivery.settings import PublishSettings
from inventory.assets import Asset
from tags.reads import Fix, Measurement
from tests.delivery.made import T0_NS

TOPICS = Topics("tagwarden", "Riverside depot")
DISCOVERY = Discovery("homeassistant", TOPICS)
SINCE = "2026-01-31T08:00:00.000000Z"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXT.filter(bool) | st.sampled_from(
    ["a/b", "+", "#", "$SYS", "a b", "A_b", "a-b", "ä", "%2F"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MEASUREMENTS = st.builds(Measurement, NAMES, NAMES, NUMBERS, TEXT, st.just(T0_NS), st.just(T0_NS))
FIXES = st.builds(
    Fix,
    NAMES,
    NAMES,
    st.just(T0_NS),
    st.just(T0_NS),
    *[st.none() | NUMBERS] * 5,
)
WHEREABOUTS = st.builds(
    Whereabouts,
    st.builds(Asset, id=NAMES, name=TEXT, category=TEXT, serial=TEXT),
    st.none() | NAMES,
    st.none() | st.just(SINCE),
    st.none() | NAMES,
    st.sampled_from(["present", "departed", "outside", "unknown"]),
    st.none() | NAMES,
    st.none() | FIXES,
)
FACTS: st.SearchStrategy[Fact] = st.one_of(
    WHEREABOUTS,
    st.builds(ZoneState, NAMES, st.booleans(), st.integers(0, 9)),
    st.builds(ReaderState, NAMES, NAMES, st.just(SINCE), TEXT, TEXT),
    st.builds(SensorValues, NAMES, st.lists(MEASUREMENTS, max_size=3).map(tuple)),
)
SUBJECTS = st.builds(Subject, st.sampled_from(["assets", "zones", "readers", "sensors"]), NAMES)


def told(fact: Fact) -> dict[str, Any]:
    return {topic: json.loads(text) for topic, text in messages(TOPICS, DISCOVERY, fact).items()}


def there(**more: object) -> Whereabouts:
    asset = Asset(id="L1", name="Laptop 1", category="laptop", serial="S-7")
    fields: dict[str, Any] = {"since": SINCE, "last_zone": "hall", "presence": "present", **more}
    return Whereabouts(asset, fields.pop("zone", "hall"), **fields)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_two_names_have_the_same_level_and_none_is_a_wildcard(one: str, other: str) -> None:
    assert (level(one) == level(other)) == (one == other)
    assert not set("/+#$\0 ") & set(level(one))


@given(SUBJECTS, NAMES)
def test_a_topic_leads_back_to_its_subject_and_to_no_other_site(
    subject: Subject, site: str
) -> None:
    topic = TOPICS.state(subject)
    assert TOPICS.subject(topic) == subject
    assert topic.count("/") == 4
    if site != TOPICS.site:
        assert Topics("tagwarden", site).subject(topic) is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "tagwarden",
        "tagwarden/Riverside%20depot/status",
        "tagwarden/Riverside%20depot/probe",
        "tagwarden/Riverside%20depot/assets/state",
        "tagwarden/Riverside%20depot/assets/a/b/state",
        "tagwarden/Riverside%20depot/people/a/state",
        "tagwarden/Riverside depot/assets/a/state",
        "tagwarden/Riverside%20depot/assets/a/config",
    ],
)
def test_other_topics_have_no_subject(topic: str) -> None:
    assert TOPICS.subject(topic) is None


@given(FACTS)
def test_a_fact_is_told_as_json_and_every_config_points_to_its_state(fact: Fact) -> None:
    (state, payload), *configs = told(fact).items()
    assert state == TOPICS.state(subject_of(fact))
    assert isinstance(payload, dict)
    for topic, config in configs:
        assert re.fullmatch(r"homeassistant/[a-z_]+/[0-9A-Za-z_-]+/config", topic)
        assert topic.split("/")[2] == config["unique_id"]
        assert config["state_topic"] == state
        assert config["availability"][0] == {"topic": TOPICS.status}


@given(FACTS)
def test_all_that_we_tell_is_known_as_ours_and_nothing_that_others_tell(fact: Fact) -> None:
    other = Topics("tagwarden", "another depot")
    for topic, payload in messages(TOPICS, DISCOVERY, fact).items():
        assert is_ours(TOPICS, topic, payload)
        assert not is_ours(other, topic, payload)


@given(st.text(max_size=30), st.binary(max_size=60))
def test_what_is_no_config_of_ours_is_never_ours(topic: str, payload: bytes) -> None:
    assert not is_ours(TOPICS, topic, payload)


def test_a_payload_that_nests_without_end_is_not_ours() -> None:
    assert not is_ours(TOPICS, "homeassistant/sensor/x/config", b"[" * 60_000)


def test_the_gateway_is_an_entity_of_ours_too() -> None:
    [(topic, payload)] = DISCOVERY.gateway().items()
    config = json.loads(payload)
    assert is_ours(TOPICS, topic, payload)
    assert (config["state_topic"], config["payload_on"]) == (TOPICS.status, "online")
    assert config["device"]["name"] == "Tagwarden Riverside depot"


@given(FACTS)
def test_a_farewell_takes_back_all_that_was_told_its_state_last(fact: Fact) -> None:
    subject = subject_of(fact)
    taken = farewell(TOPICS, DISCOVERY, subject)
    assert set(taken.values()) == {b""}
    assert list(taken)[-1] == TOPICS.state(subject)
    if not isinstance(fact, SensorValues):
        assert taken.keys() == messages(TOPICS, DISCOVERY, fact).keys()
    assert farewell(TOPICS, None, subject).keys() == {TOPICS.state(subject)}


@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=3))
def test_other_names_have_other_ids(one: list[str], other: list[str]) -> None:
    assert (DISCOVERY.object_id(*one) == DISCOVERY.object_id(*other)) == (one == other)
    assert re.fullmatch(r"[0-9a-z_]{1,120}", DISCOVERY.object_id(*one))


def test_sites_and_prefixes_do_not_share_ids() -> None:
    others = [Topics("x", "Riverside depot"), Topics("tagwarden", "Riverside-depot")]
    ids = {Discovery("homeassistant", each).object_id("assets", "L1") for each in [TOPICS, *others]}
    assert len(ids) == 3


@given(st.sets(SUBJECTS, max_size=8), st.sets(SUBJECTS, max_size=8))
def test_strays_are_what_was_found_and_is_not_told_discovery_first(
    found: set[Subject], told: set[Subject]
) -> None:
    kept = [*map(TOPICS.state, found), "homeassistant/sensor/a/config"]
    gone = strays(TOPICS, kept, set(map(TOPICS.state, told)))
    assert set(gone) == set(kept) - set(map(TOPICS.state, told))
    assert gone[0] == "homeassistant/sensor/a/config"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from("xyz"))))
def test_heads_are_counted_as_a_list_would(moves: list[tuple[str, str | None]]) -> None:
    heads = Headcount()
    model: dict[str, str] = {}
    for asset, zone in moves:
        before = {each: [a for a, z in model.items() if z == each] for each in "xyz"}
        model.pop(asset, None)
        if zone is not None:
            model[asset] = zone
        changed = heads.place(asset, zone)
        now = {each: sorted(a for a, z in model.items() if z == each) for each in "xyz"}
        assert {each: heads.members(each) for each in "xyz"} == now
        assert [heads.count(each) for each in "xyz"] == [len(now[each]) for each in "xyz"]
        assert set(changed) == {each for each in "xyz" if sorted(before[each]) != now[each]}


def test_an_asset_is_a_device_that_is_tracked() -> None:
    state, config = told(there()).values()
    assert state["zone"] == "hall"
    assert config["device"] == {
        "identifiers": [config["unique_id"]],
        "name": "Laptop 1",
        "via_device": DISCOVERY.object_id("gateway"),
        "model": "laptop",
        "serial_number": "S-7",
    }
    assert (config["name"], config["json_attributes_topic"]) == (None, config["state_topic"])


def test_a_fix_is_told_in_metres_or_degrees_and_in_the_words_of_home_assistant() -> None:
    fix = Fix("gps:1", "cars", T0_NS, T0_NS, lat=52.5, lon=13.4)
    state = next(iter(told(there(fix=fix)).values()))
    assert {key: state[key] for key in ("lat", "latitude", "longitude", "gps_accuracy")} == {
        "lat": 52.5,
        "latitude": 52.5,
        "longitude": 13.4,
        "gps_accuracy": 0,
    }
    assert "x_m" not in state
    indoors = Fix("ble:1", "uwb", T0_NS, T0_NS, x_m=1.0, y_m=2.0, accuracy_m=0.5)
    state = next(iter(told(there(fix=indoors)).values()))
    assert (state["x_m"], state["y_m"], state["accuracy_m"]) == (1.0, 2.0, 0.5)
    assert "latitude" not in state


def test_a_sensor_has_an_entity_for_each_quantity_with_the_unit_that_it_stated() -> None:
    values = (
        Measurement("door:1", "temperature", 21.5, "°C", T0_NS, T0_NS),
        Measurement("door:1", "temperature_2", 70.0, "", T0_NS, T0_NS),
        Measurement("door:1", "battery", 3.1, "V", T0_NS, T0_NS),
    )
    state, *configs = told(SensorValues("door:1", values)).values()
    assert state["values"]["temperature"]["value"] == 21.5
    shown = [(each.get("device_class"), each.get("unit_of_measurement")) for each in configs]
    assert shown == [("temperature", "°C"), (None, None), (None, "V")]
    assert {each["device"]["name"] for each in configs} == {"door:1"}


def test_a_quantity_can_not_write_a_template() -> None:
    evil = '"] }}{% include "/etc/passwd" %}{{ x["'
    value = Measurement("s", evil, 1.0, "", T0_NS, T0_NS)
    _, config = told(SensorValues("s", (value,))).values()
    inside = config["value_template"].removeprefix("{{ value_json['values'][")
    assert json.JSONDecoder().raw_decode(inside) == (evil, len(json.dumps(evil)))


@pytest.mark.parametrize(
    "prefix", ["", "/", "a/", "/a", "a//b", "a/+", "#", "$SYS", "a\0", "x" * 201]
)
@pytest.mark.parametrize("key", ["prefix", "discovery_prefix"])
def test_a_prefix_is_levels_without_wildcards(key: str, prefix: str) -> None:
    with pytest.raises(ValidationError, match=key):
        PublishSettings.model_validate({"name": "home", "address": "mqtt://h", key: prefix})


def test_an_entry_says_where_to_tell_and_of_what() -> None:
    settings = PublishSettings.model_validate(
        {
            "name": "home",
            "address": "mqtts://broker:8883",
            "username": "gateway",
            "password": "hunter2",
            "prefix": "site/tags",
            "assets": {"category": "laptop"},
            "discovery": "homeassistant",
        }
    )
    assert (settings.endpoint, settings.clean) == (("broker", 8883), True)
    assert "hunter2" not in repr(settings)
