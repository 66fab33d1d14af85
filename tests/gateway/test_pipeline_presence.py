"""A thousand things, a quarter of an hour without readers: nothing is said to have gone."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertChange
from alerts.settings import SystemSettings
from gateway.entries import Entry, GatewayStarted, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline, PipelineState
from history.sightings import fold_sightings
from readers.health import HealthState
from tags.reads import Read
from tests.zones.made import HALL, OFFICE, at, health, plan, read, seconds_of
from zones.clock import EventClock
from zones.movements import Movement

TAGS = tuple(f"{number:04x}" for number in range(1000))
ABSENT_AFTER_S = 300.0
DOWN_S, UP_S = 100.0, 1000.0
SITES = {"depot": Blueprint(plan(ABSENT_AFTER_S), [], system=SystemSettings())}


def _is_suppressed(change: AlertChange) -> bool:
    """Whether nobody is told of it, since the alert about the zones tells of it already."""
    return change.alert.suppressed_by is not None


class Depot:
    """A gateway that has heard a thousand tags in the hall, and what it said since."""

    def __init__(self, tags: Sequence[str] = TAGS) -> None:
        self.pipeline = Pipeline(SITES.__getitem__)
        self.movements: list[Movement] = []
        self.alerts: list[AlertChange] = []
        self.groups = 0
        self.take(GatewayStarted(at(0), None), SiteChanged(at(0), "test", "depot", "depot"))
        self.turn("online", 0)
        self.hear([read(tag, HALL, 1 + n / 1000) for n, tag in enumerate(tags)])
        self.wait_until(90)
        assert [movement.kind for movement in self.movements] == ["arrived"] * len(tags)
        self.movements.clear()

    def take(self, *entries: Entry) -> None:
        for numbered in self.pipeline.advance(entries).outputs:
            if isinstance(numbered.output, Movement):
                self.movements.append(numbered.output)
            elif isinstance(numbered.output, AlertChange) and not _is_suppressed(numbered.output):
                self.alerts.append(numbered.output)

    def hear(self, reads: list[Read]) -> None:
        self.groups += 1
        self.take(ReadGroup("local", self.groups, reads))

    def turn(self, state: HealthState, since_s: float, *names: str) -> None:
        self.take(*[health(name, state, since_s) for name in names or ("r", "s")])

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    def restart(self, down_s: float, up_s: float) -> None:
        """A kill: what was written down is read back, and readers have to say how they are."""
        blob = msgspec.msgpack.encode(self.pipeline.state)
        self.pipeline = Pipeline(
            SITES.__getitem__, msgspec.msgpack.decode(blob, type=PipelineState)
        )
        self.take(GatewayStarted(at(up_s), at(down_s)))
        self.turn("connecting", up_s)

    @property
    def unknown(self) -> int:
        """Of how many tags nobody can say whether they are still there."""
        located = self.pipeline.state.located[0]
        healthy = located.healthy_since_ns
        return sum(track.zone not in healthy for track in located.tracks.values())

    @property
    def said(self) -> list[tuple[str, str | None, float]]:
        return [(m.kind, m.to_zone, seconds_of(m.decided_ns)) for m in self.movements]


def kept(tags: Sequence[str], times_s: Sequence[float], arrival_s: float) -> list[Read]:
    """Reads that the reader kept while nobody listened; it hands them over in a moment."""
    return [
        read(tag, HALL, time_s, arrival_s=arrival_s + n / 1000 + m / 1_000_000)
        for n, time_s in enumerate(times_s)
        for m, tag in enumerate(tags)
    ]


def test_readers_that_are_down_lose_nothing_and_find_nothing_new() -> None:
    depot = Depot()
    assert depot.unknown == 0
    depot.turn("offline", DOWN_S, "r")
    depot.wait_until(DOWN_S + 60)
    assert depot.unknown == 1000
    depot.wait_until(UP_S - 1)
    assert depot.unknown == 1000
    depot.turn("online", UP_S, "r")
    depot.hear([read(tag, HALL, UP_S + 1 + n / 1000) for n, tag in enumerate(TAGS)])
    depot.wait_until(UP_S + 60)
    assert depot.unknown == 0
    assert depot.movements == []


def test_one_zone_without_readers_is_one_alert_that_ends_by_itself() -> None:
    depot = Depot()
    depot.turn("offline", DOWN_S, "s")
    depot.wait_until(DOWN_S + 300)
    depot.turn("connecting", DOWN_S + 400, "s")
    depot.turn("offline", DOWN_S + 410, "s")
    depot.turn("online", UP_S, "s")
    depot.wait_until(UP_S + 60)
    assert [change.transition for change in depot.alerts] == ["raised", "returned", "cleared"]
    assert "office" in depot.alerts[0].alert.zones


def test_what_left_meanwhile_is_missing_once_it_could_have_been_heard() -> None:
    depot = Depot()
    depot.turn("offline", DOWN_S, "r")
    depot.turn("online", UP_S, "r")
    for seconds in (1, 200):
        depot.hear([read(tag, HALL, UP_S + seconds) for tag in TAGS[10:]])
    depot.wait_until(UP_S + ABSENT_AFTER_S + 1)
    assert depot.movements == []
    depot.wait_until(UP_S + ABSENT_AFTER_S + 3)
    assert depot.said == [("departed", None, UP_S + ABSENT_AFTER_S)] * 10
    assert [movement.tag for movement in depot.movements] == list(TAGS[:10])
    assert seconds_of(depot.movements[0].time_ns) == 1.0


@pytest.mark.parametrize("restart", [False, True])
def test_reads_that_were_kept_meanwhile_are_no_news(
    restart: bool,  # noqa: FBT001 -- whether the gateway was killed in between
) -> None:
    depot = Depot(TAGS[:100])
    depot.turn("offline", DOWN_S, "r")
    if restart:
        depot.restart(400, 500)
    depot.wait_until(UP_S - 1)
    depot.turn("online", UP_S)
    depot.hear(kept(TAGS[:100], range(101, 1000, 10), UP_S + 0.5))
    depot.hear([read(tag, HALL, UP_S + 2) for tag in TAGS[:100]])
    depot.wait_until(UP_S + 200)
    assert depot.movements == []


def test_reads_that_were_kept_enter_the_history_when_they_happened() -> None:
    reads = kept(TAGS[:3], range(105, 1000, 5), UP_S)
    now = [read(tag, HALL, UP_S + 2) for tag in TAGS[:3]]
    sightings = fold_sightings([*reads, *now], EventClock({}, {}).event_ns)
    first_s = sorted({seconds_of(sighting.first_ns) for sighting in sightings})
    assert first_s == [*map(float, range(105, 1000, 5)), UP_S + 2]


def test_a_move_among_the_reads_that_were_kept_is_told_at_its_true_time() -> None:
    depot = Depot(TAGS[:2])
    depot.turn("offline", DOWN_S)
    depot.turn("online", UP_S)
    depot.hear([read(TAGS[0], OFFICE, 500 + n / 4, arrival_s=UP_S + n / 1000) for n in range(40)])
    depot.wait_until(UP_S + 100)
    (moved,) = depot.movements
    assert (moved.tag, moved.kind, moved.to_zone) == (TAGS[0], "moved", "office")
    assert 500 <= seconds_of(moved.time_ns) <= 501


def test_a_quarter_of_an_hour_without_a_gateway_is_the_same() -> None:
    depot = Depot()
    depot.restart(DOWN_S, UP_S)
    assert depot.unknown == 1000
    depot.turn("online", UP_S + 5)
    depot.hear([read(tag, HALL, UP_S + 6) for tag in TAGS])
    depot.wait_until(UP_S + ABSENT_AFTER_S)
    assert (depot.movements, depot.unknown) == ([], 0)


def test_a_gateway_whose_clock_jumps_ahead_has_been_down_for_so_long() -> None:
    """That is how an hour in which nothing came in is told to the pipeline."""
    depot = Depot(TAGS[:100])
    depot.take(GatewayStarted(at(3690), at(90)), health("r", since_s=0), health("s", since_s=0))
    depot.hear([read(tag, HALL, 3691) for tag in TAGS[:100]])
    depot.wait_until(3690 + ABSENT_AFTER_S)
    assert depot.movements == []


_FAULTS: tuple[HealthState | None, ...] = ("offline", "silent", None)
_outages = st.lists(
    st.tuples(
        st.sampled_from((1.0, 20.0, 299.0, 900.0)),
        st.sampled_from(_FAULTS),
        st.sampled_from((0.5, 30.0, 301.0, 900.0)),
        st.booleans(),
    ),
    max_size=5,
)


@given(_outages)
def test_no_outage_moves_what_stays(
    outages: list[tuple[float, HealthState | None, float, bool]],
) -> None:
    """The tag is heard every ten seconds, at least by its reader, which may keep it for later.

    No fault: it is the gateway that is down.
    """
    depot = Depot(TAGS[:1])
    now_s = 90.0
    for up_s, what, down_s, keeps in outages:
        for n in range(round(up_s / 10)):
            depot.hear([read(TAGS[0], HALL, now_s + 10 * n)])
        now_s += up_s
        if what is None:
            depot.restart(now_s, now_s + down_s)
        else:
            depot.turn(what, now_s)
        depot.wait_until(now_s + down_s)
        depot.turn("online", now_s + down_s)
        if keeps:
            times_s = [now_s + 1 + 10 * n for n in range(round(down_s / 10))]
            depot.hear(kept(TAGS[:1], times_s, now_s + down_s))
        now_s += down_s
        depot.hear([read(TAGS[0], HALL, now_s + 0.2)])
        now_s += 0.5
    depot.hear([read(TAGS[0], HALL, now_s)])
    depot.wait_until(now_s + ABSENT_AFTER_S)
    assert depot.movements == []
