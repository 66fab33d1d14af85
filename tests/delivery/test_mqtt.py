"""Alerts on a real broker: one message each, and what is open about each asset."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from delivery import mqtt as mqtt_module
from delivery.attempt import DONE, Delivery, Surroundings
from delivery.channel_kinds import MqttChannel
from delivery.message import told_in
from delivery.mqtt import CLOSED_MAX, MqttSender, OpenAlerts
from simulators.mosquitto import Mosquitto
from tests.delivery.letters import (
    HOSTILE,
    changed,
    heartbeat_letter,
    letter_of,
    notice_letter,
    trial_letter,
)
from tests.delivery.made import T0_NS, alert
from tests.delivery.told import READY, Listener, hearing, listening_to
from tests.mosquitto import mosquitto

ROOT = "tagwarden/depot%2F1/alerts"
STATE = f"{ROOT}/state/laptop-7"
NEAR = Surroundings(site="depot/1", clock=lambda: T0_NS)


def sender_to(broker: Mosquitto | None, **more: object) -> MqttSender:
    address = "mqtt://127.0.0.1:1" if broker is None else broker.address
    fields = {"name": "guards", "address": address, **more}
    return MqttSender(MqttChannel.model_validate(fields), NEAR)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, persistent=True) as broker:
        yield broker


@pytest.fixture
def forgetful_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def guarded_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    options = ("allow_anonymous false",)
    with mosquitto(tmp_path, options, passwords={"gateway": "right"}) as broker:
        yield broker


@pytest.fixture
def strict_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets nobody read."""
    rules = tmp_path / "rules"
    rules.write_text("topic write tagwarden/#\n", encoding="utf-8")
    with mosquitto(tmp_path, ("allow_anonymous true", f"acl_file {rules}")) as broker:
        yield broker


@pytest.fixture
async def sender(broker: Mosquitto) -> AsyncIterator[MqttSender]:
    one = sender_to(broker)
    yield one
    await one.close()


@pytest.fixture
async def listener(broker: Mosquitto) -> AsyncIterator[Listener]:
    with listening_to(broker.port, f"{ROOT}/#", READY) as listener:
        await hearing(listener)
        yield listener


async def test_a_message_is_done_when_the_broker_has_it_with_its_id(
    sender: MqttSender, listener: Listener
) -> None:
    letter = letter_of()
    assert await sender.send(letter, T0_NS) == DONE
    await listener.until(lambda now: f"{ROOT}/raised" in now)
    heard = listener.json(f"{ROOT}/raised")
    assert heard == {"id": letter.id, **json.loads(letter.body)}


async def test_the_state_of_an_asset_holds_what_is_open_and_goes_when_nothing_is(
    sender: MqttSender, listener: Listener, broker: Mosquitto
) -> None:
    await sender.send(letter_of(), T0_NS)
    await sender.send(letter_of(one=alert("a2"), rule="nights"), T0_NS)
    await listener.until(lambda now: len(_alerts(now, STATE)) == 2)
    await sender.send(letter_of("acknowledged", transitions=2), T0_NS)
    await listener.until(
        lambda now: (
            {each["state"] for each in _alerts(now, STATE)}
            == {"active_acknowledged", "active_unacknowledged"}
        )
    )
    await sender.send(letter_of("cleared", transitions=3), T0_NS)
    await listener.until(lambda now: [each["id"] for each in _alerts(now, STATE)] == ["a2"])
    await sender.send(letter_of("cleared", alert("a2"), transitions=2), T0_NS)
    await listener.until(lambda now: STATE not in now)
    with listening_to(broker.port, f"{ROOT}/#") as late:
        while f"{ROOT}/heartbeat" not in late.now():
            await sender.send(heartbeat_letter(), T0_NS)
            await asyncio.sleep(0.01)
        assert late.now().keys() == {f"{ROOT}/heartbeat"}


def _alerts(now: dict[str, bytes], topic: str) -> list[dict[str, Any]]:
    return json.loads(now[topic])["alerts"] if topic in now else []


@pytest.mark.parametrize("name", ["a/b", "+", "#", "x\ny", "$SYS", HOSTILE, "ö" * 500])
async def test_any_name_is_one_level_of_a_topic(
    name: str, sender: MqttSender, listener: Listener
) -> None:
    assert await sender.send(letter_of(one=alert(asset=name)), T0_NS) == DONE
    await listener.until(lambda now: any("/state/" in topic for topic in now))
    (topic,) = [topic for topic in listener.now() if "/state/" in topic]
    assert topic.count("/") == ROOT.count("/") + 2
    assert json.loads(listener.now()[topic])["subject"] == name


async def test_what_a_gateway_before_kept_at_the_broker_stands_until_it_changes(
    broker: Mosquitto, listener: Listener
) -> None:
    first, second = sender_to(broker), sender_to(broker)
    await first.send(letter_of(), T0_NS)
    await first.close()
    await second.send(letter_of(one=alert("a2")), T0_NS)
    await listener.until(lambda now: len(_alerts(now, STATE)) == 2)
    await second.send(letter_of("cleared", transitions=2), T0_NS)
    await listener.until(lambda now: [each["id"] for each in _alerts(now, STATE)] == ["a2"])
    await second.close()


async def test_what_is_sent_again_after_what_came_later_does_not_open_it_anew(
    broker: Mosquitto, listener: Listener
) -> None:
    sender = sender_to(broker)
    again = msgspec.structs.replace(letter_of(), overtaken=True)
    assert await sender.send(again, T0_NS) == DONE
    await sender.send(heartbeat_letter(), T0_NS)
    await listener.until(lambda now: f"{ROOT}/heartbeat" in now)
    assert f"{ROOT}/raised" in listener.now()
    assert STATE not in listener.now()
    await sender.close()


async def test_a_broker_that_forgot_is_told_anew_with_the_next_message(
    forgetful_broker: Mosquitto,
) -> None:
    sender = sender_to(forgetful_broker)
    await sender.send(letter_of(), T0_NS)
    await asyncio.to_thread(forgetful_broker.stop)
    lost = await sender.send(heartbeat_letter(), T0_NS)
    assert lost.outcome == "retry"
    await asyncio.to_thread(forgetful_broker.start)
    assert await sender.send(heartbeat_letter(), T0_NS) == DONE
    with listening_to(forgetful_broker.port) as late:
        await late.until(lambda now: len(_alerts(now, STATE)) == 1)
    await sender.close()


async def test_a_notice_and_a_test_leave_no_state(sender: MqttSender, listener: Listener) -> None:
    assert await sender.send(notice_letter(), T0_NS) == DONE
    assert await sender.send(trial_letter(), T0_NS) == DONE
    await listener.until(lambda now: {f"{ROOT}/storm", f"{ROOT}/test"} <= now.keys())
    assert not [topic for topic in listener.now() if "/state/" in topic]


async def test_a_broker_that_is_away_is_tried_again() -> None:
    attempt = await sender_to(None).send(letter_of(), T0_NS)
    assert attempt.outcome == "retry"
    assert "nobody listens there" in attempt.reason


async def test_a_broker_that_says_nothing_is_given_up_in_time() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        sender = sender_to(None, address=f"mqtt://127.0.0.1:{port}", timeout_s=0.2)
        attempt = await sender.send(letter_of(), T0_NS)
        over.set()
    assert attempt.outcome == "retry"
    assert attempt.reason == "no answer from the broker within 0.2 s"


async def test_a_wrong_password_is_told_without_it_and_tried_again_later(
    guarded_broker: Mosquitto,
) -> None:
    sender = sender_to(guarded_broker, username="gateway", password="hunter2")
    attempt = await sender.send(letter_of(), T0_NS)
    assert (attempt.outcome, attempt.retry_after_s) == ("retry", 60.0)
    assert "hunter2" not in attempt.reason


async def test_a_broker_that_lets_us_only_write_is_written_to(
    strict_broker: Mosquitto,
) -> None:
    sender = sender_to(strict_broker)
    assert await sender.send(letter_of(), T0_NS) == DONE
    await sender.close()


async def test_a_sender_that_is_closed_makes_no_connection_any_more(broker: Mosquitto) -> None:
    sender = sender_to(broker)
    await sender.close()
    attempt = await sender.send(letter_of(), T0_NS)
    assert (attempt.outcome, attempt.reason) == ("retry", "the channel is closed")


async def test_a_body_that_is_no_message_is_refused(sender: MqttSender) -> None:
    bad = changed_body(letter_of().body[:-1])
    assert (await sender.send(bad, T0_NS)).outcome == "refused"
    assert (await sender.send(changed_body("[]"), T0_NS)).outcome == "refused"


def changed_body(body: str) -> Delivery:
    return msgspec.structs.replace(letter_of(), body=body)


class TestOpenAlerts:
    @pytest.mark.parametrize(
        ("about", "subject"),
        [
            ({"asset": "L1"}, "L1"),
            ({"asset": "tag:L1"}, "asset:tag:L1"),
            ({"asset": "gateway"}, "asset:gateway"),
            ({"asset": "", "tag": "e280"}, "tag:e280"),
            ({"asset": None, "tag": "", "reader": "gate-1"}, "reader:gate-1"),
            ({"asset": None, "tag": "", "to_zone": "hall"}, "zone:hall"),
            ({"asset": None, "tag": "", "to_zone": None}, "gateway"),
        ],
    )
    def test_whatever_an_alert_is_about_has_a_subject_of_its_own(
        self, about: dict[str, object], subject: str
    ) -> None:
        known = OpenAlerts()
        known.apply(told_in(letter_of(one=changed(alert(), **about))))
        assert known.subjects == [subject]

    def test_of_more_subjects_than_can_be_kept_nothing_is_shown(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mqtt_module, "SUBJECTS_MAX", 1)
        known = OpenAlerts()
        for asset in ("L1", "L2"):
            known.apply(told_in(letter_of(one=alert(asset=asset))))
        assert (known.subjects, known.payload("L2")) == (["L1"], b"")

    def test_a_message_that_is_older_than_what_is_known_changes_nothing(self) -> None:
        known = OpenAlerts()
        for step, ordinal in (("raised", 1), ("acknowledged", 2), ("raised", 1)):
            known.apply(told_in(letter_of(step, transitions=ordinal)))
        assert b"active_acknowledged" in known.payload("laptop-7")
        known.apply(told_in(letter_of("cleared", transitions=3)))
        known.apply(told_in(letter_of("raised", transitions=1)))
        assert known.payload("laptop-7") == b""

    def test_what_the_broker_keeps_of_an_alert_that_is_over_is_not_taken_up(self) -> None:
        before, known = OpenAlerts(), OpenAlerts()
        before.apply(told_in(letter_of()))
        known.apply(told_in(letter_of("cleared", transitions=2)))
        known.forget_empty("laptop-7")
        known.adopt(before.payload("laptop-7"))
        assert known.payload("laptop-7") == b""

    def test_what_others_keep_there_is_left_aside(self) -> None:
        known = OpenAlerts()
        for payload in (b"", b"\xff", b"{}", b'{"subject": 1, "alerts": []}', b"[" * 9999):
            known.adopt(payload)
        assert known.subjects == []

    @pytest.mark.parametrize(
        "kept", [{"id": "a1"}, {"id": "a1", "ordinal": "1"}, {"id": 7, "ordinal": 1}, {}]
    )
    def test_an_alert_that_others_made_up_is_in_nobodys_way(self, kept: dict[str, object]) -> None:
        known = OpenAlerts()
        known.adopt(msgspec.json.encode({"subject": "laptop-7", "alerts": [kept]}))
        assert known.payload("laptop-7") == b""
        known.apply(told_in(letter_of()))
        assert [each["id"] for each in json.loads(known.payload("laptop-7"))["alerts"]] == ["a1"]

    def test_memory_of_what_is_over_is_bounded(self) -> None:
        known = OpenAlerts()
        for at in range(CLOSED_MAX + 5):
            one = changed(alert(f"a{at}"), asset=f"x{at}")
            known.apply(told_in(letter_of("cleared", one)))
            known.forget_empty(f"x{at}")
        assert len(known._closed) == CLOSED_MAX
        assert known.subjects == []
