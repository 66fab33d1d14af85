"""The running gateway: all stations started, joined and stopped in the right order."""

import asyncio
import gc
import logging
import random
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time_ns
from typing import Any

from api.access import Access
from api.app import Api
from delivery.publisher import open_links
from gateway.archive import Archive, open_archive
from gateway.backups import GatewayBackups
from gateway.blueprints import stored_blueprint
from gateway.clock import SteadyClock
from gateway.collector import Collector
from gateway.control import serve
from gateway.data_folder import DataFolder
from gateway.delivering import Delivering
from gateway.desk import GatewayDesk
from gateway.dispatch import GatewayDispatch
from gateway.entries import SiteChanged
from gateway.erasing import GatewayErasing, finish
from gateway.errands import Errands
from gateway.figures import Counts, GatewayFigures
from gateway.journal import Group
from gateway.logs import UseLogs
from gateway.loose_tasks import ended
from gateway.previews import GatewayPreviews
from gateway.publishing import Publishing
from gateway.reader_tasks import ReaderTasks
from gateway.restoring import Decided, decided_now
from gateway.self_watch import SelfWatch, free_bytes_of
from gateway.site import Site
from gateway.site_desk import SiteDesk, Told
from gateway.site_plans import PlanFolder
from gateway.site_watch import SiteWatch
from gateway.station import Station
from gateway.supervisor import Supervisor
from gateway.support import told_of
from gateway.system import GatewaySystem
from gateway.web import Web
from history.outputs import Output
from history.questions import StateQuestions
from inventory.changes import Outcome
from tags.times import SECOND_NS

log = logging.getLogger("tagwarden")


@dataclass
class Options:
    """What the command line says beyond the site file."""

    listen: str | None = None
    site_path: Path | None = None
    rng: random.Random = field(default_factory=random.Random)
    announce: Callable[[Output], None] = lambda _output: None
    wall: Callable[[], int] = time_ns
    restartable: bool = False
    use_logs: UseLogs = lambda _settings: None


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
        self.stop, self.ready = asyncio.Event(), asyncio.Event()
        self.counts = Counts()
        self.restore: Decided | None = None
        """What to put in place once this one has stopped; its owner then starts another one."""
        self._options = options
        self._folder = folder
        self._web = Web(lambda: self.site.settings.server, options.listen)
        self._journal, self._sightings = open_archive(folder)
        finish(self._journal, options.wall())
        limits = site.settings.limits
        measure = self.counts.commit_seconds.add
        self.station = Station(
            self._journal, stored_blueprint, limits, measure, lambda: self.site.settings.history
        )
        self.counts.tags.begin(self.station.pipeline.state.located)
        self._subscribers = self._journal.subscribers = self.station.subscribers()
        self._clock = SteadyClock(self.station.pipeline.state.now_ns, wall=options.wall)
        _warn_of_clock(self._clock)
        self.collector = Collector(
            self.station, self._journal, self._clock, limits, self._note_commit
        )
        self.supervisor = Supervisor(self.collector, self._clock, options.rng)
        self.collector.restate = self.supervisor.restate
        self._questions = StateQuestions(folder.state)
        self._employ()
        self._group = asyncio.TaskGroup()
        """That of `run`, in which everything works."""
        self._reader_tasks = ReaderTasks(self.supervisor, lambda: self.site.settings.readers)
        self._desk.restart = self._reader_tasks.restart

    def _employ(self) -> None:
        """Make everybody who works beside the pipeline."""
        self._desk = self._make_desk()
        self._publishing = self._make_publishing()
        self._delivering = self._make_delivering()
        self._archive = self._make_archive()
        self._desk.erasing = self._make_erasing()
        self._self_watch = self._make_self_watch()
        self._site_desk = self._desk.site_edits = self._make_site_desk()
        self._previews = self._desk.previews = GatewayPreviews(
            self._folder.state,
            lambda: self.site,
            self._site_desk.imagined,
            self._clock,
            self.counts.previewed,
        )
        self._site_watch = SiteWatch(self._options.site_path, self._site_desk.reread)

    def _make_erasing(self) -> GatewayErasing:
        return GatewayErasing(
            self._folder.path,
            self.collector,
            self._journal,
            self._sightings,
            self._archive.follower,
            lambda: self.site,
            self._clock,
            self._forget_shown,
        )

    def _forget_shown(self) -> None:
        """Keep nothing in memory for those who ask: the past has got other names."""
        self._desk.whereabouts.clear()
        self._desk.live_board.forget()
        self._web.forget()

    def _make_self_watch(self) -> SelfWatch:
        return SelfWatch(
            self.collector,
            self._archive.follower,
            self._clock,
            free_bytes_of(self._folder.path),
            lambda: self.site.settings.limits.disk_free_mb_min,
            troubles=self._archive.copying.troubles,
        )

    def _make_desk(self) -> GatewayDesk:
        def site() -> Site:
            return self.site

        dispatch = GatewayDispatch(
            self.collector, lambda: self._delivering, site, time_ns, self._subscribers.forget
        )
        return GatewayDesk(
            self.collector, self.supervisor, site, self._clock, self._sightings, dispatch
        )

    def _make_site_desk(self) -> SiteDesk:
        return SiteDesk(
            self._options.site_path,
            lambda: self.site,
            self.collector,
            self._questions,
            self._put_in_force,
            PlanFolder(self._folder.path / "plans"),
        )

    def _make_delivering(self) -> Delivering:
        return Delivering(
            self._folder.state,
            self.site,
            self.collector,
            self.supervisor,
            self._clock,
            self._options.rng,
            self.counts.delivery,
            self._subscribers,
        )

    def _make_publishing(self) -> Publishing:
        return Publishing(
            self._questions,
            self._desk,
            self.collector,
            open_links(self._clock),
            self._options.rng,
            self.counts.published,
        )

    def _make_archive(self) -> Archive:
        return Archive(
            self._folder,
            self._sightings,
            self._journal,
            self.collector,
            lambda: self.site,
            self._clock,
            self._options.rng,
        )

    @property
    def address(self) -> str:
        """The URL of the API."""
        return self._web.address

    async def run(self) -> None:
        """Run until `stop` is set, then stop politely: readers, pipeline, followers, server."""
        async with AsyncExitStack() as stack:
            stack.callback(self._close)
            stack.callback(self._questions.close)
            figures = self._make_figures()
            self._system = self._desk.system = self._make_system(figures)
            registry = figures.all().registry
            web = self._web.open(self._desk, self._questions, self._folder.state, registry)
            app = web.app
            errands = self._make_errands(app)
            control = await serve(self._folder.socket, partial(self._answer, errands, app))
            stack.callback(control.close)
            async with asyncio.TaskGroup() as group:
                serving = web.begin(group)
                await self._work(group)
                await web.end(serving)

    def _make_errands(self, app: Api) -> Errands:
        access: Access = app.state.access
        return Errands(
            self.collector, self._clock, lambda: self._archive.copying.shipper, access.forget
        )

    async def _answer(self, errands: Errands, app: Api, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("do") == "support":
            return told_of(self._desk, app.state.metrics)
        if request.get("do") != "restore":
            return await errands.answer(request)
        if not self._options.restartable:
            return {"error": "this gateway can not start anew; stop it, and restore then"}
        self.restore = decided_now(self._folder.path, request["source"], request["made"])
        self.stop.set()
        return {"stopping": True}

    def _make_figures(self) -> GatewayFigures:
        return GatewayFigures(
            self.counts,
            self.collector,
            self.supervisor,
            self._delivering,
            self._archive,
        )

    def _make_system(self, figures: GatewayFigures) -> GatewaySystem:
        backups = GatewayBackups(
            self._folder,
            lambda: self.site.settings.backup,
            self._clock,
            self._desk.note_deed,
            self.counts.backed_up,
        )
        return GatewaySystem(
            figures,
            self.counts,
            self._desk.rates,
            self._folder,
            lambda: self.site,
            self._clock,
            self._desk.readiness,
            backups,
        )

    async def _work(self, group: asyncio.TaskGroup) -> None:
        """Everything but the server, from the first entry to the last that is committed."""
        self._group = group
        collecting = group.create_task(self.collector.run(), name="collector")
        trailing = [
            *self._delivering.begin(group),
            *self._archive.begin(group),
        ]
        watching = [
            group.create_task(self._site_watch.run(), name="site"),
            group.create_task(self.supervisor.watch_silence(), name="silence"),
            group.create_task(self._self_watch.run(), name="self-watch"),
            group.create_task(self._system.run(), name="system"),
        ]
        await self._begin(group)
        await self.stop.wait()
        # A site file that is just taken over must not start readers behind our back.
        await ended(watching)
        await self._close_doors()
        await self._reader_tasks.end()
        self.collector.end()
        await collecting
        await ended(trailing)
        await self._publishing.end()
        await self.collector.drain()
        await self._delivering.outbox.finish()
        await self._archive.finish()

    async def _close_doors(self) -> None:
        """Take no more errands of people, and finish or give up those that run."""
        await self._site_desk.close()
        await self._previews.close()
        await self._system.backups.close()
        await self._delivering.deliverer.quieten()

    def stop_on_signals(self, stop: Callable[[], object] | None = None) -> None:
        """Ctrl-C and SIGTERM stop the gateway or call `stop`, SIGHUP reads the site file again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop or self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reread_site)

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        for entry in self.station.start_entries(self.site, self._clock()):
            self.collector.put(entry)
        await self._reader_tasks.begin(group)
        await self._publishing.update(self.site, group)
        await self._archive.copying.update(self.site, group)
        tune_garbage_collection()
        self.ready.set()
        self._site_desk.open()
        self._system.backups.open(group)
        self._previews.open(group)

    def _reread_site(self) -> None:
        self._site_watch.ask()
        self._web.reread_certificate()

    async def _put_in_force(self, site: Site, told: Told) -> asyncio.Future[Outcome]:
        """Work by another site from now on; the future is done once that is committed."""
        group = self._group
        self.site = site
        committed = self.collector.hand_in(
            SiteChanged(
                self._clock(), told.by, site.version, site.text, why=told.why, what=told.what
            ),
        )
        self._delivering.update(site)
        self._web.use_settings()
        await self._reader_tasks.update()
        await self._publishing.update(site, group)
        await self._archive.copying.update(site, group)
        self._options.use_logs(site.settings.log)
        log.info("site file taken over, version %s", site.version)
        return committed

    def _note_commit(self, groups: list[Group]) -> None:
        """After each commit: figures, and whoever waits for outputs."""
        called = self.counts.note_outputs(groups, self._clock())
        if self._subscribers.take_told() or called:
            self._delivering.deliverer.wake()
        self._publishing.note(groups)
        self._desk.live_board.note(groups)
        for group in groups:
            self._desk.whereabouts.note(group.outputs)
            for numbered in group.outputs:
                self._options.announce(numbered.output)

    def _close(self) -> None:
        self._delivering.outbox.close()
        self._archive.close()
        self.collector.close()
        self._journal.close()
        self._web.close()
        self._folder.socket.unlink(missing_ok=True)


def _warn_of_clock(clock: SteadyClock) -> None:
    if clock.ahead_ns > SECOND_NS:
        log.warning("the clock was set back; times run ahead of it until it has caught up")
