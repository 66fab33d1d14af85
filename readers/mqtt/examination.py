"""What `tagwarden doctor` finds out about a broker: which topics really come."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from readers.driver import Finding, ReaderError
from readers.mqtt.ear import Ear
from readers.mqtt.link import MqttLink
from readers.mqtt.settings import MqttSettings, SubscriptionSettings
from readers.payload_settings import GENERIC
from readers.wire.mqtt_packets import Message
from readers.wire.mqtt_topics import matches, surroundings
from readers.wire.payloads.said import Said

STEP = "topics"
TOPICS_NOTED_MAX = 1_000
TOPICS_TOLD = 3
EXCERPT = 60
OWN_SHARE = 0.5
"""Of the patience; the rest is for looking around."""


class _Sample(NamedTuple):
    """A message that could not be read, and why in words."""

    topic: str
    excerpt: str
    why: str


class Examination:
    """Listens for a while, then looks where messages come that nobody asked for."""

    def __init__(self, link: MqttLink, settings: MqttSettings, ear: Ear) -> None:
        self._link = link
        self._settings = settings
        self._ear = ear
        self._came: Counter[str] = Counter()
        self._misread: Counter[str] = Counter()
        self._nameless: Counter[str] = Counter()
        self._samples: dict[str, _Sample] = {}
        self._elsewhere: dict[str, None] = {}

    async def findings(self, patience_s: float) -> list[Finding]:
        """One finding for each subscription; takes at most `patience_s`. Never raises."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            await self._listen(patience_s * OWN_SHARE)
            if self._missing():
                await self._look_around(began_s + patience_s - loop.time())
        except ReaderError as error:
            return [Finding.failed(STEP, str(error), error.remedy)]
        return [self._finding(each) for each in self._settings.subscribe]

    def _missing(self) -> list[SubscriptionSettings]:
        return [each for each in self._settings.subscribe if not self._came[each.filter]]

    async def _listen(self, for_s: float) -> None:
        """Take messages until every subscription had one, or the time is over."""
        try:
            async with asyncio.timeout(for_s):
                while self._missing():
                    self._note(await self._link.messages())
        except TimeoutError:
            pass

    def _note(self, messages: Sequence[Message]) -> None:
        for message in messages:
            heard = self._ear.find(message.topic)
            if heard is None:
                if message.topic and len(self._elsewhere) < TOPICS_NOTED_MAX:
                    self._elsewhere[message.topic] = None
                continue
            self._came[heard.subscription.filter] += 1
            self._judge(heard.subscription.filter, message)
        # What waits for a gateway under this name is left to it.
        if self._settings.clean:
            self._link.acknowledge(messages)

    def _judge(self, subscribed: str, message: Message) -> None:
        said = self._ear.understand(message)
        if isinstance(said, Said):
            self._nameless[subscribed] += "device" in said.bad
            if not said.bad or said.accepted or said.says_something:
                return
        self._misread[subscribed] += 1
        text = (message.payload or b"")[:EXCERPT].decode("utf-8", "backslashreplace")
        sample = _Sample(message.topic, ascii(text), _why(said))
        self._samples.setdefault(subscribed, sample)

    async def _look_around(self, for_s: float) -> None:
        """Ask for all that is near what was missing, and then for everything."""
        near = list(dict.fromkeys(surroundings(each.topic) for each in self._missing()))
        asked = {each.filter for each in self._settings.subscribe}
        rounds = [[each for each in near if each not in asked], ["#"] if "#" not in asked else []]
        rounds = [wide for wide in rounds if wide]
        for wide in rounds:
            await self._wander(wide, for_s / len(rounds))
            if self._elsewhere:
                return

    async def _wander(self, wide: list[str], for_s: float) -> None:
        try:
            await self._link.subscribe([(each, 0) for each in wide])
        except ReaderError:
            self._link.raise_error()
            return  # it is not allowed; then nothing is known of other topics
        await self._listen(for_s)
        await self._link.unsubscribe(wide)

    def _finding(self, subscription: SubscriptionSettings) -> Finding:
        count = self._came[subscription.filter]
        if not count:
            return self._nothing(subscription)
        misread = self._misread[subscription.filter]
        if misread == count:
            return _misread(subscription, count, self._samples[subscription.filter])
        nameless = self._nameless[subscription.filter]
        if nameless:
            return Finding.failed(
                STEP,
                f"{subscription.topic}: {nameless} of {count} message(s) do not name a device",
                f"Correct `device` of {subscription.topic}, or leave it out: then the format's "
                "own way names the device.",
            )
        return Finding.passed(STEP, f"{subscription.topic}: {count} message(s)")

    def _nothing(self, subscription: SubscriptionSettings) -> Finding:
        topic = subscription.topic
        near = [each for each in self._elsewhere if matches(surroundings(topic), each)]
        told = ", ".join((near or list(self._elsewhere))[:TOPICS_TOLD])
        if not told:
            return Finding.unclear(
                STEP,
                f"nothing came on {topic} so far, nor on another topic that was looked at",
                "Let the device publish something (hold a tag to it) and try again. Check that it "
                "uses this broker, and that our user may read the topic: some brokers grant what "
                "they then never send.",
            )
        return Finding.failed(
            STEP,
            f"nothing on {topic}; messages come on {told}",
            f"Correct `topic` so that it fits, or let the device publish on {topic}.",
        )


def _misread(subscription: SubscriptionSettings, count: int, sample: _Sample) -> Finding:
    wrong = "the pointers" if subscription.format == GENERIC else "`format`"
    return Finding.failed(
        STEP,
        f"{subscription.topic}: none of {count} message(s) could be read as "
        f"{subscription.format} ({sample.why}); on {sample.topic} came {sample.excerpt}",
        f"Correct {wrong} of {subscription.topic}, or what the device sends.",
    )


def _why(said: Said | str) -> str:
    """Why a message could not be read: in words where there are some, else by reason."""
    if isinstance(said, str):
        return said
    return said.rejected[0].reason if said.rejected else ", ".join(sorted(said.bad))
