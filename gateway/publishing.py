"""What brokers are told: the publishers of the site file, and where their facts come from."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from alerts.selection import selects
from alerts.settings import AssetSelector
from api.presence import standing_of
from delivery.presence import (
    Fact,
    ReaderState,
    SensorValues,
    Subject,
    Whereabouts,
    ZoneState,
)
from delivery.publisher import OpenLink, Publisher
from delivery.settings import PublishSettings
from gateway.collector import Collector
from gateway.desk import GatewayDesk
from gateway.entries import Observed, SiteChanged
from gateway.journal import Group
from gateway.site import Site
from history.filters import AssetFilter
from history.outputs import AssetRemoved, AssetStored, Output
from history.paging import PageRequest
from history.questions import StateQuestions
from inventory.assets import Asset
from inventory.register import Register
from readers.health import ReaderHealth
from tags.latest import Latest
from zones.movements import Movement

ASSETS_AT_ONCE = 200


class Stored(NamedTuple):
    """An asset and where it is, as `StateQuestions.position` says it."""

    asset: Asset
    position: dict[str, Any]


class GatewayFacts:
    """The facts of a running gateway, of the assets that a selection chooses.

    Assets and where they are come from the committed tables; how readers and zones are, fixes
    and the values of sensors come from memory.
    """

    def __init__(
        self,
        questions: StateQuestions,
        desk: GatewayDesk,
        latest: Latest,
        chosen: AssetSelector,
    ) -> None:
        self._questions = questions
        self._desk = desk
        self._latest = latest
        self._chosen = chosen

    async def everything(self) -> AsyncIterator[Sequence[Fact]]:
        """All facts, a page at a time; assets first."""
        request: PageRequest | None = PageRequest(limit=ASSETS_AT_ONCE, sort="seq")
        while request is not None:
            stored, cursor = await asyncio.to_thread(self._page, request)
            yield [self._whereabouts(each) for each in stored]
            following = PageRequest(limit=ASSETS_AT_ONCE, cursor=cursor, sort="seq")
            request = None if cursor is None else following
        sensors = list(self._latest.measurements)
        yield [*self._zones(), *self._readers(), *self._sensors(sensors)]

    async def look_up(self, subjects: Sequence[Subject]) -> Sequence[Fact]:
        """The facts of these subjects; what is gone or not chosen has none."""
        wanted = set(subjects)
        assets = [subject.name for subject in subjects if subject.kind == "assets"]
        sensors = [subject.name for subject in subjects if subject.kind == "sensors"]
        stored = await asyncio.to_thread(self._stored, assets) if assets else []
        return [
            *(self._whereabouts(each) for each in stored),
            *(zone for zone in self._zones() if Subject("zones", zone.name) in wanted),
            *(reader for reader in self._readers() if Subject("readers", reader.name) in wanted),
            *self._sensors(sensors),
        ]

    def _page(self, request: PageRequest) -> tuple[list[Stored], str | None]:
        page = self._questions.assets(AssetFilter(), request)
        return self._placed(page.items), page.cursor

    def _stored(self, assets: Sequence[str]) -> list[Stored]:
        found = [self._questions.asset(asset) for asset in assets]
        return self._placed(row for row in found if row is not None)

    def _placed(self, rows: Iterable[dict[str, Any]]) -> list[Stored]:
        """Look up where the chosen ones are; one that is removed meanwhile is left out."""
        chosen = [asset for row in rows if self._is_chosen(asset := msgspec.convert(row, Asset))]
        placed = [(asset, self._questions.position(asset.id)) for asset in chosen]
        return [Stored(asset, position) for asset, position in placed if position is not None]

    def _is_chosen(self, asset: Asset) -> bool:
        return selects(self._chosen, asset, asset.tags[0] if asset.tags else "")

    def _whereabouts(self, stored: Stored) -> Whereabouts:
        at = stored.position
        return Whereabouts(
            stored.asset,
            zone=at["zone"],
            since=at["since"],
            last_zone=at["last_zone"],
            presence=standing_of(self._desk, at).presence,
            tag=at["tag"],
            fix=self._desk.fix_of(stored.asset.id),
        )

    def _zones(self) -> list[ZoneState]:
        names = [zone["name"] for zone in self._desk.zones()]
        return [ZoneState(name, healthy=self._desk.zone_is_healthy(name)) for name in names]

    def _readers(self) -> list[ReaderState]:
        return [
            ReaderState(
                shown["name"], shown["state"], shown["since"], shown["reason"], shown["remedy"]
            )
            for shown in self._desk.readers()
        ]

    def _sensors(self, names: Iterable[str]) -> list[SensorValues]:
        known = self._latest.measurements
        return [SensorValues(name, tuple(known[name].values())) for name in names if name in known]


class _Running(NamedTuple):
    """A publisher that runs, and what it was made of."""

    site: str
    settings: PublishSettings
    publisher: Publisher
    task: "asyncio.Task[None]"


class Publishing:
    """All publishers of the site file; `count` is that of `delivery.publisher.Publisher`."""

    def __init__(  # noqa: PLR0913, PLR0917 -- the gateway hands in all that it is made of
        self,
        questions: StateQuestions,
        desk: GatewayDesk,
        collector: Collector,
        open_link: OpenLink,
        rng: random.Random,
        count: Callable[[str, str], None],
    ) -> None:
        self._questions = questions
        self._desk = desk
        self._collector = collector
        self._open_link = open_link
        self._rng = rng
        self._count = count
        self._running: dict[str, _Running] = {}

    async def update(self, site: Site, group: asyncio.TaskGroup) -> None:
        """Start what is new in the site file, start what changed there anew, end what is gone."""
        name, wanted = site.settings.site.name, {each.name: each for each in site.settings.publish}
        await self._end(
            running
            for running in list(self._running.values())
            if (running.site, running.settings) != (name, wanted.get(running.settings.name))
        )
        for settings in wanted.values():
            if settings.name not in self._running:
                self._start(name, settings, group)

    def note(self, groups: Sequence[Group]) -> None:
        """Groups are committed: whoever tells of what they changed has something to do."""
        if not self._running:
            return
        changed = changes_of(groups, self._collector.station.pipeline.judge.register)
        zones = [zone["name"] for zone in self._desk.zones()] if changed.readers else []
        subjects = {*changed.subjects, *(Subject("zones", name) for name in zones)}
        for running in self._running.values():
            running.publisher.note(subjects, everything=changed.everything)

    async def end(self) -> None:
        """Say goodbye to all brokers."""
        await self._end(list(self._running.values()))

    def _start(self, site: str, settings: PublishSettings, group: asyncio.TaskGroup) -> None:
        latest = self._collector.station.pipeline.state.latest
        facts = GatewayFacts(self._questions, self._desk, latest, settings.assets)
        publisher = Publisher(
            settings,
            site,
            facts,
            open_link=self._open_link,
            rng=self._rng,
            count=self._count,
        )
        task = group.create_task(publisher.run(), name=f"publish {settings.name}")
        self._running[settings.name] = _Running(site, settings, publisher, task)

    async def _end(self, some: Iterable[_Running]) -> None:
        ended = [self._running.pop(running.settings.name).task for running in some]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)


class Changes(NamedTuple):
    """What some committed groups changed.

    `readers` tells that the health of one did, and so perhaps that of zones; `everything`
    that the site file did.
    """

    subjects: set[Subject]
    readers: bool
    everything: bool


def changes_of(groups: Sequence[Group], register: Register) -> Changes:
    """Look through groups for what somebody may have been told of."""
    subjects: set[Subject] = set()
    everything = False
    for group in groups:
        for numbered in group.outputs:
            subject = _subject_of(numbered.output)
            if subject is not None:
                subjects.add(subject)
        for entry in group.entries:
            if isinstance(entry, Observed):
                subjects |= _observed(entry, register)
            everything = everything or isinstance(entry, SiteChanged)
    readers = any(subject.kind == "readers" for subject in subjects)
    return Changes(subjects, readers, everything)


def _subject_of(output: Output) -> Subject | None:
    match output:
        case Movement(asset=str(asset)) | AssetRemoved(asset=asset):
            return Subject("assets", asset)
        case AssetStored(asset=Asset(id=asset)):
            return Subject("assets", asset)
        case ReaderHealth(reader=reader):
            return Subject("readers", reader)
        case _:
            return None


def _observed(observed: Observed, register: Register) -> set[Subject]:
    owners = {register.asset_of(fix.tag) for fix in observed.fixes}
    assets = {Subject("assets", owner.id) for owner in owners if owner is not None}
    return assets | {Subject("sensors", each.sensor) for each in observed.measurements}
