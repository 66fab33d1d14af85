"""From messages to a batch: each is read as the subscription says that it came by."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from readers.driver import Batch, ReaderMisconfiguredError
from readers.mqtt.settings import MqttSettings, SubscriptionSettings
from readers.payload_batch import add_said, count_bad
from readers.wire.mqtt_packets import Message
from readers.wire.mqtt_topics import matches
from readers.wire.payloads.said import Decode, Options, Payload, Said

TOPICS_KEPT_MAX = 10_000

log = logging.getLogger("tagwarden.readers")


class Heard(msgspec.Struct, gc=False):
    """A subscription, and how what comes by it is read."""

    subscription: SubscriptionSettings
    decode: Decode


class Ear:
    """Reads messages. Raises ReaderMisconfiguredError for options that a format refuses."""

    def __init__(
        self,
        settings: MqttSettings,
        make_decoder: Callable[[str, Options], Decode],
    ) -> None:
        self._name = settings.name
        self._heard = [_heard(settings.name, each, make_decoder) for each in settings.subscribe]
        self._by_topic: dict[str, Heard | None] = {}

    def find(self, topic: str) -> Heard | None:
        """The first subscription of the site file that a topic belongs to."""
        if topic in self._by_topic:
            return self._by_topic[topic]
        if len(self._by_topic) >= TOPICS_KEPT_MAX:
            self._by_topic.clear()
        fits = (heard for heard in self._heard if matches(heard.subscription.topic, topic))
        found = self._by_topic[topic] = next(fits, None) if topic else None
        return found

    def listen(self, messages: Sequence[Message]) -> Batch:
        """What these messages say, in their order.

        Messages that cannot be read are counted in `bad`. Of a retained message, which may
        be of any age, only measurements and who is lost are taken.
        """
        batch = Batch()
        for message in messages:
            said = self.understand(message)
            if isinstance(said, str):
                count_bad(batch, said)
                continue
            if message.retain:
                _keep_what_lasts(said)
            add_said(batch, said)
        return batch

    def understand(self, message: Message) -> Said | str:
        """What one message says, or the reason word for which it cannot be read."""
        heard = self.find(message.topic)
        if heard is None:
            return "unknown_topic" if message.topic else "topic"
        if message.payload is None:
            return "too_large"
        payload = Payload(message.payload, self._name, message.arrival_ns, message.topic)
        try:
            return heard.decode(payload)
        except Exception:
            # One that is never acknowledged would come again for ever.
            log.exception("%s: fault in the decoder of %s", self._name, heard.subscription.format)
            return "decoder_fault"


def _heard(
    name: str,
    subscription: SubscriptionSettings,
    make_decoder: Callable[[str, Options], Decode],
) -> Heard:
    try:
        return Heard(subscription, make_decoder(subscription.format, subscription.options()))
    except ValueError as error:
        raise ReaderMisconfiguredError(f"{name}: topic {subscription.topic}: {error}") from error


def _keep_what_lasts(said: Said) -> None:
    """Leave out what only a fresh message proves: reads, positions, a device that speaks."""
    if said.reads or said.fixes:
        said.bad["retained"] = len(said.reads) + len(said.fixes)
    said.reads, said.fixes, said.devices, said.antennas = [], [], [], {}
