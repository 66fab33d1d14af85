"""A siren that comes on at once and never stays on: scenario 29 and what can go wrong with it."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
import pytest

from alerts.alert import AlertChange
from delivery.attempt import DONE, Attempt, Lasting, Surroundings, spared
from delivery.channel_kinds import SirenChannel
from delivery.channels import open_channel
from delivery.siren import SirenSender
from delivery.worker import Deliverer
from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.llrp.driver import LlrpDriver
from simulators.llrp_reader import LlrpReader
from tags.times import SECOND_NS
from tests.delivery.letters import (
    ACKNOWLEDGED,
    changed,
    heartbeat_letter,
    letter_of,
    notice_letter,
    trial_letter,
)
from tests.delivery.made import T0_NS, Clock, Counts, Store, alert
from tests.delivery.running import running
from tests.readers.llrp_driving import DEADLINE_S, connected

OUTPUTS = {2: {"name": "siren", "on_s_max": 60}}


class MadeSound:
    """Notes its orders; the next `failing` ones are not carried out."""

    def __init__(self) -> None:
        self.orders: list[float | None] = []
        self.failing = 0
        self.closed = False
        self.hangs = False
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        """Not set, no order to switch on is carried out yet."""
        self.answers.set()
        self._news = asyncio.Event()

    async def order(self, on_for_s: float | None) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failing:
            self.failing -= 1
            raise ReaderLostError("gate-1: not connected")
        if on_for_s is not None:
            self.asked.set()
            await self.answers.wait()
        self.orders.append(on_for_s)
        self._news.set()

    async def close(self) -> None:
        self.closed = True

    @property
    def on(self) -> bool:
        return bool(self.orders) and self.orders[-1] is not None

    async def until(self, look: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not look():
                self._news.clear()
                await self._news.wait()


def siren_channel(**more: object) -> SirenChannel:
    return SirenChannel.model_validate({"name": "guards", "output": "r1:2", **more})


@pytest.fixture
def sound() -> MadeSound:
    return MadeSound()


@pytest.fixture
async def siren(sound: MadeSound) -> AsyncIterator[SirenSender]:
    one = SirenSender(siren_channel(), Surroundings(), sound)
    yield one
    await one.close()


class TestScenario29:
    """GPO siren with on-time 10: on within 500 ms of the raise, off at ack or on-time, or restart.

    The reader is a simulated one on a socket, the on-time shorter; nothing else is reachable.
    """

    @pytest.fixture
    async def reader(self) -> AsyncIterator[LlrpReader]:
        async with LlrpReader() as simulated:
            yield simulated

    @pytest.fixture
    async def driver(self, reader: LlrpReader) -> AsyncIterator[LlrpDriver]:
        async with connected(reader, outputs=OUTPUTS) as driver:
            yield driver

    def deliverer(self, store: Store, driver: LlrpDriver, counts: Counts, on_s: float) -> Deliverer:
        async def switch(reader: str, port: int, on_for_s: float | None) -> None:
            assert reader == "r1"
            await driver.switch_output(port, on_for_s)

        async def read_back(_reader: str, port: int) -> bool | None:
            return await driver.output_is_on(port)

        near = Surroundings(switch=switch, read_back=read_back)
        clock = Clock(T0_NS)
        return Deliverer(
            {"guards": siren_channel(on_for_s=on_s)},
            store,
            clock=clock,
            rng=random.Random(1),
            count=counts,
            open_sender=partial(open_channel, surroundings=near),
            wait=clock.wait,
        )

    async def test_29_on_at_the_raise_and_off_at_the_acknowledgement(
        self, reader: LlrpReader, driver: LlrpDriver, store: Store
    ) -> None:
        one = self.deliverer(store, driver, Counts(), 30)
        async with running(one):
            begun_s = time.monotonic()
            await store.add(AlertChange("raised", alert(), T0_NS, notify=("guards",)))
            one.wake()
            await until_output(reader, high=True)
            assert time.monotonic() - begun_s < 0.5
            acknowledged = changed(alert(transitions=2), acknowledged=ACKNOWLEDGED)
            await store.add(AlertChange("acknowledged", acknowledged, T0_NS, notify=("guards",)))
            one.wake()
            await until_output(reader, high=False)

    async def test_29_off_at_the_end_of_the_on_time(
        self, reader: LlrpReader, driver: LlrpDriver, store: Store
    ) -> None:
        one = self.deliverer(store, driver, Counts(), 0.2)
        async with running(one):
            await store.add(AlertChange("raised", alert(), T0_NS, notify=("guards",)))
            one.wake()
            await until_output(reader, high=True)
            begun_s = time.monotonic()
            await until_output(reader, high=False)
            assert 0.1 < time.monotonic() - begun_s < 1.0

    async def test_29_off_when_the_gateway_stops_and_when_it_starts(
        self, reader: LlrpReader, driver: LlrpDriver, store: Store
    ) -> None:
        counts = Counts()
        first = self.deliverer(store, driver, counts, 30)
        async with running(first):
            await store.add(AlertChange("raised", alert(), T0_NS, notify=("guards",)))
            first.wake()
            await counts.reach(("guards", "delivered"))
            assert is_on(reader)
        assert not is_on(reader)
        await driver.switch_output(2, 30)  # as a gateway leaves it that is killed
        async with running(self.deliverer(store, driver, counts, 30)):
            await until_output(reader, high=False)


def is_on(reader: LlrpReader) -> bool:
    return reader.outputs[2]


async def until_output(reader: LlrpReader, *, high: bool) -> None:
    await asyncio.wait_for(reader.until_output(2, high=high), DEADLINE_S)


class TestSounding:
    async def test_the_last_acknowledgement_ends_it(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(letter_of(), T0_NS)
        await siren.send(letter_of(one=alert("a2")), T0_NS)
        await siren.send(letter_of("acknowledged", transitions=2), T0_NS)
        assert sound.orders == [30.0, 30.0]
        await siren.send(letter_of("acknowledged", alert("a2"), transitions=2), T0_NS)
        assert sound.orders == [30.0, 30.0, None]

    @pytest.mark.parametrize("step", ["acknowledged", "cleared"])
    async def test_whatever_ends_the_call_ends_it(
        self, step: str, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(letter_of(), T0_NS)
        await siren.send(letter_of(step, transitions=2), T0_NS)
        assert not sound.on

    async def test_coming_back_unacknowledged_does_not_end_it(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(letter_of(), T0_NS)
        await siren.send(letter_of("returned", condition="returned", transitions=2), T0_NS)
        assert sound.on

    async def test_an_acknowledgement_of_what_makes_no_sound_changes_nothing(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(letter_of(), T0_NS)
        await siren.send(letter_of("acknowledged", alert("a9"), transitions=2), T0_NS)
        assert sound.orders == [30.0]

    async def test_an_escalation_begins_it_anew(self, siren: SirenSender, sound: MadeSound) -> None:
        await siren.send(letter_of("escalated", transitions=4), T0_NS)
        assert sound.orders == [30.0]

    @pytest.mark.parametrize("step", ["assigned", "commented", "chattering"])
    async def test_what_calls_nobody_makes_no_sound(
        self, step: str, siren: SirenSender, sound: MadeSound
    ) -> None:
        assert await siren.send(letter_of(step, transitions=2), T0_NS) == spared()
        assert sound.orders == []

    async def test_what_was_overtaken_by_an_acknowledgement_makes_no_sound(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        again = msgspec.structs.replace(letter_of(), overtaken=True)
        attempt = await siren.send(again, T0_NS)
        assert attempt == spared("overtaken by what came after it, no sound")
        assert sound.orders == []

    async def test_what_is_too_unimportant_makes_no_sound(self, sound: MadeSound) -> None:
        siren = SirenSender(siren_channel(severity_min="critical"), Surroundings(), sound)
        attempt = await siren.send(letter_of(severity="warning"), T0_NS)
        assert (attempt.outcome, attempt.reason) == ("done", "below critical, no sound")
        assert sound.orders == []

    async def test_a_drill_sounds_unless_the_channel_says_not(self, sound: MadeSound) -> None:
        quiet = SirenSender(siren_channel(drills=False), Surroundings(), sound)
        assert (await quiet.send(letter_of(test=True), T0_NS)).reason == "a drill, no sound"
        loud = SirenSender(siren_channel(), Surroundings(), sound)
        await loud.send(letter_of(test=True), T0_NS)
        assert sound.orders == [30.0]
        await loud.close()

    async def test_a_storm_sounds_and_a_test_of_the_channel_is_short(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(notice_letter(), T0_NS)
        await siren.send(trial_letter(), T0_NS)
        await siren.send(heartbeat_letter(), T0_NS)
        assert sound.orders == [30.0, 1.0]

    async def test_an_alert_that_comes_much_too_late_makes_no_sound(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        attempt = await siren.send(letter_of(), T0_NS + 601 * SECOND_NS)
        reason = "no sound: it could be told only 601 s late"
        assert attempt == Attempt("refused", reason, asked=False)
        assert sound.orders == []

    async def test_a_message_without_a_time_is_not_late(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        letter = letter_of()
        for word, attempt in (
            ("raised", DONE),
            ("[", Attempt("refused", "the message is no JSON")),
        ):
            body = json.loads(letter.body) | {"timestamp": None}
            text = json.dumps(body) if word == "raised" else word
            again = msgspec.structs.replace(letter, body=text)
            assert await siren.send(again, T0_NS + 9_000 * SECOND_NS) == attempt
        assert sound.orders == [30.0]


class TestFaults:
    async def test_a_reader_that_is_away_is_tried_again(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        sound.failing = 1
        attempt = await siren.send(letter_of(), T0_NS)
        assert attempt == Attempt("retry", "gate-1: not connected")
        assert await siren.send(letter_of(), T0_NS) == DONE
        assert sound.on

    async def test_a_reader_that_hangs_is_given_up_in_time(self, sound: MadeSound) -> None:
        siren = SirenSender(siren_channel(timeout_s=0.1), Surroundings(), sound)
        sound.hangs = True
        assert (await siren.send(letter_of(), T0_NS)).reason == "not switched within 0.1 s"
        sound.hangs = False
        await siren.close()
        assert sound.orders == [None]

    async def test_an_end_that_fails_is_tried_until_it_is_done(self, sound: MadeSound) -> None:
        siren = SirenSender(siren_channel(on_for_s=0.1), Surroundings(), sound)
        await siren.send(letter_of(), T0_NS)
        sound.failing = 1
        await sound.until(lambda: not sound.on)
        assert sound.orders == [0.1, None]

    async def test_an_acknowledgement_that_does_not_get_through_is_tried_again(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.send(letter_of(), T0_NS)
        sound.failing = 1
        done = letter_of("acknowledged", transitions=2)
        assert (await siren.send(done, T0_NS)).outcome == "retry"
        assert await siren.send(done, T0_NS) == DONE
        assert not sound.on

    async def test_an_answer_that_is_lost_does_not_leave_it_on(self, sound: MadeSound) -> None:
        siren = SirenSender(siren_channel(on_for_s=0.1, timeout_s=0.05), Surroundings(), sound)
        sound.hangs = True  # It may be on, for all we know.
        await siren.send(letter_of(), T0_NS)
        sound.hangs = False
        await sound.until(lambda: sound.orders == [None])

    async def test_it_is_switched_off_at_the_start_as_soon_as_the_reader_is_there(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        sound.failing = 1
        await siren.begin()
        await sound.until(lambda: sound.orders == [None])

    async def test_closing_switches_off_and_never_raises(self, sound: MadeSound) -> None:
        siren = SirenSender(siren_channel(), Surroundings(), sound)
        await siren.send(letter_of(), T0_NS)
        sound.failing = 1
        await siren.close()
        assert sound.closed

    async def test_a_call_that_is_on_its_way_when_it_is_closed_does_not_leave_it_on(
        self, sound: MadeSound
    ) -> None:
        siren = SirenSender(siren_channel(), Surroundings(), sound)
        sound.answers.clear()
        calling = asyncio.create_task(siren.send(letter_of(), T0_NS))
        await sound.asked.wait()
        closing = asyncio.create_task(siren.close())
        await sound.until(lambda: sound.orders == [None])
        sound.answers.set()
        await asyncio.gather(calling, closing)
        assert not sound.on

    async def test_once_closed_it_makes_no_sound_any_more(
        self, siren: SirenSender, sound: MadeSound
    ) -> None:
        await siren.close()
        assert (await siren.send(letter_of(), T0_NS)).outcome == "retry"
        assert sound.orders == [None]

    def test_an_output_where_nothing_can_be_switched_is_refused(self) -> None:
        with pytest.raises(ValueError, match="guards: there are no outputs"):
            open_channel(siren_channel(), Surroundings())

    async def test_an_output_that_the_reader_has_not_is_told(self) -> None:
        async def switch(reader: str, port: int, on_for_s: float | None) -> None:
            del on_for_s
            raise ReaderMisconfiguredError(f"{reader}: output {port} is not in its entry")

        siren = open_channel(siren_channel(), Surroundings(switch=switch))
        attempt = await siren.send(letter_of(), T0_NS)
        assert attempt == Attempt("retry", "r1: output 2 is not in its entry")
        assert isinstance(siren, Lasting)
        await siren.close()
