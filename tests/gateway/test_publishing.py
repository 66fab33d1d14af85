"""What brokers are told comes from what is committed, and only of what is chosen."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import pytest

from alerts.settings import AssetSelector
from delivery.presence import ReaderState, SensorValues, Subject, Whereabouts, ZoneState
from delivery.settings import PublishSettings
from gateway.entries import Entry, Observed, SiteChanged, Tick
from gateway.journal import Group
from gateway.publishing import ASSETS_AT_ONCE, GatewayFacts, Publishing, changes_of
from gateway.site import Site, parse_site
from history.outputs import AssetRemoved, AssetStored, Numbered, Output, ZonesChanged
from history.questions import StateQuestions
from inventory.assets import Asset
from inventory.changes import StoreAssets
from inventory.register import Register, RegisterState
from readers.health import ReaderHealth
from readers.mqtt.settings import Will
from tags.latest import Latest
from tags.reads import Fix, Measurement
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved
from tests.delivery.made import Counts
from tests.delivery.told import MadeLink

FIX = Fix("gps:1", "phones", NOON_NS, NOON_NS, lat=52.5, lon=13.4)
HEAT = Measurement("cellar", "temperature", 7.5, "°C", NOON_NS, NOON_NS)


class MadeDesk(FakeDesk):
    """A desk over a real state.db, with a fix for one asset."""

    def fix_of(self, asset: str) -> Fix | None:
        return FIX if asset == "L1" else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MadeDesk]:
    desk = MadeDesk(tmp_path / "state.db")
    yield desk
    desk.state.close()


@pytest.fixture
def questions(desk: MadeDesk, tmp_path: Path) -> Iterator[StateQuestions]:
    del desk
    questions = StateQuestions(tmp_path / "state.db")
    yield questions
    questions.close()


def facts(desk: MadeDesk, questions: StateQuestions, **chosen: object) -> GatewayFacts:
    selector = AssetSelector.model_validate(chosen)
    latest = Latest(measurements={"cellar": {"temperature": HEAT}})
    return GatewayFacts(questions, desk, latest, selector)  # type: ignore[arg-type] # a stand-in


async def store(desk: MadeDesk, *assets: Asset) -> None:
    _ = await desk.submit(StoreAssets(arrival_ns=NOON_NS, by="test", assets=assets))


def group(*outputs: Output, entries: list[Entry] | None = None) -> Group:
    numbered = [Numbered(seq, output) for seq, output in enumerate(outputs)]
    return Group(1, NOON_NS, entries or [], numbered, 0)


class Depot(NamedTuple):
    """Publishers over brokers in memory; `links` are all that were opened."""

    publishing: Publishing
    links: list[MadeLink]
    desk: MadeDesk

    async def newest(self) -> MadeLink:
        await asyncio.sleep(0)  # a publisher that was just started opens its link
        await asyncio.wait_for(self.links[-1].online.wait(), 5)
        return self.links[-1]


@pytest.fixture
def depot(desk: MadeDesk, questions: StateQuestions) -> Depot:
    links: list[MadeLink] = []

    def opened(_settings: PublishSettings, _will: Will) -> MadeLink:
        links.append(MadeLink())
        return links[-1]

    pipeline = SimpleNamespace(
        state=SimpleNamespace(latest=Latest()), judge=SimpleNamespace(register=desk.register)
    )
    collector: Any = SimpleNamespace(station=SimpleNamespace(pipeline=pipeline))
    made: Any = desk
    rng, counts = random.Random(1), Counts()
    return Depot(Publishing(questions, made, collector, opened, rng, counts), links, desk)


def site(text: str, name: str = "depot") -> Site:
    return parse_site(f"site: {{name: {name}}}\nzones: [{{name: hall}}]\npublish: [{text}]\n")


HOME = "{name: home, address: mqtt://made}"
DEPOT, YARD, NOBODY = site(HOME), site(HOME, "yard"), site("")
ELSEWHERE = site(HOME.replace("}", ", prefix: other}"))


async def test_publishers_follow_the_site_file(depot: Depot) -> None:
    async with asyncio.TaskGroup() as group:
        await depot.publishing.update(DEPOT, group)
        first = await depot.newest()
        await depot.publishing.update(DEPOT, group)
        assert (len(depot.links), first.closed.is_set()) == (1, False)
        await depot.publishing.update(ELSEWHERE, group)
        assert first.closed.is_set()
        assert "other/depot/status" in (await depot.newest()).kept
        await depot.publishing.update(YARD, group)
        assert "tagwarden/yard/status" in (await depot.newest()).kept
        await depot.publishing.update(NOBODY, group)
        assert all(link.closed.is_set() for link in depot.links)
        depot.publishing.note([group_of_health()])
        await depot.publishing.update(DEPOT, group)
        last = await depot.newest()
        await depot.publishing.end()
        assert last.kept["tagwarden/depot/status"] == b"offline"


def group_of_health() -> Group:
    return group(ReaderHealth(reader="gate-1", state="offline", since_ns=NOON_NS))


async def test_a_reader_that_falls_silent_is_told_with_the_zones_that_it_covers(
    depot: Depot,
) -> None:
    async with asyncio.TaskGroup() as tasks:
        await depot.publishing.update(DEPOT, tasks)
        link = await depot.newest()
        depot.desk.sick_zones.add("hall")
        depot.publishing.note([group_of_health()])
        await asyncio.wait_for(link.says("tagwarden/depot/zones/hall/state", b"false"), 5)
        await depot.publishing.end()


async def everything(source: GatewayFacts) -> list[object]:
    return [fact async for page in source.everything() for fact in page]


async def test_all_that_is_chosen_is_told_page_by_page(
    desk: MadeDesk, questions: StateQuestions
) -> None:
    many = [Asset(id=f"A{at}", category="box") for at in range(ASSETS_AT_ONCE + 5)]
    await store(desk, Asset(id="L1", category="laptop", tags=("aa",)), *many)
    await desk.happen(moved("aa", None, "hall", 1, "L1"))
    told = await everything(facts(desk, questions))
    assert [type(fact) for fact in told[-5:]] == [ZoneState] * 3 + [ReaderState, SensorValues]
    assets = [fact for fact in told if isinstance(fact, Whereabouts)]
    assert len(assets) == len(many) + 1
    laptop = assets[0]
    assert (laptop.asset.id, laptop.zone, laptop.presence) == ("L1", "hall", "present")
    assert (laptop.since, laptop.fix) == ("2027-01-15T08:00:01.000000Z", FIX)
    assert {asset.presence for asset in assets[1:]} == {"unknown"}
    chosen = await everything(facts(desk, questions, category="laptop"))
    assert [fact.asset.id for fact in chosen if isinstance(fact, Whereabouts)] == ["L1"]


async def test_silence_is_no_departure(desk: MadeDesk, questions: StateQuestions) -> None:
    await store(desk, Asset(id="L1", tags=("aa",)), Asset(id="L2", tags=("bb",)))
    await desk.happen(moved("aa", None, "hall", 1, "L1"), moved("bb", None, "hall", 1, "L2"))
    await desk.happen(moved("bb", "hall", None, 2, "L2"))
    desk.sick_zones.add("hall")
    told = await everything(facts(desk, questions))
    shown = {
        fact.asset.id: (fact.zone, fact.presence) for fact in told if isinstance(fact, Whereabouts)
    }
    assert shown == {"L1": ("hall", "unknown"), "L2": (None, "departed")}
    assert ZoneState("hall", healthy=False) in told
    assert ZoneState("gate", healthy=True) in told


async def test_what_a_position_saw_outside_is_told_as_outside(
    desk: MadeDesk, questions: StateQuestions
) -> None:
    await store(desk, Asset(id="L1", tags=("aa",)))
    left = msgspec.structs.replace(moved("aa", "hall", None, 2, "L1"), kind="moved")
    await desk.happen(moved("aa", None, "hall", 1, "L1"), left)
    [told] = await facts(desk, questions).look_up([Subject("assets", "L1")])
    assert isinstance(told, Whereabouts)
    assert (told.zone, told.last_zone, told.presence) == (None, "hall", "outside")


async def test_what_is_asked_for_and_gone_or_not_chosen_has_no_fact(
    desk: MadeDesk, questions: StateQuestions
) -> None:
    await store(desk, Asset(id="L1", category="laptop"), Asset(id="B1", category="box"))
    wanted = [
        Subject("assets", "L1"),
        Subject("assets", "B1"),
        Subject("assets", "gone"),
        Subject("zones", "hall"),
        Subject("zones", "gone"),
        Subject("readers", "gate-1"),
        Subject("sensors", "cellar"),
        Subject("sensors", "gone"),
    ]
    found = await facts(desk, questions, category="laptop").look_up(wanted)
    assert [type(fact) for fact in found] == [Whereabouts, ZoneState, ReaderState, SensorValues]
    assert await facts(desk, questions).look_up([]) == []


def test_a_commit_names_all_that_it_changed() -> None:
    register = Register(RegisterState({"L1": Asset(id="L1", tags=("gps:1",))}))
    observed = Observed(NOON_NS, [FIX, Fix("gps:2", "phones", NOON_NS, NOON_NS)], [HEAT])
    changes = changes_of(
        [
            group(moved("aa", None, "hall", 1, "L2"), moved("bb", None, "hall", 1)),
            group(AssetStored(Asset(id="L3"), NOON_NS), AssetRemoved("L4", NOON_NS)),
            group(ZonesChanged({}, (), NOON_NS), entries=[Tick(NOON_NS), observed]),
        ],
        register,
    )
    assets = {Subject("assets", name) for name in ("L1", "L2", "L3", "L4")}
    assert changes.subjects == assets | {Subject("sensors", "cellar")}
    assert (changes.readers, changes.everything) == (False, False)


def test_a_readers_health_may_change_that_of_zones_and_a_site_file_everything() -> None:
    register = Register(RegisterState({}))
    health = ReaderHealth(reader="gate-1", state="offline", since_ns=NOON_NS)
    assert changes_of([group(health)], register).readers
    site = SiteChanged(NOON_NS, "site file", "v2", "")
    assert changes_of([group(entries=[site])], register).everything
