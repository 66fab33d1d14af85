"""The other store that the site file names for the history: who ships to it, and how that goes."""

import asyncio
import random
from collections.abc import Callable, Mapping

from gateway.collector import Collector
from gateway.data_folder import DataFolder
from gateway.metrics import Labelled
from gateway.shipping import Destination, Shipper
from gateway.site import Site
from history.influx_copy import InfluxCopy
from history.influx_write import PutAside
from history.settings import HistorySettings

INFLUXDB = "influxdb"


def open_influxdb(settings: HistorySettings, put_aside: PutAside) -> Destination:
    """The store of a site file."""
    return InfluxCopy(settings, put_aside)


def key_of(settings: HistorySettings) -> str:
    """What the cursors of a store are for: another server or database has nothing yet."""
    place = [settings.url, settings.organization, settings.database, settings.retention_policy]
    return " ".join([INFLUXDB, *(each for each in place if each)])


class Copying:
    """Ships to the store of the site file, where it names one."""

    def __init__(
        self,
        folder: DataFolder,
        collector: Collector,
        clock: Callable[[], int],
        rng: random.Random,
        expired: Callable[[str], int],
    ) -> None:
        self.shipper: Shipper | None = None
        self._folder = folder
        self._collector = collector
        self._clock = clock
        self._rng = rng
        self._expired = expired
        self._settings: HistorySettings | None = None
        self._task: asyncio.Task[None] | None = None

    async def update(self, site: Site, group: asyncio.TaskGroup) -> None:
        """Ship as the site file says now; what was on its way is shipped again."""
        wanted = site.settings.history
        if wanted == self._settings:
            return
        await self.end()
        self._settings = wanted
        if wanted.store == INFLUXDB:
            self.shipper = await asyncio.to_thread(self._open, wanted)
            self._task = group.create_task(self.shipper.run(), name=f"history {INFLUXDB}")

    async def end(self) -> None:
        """Stop shipping, within about two seconds whatever the other store does."""
        shipper, task = self.shipper, self._task
        self.shipper, self._task, self._settings = None, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if shipper is not None:
            await shipper.finish()

    def troubles(self) -> Mapping[str, str | None]:
        """What is wrong with the store; nothing where none is named."""
        return {each.name: each.trouble for each in self._shippers()}

    def lags_s(self) -> Labelled:
        """How old the oldest is that it has not got."""
        return {(each.name,): each.lag_s for each in self._shippers()}

    def backlogs(self) -> Labelled:
        """Slots of sightings and decisions that wait."""
        return {(each.name,): each.backlog for each in self._shippers()}

    def set_aside(self) -> Labelled:
        """Lines that it refused for good since the start."""
        return {(each.name,): each.set_aside_total for each in self._shippers()}

    def dropped(self) -> Labelled:
        """What it will never get, by store and reason."""
        return {
            (each.name, reason): count
            for each in self._shippers()
            for reason, count in each.dropped.items()
        }

    def _shippers(self) -> list[Shipper]:
        return [] if self.shipper is None else [self.shipper]

    def _open(self, settings: HistorySettings) -> Shipper:
        return Shipper(
            INFLUXDB,
            key_of(settings),
            lambda put_aside: open_influxdb(settings, put_aside),
            state=self._folder.state,
            sightings=self._folder.sightings,
            transact=self._collector,
            clock=self._clock,
            rng=self._rng,
            expired=self._expired,
        )
