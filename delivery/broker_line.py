"""A broker connection of a channel: made when it is needed, kept, and made anew after an error."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from readers.driver import Clock, ReaderLostError
from readers.mqtt.link import LinkLimits, MqttLink
from readers.mqtt.settings import BrokerSettings, Will
from readers.wire.mqtt_packets import Message

LIMITS = LinkLimits(message_bytes_max=1_048_576)


class Link(Protocol):
    """A connection to a broker: see `readers.mqtt.link.MqttLink`."""

    async def connect(self) -> None:
        """Return once the broker has taken us in. Raises ReaderError."""
        ...

    async def subscribe(self, topics: Sequence[tuple[str, int]]) -> None:
        """Ask for topic filters. Raises ReaderError."""
        ...

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for no more of them. Raises ReaderError."""
        ...

    async def publish(
        self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False
    ) -> None:
        """Return once the broker has the message. Raises ReaderError."""
        ...

    async def messages(self) -> list[Message]:
        """What has come. Raises ReaderError when the connection has ended."""
        ...

    async def close(self) -> None:
        """Take leave. Never raises."""
        ...


OpenLink = Callable[[], Link]


def link_opener(
    name: str, broker: BrokerSettings, clock: Clock, will: Will | None = None
) -> OpenLink:
    """Make the way to open real links; a reader's entry may have the same name as a channel."""
    return lambda: MqttLink(f"channel-{name}", broker, clock, LIMITS, will)


class BrokerLine:
    """At most one connection; `greet` runs on each new one before anybody else has it."""

    def __init__(self, open_link: OpenLink, greet: Callable[[Link], Awaitable[None]]) -> None:
        self._open_link = open_link
        self._greet = greet
        self._link: Link | None = None
        self._lock = asyncio.Lock()
        self._closed = False

    async def link(self) -> Link:
        """The connection; raises ReaderError where there is none to be had."""
        async with self._lock:
            self._require_open()
            if self._link is None:
                link = self._open_link()
                try:
                    await link.connect()
                    await self._greet(link)
                    self._require_open()
                except BaseException:
                    await link.close()
                    raise
                self._link = link
            return self._link

    async def drop(self, link: Link | None = None) -> None:
        """Close the connection, or this one only if it is still in use. Never raises."""
        if self._link is None or link not in (None, self._link):
            return
        gone, self._link = self._link, None
        await gone.close()

    async def close(self) -> None:
        """Close the connection and make no other one. Never raises."""
        self._closed = True
        await self.drop()

    def _require_open(self) -> None:
        if self._closed:
            raise ReaderLostError("the channel is closed")
