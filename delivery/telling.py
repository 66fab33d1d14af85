"""What is told over one connection to a broker, from the first look to the last correction."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from typing import Protocol

from delivery.broker_line import Link
from delivery.home_assistant import Discovery, farewell, messages
from delivery.presence import (
    ONLINE,
    Fact,
    Headcount,
    Messages,
    Subject,
    Topics,
    Whereabouts,
    ZoneState,
    is_ours,
    strays,
    subject_of,
)
from delivery.worker import wait_for
from readers.driver import ReaderMisconfiguredError
from readers.wire.mqtt_packets import Message

SUBJECTS_AT_ONCE = 200
MESSAGES_AT_ONCE = 500
LOOK_S = 5.0
"""Longest wait for a broker that shows nothing, such as one whose rules let us only write."""

_logger = logging.getLogger("tagwarden.publish")


class Source(Protocol):
    """What is to be told, as it is committed."""

    def everything(self) -> AsyncIterator[Sequence[Fact]]:
        """All facts, some at a time; assets before the zones that they are in."""
        ...

    async def look_up(self, subjects: Sequence[Subject]) -> Sequence[Fact]:
        """The facts of these subjects now; what is not among them is gone."""
        ...


class Shelf:
    """Which topics are ours: where, and whether Home Assistant is told of them."""

    def __init__(self, topics: Topics, discovery_prefix: str, *, discovery: bool) -> None:
        self.topics = topics
        self.discovery = Discovery(discovery_prefix, topics) if discovery else None
        self.probe = f"{topics.root}/probe"
        # Also where discovery is switched off: what was told before is taken back.
        configs = Discovery(discovery_prefix, topics).filters()
        self.filters = [topics.states, *configs, self.probe]

    def messages(self, fact: Fact) -> Messages:
        """All that is published for a fact."""
        return messages(self.topics, self.discovery, fact)

    def farewell(self, subject: Subject) -> Messages:
        """What takes it back."""
        return farewell(self.topics, self.discovery, subject)


class Telling:
    """Tells one connected broker everything, then what changes; used once.

    `count` is called with `published` or `refused` for each message.
    """

    def __init__(
        self, name: str, link: Link, shelf: Shelf, source: Source, count: Callable[[str], None]
    ) -> None:
        self._name = name
        self._link = link
        self._shelf = shelf
        self._source = source
        self._count = count
        self._noted: dict[Subject, None] = {}
        self._stale = True
        self._news = asyncio.Event()
        self._looking = True
        self._seen = asyncio.Event()
        self._kept: dict[str, int] = {}
        """What the broker keeps: a hash of the payload, by topic."""
        self._wanted: set[str] = set()
        self._heads = Headcount()
        self._healthy: dict[str, bool] = {}

    def note(self, subjects: Iterable[Subject], *, everything: bool = False) -> None:
        """Something is committed that changes these; however often, they are told once."""
        self._noted |= dict.fromkeys(subjects)
        self._stale = self._stale or everything
        if self._noted or self._stale:
            self._news.set()

    async def run(self) -> None:
        """Tell until the connection ends. Raises ReaderError, maybe within a group."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="listening")
            await self._look()
            while True:
                await (self._tell_everything() if self._stale else self._tell_news())
                await self._news.wait()

    async def _listen(self) -> None:
        while True:
            for message in await self._link.messages():
                self._note_kept(message)

    def _note_kept(self, message: Message) -> None:
        if message.topic == self._shelf.probe:
            self._seen.set()
        elif (
            self._looking
            and message.retain
            and message.payload
            and is_ours(self._shelf.topics, message.topic, message.payload)
        ):
            self._kept[message.topic] = hash(message.payload)

    async def _look(self) -> None:
        """See what the broker keeps of us, so that only what is wrong is told anew.

        Brokers show what they keep before what is published later, so a probe ends it.
        """
        try:
            await self._link.subscribe([(each, 0) for each in self._shelf.filters])
        except ReaderMisconfiguredError as error:
            _logger.info("publish %r: may not look at what is kept: %s", self._name, error)
        else:
            await self._link.publish(self._shelf.probe, b"")
            await wait_for(self._seen, LOOK_S)
            await self._link.unsubscribe(self._shelf.filters)
        self._looking = False

    async def _tell_everything(self) -> None:
        self._stale = False
        found = list(self._kept)
        if self._shelf.discovery is not None:
            await self._publish(self._shelf.discovery.gateway())
        async for facts in self._source.everything():
            await self._tell(facts)
        self._wanted.add(self._shelf.topics.status)
        gone = strays(self._shelf.topics, found, self._wanted)
        await self._publish(dict.fromkeys(gone, b""))
        await self._publish({self._shelf.topics.status: ONLINE})
        self._wanted.clear()

    async def _tell_news(self) -> None:
        subjects = list(islice(self._noted, SUBJECTS_AT_ONCE))
        for subject in subjects:
            del self._noted[subject]
        if not self._noted:
            self._news.clear()
        facts = await self._source.look_up(subjects)
        await self._tell(facts)
        for subject in set(subjects) - {subject_of(fact) for fact in facts}:
            await self._take_back(subject)
        self._wanted.clear()

    async def _tell(self, facts: Iterable[Fact]) -> None:
        told: Messages = {}
        for fact in facts:
            told |= self._shelf.messages(self._placed(fact))
        await self._publish(told)

    async def _take_back(self, subject: Subject) -> None:
        if subject.kind == "assets":
            self._place(subject.name, None)
        taken = self._shelf.farewell(subject)
        # One after the other: the state is what a later look goes by.
        for topic in [topic for topic in taken if topic in self._kept]:
            await self._publish({topic: b""})

    def _placed(self, fact: Fact) -> Fact:
        """The fact with what follows from the others: heads in a zone."""
        match fact:
            case Whereabouts(asset=asset, zone=zone):
                self._place(asset.id, zone)
            case ZoneState(name=name, healthy=healthy):
                if self._healthy.get(name, healthy) != healthy:
                    self.note(Subject("assets", each) for each in self._heads.members(name))
                self._healthy[name] = healthy
                return fact._replace(heads=self._heads.count(name))
            case _:
                pass
        return fact

    def _place(self, asset: str, zone: str | None) -> None:
        self.note(Subject("zones", each) for each in self._heads.place(asset, zone))

    async def _publish(self, told: Messages) -> None:
        """Publish what the broker does not keep already."""
        self._wanted |= told.keys()
        news = [
            (topic, each) for topic, each in told.items() if self._kept.get(topic) != hash(each)
        ]
        for first in range(0, len(news), MESSAGES_AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for topic, payload in news[first : first + MESSAGES_AT_ONCE]:
                    group.create_task(self._send(topic, payload), name=topic)

    async def _send(self, topic: str, payload: bytes) -> None:
        try:
            await self._link.publish(topic, payload, qos=1, retain=True)
        except ReaderMisconfiguredError as error:
            # The others may be wanted all the same; this one is tried again when it changes.
            self._count("refused")
            _logger.warning("publish %r: %s", self._name, error)
        else:
            self._count("published")
        if payload:
            self._kept[topic] = hash(payload)
        else:
            self._kept.pop(topic, None)
