"""Delivery joined to the gateway: its outbox, its faults, what senders are lent, its figures."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC
from functools import partial
from pathlib import Path
from time import time_ns
from zoneinfo import ZoneInfo

from alerts.changes import GatewayFault
from delivery.attempt import Surroundings
from delivery.breaker import GateState
from delivery.channels import open_channel
from delivery.faults import ChannelFaults
from delivery.outbox import oldest_waiting_ns
from delivery.settings import ChannelSettings
from delivery.settlement import Retention
from delivery.worker import Deliverer
from gateway.collector import Collector
from gateway.metrics import Labelled
from gateway.self_watch import broken_parts
from gateway.site import Site
from gateway.standby import StandbyOutbox
from gateway.supervisor import Supervisor
from history.deliveries import outbox_rows
from history.state import open_reader
from history.subscribers import Subscribers
from history.subscriptions import Subscription, all_subscriptions
from readers.driver import ReaderLostError, ReaderMisconfiguredError, ReadsOutputs, SwitchesOutputs
from tags.times import SECOND_NS

_Ages = dict[tuple[str, ...], int | None]


class Delivering:
    """The channels of a site, told by the deliverer from the outbox in `state`."""

    def __init__(  # noqa: PLR0913, PLR0917 -- it joins what the gateway has
        self,
        state: Path,
        site: Site,
        collector: Collector,
        supervisor: Supervisor,
        clock: Callable[[], int],
        rng: random.Random,
        count: Callable[[str, str], None],
        subscribers: Subscribers | None = None,
    ) -> None:
        self._state, self._site = state, site
        self._collector, self._supervisor = collector, supervisor
        self._clock = clock
        self._subscriptions = _subscriptions(state)
        self._channels = self._all_channels()
        self._ages_ns: _Ages = {}
        self._rows: Labelled = {}
        self._lent = self._lent_to(site)
        self.outbox = StandbyOutbox(state, collector, subscribers)
        self.deliverer = Deliverer(
            self._channels,
            self.outbox,
            clock=time_ns,  # receivers compare the signed time with their own clock
            rng=rng,
            count=count,
            faults=ChannelFaults(self._tell_fault, broken_parts(collector, "delivery")),
            open_sender=partial(open_channel, surroundings=self._lent),
            keep=_retention(site),
        )

    def begin(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Start to deliver; the tasks run until they are cancelled."""
        return [
            group.create_task(self.deliverer.run(), name="delivery"),
            group.create_task(self.outbox.watch(self.deliverer.wake), name="standby"),
        ]

    def update(self, site: Site) -> None:
        """Go by another site file from now on."""
        self._site = site
        self._channels = self._all_channels()
        lent, opener = self._lent_to(site), None
        if lent != self._lent:
            self._lent, opener = lent, partial(open_channel, surroundings=lent)
        self.deliverer.keep = _retention(site)
        self.deliverer.update_channels(self._channels, opener)

    @property
    def allow_private(self) -> bool:
        """Whether the site file lets subscribers be on private addresses."""
        return self._site.settings.server.private_webhooks

    @property
    def channels(self) -> Mapping[str, ChannelSettings]:
        """The channels of the site file and those of subscriptions, by name."""
        return self._channels

    def subscribe(self, subscription: Subscription) -> None:
        """Send what is written for a subscription from now on."""
        self._subscriptions[subscription.channel] = subscription
        self._channels = self._all_channels()
        self.deliverer.put_channel(self._channels[subscription.channel])

    def unsubscribe(self, subscription: Subscription) -> None:
        """Send a subscription nothing any more."""
        self._subscriptions.pop(subscription.channel, None)
        self._channels = self._all_channels()
        self.deliverer.drop_channel(subscription.channel)

    async def look(self) -> None:
        """Read the figures of the outbox, which `ages_s` and `rows` then tell."""
        self._ages_ns, self._rows = await asyncio.to_thread(self._read, list(self._channels))

    def ages_s(self) -> Labelled:
        """How old the oldest message was that each channel owed, at the last look."""
        now_ns = self._clock()
        return {
            name: 0.0 if since_ns is None else (now_ns - since_ns) / SECOND_NS
            for name, since_ns in self._ages_ns.items()
        }

    def rows(self) -> Labelled:
        """How many messages waited or were dead, by channel and state, at the last look."""
        return self._rows

    def states(self) -> Mapping[str, GateState]:
        """How each channel is."""
        return self.deliverer.states

    def _all_channels(self) -> dict[str, ChannelSettings]:
        found: dict[str, ChannelSettings] = {
            channel.name: channel for channel in self._site.settings.channels
        }
        for name, subscription in self._subscriptions.items():
            found[name] = subscription.opened(allow_private=self.allow_private)
        return found

    def _read(self, channels: list[str]) -> tuple[_Ages, Labelled]:
        with closing(open_reader(self._state)) as connection:
            ages: _Ages = {(name,): oldest_waiting_ns(connection, name) for name in channels}
            return ages, outbox_rows(connection, channels)

    def _lent_to(self, site: Site) -> Surroundings:
        named = site.settings.site
        zone = UTC if named.timezone == "UTC" else ZoneInfo(named.timezone)
        return Surroundings(named.name, zone, self._clock, self._switch, self._read_back)

    def _tell_fault(self, channel: str, broken: bool, detail: str) -> None:  # noqa: FBT001 -- as TellFault is called
        self._collector.put(
            GatewayFault(
                arrival_ns=self._clock(),
                kind="delivery",
                name=channel,
                broken=broken,
                detail=detail,
            )
        )

    async def _read_back(self, reader: str, port: int) -> bool | None:
        """Ask a reader how an output is, for a siren. Raises ReaderError."""
        driver = self._supervisor.drivers.get(reader)
        if driver is None:
            raise ReaderLostError(f"{reader}: is not connected")
        return await driver.output_is_on(port) if isinstance(driver, ReadsOutputs) else None

    async def _switch(self, reader: str, port: int, on_for_s: float | None) -> None:
        """Switch an output of a reader for a siren. Raises ReaderError."""
        driver = self._supervisor.drivers.get(reader)
        if driver is None:
            raise ReaderLostError(f"{reader}: is not connected")
        if not isinstance(driver, SwitchesOutputs):
            raise ReaderMisconfiguredError(f"{reader}: has no outputs")
        await driver.switch_output(port, on_for_s)


def _subscriptions(state: Path) -> dict[str, Subscription]:
    """The subscriptions that are told, by the names of their channels."""
    with closing(open_reader(state)) as connection:
        found = all_subscriptions(connection)
    return {one.channel: one for one in found if one.enabled}


def _retention(site: Site) -> Retention:
    history = site.settings.history
    return Retention(
        delivered_days=history.deliveries_keep_days, dead_days=history.dead_letters_keep_days
    )
