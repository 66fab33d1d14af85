from typing import Any

import pytest
from pydantic import ValidationError

from readers.mqtt.settings import BrokerSettings, MqttSettings, client_id
from readers.payload_settings import PayloadSettings
from readers.settings import DeviceSettings
from readers.wire.mqtt_topics import matches, surroundings
from readers.wire.payloads.said import JsonMapping, Mapped, Options
from tests.readers.mqtt_driving import settings_of

ADDRESS = "mqtt://10.0.0.5:1883"


def refusal(**changes: object) -> str:
    with pytest.raises(ValidationError) as refused:
        settings_of(str(changes.pop("address", ADDRESS)), **changes)
    return str(refused.value)


def subscription(**changes: object) -> dict[str, Any]:
    return {"subscribe": [{"topic": "zebra/+/tags", "format": "zebra", **changes}]}


class TestBroker:
    @pytest.mark.parametrize(
        ("address", "endpoint"),
        [
            ("mqtt://10.0.0.5", ("10.0.0.5", 1883)),
            ("mqtts://broker.example.org", ("broker.example.org", 8883)),
            ("mqtt://[::1]:99", ("::1", 99)),
        ],
    )
    def test_the_port_is_the_usual_one_where_none_is_given(
        self, address: str, endpoint: tuple[str, int]
    ) -> None:
        assert settings_of(address).endpoint == endpoint

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("10.0.0.5:1883", "mqtt://host:port"),
            ("http://10.0.0.5", "mqtt://host:port"),
            ("mqtt://:1883", "mqtt://host:port"),
            ("mqtt://host:0", "port 0"),
            ("mqtt://host:70000", "out of range"),
            ("mqtt://user:secret@host", "beside the address"),
            ("mqtt://host/topic", "`subscribe`"),
        ],
    )
    def test_an_address_that_is_none_says_how_to_write_it(self, address: str, words: str) -> None:
        assert words in refusal(address=address)

    def test_a_password_shows_in_no_message(self) -> None:
        assert "hunter2" not in refusal(password="hunter2")
        settings = settings_of(ADDRESS, username="u", password="hunter2")
        assert "hunter2" not in repr(settings)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"ca": "ca.pem"}, "mqtts://"),
            ({"address": "mqtts://h", "key": "k.pem"}, "key needs `cert`"),
            ({"password": "x"}, "password needs `username`"),
            ({"version": "3.1"}, "version"),
            ({"subscribe": []}, "subscribe"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(
        self, changes: dict[str, Any], words: str
    ) -> None:
        assert words in refusal(**changes)

    @pytest.mark.parametrize("version", ["5", 5, 5.0])
    def test_version_5_may_be_written_as_a_number(self, version: object) -> None:
        assert settings_of(ADDRESS, version=version).version == "5"

    def test_the_client_id_comes_from_the_name_and_stays(self) -> None:
        broker = BrokerSettings(address=ADDRESS)
        assert client_id(broker, "sensors") == "tagwarden-sensors"
        odd = {client_id(broker, name) for name in ("Tür 1", "Tor 1", "T?r 1")}
        assert len(odd) == 3
        assert all(each.isascii() and " " not in each for each in odd)
        assert client_id(broker.model_copy(update={"client_id": "mine"}), "sensors") == "mine"

    def test_a_second_client_leaves_the_first_alone(self) -> None:
        settings = settings_of(ADDRESS)
        aside = settings.for_a_look()
        assert aside.clean
        assert client_id(aside, aside.name) != client_id(settings, settings.name)

    def test_devices_behind_the_link_are_hearers(self) -> None:
        settings = MqttSettings.model_validate(
            {
                "name": "m1",
                "address": ADDRESS,
                "subscribe": [{"topic": "a", "format": "zebra"}],
                "devices": {"FX-1": {"zone": "hall"}},
            }
        )
        assert settings.devices == {"FX-1": DeviceSettings(zone="hall")}
        assert [each.name for each in settings.hearers()] == ["m1", "m1:FX-1"]


class TestTopics:
    @pytest.mark.parametrize(
        ("topic", "words"),
        [
            ("a/#/b", "`#` may only stand alone at the end"),
            ("a#", "`#` may only stand alone at the end"),
            ("a/b+", "`+` must stand alone"),
            ("$share/g/a", "`share`"),
            ("a\x00b", "no topic filter"),
            ("ä" * 40_000, "no topic filter"),
            ("", "at least 1"),
        ],
    )
    def test_a_filter_that_is_none_says_why(self, topic: str, words: str) -> None:
        assert words in refusal(**subscription(topic=topic))

    @pytest.mark.parametrize("device", [1, 2, 3])
    def test_the_level_of_the_device_must_exist(self, device: int) -> None:
        settings = settings_of(ADDRESS, **subscription(device=device))
        assert settings.subscribe[0].options() == Options(device=device)
        assert "has 3 levels, not 4" in refusal(**subscription(device=4))
        assert settings_of(ADDRESS, **subscription(topic="zebra/#", device=4))

    def test_the_same_filter_twice_is_refused(self) -> None:
        twice = {"subscribe": subscription()["subscribe"] * 2}
        assert "stands there twice" in refusal(**twice)

    def test_a_group_shares_its_messages(self) -> None:
        (each,) = settings_of(ADDRESS, **subscription(share="gw")).subscribe
        assert each.filter == "$share/gw/zebra/+/tags"
        assert "share" in refusal(**subscription(share="a/b"))

    def test_quality_2_is_not_offered(self) -> None:
        assert "qos" in refusal(**subscription(qos=2))

    @pytest.mark.parametrize(
        ("wanted", "topic", "fits"),
        [
            ("a/b", "a/b", True),
            ("a/b", "a/b/c", False),
            ("a/+", "a/b", True),
            ("a/+", "a/", True),
            ("a/+", "a", False),
            ("+/+", "/a", True),
            ("+", "/a", False),
            ("#", "a/b/c", True),
            ("a/#", "a", True),
            ("a/#", "a/b/c", True),
            ("a/#", "ab", False),
            ("a/+/#", "a", False),
            ("a/+/#", "a/b", True),
            ("#", "$SYS/uptime", False),
            ("+/uptime", "$SYS/uptime", False),
            ("$SYS/#", "$SYS/uptime", True),
        ],
    )
    def test_filters_stand_for_what_the_standard_says(
        self, wanted: str, topic: str, *, fits: bool
    ) -> None:
        assert matches(wanted, topic) is fits

    @pytest.mark.parametrize(
        ("topic", "wide"), [("zebra/+/tags", "zebra/#"), ("+/a", "#"), ("/a", "#"), ("a", "a/#")]
    )
    def test_near_a_topic_is_what_begins_as_it_does(self, topic: str, wide: str) -> None:
        assert surroundings(topic) == wide


class TestPayloads:
    def test_a_generic_mapping_reaches_the_decoder_as_it_is_written(self) -> None:
        settings = PayloadSettings.model_validate(
            {
                "format": "generic",
                "device": "/reader",
                "each": "/tags",
                "tag": "/epc",
                "tag_prefix": "ble:",
                "time": "/ts",
                "time_unit": "ms",
                "measurements": {"temperature": {"pointer": "/t", "unit": "°C"}, "battery": "/b"},
            }
        )
        assert settings.options() == Options(
            device="/reader",
            mapping=JsonMapping(
                each="/tags",
                tag="/epc",
                time="/ts",
                time_unit="ms",
                tag_prefix="ble:",
                measurements={"temperature": Mapped("/t", "°C"), "battery": Mapped("/b")},
            ),
        )

    @pytest.mark.parametrize(
        ("entry", "words"),
        [
            (
                {"format": "zebbra"},
                "there is no format 'zebbra'; did you mean 'zebra'? (known: impinj",
            ),
            ({"format": "zebra", "tag": "/x"}, "tag is for format generic"),
            ({"format": "zebra", "timezone": "Mars/Base"}, "IANA"),
            ({"format": "generic"}, "`tag`, `measurements`"),
            ({"format": "generic", "tag": "epc"}, "must be a JSON pointer such as /data/idHex"),
            ({"format": "generic", "tag": "/a~2"}, "must be a JSON pointer"),
            ({"format": "generic", "tag": "/a", "lat": "/b"}, "lat and lon go together"),
            (
                {
                    "format": "generic",
                    "tag": "/a",
                    "lat": "/b",
                    "lon": "/c",
                    "x_m": "/d",
                    "y_m": "/e",
                },
                "not both",
            ),
            (
                {"format": "generic", "measurements": {"t": "/t"}, "x_m": "/x", "y_m": "/y"},
                "x_m needs `tag`",
            ),
            ({"format": "generic", "measurements": {"t": "t"}}, "must be a JSON pointer"),
            ({"format": "zebra", "device": 0}, "device"),
        ],
    )
    def test_what_cannot_work_is_refused_in_words(self, entry: dict[str, Any], words: str) -> None:
        with pytest.raises(ValidationError) as refused:
            PayloadSettings.model_validate(entry)
        assert words in str(refused.value)
