"""What sounds: an output that is read back, and a relay on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from delivery.attempt import DONE, Attempt, Sender, Surroundings
from delivery.channel_kinds import SirenChannel
from delivery.channels import open_channel
from delivery.siren import SirenSender
from simulators.mosquitto import Mosquitto
from tests.delivery.letters import letter_of
from tests.delivery.made import T0_NS
from tests.delivery.told import Listener, hearing, listening_to
from tests.mosquitto import mosquitto


class TestReadBack:
    """A reader that says how its outputs are is not taken at its first word."""

    @staticmethod
    def siren(answers: Sequence[bool | None], **more: object) -> tuple[Sender, list[float | None]]:
        orders: list[float | None] = []
        said = iter(answers)

        async def switch(_reader: str, _port: int, on_for_s: float | None) -> None:
            orders.append(on_for_s)

        async def read_back(_reader: str, _port: int) -> bool | None:
            return next(said)

        near = Surroundings(switch=switch, read_back=read_back)
        fields = {"name": "guards", "output": "r1:2"}
        return open_channel(SirenChannel.model_validate({**fields, **more}), near), orders

    @pytest.mark.parametrize("answer", [True, None])
    async def test_a_reader_that_agrees_or_can_not_say_is_believed(
        self, *, answer: bool | None
    ) -> None:
        siren, orders = self.siren([answer, False])
        assert await siren.send(letter_of(), T0_NS) == DONE
        assert await siren.send(letter_of("acknowledged", transitions=2), T0_NS) == DONE
        assert orders == [30.0, None]

    async def test_a_reader_that_did_not_do_it_is_told_again(self) -> None:
        siren, orders = self.siren([False, True, True, False])
        attempt = await siren.send(letter_of(), T0_NS)
        said = "r1: output 2 was switched on, but the reader says that it is off"
        assert attempt == Attempt("retry", said)
        assert await siren.send(letter_of(), T0_NS) == DONE
        assert isinstance(siren, SirenSender)
        acknowledged = letter_of("acknowledged", transitions=2)
        assert (await siren.send(acknowledged, T0_NS)).outcome == "retry"
        assert await siren.send(acknowledged, T0_NS) == DONE
        assert orders == [30.0, 30.0, None, None]

    async def test_it_is_not_asked_where_the_channel_says_not(self) -> None:
        siren, orders = self.siren([False], confirm=False)
        assert await siren.send(letter_of(), T0_NS) == DONE
        assert await siren.send(letter_of("acknowledged", transitions=2), T0_NS) == DONE
        assert orders == [30.0, None]


class TestRelay:
    TOPIC = "cmnd/siren/POWER"

    @pytest.fixture
    def broker(self, tmp_path: Path) -> Iterator[Mosquitto]:
        with mosquitto(tmp_path) as broker:
            yield broker

    @pytest.fixture
    async def listener(self, broker: Mosquitto) -> AsyncIterator[Listener]:
        with listening_to(broker.port) as listener:
            await hearing(listener)
            yield listener

    def sender(self, broker: Mosquitto, **more: object) -> SirenSender:
        relay = {"address": broker.address, "topic": self.TOPIC, **more}
        settings = SirenChannel.model_validate(
            {"name": "guards", "relay": relay, "on_for_s": 0.2, "timeout_s": 0.5}
        )
        return SirenSender(settings, Surroundings(clock=lambda: T0_NS))

    async def test_a_relay_is_switched_on_and_off_again(
        self, broker: Mosquitto, listener: Listener
    ) -> None:
        siren = self.sender(broker)
        assert await siren.send(letter_of(), T0_NS) == DONE
        await listener.until(lambda now: now.get(self.TOPIC) == b"ON")
        await listener.until(lambda now: now.get(self.TOPIC) == b"OFF")
        await siren.close()
        with listening_to(broker.port) as late:
            await late.until(lambda _: late.connections)
            assert self.TOPIC not in late.now()

    async def test_when_the_gateway_dies_the_broker_switches_it_off(
        self, broker: Mosquitto, listener: Listener
    ) -> None:
        siren = self.sender(broker)
        await siren.send(letter_of(), T0_NS)
        await listener.until(lambda now: now.get(self.TOPIC) == b"ON")
        assert siren._ending is not None
        siren._ending.cancel()
        relay = siren._sound
        link = relay._line._link  # type: ignore[attr-defined] # as a process that is killed
        link._transport.abort()
        await listener.until(lambda now: now.get(self.TOPIC) == b"OFF")
        await siren.close()

    async def test_a_relay_that_tells_what_it_did_is_believed_only_then(
        self, broker: Mosquitto, listener: Listener
    ) -> None:
        siren = self.sender(broker, state_topic="stat/siren/POWER")
        attempt = await siren.send(letter_of(), T0_NS)
        assert attempt == Attempt("retry", "not switched within 0.5 s")

        async def obey() -> None:
            done: list[bytes] = []
            while True:
                await listener.until(lambda _: listener.count(self.TOPIC) > len(done))
                done[:] = [word for topic, word in listener.heard if topic == self.TOPIC]
                await asyncio.to_thread(listener.say, "stat/siren/POWER", done[-1])

        obeying = asyncio.create_task(obey())
        assert await siren.send(letter_of(), T0_NS) == DONE
        await siren.close()
        obeying.cancel()
