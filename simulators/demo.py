"""The facility of `tagwarden demo`: who and what is there, and their day of twelve minutes."""

from random import Random
from typing import Final, NamedTuple

from simulators.demo_diary import Diary, pace
from simulators.demo_floors import LAYOUT
from simulators.demo_hauls import forklifts_and_pallets
from simulators.demo_ways import Place, any_place, heard_place
from simulators.scenarios import Scenario, SimulatedAsset, giai, sgtin

FOR_S_MIN = 10.0
QUIET_S = 5.0
DAY_S: Final = 720.0
EXIT_EVERY_S: Final = 45.0
FIRST_EXIT_S: Final = 6.7
REREAD_S: Final = 1.5
"""What stands is read about once in so long; what moves, in every round."""

_PALLET_ITEM, _LAPTOP_NUMBERS, _TOOL_NUMBERS = 100_002, 1_000, 4_000
TRACKER_PREFIX: Final = "ble:"
_TRACKERS = 0xE2_41_9F_07_00_00
_DOORSTEP = Place("Security lobby", (75.2, 18.4))
_BEFORE_GATE = Place("Security lobby", (74.8, 18.0))
_IN_GATE, _OUTSIDE = (81.0, 18.0), (87.0, 18.0)
_SIGN_OUT_S = 2.4
_FIRST_SPEED_MPS = 1.5
_LAST_WALK_S = 400.0
"""Who sets out later than this might not be home at the end of the day."""

_STANDING: Final = {
    "Racks A": 30,
    "Racks B": 28,
    "Bulk": 10,
    "Cold store": 8,
    "Packing": 6,
    "Receiving": 6,
    "Dispatch": 4,
}
_LEAVING: Final = (
    *("Security lobby", "Workshop", "IT store", "Open office", "Test lab", "Open office"),
    *("IT store", "Open office", "Open office", "IT store", "Test lab", "Open office"),
    *("IT store", "Open office", "Open office", "IT store"),
)
"""Where the laptops are at home that leave, in the order in which they do."""

_STAYING: Final = (
    *(("Open office", "Test lab"), ("IT store", "Open office"), ("Test lab", "IT store")),
    *(("Open office", None), ("Open office", None), ("IT store", None), ("IT store", None)),
    *(("Test lab", None), ("Packing", "Dispatch"), ("Receiving", None)),
)
_TOOLS: Final = (
    *(("Workshop", "Packing"), ("Workshop", "Bulk"), ("Workshop", "Receiving")),
    *(("Workshop", None),) * 4,
    *(("High-value cage", None),) * 6,
)
_STAFF: Final = (
    *("Open office", "Open office", "Test lab", "IT store", "Landing", "Packing"),
    *("Receiving", "Dispatch", "Workshop", "Security lobby"),
)
_STAFF_GO_TO: Final = (
    *("Open office", "Test lab", "IT store", "Landing", "Packing", "Workshop", "Dispatch"),
    *("Receiving", "Bulk", "Cold store", "Racks A", "Racks B"),
)
_VISITORS: Final = ("High-value cage", "Open office", "Packing")
"""Where each of them goes; the first one must not."""

_VISITOR_STARTS_S: Final = (40.0, 25.0, 70.0)


class Cast(NamedTuple):
    """All that is in the depot: what readers hear, and what tells its own position."""

    scenario: Scenario
    trackers: tuple[SimulatedAsset, ...]


def demo(seed: int, for_s: float | None = None) -> Cast:
    """The depot, a laptop in the gate after six seconds, then one every 45 s.

    With `for_s`, all assets stand still for the last five seconds. Without, the day of twelve
    minutes repeats for ever. Raises ValueError for a `for_s` below ten seconds.
    """
    if for_s is not None and for_s < FOR_S_MIN:
        raise ValueError(f"a demo of {for_s} s is too short, it takes {FOR_S_MIN:.0f}")
    quiet_after_s = float("inf") if for_s is None else for_s - QUIET_S
    casting = _Casting(Random(f"{seed}/demo"), quiet_after_s)
    heard = (*casting.laptops(), *casting.pallets(), *casting.tools())
    trackers = (*casting.forklifts(), *casting.badges())
    return Cast(Scenario(LAYOUT, heard, REREAD_S), trackers)


def tracker_tag(number: int) -> str:
    """The identity of a tracker: the address of its radio."""
    return f"{TRACKER_PREFIX}{_TRACKERS + number:012x}"


class _Label(NamedTuple):
    """What stands on an asset: `kind` is a word for people."""

    kind: str
    id: str
    tag: str
    group: str = ""


_CATEGORIES: Final = {"Tool case": "tool"}
"""Of kinds that are not called like their category."""


class _Casting:
    """Writes the days of all assets, from one source of chance in one order."""

    def __init__(self, rng: Random, quiet_after_s: float) -> None:
        self._rng = rng
        self._quiet_after_s = quiet_after_s
        self._drivers, self._hauled = forklifts_and_pallets(rng)

    def laptops(self) -> list[SimulatedAsset]:
        """Those that leave, in the order in which they do, and those that stay."""
        diaries = [self._leaving(zone, turn) for turn, zone in enumerate(_LEAVING)]
        diaries += [self._visiting(zone, other) for zone, other in _STAYING]
        return [
            self._asset(_Label("Laptop", f"LT-{417 + n:04}", giai(_LAPTOP_NUMBERS + n)), diary)
            for n, diary in enumerate(diaries)
        ]

    def pallets(self) -> list[SimulatedAsset]:
        """Those that forklifts carry about today, and those that stand."""
        diaries = [(diary, "outbound") for diary in self._hauled]
        diaries += [
            (Diary(heard_place(zone, self._rng)), "stock")
            for zone, number in _STANDING.items()
            for _ in range(number)
        ]
        return [
            self._asset(
                _Label("Pallet", f"P-{20712 + n}", sgtin(_PALLET_ITEM, n + 1), group), diary
            )
            for n, (diary, group) in enumerate(diaries)
        ]

    def tools(self) -> list[SimulatedAsset]:
        """Tool cases of the workshop and of the cage."""
        diaries = [self._visiting(zone, other) for zone, other in _TOOLS]
        return [
            self._asset(_Label("Tool case", f"TC-{311 + n}", giai(_TOOL_NUMBERS + n)), diary)
            for n, diary in enumerate(diaries)
        ]

    def forklifts(self) -> list[SimulatedAsset]:
        """Those that carry the pallets."""
        return [
            self._asset(_Label("Forklift", f"FL-{n:02}", tracker_tag(n)), diary)
            for n, diary in enumerate(self._drivers, start=1)
        ]

    def badges(self) -> list[SimulatedAsset]:
        """Those of the staff, who go everywhere, and those of visitors, who should not."""
        staff = [(self._rounds(zone), f"B-{n:03}", "staff") for n, zone in enumerate(_STAFF, 101)]
        visitors = [
            (self._visitor(zone, start_s), f"V-{n}", "visitor")
            for n, (zone, start_s) in enumerate(zip(_VISITORS, _VISITOR_STARTS_S, strict=True), 143)
        ]
        return [
            self._asset(_Label("Badge", id_, tracker_tag(100 + n), group), diary)
            for n, (diary, id_, group) in enumerate((*staff, *visitors))
        ]

    def _asset(self, label: _Label, diary: Diary) -> SimulatedAsset:
        return SimulatedAsset(
            id=label.id,
            name=f"{label.kind} {label.id}",
            category=_CATEGORIES.get(label.kind, label.kind.lower()),
            tags=(label.tag,),
            home_zone=diary.home.zone,
            itinerary=diary.itinerary(DAY_S, self._quiet_after_s),
            group=label.group,
        )

    def _leaving(self, zone: str, turn: int) -> Diary:
        """Sign out, wait in the gate, go; and the same way back after a while."""
        rng, is_first = self._rng, turn == 0
        diary = Diary(_DOORSTEP if is_first else heard_place(zone, rng))
        speed_mps = _FIRST_SPEED_MPS if is_first else rng.uniform(1.1, 1.6)
        gate_s = FIRST_EXIT_S + EXIT_EVERY_S * turn
        if is_first:
            # It stands there even in the shortest demo, before the quiet begins.
            gate_s = min(gate_s, self._quiet_after_s - 0.1)
            diary.walk_by(gate_s, (_DOORSTEP.at, _IN_GATE), speed_mps)
        else:
            walk_s = diary.walk_s(_BEFORE_GATE, speed_mps)
            leave_s = _SIGN_OUT_S + (_IN_GATE[0] - _BEFORE_GATE.at[0]) / speed_mps
            diary.go(gate_s - leave_s - walk_s, _BEFORE_GATE, speed_mps)
            diary.add(pace(diary.now_s, _BEFORE_GATE.at, _SIGN_OUT_S))
            diary.walk(diary.now_s, (_BEFORE_GATE.at, _IN_GATE), speed_mps)
        self._go_out_and_return(diary, speed_mps)
        return diary

    def _go_out_and_return(self, diary: Diary, speed_mps: float) -> None:
        rng, inside = self._rng, _DOORSTEP if diary.home == _DOORSTEP else _BEFORE_GATE
        diary.add(pace(diary.now_s, _IN_GATE, rng.uniform(2, 3)))
        diary.walk(diary.now_s, (_IN_GATE, _OUTSIDE), speed_mps)
        diary.walk(diary.now_s + rng.uniform(20, 40), (_OUTSIDE, _IN_GATE), speed_mps)
        diary.add(pace(diary.now_s, _IN_GATE, rng.uniform(2, 3)))
        diary.walk(diary.now_s, (_IN_GATE, inside.at), speed_mps)
        diary.place = inside
        if diary.home != inside:
            diary.add(pace(diary.now_s, inside.at, _SIGN_OUT_S))
            diary.go(diary.now_s, diary.home, speed_mps)

    def _visiting(self, zone: str, other: str | None) -> Diary:
        """Stay in a zone; or be at work in another one for a while, and come home."""
        rng = self._rng
        diary = Diary(heard_place(zone, rng))
        if other is not None:
            speed_mps = rng.uniform(0.9, 1.4)
            diary.go(rng.uniform(5, 240), heard_place(other, rng), speed_mps)
            diary.go(diary.now_s + rng.uniform(40, 120), diary.home, speed_mps)
        return diary

    def _rounds(self, zone: str) -> Diary:
        rng = self._rng
        diary = Diary(any_place(zone, rng))
        speed_mps = rng.uniform(1.0, 1.5)
        start_s = rng.uniform(2, 30)
        while start_s < _LAST_WALK_S:
            diary.go(start_s, any_place(rng.choice(_STAFF_GO_TO), rng), speed_mps)
            start_s = diary.now_s + rng.uniform(10, 40)
        diary.go(start_s, diary.home, speed_mps)
        return diary

    def _visitor(self, zone: str, start_s: float) -> Diary:
        rng = self._rng
        diary = Diary(any_place("Security lobby", rng))
        diary.go(start_s, any_place(zone, rng), 1.2)
        diary.go(diary.now_s + rng.uniform(30, 60), diary.home, 1.2)
        return diary
