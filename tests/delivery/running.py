"""Deliverers for the tests, and how long they run."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from delivery.attempt import Sender
from delivery.settings import ChannelSettings
from delivery.worker import Deliverer
from tests.delivery.made import T0_NS, Clock, Counts, Store, log_channel

Channels = Mapping[str, ChannelSettings]


def deliverer(
    channels: Channels, store: Store, counts: Counts, clock: Clock | None = None
) -> Deliverer:
    clock = clock or Clock(time.time_ns())
    return Deliverer(
        channels, store, clock=clock, rng=random.Random(1), count=counts, wait=clock.wait
    )


def scripted(
    senders: Mapping[str, Sender], store: Store, counts: Counts, clock: Clock | None = None
) -> Deliverer:
    """A deliverer whose channels are these senders."""
    clock = clock or Clock(T0_NS)
    return Deliverer(
        {name: log_channel(name) for name in senders},
        store,
        clock=clock,
        rng=random.Random(1),
        count=counts,
        open_sender=lambda settings: senders[settings.name],
        wait=clock.wait,
    )


@asynccontextmanager
async def running(one: Deliverer) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.run())
        yield
        task.cancel()
