"""The mqtt channel: each message once the broker has it, and what is open about each subject.

`PREFIX/SITE/alerts/TRANSITION` has the message as a webhook has it, with its `id`.
`PREFIX/SITE/alerts/state/SUBJECT` is retained: all that is open about an asset (or about
`tag:…`, `zone:…`, `reader:…`, `gateway`); it is taken back when nothing is.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

from delivery.attempt import DONE, Attempt, Delivery, Surroundings
from delivery.broker_line import BrokerLine, Link, OpenLink, link_opener
from delivery.channel_kinds import MqttChannel
from delivery.message import Told, told_in
from delivery.presence import Topics, level
from readers.driver import ReaderError, ReaderMisconfiguredError
from readers.wire.mqtt_packets import Message

LOOK_S = 1.0
"""Longest wait for a broker that shows nothing of what it keeps."""
REFUSED_RETRY_S = 60.0
SUBJECTS_MAX, CLOSED_MAX = 10_000, 1_000
_CLEARED = "cleared"
_SHOWN = (
    *("rule", "kind", "severity", "state", "time", "asset", "tag"),
    *("from", "to", "portal", "occurrences", "test"),
)


class OpenAlerts:
    """What is open by subject, as the retained topics show it. Pure.

    At most 10,000 subjects are kept; of more than that nothing is shown.
    """

    def __init__(self) -> None:
        self._open: dict[str, dict[str, dict[str, Any]]] = {}
        self._closed: dict[str, int] = {}

    @property
    def subjects(self) -> list[str]:
        """Of whom something is known."""
        return list(self._open)

    def adopt(self, payload: bytes) -> None:
        """Take over what the broker keeps from before, unless more is known of that subject."""
        try:
            kept = msgspec.json.decode(payload, type=_Kept)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if kept.subject not in self._open and len(self._open) < SUBJECTS_MAX:
            self._open[kept.subject] = {
                each["id"]: each
                for each in kept.alerts
                if _is_ours(each) and not self._is_old(each["id"], each["ordinal"])
            }

    def apply(self, told: Told) -> None:
        """Note a message; one that is older than what is known changes nothing."""
        subject = told.subject
        if subject not in self._open and len(self._open) >= SUBJECTS_MAX:
            return
        alerts = self._open.setdefault(subject, {})
        entry = {"id": told.alert, "ordinal": told.ordinal, "message": told.id}
        known = alerts.get(told.alert, entry)["ordinal"]
        if known > told.ordinal or self._is_old(told.alert, told.ordinal):
            return
        if told.data.get("state") == _CLEARED:
            alerts.pop(told.alert, None)
            self._note_closed(told)
        else:
            alerts[told.alert] = entry | {key: told.data.get(key) for key in _SHOWN}

    def payload(self, subject: str) -> bytes:
        """What the topic of a subject holds; empty when nothing is open."""
        alerts = self._open.get(subject)
        if not alerts:
            return b""
        return msgspec.json.encode({"subject": subject, "alerts": list(alerts.values())})

    def forget_empty(self, subject: str) -> None:
        """The broker knows that nothing is open about a subject."""
        if not self._open.get(subject, True):
            del self._open[subject]

    def _is_old(self, alert: str, ordinal: int) -> bool:
        return self._closed.get(alert, 0) >= ordinal

    def _note_closed(self, told: Told) -> None:
        self._closed.pop(told.alert, None)
        self._closed[told.alert] = told.ordinal
        if len(self._closed) > CLOSED_MAX:
            del self._closed[next(iter(self._closed))]


class _Kept(msgspec.Struct, gc=False):
    """A retained state, as we or a gateway before us wrote it."""

    subject: str
    alerts: list[dict[str, Any]]


def _is_ours(kept: dict[str, Any]) -> bool:
    """Whether it is an alert as `OpenAlerts` writes it, and not what others left there."""
    return isinstance(kept.get("id"), str) and isinstance(kept.get("ordinal"), int)


class MqttSender:
    """Publishes with QoS 1 over one connection; a message is done once the broker has all of it.

    What the broker refuses is tried again after a minute: it may be allowed by then.
    """

    def __init__(
        self,
        settings: MqttChannel,
        surroundings: Surroundings,
        open_link: OpenLink | None = None,
    ) -> None:
        opener = open_link or link_opener(settings.name, settings, surroundings.clock)
        self._timeout_s = settings.timeout_s
        self._root = f"{Topics(settings.prefix, surroundings.site).root}/alerts"
        self._line = BrokerLine(opener, self._greet)
        self._open = OpenAlerts()

    async def begin(self) -> None:
        """Do nothing: the connection is made with the first message."""

    async def close(self) -> None:
        """Leave the broker."""
        await self._line.close()

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Publish the message, and what is open about its subject."""
        del now_ns
        try:
            told = told_in(delivery)
            async with asyncio.timeout(self._timeout_s):
                await self._publish(told, shows=not delivery.overtaken)
        except ValueError as error:
            return Attempt("refused", f"not sent: {error}")
        except TimeoutError:
            await self._line.drop()
            return Attempt("retry", f"no answer from the broker within {self._timeout_s:g} s")
        except ReaderMisconfiguredError as error:
            await self._line.drop()
            return Attempt("retry", str(error), REFUSED_RETRY_S)
        except ReaderError as error:
            await self._line.drop()
            return Attempt("retry", str(error))
        return DONE

    async def _publish(self, told: Told, *, shows: bool) -> None:
        link = await self._line.link()
        payload = msgspec.json.encode({"id": told.id, **told.body})
        await link.publish(f"{self._root}/{level(told.type)}", payload, qos=1)
        if shows and told.of_alert and not told.is_notice:
            self._open.apply(told)
            await self._show(link, told.subject)

    async def _show(self, link: Link, subject: str) -> None:
        payload = self._open.payload(subject)
        await link.publish(self._topic(subject), payload, qos=1, retain=True)
        if not payload:
            self._open.forget_empty(subject)

    def _topic(self, subject: str) -> str:
        return f"{self._root}/state/{level(subject)}"

    async def _greet(self, link: Link) -> None:
        """See what the broker keeps of us, and put right what is not as we know it."""
        try:
            found = await self._kept(link)
        except ReaderMisconfiguredError:
            found = {}  # It may let us only write.
        for payload in found.values():
            self._open.adopt(payload)
        wanted = {self._topic(each): self._open.payload(each) for each in self._open.subjects}
        for topic, payload in wanted.items():
            if found.get(topic, b"") != payload:
                await link.publish(topic, payload, qos=1, retain=True)

    async def _kept(self, link: Link) -> dict[str, bytes]:
        """The retained states; a broker shows them before what is published later."""
        probe, found = f"{self._root}/state", dict[str, bytes]()
        topics = [f"{probe}/+", probe]
        await link.subscribe([(topic, 0) for topic in topics])
        await link.publish(probe, b"")
        try:
            async with asyncio.timeout(LOOK_S):
                while not _take_in(await link.messages(), probe, found):
                    pass
        except TimeoutError:
            pass
        await link.unsubscribe(topics)
        return found


def _take_in(messages: Iterable[Message], probe: str, found: dict[str, bytes]) -> bool:
    """Keep what is retained; whether the probe has come."""
    messages = list(messages)
    found |= {each.topic: each.payload for each in messages if each.retain and each.payload}
    return any(each.topic == probe for each in messages)
