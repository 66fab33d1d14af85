"""Devices on a broker that lie about who they are, or about when."""

import json
from typing import Any

import pytest

from readers.driver import DeviceNews
from readers.mqtt.ear import Ear
from readers.wire.mqtt_packets import Message
from readers.wire.payloads.formats import decoder
from tests.gateway.two_doors import TwoDoors, stay
from tests.readers.mqtt_driving import settings_of
from tests.readers.payload_telling import EPC, NOW_NS

DAY_S = 86_400.0
OWN = {"tag": EPC, "reader": "B", "device": "B"}
ZEBRA = {"type": "SIMPLE", "data": {"format": "epc", "idHex": EPC, "antenna": 1, "hostName": "B"}}
IMPINJ = {"hostname": "B", "tagInventoryEvent": {"epcHex": EPC, "antennaPort": 1}}
BY_LEVEL = {"topic": "site/+/reads", "device": 2}


def heard(subscription: dict[str, Any], said: object, *, retain: bool = False) -> Any:  # noqa: ANN401 -- a batch
    """What a message of device A, by its topic, is read as."""
    ear = Ear(settings_of("mqtt://127.0.0.1:1", subscribe=[subscription]), decoder)
    body, topic = json.dumps(said).encode(), subscription["topic"].replace("+", "A")
    return ear.listen([Message(topic, body, 1, retain, packet_id=1, arrival_ns=NOW_NS)])


@pytest.mark.parametrize(
    ("subscription", "said"),
    [
        ({"topic": "tagwarden/+/reads", "format": "tagwarden"}, OWN),
        ({**BY_LEVEL, "format": "zebra"}, ZEBRA),
        ({**BY_LEVEL, "format": "impinj"}, IMPINJ),
        ({**BY_LEVEL, "format": "generic", "tag": "/tag"}, OWN),
    ],
    ids=["tagwarden", "zebra", "impinj", "generic"],
)
def test_a_device_that_says_it_is_another_is_who_its_topic_says(
    subscription: dict[str, Any], said: object
) -> None:
    batch = heard(subscription, said)
    assert [read.reader for read in batch.reads] == ["m1:A"]
    assert batch.devices == {"A": DeviceNews()}


def test_a_retained_position_is_refused_and_counted() -> None:
    subscription = {**BY_LEVEL, "format": "generic", "tag": "/tag", "x_m": "/x", "y_m": "/y"}
    said = {"tag": EPC, "x": 1.0, "y": 2.0}
    assert len(heard(subscription, said).fixes) == 1
    batch = heard(subscription, said, retain=True)
    assert (batch.reads, batch.fixes, batch.devices) == ([], [], {})
    assert batch.bad == {"retained": 1}


def test_messages_of_yesterday_that_are_sent_again_move_nothing_and_raise_nothing() -> None:
    site = TwoDoors()
    site.hear(stay("gate", 14, 18))
    site.hear(stay("hall", 70, 100))
    site.close(101)
    site.hear(stay("hall", DAY_S, DAY_S + 20))
    before = list(site.story)
    assert before.count("raised") == 1
    site.hear(stay("gate", 14, 18, told_s=DAY_S + 20.5))
    site.hear(stay("hall", 70, 100, told_s=DAY_S + 20.6))
    site.wait_until(DAY_S + 40)
    assert site.story == before
