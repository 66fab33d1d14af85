"""The gateway watches itself: a store that takes nothing, a disk that fills up, a late history."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from alerts.changes import GatewayFault
from gateway.collector import Collector
from gateway.followers import NAME as SIGHTINGS
from gateway.followers import SightingsFollower
from tags.times import SECOND_NS

LOOK_S = 0.5
STORE_WELL_AFTER_S = 2.0
"""A disk that is full takes a small commit now and then; that is no recovery."""
DISK_EVERY_S = 30.0
DISK_WELL_FACTOR = 1.1
"""So much more than the least must be free before the alert about a full disk clears."""
HISTORY_AFTER_S = 30.0
HISTORY_LAG_S_MAX = 300.0

MEGABYTE = 1_000_000

Kind = Literal["store", "disk", "history"]
log = logging.getLogger("tagwarden")


class WatchedPart:
    """One part: broken or well, as it was told, which changes once the other has lasted."""

    def __init__(
        self, *, broken: bool, broken_after_s: float = 0.0, well_after_s: float = 0.0
    ) -> None:
        self.broken = broken
        self._after_s = {True: broken_after_s, False: well_after_s}
        self._otherwise_since_s: float | None = None

    def turns(self, now_s: float, *, broken: bool) -> bool:
        """Whether what is seen now is news."""
        if broken is self.broken:
            self._otherwise_since_s = None
            return False
        if self._otherwise_since_s is None:
            self._otherwise_since_s = now_s
        if now_s - self._otherwise_since_s < self._after_s[broken]:
            return False
        self.broken, self._otherwise_since_s = broken, None
        return True


class SelfWatch:
    """Tells the pipeline of each part of the gateway that breaks, and when it is well again.

    `troubles` says what is wrong with each other store of the history, None if nothing is.
    `free_bytes` is how much room is left beside the data, `free_mb_min` how much there has to
    be; with 0 nobody looks.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- what it watches, and its two clocks
        self,
        collector: Collector,
        follower: SightingsFollower,
        clock: Callable[[], int],
        free_bytes: Callable[[], int],
        free_mb_min: Callable[[], float],
        monotonic_s: Callable[[], float] = time.monotonic,
        troubles: Callable[[], Mapping[str, str | None]] = dict,
    ) -> None:
        self._collector = collector
        self._follower = follower
        self._clock = clock
        self._free_bytes = free_bytes
        self._free_mb_min = free_mb_min
        self._monotonic_s = monotonic_s
        self._troubles = troubles
        self._ask_disk_at_s = monotonic_s()

        def was_broken(kind: Kind) -> bool:
            return bool(broken_parts(collector, kind))

        self._store = WatchedPart(broken=was_broken("store"), well_after_s=STORE_WELL_AFTER_S)
        self._disk = WatchedPart(broken=was_broken("disk"))
        self._histories = {
            name: _history_part(broken=True) for name in broken_parts(collector, "history")
        }

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell what has changed since the last look."""
        degraded = self._collector.degraded
        # A commit that failed just now is no fault yet, but no recovery either.
        fault = degraded or (self._collector.station.fault if self._store.broken else None)
        self._note("store", "state.db", self._store, fault)
        if self._monotonic_s() >= self._ask_disk_at_s:
            self._ask_disk_at_s += DISK_EVERY_S
            await self._look_at_disk()
        if degraded is None:
            # What the journal does not have, the history can not have either.
            self._look_at_histories({SIGHTINGS: self._lateness(), **self._troubles()})

    def _look_at_histories(self, troubles: Mapping[str, str | None]) -> None:
        """A store that the site file names no longer has no trouble any more."""
        for name in [*troubles, *(name for name in self._histories if name not in troubles)]:
            part = self._histories.setdefault(name, _history_part(broken=False))
            self._note("history", name, part, troubles.get(name))

    async def _look_at_disk(self) -> None:
        try:
            free_mb = await asyncio.to_thread(self._free_bytes) / MEGABYTE
        except OSError as error:
            log.warning("nobody knows how much room is left: %s", error)
            return
        wanted_mb = self._free_mb_min() * (DISK_WELL_FACTOR if self._disk.broken else 1)
        short = free_mb < wanted_mb
        detail = f"{free_mb:.0f} MB are free, {self._free_mb_min():g} MB are needed"
        self._note("disk", "data folder", self._disk, detail if short else None)

    def _lateness(self) -> str | None:
        follower, station = self._follower, self._collector.station
        if follower.fault is not None:
            return follower.fault
        if follower.newest_ns is None or follower.position >= station.committed_position:
            return None
        lag_s = (station.pipeline.state.now_ns - follower.newest_ns) / SECOND_NS
        return f"{lag_s:.0f} s behind the journal" if lag_s > HISTORY_LAG_S_MAX else None

    def _note(self, kind: Kind, name: str, part: WatchedPart, detail: str | None) -> None:
        if part.turns(self._monotonic_s(), broken=detail is not None):
            self._collector.put(
                GatewayFault(
                    arrival_ns=self._clock(),
                    kind=kind,
                    name=name,
                    broken=part.broken,
                    detail=detail or "",
                )
            )


def _history_part(*, broken: bool) -> WatchedPart:
    return WatchedPart(broken=broken, broken_after_s=HISTORY_AFTER_S, well_after_s=HISTORY_AFTER_S)


def broken_parts(collector: Collector, kind: str) -> list[str]:
    """The parts of one kind that were broken when the gateway went down, by name."""
    faults = collector.station.pipeline.state.judged.faults.values()
    return [fault.name for fault in faults if fault.kind == kind]


def free_bytes_of(path: Path) -> Callable[[], int]:
    """Asks how much room is left on the disk of a folder."""
    return lambda: shutil.disk_usage(path).free
