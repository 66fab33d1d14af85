"""What the pipeline does with each kind of entry, and what no day may ever bring."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from gateway.entries import (
    ClockOffset,
    Entry,
    GatewayStarted,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
)
from gateway.pipeline import Pipeline
from history.outputs import AssetRemoved, AssetStored, Output
from inventory.assets import Asset
from inventory.changes import RemoveAsset, StoreAssets
from readers.health import ReaderHealth
from tags.reads import Fix, Read
from tests.zones.made import DOCK, GATE, HALL, OFFICE, YARD, at, every, health, read, seconds_of
from tests.zones.stories import Story, new_pipeline, opening, run, stories
from tests.zones.story_sites import ABSENT_AFTER_S, LAPTOPS, site_of
from zones.movements import Movement

HOUR_S = 3600.0
COVERED_BY = {"hall": HALL, "office": OFFICE, "yard": YARD, "gate": GATE, "dock": DOCK}


def outputs_of(*entries: Entry, pipeline: Pipeline | None = None) -> list[Output]:
    return [numbered.output for numbered in run(entries, pipeline=pipeline)]


def heard(*reads: Read, seq: int = 1) -> ReadGroup:
    return ReadGroup("local", seq, list(reads))


def movements(outputs: list[Output]) -> list[tuple[str, str | None, float]]:
    return [
        (output.kind, output.to_zone, seconds_of(output.decided_ns))
        for output in outputs
        if isinstance(output, Movement)
    ]


# Entries


def test_the_health_of_a_reader_is_passed_on() -> None:
    told = health("r", "silent", 1)
    assert outputs_of(told) == [told]


def test_the_register_tells_what_changed_in_it() -> None:
    first, second = LAPTOPS
    stolen = Asset(id="laptop-3", tags=("c3",))
    outputs = outputs_of(
        StoreAssets(arrival_ns=at(1), by="ann", assets=LAPTOPS),
        StoreAssets(arrival_ns=at(2), by="ann", assets=(stolen,), rebind=True),
        RemoveAsset(arrival_ns=at(3), by="ann", asset=first.id),
    )
    robbed = Asset(id=second.id, category=second.category, tags=("b2",))
    assert outputs == [
        AssetStored(first, at(1), "ann"),
        AssetStored(second, at(1), "ann"),
        AssetStored(robbed, at(2), "ann"),
        AssetStored(stolen, at(2), "ann"),
        AssetRemoved(first.id, at(3), "ann"),
    ]


def test_what_is_refused_changes_nothing_and_says_why() -> None:
    entries: list[Entry] = [
        *opening(),
        StoreAssets(arrival_ns=at(1), by="ann", assets=(Asset(id="x", tags=("a1",)),)),
        RemoveAsset(arrival_ns=at(2), by="ann", asset="nothing"),
        Tick(at(3)),
    ]
    decisions = new_pipeline().advance(entries)
    refused = {index: outcome.refused for index, outcome in decisions.outcomes.items()}
    assert refused == {1: None, 4: "conflict", 5: "unknown"}
    assert len(decisions.outputs) == 4


def test_a_measured_offset_holds_for_the_reads_that_follow() -> None:
    outputs = outputs_of(
        *opening(),
        ClockOffset(at(1), "r", round(-HOUR_S * 1e9)),
        heard(read("a1", HALL, 2 + HOUR_S, arrival_s=2.2)),
        Tick(at(5)),
    )
    assert movements(outputs) == [("arrived", "hall", 2.0)]


def test_before_there_is_a_site_reads_are_counted_and_place_nothing() -> None:
    pipeline = new_pipeline()
    assert outputs_of(heard(read("a1", HALL, 0)), Tick(at(10)), pipeline=pipeline) == []
    assert pipeline.locates[0].dropped == {("r", "antenna_without_zone"): 1}


def test_a_site_that_can_not_be_read_leaves_the_former_one() -> None:
    pipeline = new_pipeline()
    run(opening(), pipeline=pipeline)
    with pytest.raises(KeyError):
        pipeline.advance([SiteChanged(at(1), "ann", "v2", "no such site")])
    assert pipeline.state.site is not None
    assert pipeline.state.site.text == "first"


def test_a_group_without_reads_changes_nothing() -> None:
    assert outputs_of(*opening(), heard())[4:] == []


def test_the_limit_of_the_site_file_reaches_locate() -> None:
    pipeline = Pipeline(lambda text: site_of(text)._replace(tags_max=1))
    run([*opening(), heard(read("a1", HALL, 0), read("b2", HALL, 0))], pipeline=pipeline)
    assert pipeline.locates[0].dropped == {("r", "tags_max"): 1}


# Time


def test_the_time_of_the_pipeline_is_the_largest_arrival_seen() -> None:
    pipeline = new_pipeline()
    run([heard(read("a1", HALL, 10), read("a1", HALL, 7))], pipeline=pipeline)
    assert pipeline.state.now_ns == at(10)
    run([Tick(at(5)), heard(read("a1", HALL, 9), seq=2)], pipeline=pipeline)
    assert pipeline.state.now_ns == at(10)


def test_a_restart_is_no_exit() -> None:
    """The readers were healthy when it went down, and it was down for an hour."""
    entries = [
        *opening(),
        heard(read("a1", HALL, 0)),
        Tick(at(1)),
        GatewayStarted(at(1 + HOUR_S), at(1)),
        health("r", "connecting", 1 + HOUR_S),
        Tick(at(2 * HOUR_S)),
        health("r", "online", 2 * HOUR_S),
        Tick(at(3 * HOUR_S)),
    ]
    due_s = 2 * HOUR_S + ABSENT_AFTER_S
    expected = [("arrived", "hall", 0.0), ("departed", None, due_s)]
    assert movements(outputs_of(*entries)) == expected


def test_what_was_absent_before_the_gateway_went_down_has_departed() -> None:
    entries = [
        *opening(),
        heard(read("a1", HALL, 0)),
        GatewayStarted(at(1 + HOUR_S), at(100)),
        Tick(at(2 * HOUR_S)),
    ]
    expected = [("arrived", "hall", 0.0), ("departed", None, ABSENT_AFTER_S)]
    assert movements(outputs_of(*entries)) == expected


def test_the_first_start_knows_of_no_time_before() -> None:
    outputs = outputs_of(GatewayStarted(at(0), None), *opening(), heard(read("a1", HALL, 1)))
    assert movements([*outputs]) == []


# What no day may bring


def departures(story: Story) -> Iterator[Movement]:
    for numbered in run(story.entries()):
        if isinstance(numbered.output, Movement) and numbered.output.kind == "departed":
            yield numbered.output


class Deafness:
    """When each zone was not heard, as the entries had it."""

    def __init__(self, story: Story) -> None:
        self._spans: dict[str, list[tuple[int, int]]] = {zone: [] for zone in COVERED_BY}
        self._since_ns: dict[str, int | None] = dict.fromkeys(COVERED_BY, 0)
        now_ns = 0
        for item in story.items:
            if isinstance(item, GatewayStarted):
                self._note(set(COVERED_BY), set(), now_ns)
            arrival_ns = item.arrival_ns if isinstance(item, Read | Fix) else arrival_of(item)
            now_ns = max(now_ns, arrival_ns)
            if isinstance(item, ReaderHealth):
                told = {zone for zone, key in COVERED_BY.items() if key[0] == item.reader}
                hears = {zone for zone in told if item.hears(COVERED_BY[zone][1])}
                self._note(told, hears, now_ns)
        self._note(set(COVERED_BY), set(COVERED_BY), 1 << 62)

    def overlaps(self, zone: str, first_ns: int, last_ns: int) -> bool:
        return any(start < last_ns and end > first_ns for start, end in self._spans[zone])

    def _note(self, told: set[str], hears: set[str], now_ns: int) -> None:
        for zone in told:
            since_ns = self._since_ns[zone]
            if zone not in hears:
                self._since_ns[zone] = now_ns if since_ns is None else since_ns
            elif since_ns is not None:
                self._spans[zone].append((since_ns, now_ns))
                self._since_ns[zone] = None


@given(stories())
def test_no_day_has_a_departure_unless_all_heard_for_the_whole_absence(story: Story) -> None:
    deafness = Deafness(story)
    absence_ns = round(ABSENT_AFTER_S * 1e9)
    for movement in departures(story):
        first_ns = movement.decided_ns - absence_ns
        assert movement.time_ns <= first_ns
        assert not deafness.overlaps(movement.from_zone or "", first_ns, movement.decided_ns)


@given(stories())
def test_each_movement_of_a_tag_starts_where_the_one_before_ended(story: Story) -> None:
    places: dict[str, str | None] = {}
    renamed = {"dock": "ramp", "ramp": "dock"}
    for numbered in run(story.entries()):
        movement = numbered.output
        if not isinstance(movement, Movement) or movement.late:
            continue
        before = places.get(movement.tag)
        # A change of the site renames a zone, or makes what was in it unknown.
        assert movement.from_zone in {before, renamed.get(before or ""), None}
        assert movement.to_zone != movement.from_zone or movement.fixes
        # To be seen outside all zones is no departure.
        assert movement.kind != "departed" or movement.to_zone is None
        assert movement.to_zone is not None or movement.kind in {"departed", "moved"}
        places[movement.tag] = movement.to_zone


@given(stories())
def test_no_two_movements_share_an_id(story: Story) -> None:
    """The tables keep each id once, so a second one could never be committed."""
    decided = [numbered.output for numbered in run(story.entries())]
    ids = [output.id for output in decided if isinstance(output, Movement)]
    assert len(set(ids)) == len(ids)


def test_readers_that_fall_over_together_move_nobody() -> None:
    tags = [f"{number:04x}" for number in range(1000)]
    there = [read(tag, HALL, 1) for tag in tags]
    back = [read(tag, HALL, 1001) for tag in tags]
    down = [health(name, "offline", 2) for name in ("r", "s")]
    up = [health(name, "online", 1000) for name in ("r", "s")]
    quiet = [Tick(at(seconds)) for seconds in every(10, 10, 1000)]
    entries = [*opening(), heard(*there), *down, *quiet, *up, heard(*back, seq=2), Tick(at(1003))]
    assert movements(outputs_of(*entries)) == [("arrived", "hall", 1.0)] * 1000


def test_a_tag_with_no_asset_moves_too() -> None:
    outputs = outputs_of(*opening(), heard(read("d4", OFFICE, 0)), Tick(at(3)))
    assert [o.asset for o in outputs if isinstance(o, Movement)] == [None]


def test_the_floor_plan_is_that_of_the_site_that_holds() -> None:
    pipeline = new_pipeline()
    assert not pipeline.plan.zones
    run(opening("renamed"), pipeline=pipeline)
    assert "ramp" in pipeline.plan.zones
