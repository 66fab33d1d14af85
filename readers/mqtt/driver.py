"""The driver for everything that publishes to an MQTT broker."""

import asyncio
from collections.abc import Callable

from readers.driver import Batch, Clock, Finding, ReaderLostError
from readers.mqtt.ear import Ear
from readers.mqtt.examination import Examination
from readers.mqtt.link import LinkLimits, MqttLink
from readers.mqtt.settings import MqttSettings
from readers.payload_batch import DECODED_AT_ONCE_BYTES
from readers.wire.mqtt_packets import Message
from readers.wire.payloads.formats import decoder
from readers.wire.payloads.said import Decode, Options

__all__ = ["MqttDriver", "MqttSettings"]


class MqttDriver:
    """One connection to one broker, from `connect` to `close`.

    Messages of QoS 1 are acknowledged once what they said is committed; what was not
    acknowledged, or published while we were away, comes (again) after the next `connect`.
    """

    passive = False

    def __init__(
        self,
        settings: MqttSettings,
        clock: Clock,
        make_decoder: Callable[[str, Options], Decode] = decoder,
    ) -> None:
        self.silent_after_s = 2 * settings.keepalive_s
        self._settings = settings
        self._make_decoder = make_decoder
        self._ear: Ear | None = None
        limits = LinkLimits(settings.message_bytes_max, settings.messages_waiting_max)
        self.link = MqttLink(settings.name, settings, clock, limits)

    async def connect(self) -> None:
        """Return once the broker has granted all subscriptions.

        Raises ReaderLostError when it cannot be reached, ReaderMisconfiguredError when it
        refuses us or a topic, or when the entry cannot work.
        """
        self._ear = Ear(self._settings, self._make_decoder)
        await self.link.connect()
        await self.link.subscribe([(each.filter, each.qos) for each in self._settings.subscribe])

    async def next_batch(self) -> Batch:
        """Return what the messages said that arrived since; an empty batch for a sign of life.

        Raises ReaderError once everything that came before the end was returned.
        """
        messages = await self.link.messages()
        if any(map(_is_long, messages)):
            batch = await asyncio.to_thread(self._hearing.listen, messages)
        else:
            batch = self._hearing.listen(messages)
        batch.acknowledge = self.link.acknowledgement(messages)
        return batch

    async def close(self) -> None:
        """Take leave within a second, then hang up. Never raises."""
        await self.link.close()

    async def examine(self, patience_s: float) -> list[Finding]:
        """Say which subscriptions hear something, and where there is something instead."""
        return await Examination(self.link, self._settings, self._hearing).findings(patience_s)

    @property
    def _hearing(self) -> Ear:
        if self._ear is None:
            raise ReaderLostError(f"{self._settings.name}: not connected")
        return self._ear


def _is_long(message: Message) -> bool:
    return message.payload is not None and len(message.payload) > DECODED_AT_ONCE_BYTES
