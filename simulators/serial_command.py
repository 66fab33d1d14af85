"""A simulated serial module as a command: it says its path and hears tags until interrupted."""

import argparse
import asyncio
import logging
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from simulators.llrp_reader import make_tags
from simulators.serial_port import SerialPort
from tags.reads import Read

TICK_S = 0.05
FAULT_S = 2.0
"""How long a fault that lasts does last."""
NOISE_BYTES = 40
CUT_AFTER_BYTES = 5
FAULTS = ("noise", "cut", "duplicates", "drip", "silence", "unplug")

_LOG = logging.getLogger(__name__)


class Module(Protocol):
    """A simulated module on a pty."""

    @property
    def path(self) -> str:
        """The serial port to open."""
        ...

    @property
    def port(self) -> SerialPort:
        """The line, with its faults."""
        ...

    async def report(self, reads: Sequence[Read]) -> object:
        """Have it hear these."""
        ...

    async def unplug(self) -> None:
        """Pull the cable."""
        ...

    async def replug(self) -> None:
        """Plug it in again."""
        ...


MakeModule = Callable[[], AbstractAsyncContextManager[Module]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What each simulated module understands."""
    parser.add_argument("--tags", type=int, default=20, help="different tags in the field")
    parser.add_argument("--rate", type=float, default=50.0, help="reads a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between faults")


def run_module(make: MakeModule, options: argparse.Namespace) -> None:
    """Run a module until it is interrupted; the first line on stderr is its path."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        asyncio.run(_run(make, options))
    except asyncio.CancelledError:
        _LOG.info("stopped")


async def fail(module: Module, fault: str, for_s: float = FAULT_S) -> None:
    """Commit one of FAULTS; return when it is over."""
    port = module.port
    match fault:
        case "noise":
            port.send_noise(NOISE_BYTES)
        case "cut":
            port.cut_after = CUT_AFTER_BYTES
        case "unplug":
            await module.unplug()
            await asyncio.sleep(for_s)
            await module.replug()
        case _:
            port.duplicates, port.silent = fault == "duplicates", fault == "silence"
            port.drip_s = TICK_S if fault == "drip" else 0.0
            await asyncio.sleep(for_s)
            port.duplicates, port.silent, port.drip_s = False, False, 0.0


async def _run(make: MakeModule, options: argparse.Namespace) -> None:
    running = asyncio.current_task()
    assert running is not None  # noqa: S101 -- this is one
    # A polite end by either signal, so that no path is left behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    async with make() as module, asyncio.TaskGroup() as group:
        _LOG.info("%s", module.path)
        group.create_task(_play(module, options), name="reads")
        if options.fault:
            faults = _fail_now_and_then(module, options.fault, options.every)
            group.create_task(faults, name="faults")


async def _fail_now_and_then(module: Module, fault: str, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await fail(module, fault)


async def _play(module: Module, options: argparse.Namespace) -> None:
    tags, chance = make_tags(options.tags, options.seed), random.Random(options.seed)
    start_s, made = time.monotonic(), 0
    while True:
        await asyncio.sleep(TICK_S)
        due = round((time.monotonic() - start_s) * options.rate)
        await module.report([_read(tags[at % len(tags)], chance) for at in range(made, due)])
        made = due


def _read(tag: str, chance: random.Random) -> Read:
    now_ns = time.time_ns()
    return Read(tag, "", 1, now_ns, now_ns, -65 + 10 * chance.random())
