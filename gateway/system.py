"""How the gateway is, put together from what it counts anyway, and from a look at its disk."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from typing import Any

from gateway.backups import PATIENCE_S, GatewayBackups
from gateway.data_folder import DataFolder
from gateway.figures import Counts, GatewayFigures
from gateway.loose_thread import call_loosely
from gateway.metrics import Labelled
from gateway.read_rates import EVERY_S, KEPT, ReadRates
from gateway.recent_durations import RecentDurations
from gateway.site import Site
from gateway.storage import Storage, storage_of
from tags.times import format_time

VERSION = version("tagwarden")
LOOK_EVERY_S = 30.0
_NOTHING_SEEN = Storage(0, 0, 0, 0, 0, 0, 0, None)

log = logging.getLogger("tagwarden")


class GatewaySystem:
    """Fulfils `api.running.System`. What is asked for costs the way of a read nothing."""

    def __init__(  # noqa: PLR0913, PLR0917 -- it joins what tells of the gateway
        self,
        figures: GatewayFigures,
        counts: Counts,
        rates: ReadRates,
        folder: DataFolder,
        site: Callable[[], Site],
        clock: Callable[[], int],
        readiness: Callable[[], tuple[str, list[str]]],
        backups: GatewayBackups,
    ) -> None:
        self.backups = backups
        self._figures = figures
        self._rates = rates
        self._folder = folder
        self._site = site
        self._clock = clock
        self._readiness = readiness
        self._started_ns = clock()
        self._commits = RecentDurations(counts.read_seconds, KEPT)
        self._alerts = RecentDurations(counts.alert_seconds, KEPT)
        self._storage = _NOTHING_SEEN
        self._looked_ns = self._started_ns
        self._look_at_s = -LOOK_EVERY_S
        self._look: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Note now and then how far the counts are, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.note()

    def note(self) -> None:
        """Note how far the counts are."""
        self._rates.note()
        self._commits.note()
        self._alerts.note()

    async def told(self) -> dict[str, Any]:
        """How the gateway is, as `GET system` shows it."""
        site, (status, reasons) = self._site(), self._readiness()
        return {
            "version": VERSION,
            "started": format_time(self._started_ns),
            "now": format_time(self._clock()),
            "timezone": site.settings.site.timezone,
            "site": site.settings.site.name,
            "site_version": site.version,
            "readiness": {"status": status, "reasons": reasons},
            "commit_seconds": _seconds(self._commits),
            "alert_seconds": _seconds(self._alerts),
            "reads": self._reads(),
            "backlog": self._backlog(),
            "storage": await self._stored(),
            "backup": await self._last_backup(),
        }

    def _reads(self) -> dict[str, Any]:
        series = self._rates.of_all()
        return {
            "committed": _sum(self._figures.committed()),
            "folded": _sum(self._figures.folded()),
            "dropped": _sum(self._figures.dropped()),
            "per_second": series[-1] if series else 0.0,
            "series": series,
            "every_s": EVERY_S,
        }

    def _backlog(self) -> dict[str, Any]:
        figures = self._figures
        queues, rows = figures.queues(), figures.outbox_rows()
        waiting = figures.history_backlog()
        return {
            "pipeline": int(queues["pipeline",]),
            "commit": int(queues["commit",]),
            "outbox_oldest_s": max(figures.outbox_ages_s().values(), default=0.0),
            "outbox_waiting": int(sum(n for (_, state), n in rows.items() if state != "dead")),
            "outbox_dead": int(sum(n for (_, state), n in rows.items() if state == "dead")),
            "history": [
                {"store": name, "lag_s": lag_s, "waiting": int(waiting.get((name,), 0))}
                for (name,), lag_s in figures.history_lag_s().items()
            ],
        }

    async def _stored(self) -> dict[str, Any]:
        """What the data takes, as far as the disks answer; looked at once in 30 s at most."""
        if self._look is None and time.monotonic() >= self._look_at_s:
            self._look = asyncio.create_task(self._looked(), name="storage")
        if self._look is not None:
            await asyncio.wait([self._look], timeout=PATIENCE_S)
        storage, keep_days = self._storage, self._site().settings.history.keep_days
        told = {name: value for name, value in storage._asdict().items() if name != "day_bytes"}
        return {
            "looked": format_time(self._looked_ns),
            **told,
            "keep_days": keep_days,
            "days_until_full": storage.days_until_full(keep_days),
        }

    async def _looked(self) -> None:
        look = partial(storage_of, self._folder, self.backups.place)
        try:
            self._storage = await call_loosely("storage", look)
        except OSError as error:
            log.warning("nobody knows how much room the data takes: %s", error)
        else:
            self._looked_ns = self._clock()
        finally:
            self._look, self._look_at_s = None, time.monotonic() + LOOK_EVERY_S

    async def _last_backup(self) -> dict[str, Any] | None:
        ended = [row for row in await self.backups.listed() if row["state"] != "running"]
        if not ended:
            return None
        last = ended[-1]
        return {
            "id": last["id"],
            "made": last["ended"],
            "bytes": last["bytes"],
            "ok": last["state"] == "done" and not last["reason"],
            "where": last["where"],
        }


def _seconds(recent: RecentDurations) -> dict[str, Any]:
    return {"over_s": EVERY_S * KEPT, **asdict(recent.told())}


def _sum(counted: Labelled) -> int:
    return int(sum(counted.values()))
