"""The siren channel: on when somebody is called, off when somebody has taken it on.

Four things end the sound: an acknowledgement (or whatever else means that nobody is called any
more) of the last alert that holds it, its on-time, the stop of the gateway and its start. It
needs the local reader or broker and nothing else.
"""

import asyncio
import logging
from typing import Protocol

from delivery.attempt import DONE, Attempt, Delivery, ReadBack, Surroundings, Switch, spared
from delivery.broker_line import BrokerLine, Link, OpenLink, link_opener
from delivery.channel_kinds import RelaySettings, SirenChannel
from delivery.message import Told, told_in
from readers.driver import Clock, ReaderError, ReaderLostError
from readers.mqtt.settings import Will
from tags.times import SECOND_NS, parse_time

TEST_S = 1.0
"""A test of the channel is no longer than this."""
CLOSE_S = 1.0
READ_BACK_S_MIN = 0.5
"""A shorter sound may be over before the reader is asked."""
AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""How soon it is tried again to end a sound."""
_LOUD = frozenset({"active_unacknowledged", "returned_unacknowledged"})
_logger = logging.getLogger("tagwarden.delivery")


class Sound(Protocol):
    """What makes the noise."""

    async def order(self, on_for_s: float | None) -> None:
        """Switch on for so long, or off (None). Raises ReaderError where that was not done."""
        ...

    async def close(self) -> None:
        """Free what is held. Never raises."""
        ...


class ReaderOutput:
    """An output of a reader, which ends it by itself after the time asked for.

    With `read_back` the reader is asked whether it did so; one that can not say is trusted.
    """

    def __init__(
        self, switch: Switch, reader: str, port: int, read_back: ReadBack | None = None
    ) -> None:
        self._switch = switch
        self._reader = reader
        self._port = port
        self._read_back = read_back

    async def order(self, on_for_s: float | None) -> None:
        """Let the reader switch."""
        await self._switch(self._reader, self._port, on_for_s)
        if self._read_back is None or (on_for_s is not None and on_for_s < READ_BACK_S_MIN):
            return
        wanted = on_for_s is not None
        found = await self._read_back(self._reader, self._port)
        if found is not None and found is not wanted:
            said = f"switched {_word(wanted)}, but the reader says that it is {_word(found)}"
            raise ReaderLostError(f"{self._reader}: output {self._port} was {said}")

    async def close(self) -> None:
        """Hold nothing."""


class Relay:
    """A relay on a broker; when our connection breaks, the broker orders it off (a last will)."""

    def __init__(
        self, name: str, settings: RelaySettings, clock: Clock, open_link: OpenLink | None = None
    ) -> None:
        self._name = name
        self._settings = settings
        will = Will(settings.topic, settings.payload_off.encode(), retain=False)
        opener = open_link or link_opener(name, settings, clock, will)
        self._line = BrokerLine(opener, _greet)

    async def order(self, on_for_s: float | None) -> None:
        """Publish the order; return once the broker has it, or the relay has said so."""
        link = await self._line.link()
        try:
            await self._order(link, None if on_for_s is None else self._settings.payload_on)
        except BaseException:
            await self._line.drop(link)
            raise

    async def _order(self, link: Link, on: str | None) -> None:
        word = (self._settings.payload_off if on is None else on).encode()
        told_on = self._settings.state_topic
        if told_on is None:
            await link.publish(self._settings.topic, word, qos=1)
            return
        await link.subscribe([(told_on, 0)])
        await link.publish(self._settings.topic, word, qos=1)
        said = False
        while not said:
            said = any(m.payload == word and not m.retain for m in await link.messages())
        await link.unsubscribe([told_on])

    async def close(self) -> None:
        """Leave the broker."""
        await self._line.close()


class SirenSender:
    """Sounds while alerts that it was told of are unacknowledged, and never beyond `on_for_s`.

    Each further call begins the on-time anew. Raises ValueError for an output where nothing
    can be switched.
    """

    def __init__(
        self, settings: SirenChannel, surroundings: Surroundings, sound: Sound | None = None
    ) -> None:
        self._settings = settings
        self._sound = sound or _sound(settings, surroundings)
        self._callers: set[str] = set()
        """The alerts that hold it."""
        self._lock = asyncio.Lock()
        self._ending: asyncio.Task[None] | None = None
        self._closed = False

    async def begin(self) -> None:
        """Switch off what a gateway before us may have left on, as soon as that is possible."""
        self._end_after(0.0)

    async def close(self) -> None:
        """Switch off, and free what is held; what is told from now on makes no sound."""
        self._closed = True
        await self._stop_ending()
        await self._switch_off()
        await self._sound.close()

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Switch on, switch off, or do neither."""
        try:
            told = told_in(delivery)
            async with self._lock, asyncio.timeout(self._settings.timeout_s):
                if self._closed:
                    return Attempt("retry", "the siren is being switched off for good")
                return await self._follow(told, now_ns, overtaken=delivery.overtaken)
        except ValueError as error:
            return Attempt("refused", str(error))
        except TimeoutError:
            return Attempt("retry", f"not switched within {self._settings.timeout_s:g} s")
        except (ReaderError, OSError) as error:
            return Attempt("retry", str(error))

    async def _follow(self, told: Told, now_ns: int, *, overtaken: bool) -> Attempt:
        if told.type == "test" and not told.of_alert:
            await self._begin_sound(min(TEST_S, self._settings.on_for_s))
            return DONE
        if not told.is_notice and told.data.get("state") not in _LOUD:
            return await self._release(told.alert)
        silent = self._silence(told, now_ns)
        if overtaken or silent is not None:
            return silent or spared("overtaken by what came after it, no sound")
        if not told.is_notice:
            self._callers.add(told.alert)
        await self._begin_sound(self._settings.on_for_s)
        return DONE

    def _silence(self, told: Told, now_ns: int) -> Attempt | None:
        """Why a message makes no sound."""
        settings, late_s = self._settings, _age_s(told.timestamp, now_ns)
        if not told.calls:
            return spared()
        if told.is_below(settings.severity_min):
            return spared(f"below {settings.severity_min}, no sound")
        if told.is_drill and not settings.drills:
            return spared("a drill, no sound")
        if late_s > settings.late_after_s:
            reason = f"no sound: it could be told only {late_s:.0f} s late"
            return Attempt("refused", reason, asked=False)
        return None

    async def _begin_sound(self, on_for_s: float) -> None:
        """Switch on; the end is planned before, for an answer that is lost on its way."""
        self._end_after(on_for_s)
        try:
            await self._sound.order(on_for_s)
        finally:
            if self._closed:  # meanwhile, by somebody who may have been too early
                await self._stop_ending()
                await self._switch_off()

    async def _release(self, alert: str) -> Attempt:
        """Let an alert hold it no more; switch off when it was the last one."""
        if alert not in self._callers:
            return spared()
        last = self._callers == {alert}
        if last:
            # While this fails the end by time stands, and the alert holds it for the next try.
            await self._sound.order(None)
            await self._stop_ending()
        self._callers.discard(alert)
        return DONE if last else spared()

    def _end_after(self, wait_s: float) -> None:
        """Plan the end, instead of the one that was planned."""
        if self._ending is not None:
            self._ending.cancel()
        name = f"{self._settings.name}: end"
        self._ending = asyncio.create_task(self._end(wait_s), name=name)

    async def _switch_off(self) -> None:
        """Order it off, once and in bounded time."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._sound.order(None)
        except (ReaderError, TimeoutError, OSError) as error:
            _logger.info("channel %r: not switched off: %s", self._settings.name, error)

    async def _stop_ending(self) -> None:
        ending, self._ending = self._ending, None
        if ending is not None:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)

    async def _end(self, wait_s: float) -> None:
        """Switch off after so long; try until it is done."""
        await asyncio.sleep(wait_s)
        failures = 0
        while not await self._ended():
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    async def _ended(self) -> bool:
        try:
            async with self._lock, asyncio.timeout(self._settings.timeout_s):
                await self._sound.order(None)
                self._callers.clear()
        except (ReaderError, TimeoutError, OSError) as error:
            _logger.debug("channel %r: not switched off yet: %s", self._settings.name, error)
            return False
        return True


def _sound(settings: SirenChannel, surroundings: Surroundings) -> Sound:
    if settings.relay is not None:
        return Relay(settings.name, settings.relay, surroundings.clock)
    if settings.reader_port is None or surroundings.switch is None:
        raise ValueError(f"{settings.name}: there are no outputs that can be switched here")
    read_back = surroundings.read_back if settings.confirm else None
    return ReaderOutput(surroundings.switch, *settings.reader_port, read_back)


def _word(on: bool) -> str:  # noqa: FBT001 -- a state, not a choice
    return "on" if on else "off"


async def _greet(link: Link) -> None:
    del link


def _age_s(timestamp: str, now_ns: int) -> float:
    try:
        return (now_ns - parse_time(timestamp)) / SECOND_NS
    except ValueError:
        return 0.0
