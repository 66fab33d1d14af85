"""How many tags are in each zone, against a walk over all tags; and who is unknown since when."""

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from gateway.blueprints import stored_blueprint
from gateway.desk import GatewayDesk
from gateway.entries import Entry, GatewayStarted, Observed, ReadGroup, SiteChanged, Tick
from gateway.figures import Counts, GatewayFigures
from gateway.headcount import TagsInZones
from gateway.journal import Group
from gateway.pipeline import Pipeline
from gateway.site import parse_site
from history.outputs import Numbered, Output, ZonesChanged
from readers.health import HealthState, ReaderHealth
from tags.reads import Fix
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, SITE, TAGS, day, read, start
from tests.history.made import crossing, movement, outside
from zones.flaps import Flaps
from zones.tracks import LocateState, Track

HALL_HEARD = LocateState(healthy_since_ns={"hall": 1}, unheard_since_ns={"gate": 1})


def at(seconds: float) -> int:
    return NOON_NS + round(seconds * SECOND_NS)


def walked(pipeline: Pipeline) -> dict[str, int]:
    zones = [
        track.zone
        for located in pipeline.state.located
        for track in located.tracks.values()
        if track.zone is not None
    ]
    return dict(Counter(zones))


def counted(tags: TagsInZones) -> dict[str, int]:
    return {zone: int(heads) for (zone, _), heads in tags.by_presence(HALL_HEARD).items()}


@given(seed=st.integers(0, 30), restart=st.integers(0, 80))
def test_the_count_is_that_of_a_walk_over_all_tags(seed: int, restart: int) -> None:
    pipeline, tags = Pipeline(stored_blueprint), TagsInZones()
    for number, entries in enumerate(day(seed)):
        if number == restart:
            tags = TagsInZones()
            tags.begin(pipeline.state.located)
        for numbered in pipeline.advance(entries).outputs:
            tags.note(numbered.output)
        assert counted(tags) == walked(pipeline)


def test_a_zone_says_whether_its_tags_are_known_to_be_there() -> None:
    tags = TagsInZones()
    tags.begin([LocateState(tracks={"aa": Track("hall"), "bb": Track("yard"), "cc": Track()})])
    tags.note(movement("cc", None, "gate", 1))
    assert tags.by_presence(HALL_HEARD) == {
        ("hall", "present"): 1,
        ("yard", "unwatched"): 1,
        ("gate", "unknown"): 1,
    }


def test_who_is_outside_or_departed_is_in_no_zone_and_late_news_moves_nobody() -> None:
    tags = TagsInZones()
    for tag in ("aa", "bb", "cc"):
        tags.note(movement(tag, None, "hall", 1))
    tags.note(outside("aa", "hall", 2))
    tags.note(movement("bb", "hall", None, 2))
    tags.note(movement("cc", None, "gate", 0, late=True))
    assert counted(tags) == {"hall": 1}
    tags.note(movement("cc", "hall", None, 3))
    assert counted(tags) == {}


def test_renamed_zones_take_their_tags_along_and_vanished_ones_do_not() -> None:
    tags = TagsInZones()
    for tag, zone in (("aa", "hall"), ("bb", "gate"), ("cc", "gate"), ("dd", "yard")):
        tags.note(movement(tag, None, zone, 1))
    tags.note(ZonesChanged({"hall": "gate", "gate": "hall", "attic": "loft"}, ("yard",), 2))
    assert counted(tags) == {"gate": 1, "hall": 2}


class Depot:
    """A pipeline, and the desk that is asked about it."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(stored_blueprint)
        collector: Any = SimpleNamespace(station=SimpleNamespace(pipeline=self.pipeline))
        site = parse_site(SITE)
        none = cast("Any", None)
        self.desk = GatewayDesk(collector, none, lambda: site, lambda: NOON_NS, none, none)
        self.pipeline.advance(start())

    def say(self, seconds: float, state: HealthState) -> None:
        self.take(ReaderHealth(reader="dock", state=state, since_ns=at(seconds)))

    def take(self, *entries: Entry) -> None:
        self.pipeline.advance(entries)

    def unknown_since_ns(self, zone: str = "hall") -> int | None:
        return self.desk.unknown_since_ns(zone, TAGS[0])


def test_a_zone_is_unknown_from_the_first_failure_of_its_reader_to_its_return() -> None:
    depot = Depot()
    assert depot.unknown_since_ns() is None
    depot.say(10, "silent")
    depot.say(15, "offline")
    depot.say(20, "connecting")
    assert depot.unknown_since_ns() == at(10)
    assert depot.unknown_since_ns("office") is None
    depot.say(30, "online")
    assert depot.unknown_since_ns() is None
    depot.say(40, "offline")
    assert depot.unknown_since_ns() == at(40)


def test_after_a_restart_a_zone_is_unknown_until_its_readers_are_heard() -> None:
    depot = Depot()
    depot.take(Tick(at(9)), GatewayStarted(at(10), None))
    assert depot.unknown_since_ns() == at(9)
    depot.say(12, "online")
    assert depot.unknown_since_ns() is None


def test_in_a_zone_that_no_reader_covers_only_a_position_is_proof() -> None:
    depot = Depot()
    text = SITE.replace("  - {name: office}\n", "  - {name: office}\n  - {name: yard}\n")
    depot.take(SiteChanged(at(1), "test", "v2", text))
    assert depot.unknown_since_ns("yard") == 0
    depot.take(ReadGroup("reads", 1, [read(TAGS[0], at(2))]), Tick(at(6)))
    assert depot.unknown_since_ns("yard") == at(2)
    fix = Fix(tag=TAGS[0], source="gps", time_ns=at(7), arrival_ns=at(7), x_m=1.0, y_m=1.0)
    depot.pipeline.state.latest.fixes[TAGS[0]] = fix
    assert depot.unknown_since_ns("yard") is None


def test_a_tag_is_heard_by_a_read_at_once_and_by_a_position_alone() -> None:
    depot = Depot()
    assert depot.desk.last_heard_ns(TAGS[0]) is None
    depot.take(ReadGroup("reads", 1, [read(TAGS[0], at(2))]))
    assert depot.desk.last_heard_ns(TAGS[0]) == at(2)
    depot.take(Tick(at(6)))
    assert depot.desk.last_heard_ns(TAGS[0]) == at(2)
    fix = Fix(tag=TAGS[1], source="gps", time_ns=at(7), arrival_ns=at(7), x_m=1.0, y_m=1.0)
    depot.take(Observed(at(7), fixes=[fix]))
    assert depot.desk.last_heard_ns(TAGS[1]) == at(7)


def test_who_went_to_and_fro_is_told_for_an_hour() -> None:
    depot = Depot()
    flaps = Flaps(total=3, times_ns=(at(-4000), at(-1), at(0)))
    depot.pipeline.state.located[0].tracks[TAGS[0]] = Track("hall", flaps=flaps)
    assert depot.desk.flaps_of(TAGS[0]) == 2
    depot.take(Tick(at(3600)))
    assert depot.desk.flaps_of(TAGS[0]) == 0
    assert depot.desk.flaps_of(TAGS[1]) == 0


def test_metrics_show_tags_by_zone_crossings_by_gate_and_flaps_by_pair() -> None:
    depot, counts = Depot(), Counts()
    depot.pipeline.locates[0].flaps["hall", "office"] = 2
    outputs: list[Output] = [movement("aa", None, "hall", 1), movement("bb", None, "hall", 1)]
    outputs += [crossing("aa", "dock", at_ns, "inbound") for at_ns in (1, 2)]
    outputs.append(crossing("aa", "dock", 3, "lingering"))
    numbered = [Numbered(seq, output) for seq, output in enumerate(outputs, start=1)]
    assert not counts.note_outputs([Group(1, NOON_NS, [], numbered, 0)], NOON_NS)
    assert counts.movements == 2
    collector: Any = SimpleNamespace(station=SimpleNamespace(pipeline=depot.pipeline))
    none = cast("Any", None)
    figures = GatewayFigures(counts, collector, none, none, none)
    assert figures.tags() == {("hall", "present"): 2}
    assert figures.crossings() == {("dock", "inbound"): 2, ("dock", "lingering"): 1}
    assert figures.flaps() == {("hall", "office"): 2}
