"""Trackers: OwnTracks, Traccar, ChirpStack, The Things Stack."""

from typing import Any

import pytest

from readers.wire.payloads.said import Options, Said
from readers.wire.payloads.sensors import DEPTH_MAX, MEASUREMENTS_MAX
from tags.reads import Fix, Measurement
from tests.readers.payload_telling import NOW_NS, SECOND_NS, tell

TST = NOW_NS // SECOND_NS - 10
TIME_NS = TST * SECOND_NS
DEV_EUI = "24e124445d193465"


def location(**members: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of a message
    return {"_type": "location", "lat": 52.52, "lon": 13.405, "tst": TST} | members


def crew_fix(**place: Any) -> Fix:  # noqa: ANN401 -- members of a fix
    return Fix("gps:crew/phone", "link:crew/phone", TIME_NS, NOW_NS, **place)


def test_a_location_is_a_fix_and_a_battery() -> None:
    said = tell("owntracks", location(acc=12, alt=34, batt=81, vel=5, tid="ph"))
    assert said.fixes == [crew_fix(lat=52.52, lon=13.405, accuracy_m=12.0)]
    assert said.measurements == [
        Measurement("link:crew/phone", "battery", 81.0, "%", TIME_NS, NOW_NS),
    ]
    assert (said.devices, said.accepted, said.bad) == (["crew/phone"], 1, {})


def test_zeros_that_owntracks_leaves_out_are_zeros() -> None:
    assert tell("owntracks", location()).fixes[0].accuracy_m == 0.0
    said = tell("owntracks", location(lat=0, lon=0.0))
    assert (said.fixes[0].lat, said.fixes[0].lon) == (0.0, 0.0)


def test_a_negative_accuracy_is_unknown() -> None:
    said = tell("owntracks", location(acc=-1))
    assert (said.fixes[0].accuracy_m, said.bad) == (None, {"accuracy": 1})


@pytest.mark.parametrize("place", [{"lat": 91}, {"lon": -181}, {"lat": "1"}, {"lon": None}])
def test_no_place_on_earth_is_no_fix(place: dict[str, object]) -> None:
    said = tell("owntracks", location(**place))
    assert (said.fixes, said.bad) == ([], {"position": 1})


def test_a_transition_with_coordinates_is_a_fix_and_one_without_is_none() -> None:
    transition = {"_type": "transition", "event": "leave", "desc": "depot", "tst": TST}
    said = tell(
        "owntracks", transition | {"lat": 1, "lon": 2, "acc": 5}, topic="o/crew/phone/event"
    )
    assert said.fixes == [crew_fix(lat=1.0, lon=2.0, accuracy_m=5.0)]
    for nowhere in ({}, {"lat": None, "lon": None}):
        said = tell("owntracks", transition | nowhere, topic="owntracks/crew/phone/event")
        assert (said.fixes, said.accepted, said.bad) == ([], 1, {})


def test_a_last_will_says_that_a_phone_is_gone() -> None:
    said = tell("owntracks", {"_type": "lwt", "tst": TST})
    assert (list(said.lost), said.devices, said.accepted) == (["crew/phone"], [], 1)


def test_a_phone_that_speaks_after_its_last_will_is_there() -> None:
    said = tell("owntracks", [{"_type": "lwt", "tst": TST}, location()])
    assert (said.lost, said.devices) == ({}, ["crew/phone"])
    said = tell("owntracks", [location(), {"_type": "lwt", "tst": TST}])
    assert (list(said.lost), said.devices) == (["crew/phone"], [])


def test_an_encrypted_message_is_refused_as_such() -> None:
    said = tell("owntracks", {"_type": "encrypted", "data": "AAAA"})
    assert (said.bad, said.refused) == ({"encrypted": 1}, 1)


@pytest.mark.parametrize(
    "kind", ["card", "cmd", "status", "steps", "beacon", "request", "waypoint"]
)
def test_a_waypoint_and_the_like_are_no_position(kind: str) -> None:
    said = tell("owntracks", location(_type=kind))
    assert (said.fixes, said.bad, said.accepted) == ([], {"other_event": 1}, 1)


def test_a_type_that_is_none_is_refused() -> None:
    for kind in (None, "other", ["location"], 1):
        assert tell("owntracks", location(_type=kind)).bad == {"shape": 1}


def test_over_http_topic_headers_or_query_name_the_phone() -> None:
    named: list[Said] = [
        tell("owntracks", location(topic="owntracks/crew/phone"), topic=""),
        tell(
            "owntracks", location(), topic="", headers={"x-limit-u": "crew", "x-limit-d": "phone"}
        ),
        tell("owntracks", location(), topic="", query={"u": "crew", "d": "phone"}),
    ]
    assert {said.fixes[0].tag for said in named} == {"gps:crew/phone"}
    assert tell("owntracks", location(), topic="", query={"u": "crew"}).bad == {"tag": 1}


def test_an_empty_body_of_owntracks_is_normal() -> None:
    assert tell("owntracks", b"", topic="", query={"u": "crew", "d": "phone"}) == Said()


@pytest.mark.parametrize("tst", [None, "now", "1769846399", 10**13, 1, -5, True, 10**4000])
def test_an_unusable_time_costs_the_time_not_the_fix(tst: object) -> None:
    said = tell("owntracks", location(tst=tst))
    assert (said.fixes[0].time_ns, said.bad) == (NOW_NS, {"time": 1})


def position(**members: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of a message
    stated = {
        "id": 5,
        "deviceId": 10,
        "fixTime": "2026-01-31T07:59:50.000+00:00",
        "valid": True,
        "outdated": False,
        "latitude": 52.52,
        "longitude": 13.405,
        "speed": 13.5,
        "accuracy": 8.0,
        "attributes": {"batteryLevel": 85, "battery": 4.1, "motion": True},
        "geofenceIds": None,
    }
    return stated | members


def forwarded(**members: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of a message
    device = {"id": 10, "uniqueId": "123456789012345", "name": "van"}
    return {"position": position(**members), "device": device}


def van_fix(accuracy_m: float | None = 8.0, device: str = "123456789012345") -> Fix:
    return Fix(
        f"gps:{device}",
        f"link:{device}",
        TIME_NS,
        NOW_NS,
        lat=52.52,
        lon=13.405,
        accuracy_m=accuracy_m,
    )


def test_a_forwarded_position_is_a_fix() -> None:
    said = tell("traccar", forwarded())
    assert (said.fixes, said.devices, said.bad) == ([van_fix()], ["123456789012345"], {})
    found = {(one.quantity, one.value, one.unit) for one in said.measurements}
    assert found == {("battery", 85.0, "%"), ("voltage", 4.1, "V")}


def test_an_accuracy_of_zero_from_traccar_is_unknown() -> None:
    assert tell("traccar", forwarded(accuracy=0.0)).fixes == [van_fix(None)]


@pytest.mark.parametrize("stale", [{"outdated": True}, {"valid": False}])
def test_an_old_or_invalid_position_is_no_fresh_fix(stale: dict[str, bool]) -> None:
    said = tell("traccar", forwarded(**stale))
    assert (said.fixes, said.bad, said.accepted) == ([], {"stale_fix": 1}, 1)


def test_traccar_writes_times_in_three_ways() -> None:
    for time in ("2026-01-31T07:59:50.000+0000", "2026-01-31T07:59:50Z", TST * 1000):
        assert tell("traccar", forwarded(fixTime=time)).fixes == [van_fix()]


def test_the_flat_form_of_old_servers_knows_only_the_servers_number() -> None:
    said = tell("traccar", position(fixTime="2026-01-31T07:59:50.000+0000"))
    assert said.fixes == [van_fix(device="10")]


def test_a_forward_by_url_is_its_query() -> None:
    query = {
        "id": "123456789012345",
        "lat": "52.52",
        "lon": "13.405",
        "timestamp": f"{TST}000",
        "accuracy": "8.0",
        "valid": "true",
    }
    assert tell("traccar", b"", topic="", query=query).fixes == [van_fix()]
    said = tell("traccar", b"", topic="", query=query | {"accuracy": "0.0"})
    assert said.fixes == [van_fix(None)]
    said = tell("traccar", b"", topic="", query=query | {"valid": "false"})
    assert (said.fixes, said.bad) == ([], {"stale_fix": 1})
    said = tell("traccar", b"", topic="", query=query | {"batt": "77"})
    assert [(one.quantity, one.value) for one in said.measurements] == [("battery", 77.0)]
    said = tell("traccar", b"", topic="", query=query | {"lat": "north"})
    assert (said.fixes, said.bad) == ([], {"position": 1})


def test_an_event_says_that_a_device_is_offline() -> None:
    event = {"event": {"type": "deviceOffline"}, "device": {"uniqueId": "77"}}
    said = tell("traccar", event)
    assert (list(said.lost), said.devices, said.accepted) == (["77"], [], 1)
    said = tell("traccar", forwarded() | {"event": {"type": "geofenceEnter"}})
    assert (said.fixes, said.lost) == ([van_fix()], {})


def test_a_position_of_nobody_is_refused() -> None:
    assert tell("traccar", {"position": {}, "device": {}}).bad == {"tag": 1}
    assert tell("traccar", {"device": {"uniqueId": "7"}}).bad == {"shape": 1}


def uplink(**members: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of a message
    return {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-01-31T07:59:50+00:00",
        "deviceInfo": {"deviceName": "pallet", "devEui": DEV_EUI.upper(), "tags": {"a": "b"}},
        "data": "qg==",
        "rxInfo": [{"gatewayId": "00", "rssi": -48, "location": {"latitude": 1, "longitude": 2}}],
    } | members


def lora_fix(lat: float, lon: float, device: str = DEV_EUI) -> Fix:
    return Fix(f"lora:{DEV_EUI}", f"link:{device}", TIME_NS, NOW_NS, lat=lat, lon=lon)


def test_a_decoded_uplink_is_a_fix_and_measurements() -> None:
    decoded = {
        "latitude": 52.52,
        "longitude": 13.405,
        "battery": 3.6,
        "env": {"temp": -2, "open": True, "name": "x", "list": [1, None]},
    }
    said = tell("chirpstack", uplink(object=decoded))
    assert said.fixes == [lora_fix(52.52, 13.405)]
    assert [(one.quantity, one.value, one.unit) for one in said.measurements] == [
        ("battery", 3.6, ""),
        ("env/temp", -2.0, ""),
        ("env/open", 1.0, ""),
        ("env/list/0", 1.0, ""),
    ]
    assert {one.sensor for one in said.measurements} == {f"link:{DEV_EUI}"}


def test_an_uplink_without_an_object_had_no_codec() -> None:
    said = tell("chirpstack", uplink())
    assert (said.bad, said.accepted, said.fixes) == ({"no_codec": 1}, 1, [])
    assert said.devices == [DEV_EUI]


def test_the_place_of_a_gateway_is_not_that_of_the_tag() -> None:
    assert tell("chirpstack", uplink(object={"temperature": 1})).fixes == []


def test_a_decoded_place_may_lie_deeper() -> None:
    decoded = {"gpsLocation": {"1": {"latitude": 1, "longitude": 2, "altitude": 3}}}
    said = tell("chirpstack", uplink(object=decoded))
    assert said.fixes == [lora_fix(1.0, 2.0)]
    assert [one.quantity for one in said.measurements] == ["gpsLocation/1/altitude"]


def test_a_decoded_place_that_is_none_costs_the_fix_alone() -> None:
    said = tell("chirpstack", uplink(object={"latitude": 200, "longitude": 2, "t": 1}))
    assert (said.fixes, said.bad, len(said.measurements)) == ([], {"position": 1}, 1)
    said = tell("chirpstack", uplink(object={"latitude": None, "longitude": None, "t": 1}))
    assert (said.fixes, said.bad, len(said.measurements)) == ([], {}, 1)


def test_what_a_codec_may_bring_is_bounded() -> None:
    many = {f"m{n}": n for n in range(MEASUREMENTS_MAX + 5)}
    said = tell("chirpstack", uplink(object=many))
    assert (len(said.measurements), said.bad) == (MEASUREMENTS_MAX, {"measurements": 1})
    deep: dict[str, Any] = {"leaf": 1}
    for _ in range(DEPTH_MAX):
        deep = {"d": deep}
    assert tell("chirpstack", uplink(object=deep)).measurements == []
    assert len(tell("chirpstack", uplink(object=deep["d"])).measurements) == 1
    said = tell("chirpstack", uplink(object={"x" * 200: 1, "b\n": 2}))
    assert (said.measurements, said.bad) == ([], {"measurement": 2})


def test_a_location_event_is_a_fix_with_its_zeros() -> None:
    event = uplink(location={"longitude": 2.5, "altitude": 10})
    topic = f"application/1/device/{DEV_EUI}/event/location"
    assert tell("chirpstack", event, topic=topic).fixes == [lora_fix(0.0, 2.5)]
    said = tell("chirpstack", event, topic="", query={"event": "location"})
    assert said.fixes == [lora_fix(0.0, 2.5)]


def test_a_status_event_is_a_battery() -> None:
    topic = f"application/1/device/{DEV_EUI}/event/status"
    for members, value in (({"batteryLevel": 55.5}, [55.5]), ({}, [0.0])):
        said = tell("chirpstack", uplink(margin=7, **members), topic=topic)
        assert [one.value for one in said.measurements] == value
    for member in ("batteryLevelUnavailable", "externalPowerSource"):
        assert tell("chirpstack", uplink(**{member: True}), topic=topic).measurements == []


def test_joins_say_that_a_device_is_there_and_logs_nothing() -> None:
    base = f"application/1/device/{DEV_EUI}/event/"
    said = tell("chirpstack", uplink(), topic=base + "join")
    assert (said.devices, said.bad) == ([DEV_EUI], {})
    assert tell("chirpstack", uplink(), topic=base + "log").bad == {"other_event": 1}


def test_the_topic_names_a_device_that_the_message_does_not() -> None:
    assert tell("chirpstack", {"object": {"t": 1}}).devices == [DEV_EUI]
    assert tell("chirpstack", {"object": {"t": 1}}, topic="").bad == {"tag": 1}


def things(**members: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of a message
    ids = {"device_id": "tracker-1", "dev_eui": DEV_EUI.upper()}
    return {"end_device_ids": ids, "received_at": "2026-01-31T07:59:50.000000000Z"} | members


def test_an_uplink_of_the_things_stack_is_a_fix_and_measurements() -> None:
    decoded = {"lat": 1.5, "lng": 2.5, "moving": False, "steps": 0}
    said = tell("ttn", things(uplink_message={"decoded_payload": decoded, "frm_payload": "AA=="}))
    assert said.fixes == [lora_fix(1.5, 2.5, "tracker-1")]
    assert [(one.quantity, one.value) for one in said.measurements] == [
        ("moving", 0.0),
        ("steps", 0.0),
    ]
    assert said.devices == ["tracker-1"]


def test_an_uplink_without_a_decoded_payload_had_no_codec() -> None:
    assert tell("ttn", things(uplink_message={"frm_payload": "AA=="})).bad == {"no_codec": 1}


def test_a_place_that_was_typed_in_is_no_fresh_fix() -> None:
    typed = {"latitude": 1, "longitude": 2, "source": "SOURCE_REGISTRY"}
    message = {"decoded_payload": {"t": 1}, "locations": {"user": typed}}
    assert tell("ttn", things(uplink_message=message)).fixes == []
    message["locations"] = {"user": typed, "frm-payload": {"longitude": 4, "source": "SOURCE_GPS"}}
    assert tell("ttn", things(uplink_message=message)).fixes == [lora_fix(0.0, 4.0, "tracker-1")]


def test_a_solved_location_is_a_fix_with_its_accuracy() -> None:
    solved = {"latitude": 1, "longitude": 2, "accuracy": 37, "source": "SOURCE_LORA_TDOA"}
    said = tell("ttn", things(location_solved={"service": "x", "location": solved}))
    assert (said.fixes[0].lat, said.fixes[0].accuracy_m) == (1.0, 37.0)
    solved["source"] = "SOURCE_REGISTRY"
    said = tell("ttn", things(location_solved={"location": solved}))
    assert (said.fixes, said.bad) == ([], {"stale_fix": 1})


def test_a_device_without_an_eui_goes_by_its_name() -> None:
    message = {"end_device_ids": {"device_id": "abp-1"}, "join_accept": {}}
    said = tell("ttn", message)
    assert (said.devices, said.accepted, said.bad) == (["abp-1"], 1, {})
    assert tell("ttn", {"uplink_message": {}}).bad == {"tag": 1}
    assert tell("ttn", things(downlink_queued={})).bad == {"other_event": 1}


def test_the_site_file_may_name_trackers_otherwise() -> None:
    options = Options(device="/deviceInfo/deviceName")
    said = tell("chirpstack", uplink(object={"latitude": 1, "longitude": 2}), options=options)
    assert said.fixes == [lora_fix(1.0, 2.0, "pallet")]
