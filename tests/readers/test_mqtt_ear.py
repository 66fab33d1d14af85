import pytest

from readers.driver import DeviceNews, ReaderMisconfiguredError
from readers.mqtt.ear import Ear
from readers.wire.mqtt_packets import Message
from readers.wire.payloads.said import Decode, Options, Payload, Said
from tags.reads import Fix, Measurement, Read
from tests.readers.mqtt_driving import settings_of

ADDRESS = "mqtt://127.0.0.1:1883"
READ = Read("3034", "m1:FX-1", 1, 5, 5)
FIX = Fix("gps:a", "m1", 5, 5)
VALUE = Measurement("m1:door", "contact", 1.0, "", 5, 5)


def message(payload: bytes | None, topic: str = "a/b", *, retain: bool = False) -> Message:
    return Message(topic, payload, qos=1, retain=retain, packet_id=1, arrival_ns=5)


def ear_for(said: dict[bytes, Said]) -> Ear:
    def make(_format: str, _options: Options) -> Decode:
        def decode(payload: Payload) -> Said:
            assert (payload.link, payload.arrival_ns) == ("m1", 5)
            return said[payload.body]

        return decode

    return Ear(settings_of(ADDRESS, subscribe=[{"topic": "a/#", "format": "zebra"}]), make)


def test_what_many_messages_say_becomes_one_batch() -> None:
    ear = ear_for(
        {
            b"1": Said(reads=[READ], devices=["FX-1"]),
            b"2": Said(reads=[READ], devices=["FX-1"], bad={"time": 1}),
            b"3": Said(fixes=[FIX], measurements=[VALUE], bad={"time": 2}),
        }
    )
    batch = ear.listen([message(b"1"), message(b"2"), message(b"3")])
    assert (batch.reads, batch.fixes, batch.measurements) == ([READ, READ], [FIX], [VALUE])
    assert batch.bad == {"time": 3}
    assert batch.devices == {"FX-1": DeviceNews()}


def test_a_last_will_says_that_a_device_is_lost_until_it_speaks_again() -> None:
    ear = ear_for({b"up": Said(devices=["FX-1"]), b"down": Said(lost={"FX-1": "offline"})})
    up, down = message(b"up"), message(b"down")
    assert ear.listen([up, down]).devices == {"FX-1": DeviceNews(lost="offline")}
    assert ear.listen([down, up]).devices == {"FX-1": DeviceNews()}


def test_antennas_are_those_of_the_device_or_of_the_link() -> None:
    ear = ear_for(
        {
            b"own": Said(antennas={"": {1: False}}, devices=[""]),
            b"other": Said(antennas={"FX-1": {2: True}}, devices=["FX-1"]),
        }
    )
    batch = ear.listen([message(b"own"), message(b"other")])
    assert batch.antennas == {1: "disconnected"}
    assert batch.devices == {"FX-1": DeviceNews(antennas={2: "connected"})}


def test_a_retained_message_proves_no_presence_but_has_values() -> None:
    said = Said([READ], [FIX], [VALUE], ["FX-1"], {"FX-2": "offline"})
    batch = ear_for({b"x": said}).listen([message(b"x", retain=True)])
    assert (batch.reads, batch.fixes, batch.measurements) == ([], [], [VALUE])
    assert batch.devices == {"FX-2": DeviceNews(lost="offline")}
    assert batch.bad == {"retained": 2}


def test_what_cannot_be_read_is_counted_by_its_reason() -> None:
    batch = ear_for({}).listen(
        [message(None), message(b"x", "b"), message(b"x", ""), message(None), message(b"fault")]
    )
    assert batch.bad == {"too_large": 2, "unknown_topic": 1, "topic": 1, "decoder_fault": 1}
    assert batch.reads == []


def test_topics_that_never_come_again_are_not_kept_for_ever() -> None:
    ear = ear_for({})
    for number in range(25_000):
        assert ear.find(f"x/{number}") is None
    assert len(ear._by_topic) <= 10_000


def test_options_that_a_format_refuses_name_the_topic() -> None:
    def make(_format: str, _options: Options) -> Decode:
        raise ValueError("no such thing")

    with pytest.raises(ReaderMisconfiguredError, match=r"m1: topic tagwarden/\+/reads: no such"):
        Ear(settings_of(ADDRESS), make)
