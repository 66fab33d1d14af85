"""A tag that two far places hear at once stays where it is, and is told of once."""

from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import antenna, at, reader, seconds_of
from zones import distances
from zones.bins import BIN_NS, Cell, Slot, fold
from zones.conflict import TAGS_MAX, ConflictDetector
from zones.conflict_memory import Sides
from zones.conflict_settings import ConflictSettings
from zones.floorplan import FloorPlan
from zones.movements import Conflict
from zones.settings import ZoneSettings
from zones.tracks import closing_ns

HALL, BAY, YARD, NONE = ("n", 1), ("n", 2), ("s", 1), ("s", 9)
ENDS_AFTER_S = 60.0


def square(name: str, x_m: float, **more: Any) -> ZoneSettings:  # noqa: ANN401 -- any field
    corners = ((x_m, 0.0), (x_m + 10, 0.0), (x_m + 10, 10.0), (x_m, 10.0))
    return ZoneSettings(name=name, polygon=corners, **more)


def drawn(yard_m: float = 510.0) -> FloorPlan:
    """Hall and bay side by side; the yard begins so far from the hall's edge."""
    zones = [square("hall", 0.0), square("bay", 10.0), square("yard", 10.0 + yard_m)]
    return FloorPlan(zones, READERS)


def trees(**settings: Any) -> FloorPlan:  # noqa: ANN401 -- any setting
    """Hall and bay lie in the north, the yard in the south; nobody drew them."""
    zones = [
        ZoneSettings(name="north"),
        ZoneSettings(name="south"),
        ZoneSettings(name="hall", parent="north"),
        ZoneSettings(name="bay", parent="hall"),
        ZoneSettings(name="yard", parent="south"),
    ]
    return FloorPlan(zones, READERS, conflicts=ConflictSettings(**settings))


READERS = [
    reader("n", {1: antenna("hall"), 2: antenna("bay")}),
    reader("s", {1: antenna("yard")}),
]


class Heard(NamedTuple):
    """A tag is heard at a point at so many seconds."""

    point: tuple[str, int]
    seconds: float


class Post:
    """A detector at work; the tag stays where it is unless the detector lets it go."""

    def __init__(self, plan: FloorPlan, zone: str | None = "hall") -> None:
        self.plan = plan
        self.state: dict[str, Sides] = {}
        self.detector = ConflictDetector(plan, self.state)
        self.zone = zone
        self.heard_ns = at(0)
        self.told: list[Conflict] = []
        self.moves: list[str] = []

    def hear(self, *heard: Heard) -> None:
        """Reads bin by bin; the last zone that is heard in a bin is where the tag seems to be."""
        slots: dict[int, Slot] = {}
        for point, seconds in heard:
            slot = slots.setdefault(at(seconds) // BIN_NS, {})
            fold(slot, "a1", point, 1, -5000, at(seconds))
        for number in sorted(slots):
            self.wait_until_ns(closing_ns(number))
            self._close(slots[number]["a1"])

    def _close(self, head: Cell) -> None:
        conflict = self.detector.note("a1", self.zone, self.heard_ns, head)
        self.told += [] if conflict is None else [conflict]
        last = head
        cell: Cell | None = head
        while cell is not None:
            last = cell if cell.last_ns >= last.last_ns else last
            cell = cell.other
        seems = self.plan.point(last.key).zone
        held = self.detector.holds("a1", self.zone, seems or "", last.last_ns, self.heard_ns)
        if seems is not None and seems != self.zone and not held:
            self.zone = seems
            self.moves.append(seems)
        self.heard_ns = max(self.heard_ns, last.last_ns)

    def wait_until(self, seconds: float) -> None:
        self.wait_until_ns(at(seconds))

    def wait_until_ns(self, now_ns: int) -> None:
        self.told += self.detector.take_due(now_ns)

    def read_back(self) -> None:
        blob = msgspec.msgpack.encode(self.state)
        self.state = msgspec.msgpack.decode(blob, type=dict[str, Sides])
        self.detector = ConflictDetector(self.plan, self.state)

    @property
    def said(self) -> list[tuple[bool, float]]:
        return [(conflict.ended, seconds_of(conflict.decided_ns)) for conflict in self.told]


def by_turns(start_s: float, end_s: float, period_s: float = 2.0) -> list[Heard]:
    """Hall and yard hear the tag, one after the other."""
    count = round((end_s - start_s) / period_s)
    return [Heard((HALL, YARD)[n % 2], start_s + n * period_s) for n in range(count)]


@pytest.mark.parametrize("plan", [drawn(), trees()])
def test_a_tag_that_two_far_places_hear_by_turns_is_told_of_once(plan: FloorPlan) -> None:
    post = Post(plan)
    post.hear(*by_turns(1.0, 300.0))
    assert post.said == [(False, 7.0)]
    told = post.told[0]
    assert (told.tag, told.zones) == ("a1", ("hall", "yard"))
    assert seconds_of(told.time_ns) == 3.0
    assert [(heard.reader, heard.antenna) for heard in told.heard] == [YARD]


@pytest.mark.parametrize("plan", [drawn(), trees()])
def test_it_stays_where_it_is_meanwhile(plan: FloorPlan) -> None:
    post = Post(plan)
    post.hear(*by_turns(1.0, 300.0))
    assert (post.moves, post.zone) == ([], "hall")


def test_it_may_move_about_near_its_place_meanwhile() -> None:
    post = Post(drawn())
    post.hear(*by_turns(1.0, 20.0), Heard(BAY, 21.0), Heard(HALL, 22.0))
    assert post.moves == ["bay", "hall"]


@pytest.mark.parametrize("silent", [HALL, YARD])
def test_it_is_over_once_one_place_is_silent_for_long_enough(silent: tuple[str, int]) -> None:
    post = Post(drawn())
    post.hear(*by_turns(1.0, 21.0))
    last_s = {HALL: 17.0, YARD: 19.0}[silent]
    heard = {HALL: YARD, YARD: HALL}[silent]
    post.hear(*(Heard(heard, second) for second in range(22, 120, 5)))
    assert post.said == [(False, 7.0), (True, last_s + ENDS_AFTER_S)]
    post.wait_until(300.0)
    assert post.state == {}
    assert post.moves == ([] if silent == YARD else ["yard"])


def test_it_is_told_again_when_it_begins_again() -> None:
    post = Post(drawn())
    post.hear(*by_turns(1.0, 21.0))
    post.wait_until(200.0)
    post.hear(*by_turns(300.0, 320.0))
    assert [ended for ended, _ in post.said] == [False, True, False]


def test_both_in_one_bin_are_both() -> None:
    post = Post(drawn())
    for second in (1.0, 2.0, 3.0):
        post.hear(Heard(HALL, second), Heard(YARD, second + 0.1))
    assert [ended for ended, _ in post.said] == [False]


@pytest.mark.parametrize("metres", [110.0, 510.0])
def test_what_really_moves_far_moves_and_is_not_told_of(metres: float) -> None:
    post = Post(drawn(metres))
    post.hear(Heard(HALL, 1.0), Heard(HALL, 2.0), Heard(YARD, 2.0 + metres / 10))
    post.wait_until(500.0)
    assert (post.moves, post.said, post.state) == (["yard"], [], {})


def test_what_seems_to_move_too_fast_waits_for_as_long_as_it_would_take() -> None:
    post = Post(drawn(300.0))
    post.hear(Heard(HALL, 1.0), *(Heard(YARD, second) for second in range(2, 60)))
    assert post.moves == ["yard"]
    assert seconds_of(post.heard_ns) == 59.0
    post = Post(drawn(300.0))
    post.hear(Heard(HALL, 1.0), *(Heard(YARD, second) for second in range(2, 31)))
    assert post.moves == []


def test_going_to_and_fro_in_the_time_that_it_takes_is_no_conflict() -> None:
    post = Post(drawn(150.0))
    post.hear(*by_turns(1.0, 300.0, 16.0))
    assert post.said == []
    assert len(post.moves) == 18


def test_turns_that_are_too_rare_are_no_conflict() -> None:
    post = Post(drawn())
    post.hear(
        *(Heard(HALL, second) for second in range(1, 200, 2)),
        *(Heard(YARD, second) for second in (20.5, 60.5, 100.5)),
    )
    assert (post.said, post.moves) == ([], [])


@pytest.mark.parametrize(
    ("plan", "is_needed"),
    [(drawn(50.0), "no"), (drawn(95.0), "yes"), (trees(trees=False), "no"), (trees(), "yes")],
)
def test_near_places_never_conflict(plan: FloorPlan, is_needed: str) -> None:
    post = Post(plan)
    post.hear(*(Heard(point, 1.0 + n) for n, point in enumerate((HALL, BAY) * 20)))
    assert post.said == []
    assert len(post.moves) == 39
    assert post.detector.is_needed == (is_needed == "yes")


def test_zones_of_one_floor_are_not_far_because_nobody_drew_them() -> None:
    zones = [
        ZoneSettings(name="hall-1"),
        ZoneSettings(name="hall-2"),
        ZoneSettings(name="hall", parent="hall-1", floor="ground"),
        ZoneSettings(name="yard", parent="hall-2", floor="ground"),
    ]
    post = Post(FloorPlan(zones, READERS))
    post.hear(*by_turns(1.0, 60.0))
    assert post.said == []


def test_a_drawing_says_more_than_a_tree() -> None:
    zones = [
        square("hall", 0.0, parent="north"),
        square("yard", 20.0, parent="south"),
        ZoneSettings(name="north"),
        ZoneSettings(name="south"),
    ]
    post = Post(FloorPlan(zones, READERS))
    post.hear(*by_turns(1.0, 60.0))
    assert post.said == []


def test_reads_that_are_in_no_zone_say_nothing() -> None:
    post = Post(drawn())
    post.hear(*(Heard(point, 1.0 + n) for n, point in enumerate((HALL, NONE) * 20)))
    assert (post.said, post.state) == ([], {})


def test_what_is_remembered_of_far_zones_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "PAIRS_MAX", 1)
    far = distances.Distances(drawn(), ConflictSettings())
    for _ in range(2):
        assert [far.travel_ns("hall", zone) // 10**9 for zone in ("yard", "bay")] == [51, 0]
        assert far.travel_ns("yard", "hall") == far.travel_ns("hall", "yard")


def test_a_tag_that_is_nowhere_yet_is_in_no_conflict() -> None:
    post = Post(drawn(), zone=None)
    post.hear(Heard(YARD, 1.0))
    assert (post.state, post.moves) == ({}, ["yard"])


def test_it_goes_on_from_what_was_written_down() -> None:
    heard = by_turns(1.0, 21.0)
    whole, parted = Post(drawn()), Post(drawn())
    whole.hear(*heard)
    for each in heard:
        parted.hear(each)
        parted.read_back()
    for post in (whole, parted):
        post.wait_until(500.0)
    assert whole.told == parted.told
    assert len(whole.told) == 2


def test_renamed_zones_are_followed_and_gone_ones_end_it() -> None:
    for name, told in (("hall", [False]), ("gone", [False, True])):
        post = Post(drawn())
        post.hear(*by_turns(1.0, 21.0))
        zones = [square(name, 0.0), square("lot", 520.0, was="yard")]
        plan = FloorPlan(zones, READERS)
        post.detector = ConflictDetector(plan, post.state)
        post.detector.follow(plan.succession_of(post.plan), at(23.0))
        post.wait_until(30.0)
        assert [conflict.ended for conflict in post.told] == told
        assert [sides.other for sides in post.state.values()] == ["lot"] * (name == "hall")


def test_no_more_tags_are_remembered_than_there_is_room_for() -> None:
    state: dict[str, Sides] = {}
    detector = ConflictDetector(drawn(), state)
    for number in range(TAGS_MAX + 5):
        head = fold({}, "-", YARD, 1, -5000, at(1.0))
        assert head is not None
        detector.note(f"{number:x}", "hall", at(0.5), head)
    assert len(state) == TAGS_MAX


_points = st.sampled_from((HALL, HALL, BAY, YARD, NONE))


@given(st.lists(st.tuples(_points, st.sampled_from((0.1, 0.5, 3.0, 12.0, 45.0, 70.0)))))
def test_conflicts_begin_and_end_by_turns_and_all_end(days: list[tuple[Any, float]]) -> None:
    post, now_s = Post(drawn()), 1.0
    for point, gap_s in days:
        now_s += gap_s
        post.hear(Heard(point, now_s))
    post.wait_until(now_s + 2 * ENDS_AFTER_S)
    assert all(one.ended != other.ended for one, other in pairwise(post.told))
    assert post.state == {}
    assert len(post.told) % 2 == 0
    assert post.detector.next_ns() is None
