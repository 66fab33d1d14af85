"""The running gateway: all stations started, joined and stopped in the right order."""

import asyncio
import gc
import logging
import random
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns

from api.access import keys_in
from api.app import create_app
from delivery.outbox import oldest_waiting_ns
from delivery.worker import Deliverer
from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.control import serve
from gateway.data_folder import DataFolder
from gateway.desk import GatewayDesk
from gateway.errands import Errands
from gateway.figures import Counts, figures_of
from gateway.followers import SightingsFollower
from gateway.journal import Group, SqliteJournal
from gateway.metrics import Labelled
from gateway.server import Server, address_of, bind
from gateway.site import Site, SiteError, load_site
from gateway.station import Station
from gateway.supervisor import Supervisor
from history.outputs import Output
from history.questions import StateQuestions
from history.sqlite_sightings import SqliteSightings
from history.state import open_reader, open_state
from readers.settings import ReaderSettings
from tags.times import SECOND_NS
from zones.clock import EventClock

SITE_POLL_S = 1.0

log = logging.getLogger("tagwarden")


@dataclass
class Options:
    """What the command line says beyond the site file."""

    listen: str | None = None
    site_path: Path | None = None
    clock: Callable[[], int] = time_ns
    rng: random.Random = field(default_factory=random.Random)
    announce: Callable[[Output], None] = lambda _output: None


def tune_garbage_collection() -> None:
    """Look for cycles rarely.

    What lives on the path of a read is freed by counting references, and looking
    through all that a large site keeps in memory costs more than the reads.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Gateway:
    """One site's gateway on one data folder, whose lock the caller holds."""

    def __init__(self, folder: DataFolder, site: Site, options: Options) -> None:
        self.site = site
        self.stop = asyncio.Event()
        self.ready = asyncio.Event()
        self._options = options
        self._folder = folder
        self._clock = options.clock
        self._listener: socket.socket = bind(options.listen or site.settings.server.listen)
        self.counts = Counts()
        self._journal = SqliteJournal(open_state(folder.state))
        limits = site.settings.limits
        self.station = Station(
            self._journal, stored_blueprint, limits, self.counts.commit_seconds.add
        )
        self.collector = Collector(
            self.station, self._journal, self._clock, limits, self._note_commit
        )
        self.supervisor = Supervisor(self.collector, self._clock, options.rng)
        self._deliverer = Deliverer(
            {channel.name: channel for channel in site.settings.channels},
            self.collector,
            clock=self._clock,
            rng=options.rng,
            count=self.counts.delivery,
        )
        self._follower = SightingsFollower(
            folder.state,
            SqliteSightings(folder.sightings),
            self.collector,
            EventClock(dict(self.station.pipeline.state.located[0].offsets_ns)),
            lambda store: store.expire(self.site.settings.history.keep_days, self._clock()),
        )
        self._readers: dict[str, tuple[ReaderSettings, asyncio.Task[None]]] = {}
        self._reread = False

    @property
    def address(self) -> str:
        """The URL of the API."""
        return address_of(self._listener)

    async def run(self) -> None:
        """Run until `stop` is set, then stop politely: readers, pipeline, followers, server."""
        questions = StateQuestions(self._folder.state)
        desk = GatewayDesk(self.collector, self.supervisor, lambda: self.site, self._clock)
        figures = figures_of(
            self.counts, self.collector, self.supervisor, self._follower, self._outbox_ages_s
        )
        app = create_app(desk, questions, keys_in(self._folder.state), figures.registry)
        server = Server(app)
        async with AsyncExitStack() as stack:
            stack.callback(self._close)
            stack.callback(questions.close)
            errands = Errands(self.collector, self._clock)
            control = await serve(self._folder.socket, errands.answer)
            stack.callback(control.close)
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(server.serve([self._listener]), name="http")
                collecting = group.create_task(self.collector.run(), name="collector")
                trailing = [
                    group.create_task(self._deliverer.run(), name="delivery"),
                    group.create_task(self._follower.run(), name="sightings"),
                    group.create_task(self._watch_site(group), name="site"),
                ]
                self._begin(group)
                await self.stop.wait()
                await self._end_readers()
                collecting.cancel()
                for task in trailing:
                    task.cancel()
                await asyncio.gather(collecting, *trailing, return_exceptions=True)
                await self.collector.drain()
                await self._follower.catch_up()
                app.streams.end_all()
                server.should_exit = True
                await serving

    def stop_on_signals(self) -> None:
        """Ctrl-C and SIGTERM stop the gateway, SIGHUP reads the site file again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reread_site)

    def _begin(self, group: asyncio.TaskGroup) -> None:
        for entry in self.station.start_entries(self.site, self._clock()):
            self.collector.put(entry)
        self._start_readers(group)
        tune_garbage_collection()
        self.ready.set()

    def _start_readers(self, group: asyncio.TaskGroup) -> None:
        """Start what is new in the site file, restart what changed there, end what is gone."""
        wanted = {settings.name: settings for settings in self.site.settings.readers}
        for name, (settings, task) in list(self._readers.items()):
            if wanted.get(name) != settings:
                task.cancel()
                del self._readers[name]
                self.supervisor.watches.pop(name, None)
        for name, settings in wanted.items():
            if name not in self._readers:
                task = group.create_task(self.supervisor.run(settings), name=name)
                self._readers[name] = (settings, task)

    async def _end_readers(self) -> None:
        tasks = [task for _, task in self._readers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch_site(self, group: asyncio.TaskGroup) -> None:
        """Take a changed site file over; keep the old one if the new one is wrong."""
        path = self._options.site_path
        seen = None if path is None else _stamp(path)
        while path is not None:
            await asyncio.sleep(SITE_POLL_S)
            stamp = _stamp(path)
            if stamp == seen and not self._reread:
                continue
            seen, self._reread = stamp, False
            await self._take_over(path, group)

    def _reread_site(self) -> None:
        self._reread = True

    async def _take_over(self, path: Path, group: asyncio.TaskGroup) -> None:
        try:
            site = await asyncio.to_thread(load_site, path)
        except SiteError as error:
            for problem in error.problems:
                log.warning("site file not taken over: %s", problem)
            return
        if site.version == self.site.version:
            return
        self.site = site
        for entry in self.station.start_entries(site, self._clock())[1:]:
            self.collector.put(entry)
        self._deliverer.update_channels(
            {channel.name: channel for channel in site.settings.channels},
        )
        self._start_readers(group)
        log.info("site file taken over, version %s", site.version)

    def _note_commit(self, groups: list[Group]) -> None:
        """After each commit: figures, and whoever waits for outputs."""
        if self.counts.note_outputs(groups, self._clock()):
            self._deliverer.wake()
        for group in groups:
            for numbered in group.outputs:
                self._options.announce(numbered.output)

    def _outbox_ages_s(self) -> Labelled:
        now_ns = self._clock()
        with closing(open_reader(self._folder.state)) as connection:
            ages = {
                (channel.name,): oldest_waiting_ns(connection, channel.name)
                for channel in self.site.settings.channels
            }
        return {
            name: 0.0 if since_ns is None else (now_ns - since_ns) / SECOND_NS
            for name, since_ns in ages.items()
        }

    def _close(self) -> None:
        self._follower.close()
        self.collector.close()
        self._journal.connection.close()
        self._listener.close()
        self._folder.socket.unlink(missing_ok=True)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
