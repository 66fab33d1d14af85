"""Another site file or register: zones, tables and alerts follow what is already there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from alerts.alert import AlertChange
from alerts.places import Place
from gateway.entries import ClockOffset, Entry, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline
from history.outputs import AssetStored, Numbered, Output, ZonesChanged
from history.questions import StateQuestions
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tests.history.made import Writer
from tests.zones.made import (
    GATE,
    HALL,
    OFFICE,
    antenna,
    at,
    health,
    read,
    reader,
    seconds_of,
    zones,
)
from tests.zones.stories import Story, new_pipeline, run, stories
from tests.zones.story_sites import LAPTOPS, rule
from zones.floorplan import FloorPlan
from zones.movements import Movement
from zones.settings import ZoneSettings


def site(*fence: str, **was: str) -> Blueprint:
    """The small site; `new="former"` renames a zone, also where antennas name it."""
    names = {former: new for new, former in was.items()}
    listed = [
        zone.model_copy(update={"name": names.get(zone.name, zone.name), "was": zone.name})
        if zone.name in names
        else zone
        for zone in zones()
    ]
    antennas = {1: antenna(names.get("hall", "hall")), 2: antenna("gate")}
    office = {1: antenna(names.get("office", "office"))}
    rules = [rule(fence=fence, confirm_s=5.0, clear_confirm_s=10.0)]
    return Blueprint(FloorPlan(listed, [reader("r", antennas), reader("s", office)]), rules)


SITES = {
    "usual": site("hall", "office"),
    "narrow": site("hall"),
    "wide": site("hall", "office", "gate"),
    "renamed": site("store", "office", store="hall"),
    "swapped": site("hall", "office", hall="office", office="hall"),
    "swapped and narrow": site("hall", hall="office", office="hall"),
    "without hall": Blueprint(FloorPlan([ZoneSettings(name="office")]), []),
}


class Site:
    """A pipeline whose outputs are written into the tables, as the journal does."""

    def __init__(self, folder: Path) -> None:
        self.pipeline = Pipeline(SITES.__getitem__)
        self.writer = Writer(folder / "state.db")
        self.outputs: list[Output] = []
        self.seq = 0
        self.use("usual", 0)
        self.take(StoreAssets(arrival_ns=at(0), by="test", assets=LAPTOPS))
        self.take(health("r"), health("s"))

    def take(self, *entries: Entry) -> None:
        outputs = [numbered.output for numbered in self.pipeline.advance(entries).outputs]
        self.writer.commit(*outputs)
        self.outputs += outputs

    def use(self, name: str, seconds: float) -> None:
        self.take(SiteChanged(at(seconds), "test", name, name))

    def hear(self, tag: str, point: tuple[str, int], seconds: float) -> None:
        self.seq += 1
        self.take(ReadGroup("local", self.seq, [read(tag, point, seconds)]))
        self.take(Tick(at(seconds) + 1))

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    @property
    def told(self) -> list[tuple[str, str | None, float]]:
        return [
            (one.transition, one.alert.to_zone, seconds_of(one.at_ns))
            for one in self.outputs
            if isinstance(one, AlertChange)
        ]

    @property
    def zones_changed(self) -> list[ZonesChanged]:
        return [one for one in self.outputs if isinstance(one, ZonesChanged)]

    def present(self) -> dict[object, object]:
        rows = self.writer.rows("SELECT tag, zone FROM visits WHERE to_ns IS NULL ORDER BY tag")
        return {row[0]: row[1] for row in rows}

    def located(self) -> dict[str, str | None]:
        return {tag: track.zone for tag, track in self.pipeline.locates[0].state.tracks.items()}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.writer.close()


@pytest.fixture
def peopled(small: Site) -> Site:
    """One laptop in the hall, one in the office, both since long ago."""
    small.hear("a1", HALL, 1)
    small.hear("b2", OFFICE, 1)
    small.wait_until(50)
    return small


# Zones


def test_a_renamed_zone_is_renamed_wherever_it_is_asked_for(peopled: Site) -> None:
    peopled.use("renamed", 60)
    assert peopled.zones_changed == [ZonesChanged({"hall": "store"}, (), at(60))]
    assert peopled.present() == peopled.located() == {"a1": "store", "b2": "office"}
    questions = StateQuestions(peopled.writer.path)
    position = questions.position("laptop-1")
    questions.close()
    assert position is not None
    assert position["zone"] == "store"


def test_zones_that_swapped_their_names_stay_swapped_whatever_is_edited_later(
    peopled: Site,
) -> None:
    swapped = {"a1": "office", "b2": "hall"}
    for number, name in enumerate(("swapped", "swapped and narrow", "swapped"), start=1):
        peopled.use(name, 50 + 10 * number)
        assert peopled.present() == peopled.located() == swapped
        assert {tag: place.zone for tag, place in _places(peopled).items()} == swapped
    assert len(peopled.zones_changed) == 1


def test_a_restart_does_not_follow_a_rename_again(peopled: Site) -> None:
    peopled.use("swapped", 60)
    peopled.pipeline = Pipeline(SITES.__getitem__, peopled.pipeline.state)
    peopled.use("swapped", 70)
    assert peopled.present() == peopled.located() == {"a1": "office", "b2": "hall"}
    assert len(peopled.zones_changed) == 1


def test_who_was_in_a_vanished_zone_is_nowhere_in_the_tables_too(peopled: Site) -> None:
    peopled.use("without hall", 60)
    gone = ("hall", "yard", "gate", "dock")
    assert peopled.zones_changed == [ZonesChanged({}, gone, at(60))]
    assert peopled.present() == {"b2": "office"}
    peopled.use("usual", 70)
    peopled.hear("a1", HALL, 80)
    peopled.wait_until(90)
    assert peopled.present() == peopled.located() == {"a1": "hall", "b2": "office"}


def test_nothing_is_said_of_zones_where_none_was_renamed_or_vanished(peopled: Site) -> None:
    for number, name in enumerate(("narrow", "wide", "usual", "usual")):
        peopled.use(name, 60 + number)
    assert peopled.zones_changed == []


def test_tables_hear_of_zones_before_they_hear_of_what_is_outside_them(peopled: Site) -> None:
    peopled.use("wide", 55)
    peopled.hear("a1", GATE, 56)
    seen = len(peopled.outputs)
    peopled.use("renamed", 60)
    assert [type(output) for output in peopled.outputs[seen:]] == [ZonesChanged, AlertChange]


@given(stories())
def test_the_tables_say_where_everything_is(story: Story) -> None:
    """What is known of a tag and the tables of it, after any day."""
    pipeline = new_pipeline()
    present: dict[str, str | None] = {}
    for numbered in run(story.entries(), pipeline=pipeline):
        _follow(present, numbered)
    known = {tag: track.zone for tag, track in pipeline.locates[0].state.tracks.items()}
    places = {tag: place.zone for tag, place in pipeline.state.judged.places.items()}
    assert {tag: zone for tag, zone in known.items() if zone} == present
    assert {tag: zone for tag, zone in places.items() if zone} == present


def _follow(present: dict[str, str | None], numbered: Numbered) -> None:
    match numbered.output:
        case ZonesChanged(renamed=renamed, gone=gone):
            for tag, zone in list(present.items()):
                present[tag] = renamed.get(zone or "", zone)
                if zone in gone:
                    del present[tag]
        case Movement(late=False, tag=tag, to_zone=zone):
            present.pop(tag, None)
            if zone is not None:
                present[tag] = zone
        case _:
            pass


# Fences


def test_a_fence_edit_while_inside_raises_once_and_editing_back_returns_it(peopled: Site) -> None:
    peopled.use("narrow", 60)
    peopled.wait_until(100)
    assert peopled.told == [("raised", "office", 67.0)]
    peopled.use("narrow", 110)
    peopled.use("usual", 120)
    peopled.wait_until(200)
    assert peopled.told[1:] == [("returned", "office", 132.0)]


def test_an_exit_that_is_no_longer_allowed_is_told_at_the_change(small: Site) -> None:
    small.use("wide", 0.5)
    small.hear("a1", GATE, 1)
    small.wait_until(50)
    small.use("usual", 60)
    assert small.told == [("raised", "gate", 60.0)]


def test_a_tag_that_is_bound_where_it_may_not_be_is_told_after_the_register(small: Site) -> None:
    small.hear("d4", GATE, 1)
    small.wait_until(50)
    thief = Asset(id="laptop-9", category="laptop", tags=("d4",))
    small.take(StoreAssets(arrival_ns=at(60), by="test", assets=(thief,)))
    assert [type(output) for output in small.outputs[-2:]] == [AssetStored, AlertChange]
    assert small.told == [("raised", "gate", 60.0)]


@given(stories())
def test_the_same_site_at_the_same_instant_decides_nothing(story: Story) -> None:
    pipeline = new_pipeline()
    for entry in story.entries():
        pipeline.advance([entry])
        if isinstance(entry, SiteChanged):
            assert pipeline.advance([entry]).outputs == []


# Readers


def test_readers_that_are_gone_leave_neither_health_nor_offset(small: Site) -> None:
    small.take(ClockOffset(at(1), "r", 10**9))
    small.use("without hall", 2)
    state = small.pipeline.state
    assert (state.located[0].offsets_ns, state.located[0].readers) == ({}, {})
    assert state.judged.readers == {}


def _places(site: Site) -> dict[str, Place]:
    return site.pipeline.state.judged.places
