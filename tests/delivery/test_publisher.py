"""A real broker is told where everything is, whatever happens to it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery import telling as telling_module
from delivery.presence import ReaderState, Subject, ZoneState
from simulators.mosquitto import Mosquitto
from tests.delivery.made import Counts
from tests.delivery.told import (
    ROOT,
    SINCE,
    Listener,
    MadeLink,
    MadeSource,
    a_depot,
    listening_to,
    moved,
    publisher,
    telling,
    there,
)
from tests.mosquitto import mosquitto

STATUS = f"{ROOT}/status"
L1 = f"{ROOT}/assets/L1/state"
STRANGE = f"{ROOT}/assets/a%2Fb%2Bc%20%23/state"
HALL, GATE = f"{ROOT}/zones/hall/state", f"{ROOT}/zones/gate/state"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    # Else a listener that is slow for a moment misses what exceeds a thousand messages.
    with mosquitto(tmp_path, ("allow_anonymous true", "max_queued_messages 0")) as broker:
        yield broker


@pytest.fixture
def strict_broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mosquitto]:
    """A broker with these rules for everybody."""
    rules = tmp_path / "rules"
    rules.write_text(request.param, encoding="utf-8")
    with mosquitto(tmp_path, ("allow_anonymous true", f"acl_file {rules}")) as broker:
        yield broker


@pytest.fixture
def guarded_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that wants a password."""
    options = ("allow_anonymous false",)
    with mosquitto(tmp_path, options, passwords={"gateway": "right"}) as broker:
        yield broker


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    with listening_to(broker.port) as listener:
        yield listener


@pytest.fixture
def source() -> MadeSource:
    return a_depot()


@pytest.fixture
def counts() -> Counts:
    return Counts()


def is_online(now: dict[str, bytes]) -> bool:
    return now.get(STATUS) == b"online"


def configs(now: dict[str, bytes]) -> list[str]:
    return [topic for topic in now if topic.startswith("homeassistant/")]


async def test_who_comes_later_sees_everything(
    broker: Mosquitto, source: MadeSource, counts: Counts
) -> None:
    async with telling(publisher(broker.address, source, counts)):
        await counts.reach(*[("home", "published")] * 7)
        with listening_to(broker.port) as late:
            await late.until(is_online)
            assert late.now().keys() >= {L1, STRANGE, HALL, GATE}
            assert late.json(L1) == {
                "asset": "L1",
                "name": "Laptop 1",
                "category": "",
                "zone": "hall",
                "since": SINCE,
                "last_zone": "hall",
                "presence": "present",
                "tag": "e2801160",
            }
            assert late.json(STRANGE)["asset"] == "a/b+c #"
            assert late.json(f"{ROOT}/readers/gate-1/state")["state"] == "online"
            assert late.json(HALL) == {"zone": "hall", "count": 2, "healthy": True}
            assert configs(late.now()) == []


async def test_what_changes_is_told_once_however_often_it_changed(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts)
    async with telling(one):
        await listener.until(is_online)
        for at in range(50):
            one.note(source.put(moved(there("L1", "hall"), "gate" if at % 2 else "hall")))
        await listener.until(lambda _: listener.json(L1)["zone"] == "gate")
        await listener.until(lambda _: listener.json(HALL)["count"] == 1)
        await listener.until(lambda _: listener.json(GATE)["count"] == 1)
    assert listener.count(L1) == 2
    assert source.looked_up.count(Subject("assets", "L1")) == 1


async def test_what_did_not_change_is_not_told_again(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts)
    async with telling(one):
        await listener.until(is_online)
        one.note(source.facts)
        one.note(source.put(moved(there("L2", "hall"), "gate")))
        await listener.until(lambda _: listener.json(GATE)["count"] == 1)
    assert (listener.count(L1), listener.count(STRANGE)) == (1, 1)


async def test_a_removed_asset_is_taken_back_with_its_entity(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts, discovery="homeassistant")
    async with telling(one):
        await listener.until(is_online)
        before = len(configs(listener.now()))
        del source.facts[Subject("assets", "L1")]
        one.note([Subject("assets", "L1"), Subject("assets", "never told")])
        await listener.until(lambda now: L1 not in now)
        await listener.until(lambda _: listener.json(HALL)["count"] == 1)
        assert len(configs(listener.now())) == before - 1


async def test_home_assistant_finds_every_subject_at_the_topic_that_is_told(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts, discovery="homeassistant")
    async with telling(one):
        await listener.until(is_online)
    now = listener.now()
    found = [json.loads(now[topic]) for topic in configs(now)]
    states = {topic for topic in now if topic.startswith(f"{ROOT}/")}
    assert {config["state_topic"] for config in found} == states
    assert len({config["unique_id"] for config in found}) == len(found) == 7


async def test_a_broker_that_restarts_is_told_everything_and_what_changed_meanwhile(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts)
    async with telling(one):
        await listener.until(is_online)
        await asyncio.to_thread(broker.stop, kill=True)
        one.note(source.put(there("L1", "gate")))
        await counts.reach(("home", "lost"), ("home", "lost"))
        one.note(source.put(there("L3", "gate")))
        with listener._lock:
            listener.heard.clear()
        await asyncio.to_thread(broker.start)
        await listener.until(is_online)
    assert listener.json(L1)["zone"] == "gate"
    assert listener.json(GATE)["count"] == 2
    assert STRANGE in listener.now()


async def test_only_what_is_wrong_is_told_again_to_a_broker_that_kept_the_rest(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    async with telling(publisher(broker.address, source, counts, discovery="homeassistant")):
        await listener.until(is_online)
    await listener.until(lambda now: now[STATUS] == b"offline")
    heard = len(listener.heard)
    source.put(there("L2", "gate"))
    async with telling(publisher(broker.address, source, counts, discovery="homeassistant")):
        await listener.until(is_online)
        await listener.until(lambda _: listener.json(GATE)["count"] == 1)
    again = {topic for topic, _ in listener.heard[heard:]}
    assert again == {f"{ROOT}/assets/L2/state", HALL, GATE, STATUS, f"{ROOT}/probe"}


async def test_what_was_removed_while_nobody_told_is_taken_back_and_nothing_else(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    foreign = {
        "homeassistant/sensor/kitchen/config": b'{"state_topic": "kitchen/temperature"}',
        "homeassistant/sensor/broken/config": b"[" * 200,
        "tagwarden/other depot/assets/L1/state": b"{}",
        "tagwarden/depot/notes": b"mine",
    }
    async with telling(publisher(broker.address, source, counts, discovery="homeassistant")):
        await listener.until(is_online)
    for topic, payload in foreign.items():
        await asyncio.to_thread(listener.say, topic, payload)
    del source.facts[Subject("assets", "L1")]
    async with telling(publisher(broker.address, source, counts, discovery="homeassistant")):
        await listener.until(lambda now: is_online(now) and L1 not in now)
    now = listener.now()
    assert foreign.items() <= now.items()
    assert not [each for each in configs(now) if b"assets/L1/" in now[each]]
    assert len([each for each in configs(now) if each not in foreign]) == 6


async def test_discovery_that_is_switched_off_is_taken_back(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    async with telling(publisher(broker.address, source, counts, discovery="homeassistant")):
        await listener.until(is_online)
    async with telling(publisher(broker.address, source, counts)):
        await listener.until(lambda now: is_online(now) and not configs(now))
    assert L1 in listener.now()


async def test_a_gateway_that_stops_says_so_and_one_that_dies_is_said_to_be_gone(
    broker: Mosquitto,
    source: MadeSource,
    counts: Counts,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with telling(publisher(broker.address, source, counts)):
        await listener.until(is_online)
    await listener.until(lambda now: now[STATUS] == b"offline")
    async with telling(publisher(broker.address, source, counts)) as _:
        await listener.until(is_online)
        said = listener.count(STATUS)

        async def die(self: object) -> None:
            transport = self._transport  # type: ignore[attr-defined] # the socket of a real link
            transport.abort()

        monkeypatch.setattr("readers.mqtt.link.MqttLink.publish", refuse_to_speak)
        monkeypatch.setattr("readers.mqtt.link.MqttLink.close", die)
    await listener.until(lambda _: listener.count(STATUS) > said)
    assert listener.now()[STATUS] == b"offline"


async def refuse_to_speak(*_: object, **__: object) -> None:
    raise OSError("dead")


async def test_a_zone_that_nobody_hears_any_more_is_said_of_all_that_is_in_it(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts)
    async with telling(one):
        await listener.until(is_online)
        for asset in ("L1", "L2"):
            source.put(there(asset, "hall")._replace(presence="unknown"))
        one.note(
            source.put(
                ReaderState("gate-1", "offline", SINCE, "refused", "Check it."),
                ZoneState("hall", healthy=False),
            )
        )
        await listener.until(lambda _: listener.json(L1)["presence"] == "unknown")
        await listener.until(
            lambda _: listener.json(f"{ROOT}/assets/L2/state")["presence"] == "unknown"
        )
        assert listener.json(HALL) == {"zone": "hall", "count": 2, "healthy": False}
        assert listener.json(f"{ROOT}/readers/gate-1/state")["remedy"] == "Check it."


async def test_many_assets_are_told_and_none_is_forgotten(
    broker: Mosquitto, counts: Counts, listener: Listener
) -> None:
    source = MadeSource(*(there(f"A{at}", "hall") for at in range(1_500)))
    async with telling(publisher(broker.address, source, counts)):
        await listener.until(is_online)
        await listener.until(lambda now: len(now) == 1_501)
    again = Counts()
    async with telling(publisher(broker.address, source, again)):
        await again.reach(("home", "published"))
    assert again.seen.count(("home", "published")) == 1


@pytest.mark.parametrize("strict_broker", ["topic write tagwarden/#\n"], indirect=True)
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_broker_that_lets_us_only_write_is_told_everything(
    version: str,
    strict_broker: Mosquitto,
    source: MadeSource,
    counts: Counts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling_module, "LOOK_S", 0.2)
    async with telling(publisher(strict_broker.address, source, counts, version=version)):
        await counts.reach(*[("home", "published")] * 7)
        assert ("home", "lost") not in counts.seen


@pytest.mark.parametrize("strict_broker", ["topic readwrite tagwarden/#\n"], indirect=True)
async def test_a_topic_that_the_broker_refuses_does_not_hold_up_the_others(
    strict_broker: Mosquitto,
    source: MadeSource,
    counts: Counts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling_module, "LOOK_S", 0.2)
    one = publisher(strict_broker.address, source, counts, discovery="homeassistant", version=5)
    with listening_to(strict_broker.port, "tagwarden/#") as listener:
        async with telling(one):
            await listener.until(is_online)
        assert L1 in listener.now()
    assert ("home", "lost") not in counts.seen
    assert counts.seen.count(("home", "refused")) == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "gateway", "password": "wrong"},
        {"username": "gateway", "password": "right", "port": 1},
    ],
    ids=["password", "port"],
)
async def test_a_broker_that_is_not_had_is_tried_again_and_nothing_piles_up(
    wrong: dict[str, object], guarded_broker: Mosquitto, source: MadeSource, counts: Counts
) -> None:
    port = wrong.pop("port", guarded_broker.port)
    one = publisher(f"mqtt://127.0.0.1:{port}", source, counts, None, **wrong)
    async with telling(one):
        one.note(source.facts)
        await counts.reach(*[("home", "lost")] * 3)
        assert one._telling is None
    assert ("home", "published") not in counts.seen


async def test_a_source_that_fails_for_a_moment_costs_a_fresh_start_and_no_fact(
    broker: Mosquitto, source: MadeSource, counts: Counts, listener: Listener
) -> None:
    one = publisher(broker.address, source, counts)
    async with telling(one):
        await listener.until(is_online)
        source.failing = 1
        one.note(source.put(there("L1", "gate")))
        await counts.reach(("home", "lost"))
        await listener.until(lambda _: listener.json(L1)["zone"] == "gate")


async def test_a_broker_that_refuses_to_show_what_it_keeps_is_told_everything(
    source: MadeSource, counts: Counts
) -> None:
    link = MadeLink(refuses="subscribe")
    one = publisher("mqtt://made", source, counts, lambda _settings, _will: link)
    async with telling(one):
        await asyncio.wait_for(link.online.wait(), 5)
        assert set(link.kept) >= {L1, STRANGE, HALL, GATE}
    assert link.closed.is_set()
    assert link.kept[STATUS] == b"offline"
