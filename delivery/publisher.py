"""Keeps a broker told where everything is, however often the broker goes away.

Only the latest state counts: what changes is noted by name, looked up when it is its turn, and
told once however often it changed meanwhile. While the broker is away nothing is noted, since
everything is told when it is back: so nothing before waits, nothing piles up, nothing is lost.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from delivery.broker_line import Link
from delivery.presence import OFFLINE, Subject, Topics
from delivery.settings import PublishSettings
from delivery.telling import Shelf, Source, Telling
from delivery.worker import wait_for
from readers.driver import Clock, ReaderMisconfiguredError
from readers.mqtt.link import LinkLimits, MqttLink
from readers.mqtt.settings import Will

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
REFUSED_RETRY_S = 60.0
GOODBYE_S = 1.0
_LIMITS = LinkLimits(message_bytes_max=65_536)
"""Larger messages are none of ours."""

_logger = logging.getLogger("tagwarden.publish")

OpenLink = Callable[[PublishSettings, Will], Link]


def open_links(clock: Clock) -> OpenLink:
    """Make the way to open real links."""

    def opened(settings: PublishSettings, will: Will) -> MqttLink:
        # A reader's entry may have the same name, and a client id is for one client.
        return MqttLink(f"publish-{settings.name}", settings, clock, _LIMITS, will)

    return opened


class Publisher:
    """Tells one broker; all methods are for the thread of the event loop.

    `count` is called with the name and `published`, `refused` (the broker does not want a
    topic) or `lost` (a connection that ended or was not had).
    """

    def __init__(  # noqa: PLR0913 - the shell hands in all that is not decided here
        self,
        settings: PublishSettings,
        site: str,
        source: Source,
        *,
        open_link: OpenLink,
        rng: random.Random,
        count: Callable[[str, str], None],
        wait: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for,
    ) -> None:
        self._name = settings.name
        self._settings = settings
        topics = Topics(settings.prefix, site)
        discovery = settings.discovery is not None
        self._shelf = Shelf(topics, settings.discovery_prefix, discovery=discovery)
        self._source = source
        self._open_link = open_link
        self._rng = rng
        self._count = count
        self._wait = wait
        self._telling: Telling | None = None
        self._failures = 0

    def note(self, subjects: Iterable[Subject], *, everything: bool = False) -> None:
        """Something is committed that changes these, or everything."""
        if self._telling is not None:
            self._telling.note(subjects, everything=everything)

    async def run(self) -> None:
        """Tell until cancelled; a broker that is away is tried again, less and less often."""
        while True:
            wait_s = 0.0
            link = self._open_link(self._settings, Will(self._shelf.topics.status, OFFLINE))
            try:
                await link.connect()
                await self._tell(link)
            except Exception as error:  # noqa: BLE001 - a fault here must not end the gateway
                wait_s = self._note_loss(_first(error))
            finally:
                await self._leave(link)
            await self._wait(asyncio.Event(), wait_s)

    async def _tell(self, link: Link) -> None:
        _logger.info("publish %r: connected to %s", self._name, self._settings.address)
        self._failures = 0
        self._telling = Telling(
            self._name,
            link,
            self._shelf,
            self._source,
            lambda result: self._count(self._name, result),
        )
        await self._telling.run()

    async def _leave(self, link: Link) -> None:
        if self._telling is not None:
            self._telling = None
            with suppress(Exception):
                async with asyncio.timeout(GOODBYE_S):
                    await link.publish(self._shelf.topics.status, OFFLINE, qos=1, retain=True)
        await link.close()

    def _note_loss(self, error: Exception) -> float:
        """Count and say it, once in a row; how long to wait."""
        self._count(self._name, "lost")
        ceiling_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        if self._failures == 1:
            remedy = getattr(error, "remedy", "It will be connected afresh.")
            _logger.warning("publish %r: %s %s", self._name, error or repr(error), remedy)
        if isinstance(error, ReaderMisconfiguredError):
            return REFUSED_RETRY_S
        # Full jitter, so that gateways that lost their broker together do not return together.
        return self._rng.uniform(0.1, ceiling_s)


def _first(error: Exception) -> Exception:
    """What went wrong, where tasks that ran side by side report it as a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
