"""A deliverer that is killed at each of its steps in turn, in a process of its own.

Run as `python -m tests.delivery.dying FOLDER PORT`. For each step it makes an outbox of three
messages, lets a child deliver them until it is killed by SIGKILL at that step, and lets another
child deliver what is left. It prints a JSON line for each step, and ends when no child dies.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TypeVar

from delivery.attempt import Attempt, Delivery, Sender
from delivery.channels import open_channel
from delivery.outbox import enqueue
from delivery.settings import ChannelSettings
from delivery.worker import Deliverer
from tests.delivery.made import T0_NS, change, state_db, webhook

T = TypeVar("T")
NEVER = 1 << 30


class Fate:
    """Kills the process at one of its steps."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._passed = 0

    def step(self) -> None:
        self._passed += 1
        if self._passed == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingStore:
    """Dies before a transaction, before its commit, or after it."""

    def __init__(self, connection: sqlite3.Connection, fate: Fate) -> None:
        self._connection = connection
        self._fate = fate

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._fate.step()
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            done = work(self._connection)
            self._fate.step()
        self._fate.step()
        return done


class DyingSender:
    """Dies before a message is sent, or once its receiver has answered."""

    def __init__(self, sender: Sender, fate: Fate) -> None:
        self._sender = sender
        self._fate = fate

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        self._fate.step()
        attempt = await self._sender.send(delivery, now_ns)
        self._fate.step()
        return attempt


async def deliver(path: Path, url: str, step: int) -> None:
    fate, connection = Fate(step), state_db(path)

    def open_dying(settings: ChannelSettings) -> Sender:
        return DyingSender(open_channel(settings), fate)

    deliverer = Deliverer(
        {"guards": webhook(url)},
        DyingStore(connection, fate),
        clock=time.time_ns,
        rng=random.Random(1),
        count=lambda _channel, _result: None,
        open_sender=open_dying,
    )
    running = asyncio.create_task(deliverer.run())
    left = "SELECT 1 FROM outbox WHERE state = 'waiting'"
    while connection.execute(left).fetchone():  # noqa: ASYNC110 - it is looked at from outside
        await asyncio.sleep(0.001)
    running.cancel()


def in_child(path: Path, url: str, step: int) -> bool:
    """Whether the child was killed."""
    child = os.fork()
    if not child:
        asyncio.run(deliver(path, url, step))
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def fill(path: Path) -> None:
    connection = state_db(path)
    with connection:
        for alert, ordinal in (("a1", 1), ("a2", 1), ("a1", 2)):
            enqueue(connection, change(alert, ordinal), 1, T0_NS)
    connection.close()


def main(folder: Path, port: int) -> None:
    open_channel(webhook("http://127.0.0.1:1/"))  # what is slow to make is made once
    fill(folder / "full.db")
    for step in count(1):
        path, url = folder / f"{step}.db", f"http://127.0.0.1:{port}/{step}"
        shutil.copy(folder / "full.db", path)
        died = in_child(path, url, step)
        began_s = time.monotonic()
        in_child(path, url, NEVER)
        connection = sqlite3.connect(path)
        found = {
            "step": step,
            "died": died,
            "states": [row[0] for row in connection.execute("SELECT state FROM outbox")],
            "took_s": time.monotonic() - began_s,
        }
        connection.close()
        sys.stdout.write(json.dumps(found) + "\n")
        if not died:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
