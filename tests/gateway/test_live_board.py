"""The live board over a real pipeline: the same whether it was watched all the time or not."""

import asyncio
from collections.abc import Sequence

import pytest

from api.live_state import LiveItem
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, ReadGroup, SiteChanged, Tick
from gateway.journal import Group
from gateway.live_board import HEARD_AGAIN_NS, LiveBoard
from gateway.pipeline import Pipeline
from gateway.site import parse_site
from inventory.changes import RemoveAsset
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, SITE, TAGS, day, read, start


class Watched:
    """A pipeline with its board, and what somebody knows who folds the news."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(stored_blueprint)
        self.site = parse_site(SITE)
        self.board = self.fresh_board()
        self.known: dict[str, LiveItem] = {}
        self.unheard: tuple[str, ...] = ()
        self._number = 0
        self._seq = 0

    def fresh_board(self) -> LiveBoard:
        return LiveBoard(
            lambda: self.pipeline,
            lambda: self.site,
            lambda: self.pipeline.state.now_ns,
            lambda zone, _tag: zone not in self.pipeline.state.located[0].healthy_since_ns,
        )

    def happen(self, *entries: Entry) -> None:
        outputs = self.pipeline.advance(entries).outputs
        self.board.note([Group(1, self.pipeline.state.now_ns, list(entries), outputs, 0)])

    def read(self, tag: str, at_s: float, reader: str = "dock", antenna: int = 1) -> None:
        at_ns = NOON_NS + int(at_s * SECOND_NS)
        self._seq += 1
        self.happen(ReadGroup("local", self._seq, [read(tag, at_ns, reader, antenna)]))

    def pass_to(self, at_s: float) -> None:
        self.happen(Tick(NOON_NS + int(at_s * SECOND_NS)))

    async def look(self) -> Sequence[LiveItem]:
        news = await self.board.news(self._number, 0)
        if news.is_whole:
            self.known.clear()
        for key in news.gone:
            _ = self.known.pop(key)
        self.known.update((item.key, item) for item in news.items)
        self._number, self.unheard = news.number, news.unheard
        return news.items


@pytest.fixture
def watched() -> Watched:
    made = Watched()
    made.happen(*start())
    return made


def same(item: LiveItem) -> LiveItem:
    return item._replace(heard_ns=0)


@pytest.mark.parametrize("seed", range(4))
async def test_who_folded_all_news_knows_what_one_knows_who_looks_for_the_first_time(
    seed: int,
) -> None:
    watched = await asyncio.to_thread(Watched)
    for number, entries in enumerate(day(seed)):
        await asyncio.to_thread(watched.happen, *entries)
        if number % 3:
            continue
        await watched.look()
        fresh = await watched.fresh_board().news(0, 0)
        assert {item.key: same(item) for item in fresh.items} == {
            key: same(item) for key, item in watched.known.items()
        }
        assert fresh.unheard == watched.unheard
        for item in fresh.items:
            assert abs(item.heard_ns - watched.known[item.key].heard_ns) < 2 * HEARD_AGAIN_NS


async def test_a_zone_is_provisional_until_it_is_decided(watched: Watched) -> None:
    await watched.look()
    watched.read(TAGS[0], 1)
    await watched.look()
    assert (watched.known["L0"].zone, watched.known["L0"].is_provisional) == ("hall", True)
    watched.pass_to(6)
    await watched.look()
    assert (watched.known["L0"].zone, watched.known["L0"].is_provisional) == ("hall", False)


async def test_a_lone_read_elsewhere_is_withdrawn_where_it_decides_nothing(
    watched: Watched,
) -> None:
    for step in range(40):
        watched.read(TAGS[0], step / 4)
    watched.pass_to(13)
    await watched.look()
    watched.read(TAGS[0], 13.1, "desk")
    await watched.look()
    seen = watched.known["L0"]
    assert (seen.zone, seen.is_provisional) == ("office", True)
    for step in range(30):
        watched.read(TAGS[0], 13.2 + step / 10)
    watched.pass_to(20)
    await watched.look()
    assert (watched.known["L0"].zone, watched.known["L0"].is_provisional) == ("hall", False)


async def test_what_is_in_a_zone_that_nobody_hears_is_unknown(watched: Watched) -> None:
    watched.read(TAGS[0], 1)
    watched.pass_to(5)
    await watched.look()
    before = watched.known["L0"]
    assert not before.is_unknown
    at_ns = NOON_NS + 6 * SECOND_NS
    watched.happen(ReaderHealth(reader="dock", state="offline", since_ns=at_ns))
    await watched.look()
    assert watched.known["L0"].is_unknown
    assert watched.unheard == ("hall", "gate")


async def test_a_tag_without_an_asset_is_shown_as_itself(watched: Watched) -> None:
    await watched.look()
    watched.read(TAGS[5], 1)
    await watched.look()
    item = watched.known[f"tag:{TAGS[5]}"]
    assert (item.name, item.is_tag) == (TAGS[5], True)
    watched.read(TAGS[0], 1.5)
    await watched.look()
    at_ns = NOON_NS + 2 * SECOND_NS
    watched.happen(RemoveAsset(arrival_ns=at_ns, by="test", asset="L0"))
    await watched.look()
    assert sorted(watched.known) == sorted([f"tag:{TAGS[0]}", f"tag:{TAGS[5]}"])


async def test_an_open_alert_is_shown(watched: Watched) -> None:
    await watched.look()
    for step in range(20):
        watched.read(TAGS[0], step / 4)
    for step in range(20):
        watched.read(TAGS[0], 5 + step / 4, antenna=2)
    watched.pass_to(15)
    await watched.look()
    assert watched.known["L0"].alert == "critical"


async def test_what_departed_is_gone(watched: Watched) -> None:
    watched.read(TAGS[0], 1)
    watched.pass_to(5)
    await watched.look()
    assert list(watched.known) == ["L0"]
    for second in range(6, 50, 4):
        watched.pass_to(second)
        await watched.look()
    assert watched.known == {}


async def test_what_is_heard_all_the_time_is_told_now_and_then(watched: Watched) -> None:
    told = 0
    for step in range(100):
        watched.read(TAGS[0], 1 + step / 10)
        told += len(await watched.look())
    assert 4 <= told <= 8


async def test_what_is_told_late_was_heard_when_it_was(watched: Watched) -> None:
    for step in range(40):
        watched.read(TAGS[0], 1 + step / 4)
    watched.pass_to(14)
    await watched.look()
    heard_ns = watched.known["L0"].heard_ns
    arrival_ns = NOON_NS + 20 * SECOND_NS
    late = Read(TAGS[0], "dock", 1, NOON_NS + 5 * SECOND_NS, arrival_ns, -50.0)
    watched.happen(ReadGroup("local", 99, [late]))
    await watched.look()
    assert watched.known["L0"].heard_ns == heard_ns < arrival_ns - 8 * SECOND_NS


async def test_who_leaves_during_a_look_takes_nothing_from_who_comes_next(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.live_board.AT_ONCE", 1)
    for tag in TAGS:
        watched.read(tag, 1)
    leaving = asyncio.create_task(watched.look())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < len(watched.board._items) < len(TAGS)
    leaving.cancel()
    await asyncio.wait([leaving])
    await watched.look()
    assert len(watched.known) == len(TAGS)


async def test_another_site_file_is_told_as_a_whole(watched: Watched) -> None:
    watched.read(TAGS[0], 1)
    await watched.look()
    text = SITE.replace("{name: office}", "{name: bureau}").replace("zone: office", "zone: bureau")
    watched.site = await asyncio.to_thread(parse_site, text)
    changed = SiteChanged(NOON_NS + 3 * SECOND_NS, "test", "v2", text)
    await asyncio.to_thread(watched.happen, changed)
    news = await watched.board.news(1, 0)
    assert news.is_whole
    assert [zone.name for zone in news.places.zones] == ["hall", "bureau", "gate"]


async def test_nothing_is_remembered_while_nobody_looks(watched: Watched) -> None:
    await watched.look()
    watched.pass_to(60)
    watched.read(TAGS[0], 60)
    assert not watched.board._is_begun
    assert not watched.board._heard


async def test_a_board_that_is_to_forget_tells_who_looks_everything_anew(watched: Watched) -> None:
    await watched.look()
    watched.read(TAGS[0], 1)
    watched.pass_to(5)
    assert await watched.look()
    known = dict(watched.known)
    watched.board.forget()
    watched.known["former name"] = known[next(iter(known))]
    await watched.look()
    assert watched.known == known
