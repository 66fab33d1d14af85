import hashlib
import os
import statistics
import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

import pytest

from simulators.depot import LAYOUT, depot
from simulators.facility import Facility
from simulators.layout import Antenna, Layout, Zone, box, facing
from simulators.radio import BEAM_DB
from simulators.rounds import DELIVERY_NS, SECOND_NS, Report
from simulators.scenarios import Scenario, SimulatedAsset, giai, sgtin, warehouse
from simulators.walks import Carrier, Itinerary
from tags.epc import decode
from tags.reads import Read

SEEDS = (1, 2, 3)


def reads_of(reports: Iterable[Report]) -> list[Read]:
    return [read for report in reports for read in report.reads]


def lateness_ms(reports: Iterable[Report]) -> list[float]:
    """For each read how far it lies behind the newest of its reader; 0 for those in order."""
    newest: dict[str, int] = defaultdict(int)
    late: list[float] = []
    for read in reads_of(reports):
        newest[read.reader] = max(newest[read.reader], read.time_ns)
        late.append((newest[read.reader] - read.time_ns) / 1e6)
    return late


# One tag in a room like that of the recordings: 4.6 m wide, an antenna in each corner.
ROOM_M = 4.57
ROOM = Layout(
    (ROOM_M, ROOM_M),
    (Zone("room", box(-1, -1, ROOM_M + 1, ROOM_M + 1)),),
    tuple(
        Antenna(
            "room",
            number,
            "room",
            (x, y, 1.0),
            facing(1 - 2 * (x > 0), 1 - 2 * (y > 0), 0),
            BEAM_DB,
        )
        for number, (x, y) in enumerate(((0, 0), (0, ROOM_M), (ROOM_M, ROOM_M), (ROOM_M, 0)), 1)
    ),
    wall_db=0,
)
PLACES_M = [(x, y) for x in (0.6, 1.5, 2.6, 3.7) for y in (0.6, 1.5, 2.6, 3.7)]


def parked(seed: int, place: tuple[float, float]) -> Facility:
    asset = SimulatedAsset("tag", "Tag", "tool", (giai(1),), "room", Itinerary(place))
    return Facility(seed, Scenario(ROOM, (asset,)))


def test_the_same_seed_gives_the_same_reads() -> None:
    assert list(Facility(5, depot(5)).run(20)) == list(Facility(5, depot(5)).run(20))


def test_a_run_leaves_nothing_behind_for_the_next() -> None:
    facility = Facility(5, depot(5))
    list(islice(facility.run(), 50))
    assert list(facility.run(10)) == list(Facility(5, depot(5)).run(10))


def test_another_seed_gives_other_reads() -> None:
    assert list(Facility(5, depot(5)).run(5)) != list(Facility(6, depot(6)).run(5))


def test_neither_process_nor_hash_seed_changes_a_read(root: Path) -> None:
    code = (
        "import hashlib, simulators.depot as d, simulators.facility as f;"
        "import simulators.scenarios as s;"
        "runs = [f.Facility(3, d.depot(3)).run(20), f.Facility(3, s.warehouse(300, 3)).run(20)];"
        "print(hashlib.sha256(repr([list(run) for run in runs]).encode()).hexdigest())"
    )
    runs = [Facility(3, depot(3)).run(20), Facility(3, warehouse(300, 3)).run(20)]
    expected = hashlib.sha256(repr([list(run) for run in runs]).encode()).hexdigest()
    for hash_seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


def test_reports_come_in_order_and_after_what_they_tell() -> None:
    reports = list(Facility(1, depot(1)).run(60, start_ns=10 * SECOND_NS))
    offsets = [report.offset_ns for report in reports]
    assert offsets == sorted(offsets)
    assert offsets[-1] <= 60 * SECOND_NS
    for report in reports:
        assert all(read.reader == report.reader for read in report.reads)
        assert all(read.arrival_ns == 10 * SECOND_NS + report.offset_ns for read in report.reads)
        assert all(read.time_ns <= read.arrival_ns - DELIVERY_NS for read in report.reads)
        assert all(read.time_ns % 1000 == 0 for read in report.reads)


def test_the_start_only_shifts_the_times() -> None:
    facility = Facility(1, depot(1))
    early, late = reads_of(facility.run(5)), reads_of(facility.run(5, start_ns=77 * SECOND_NS))
    assert [read.time_ns + 77 * SECOND_NS for read in early] == [read.time_ns for read in late]
    assert [(r.tag, r.rssi_dbm, r.phase_rad) for r in early] == [
        (r.tag, r.rssi_dbm, r.phase_rad) for r in late
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_about_a_quarter_of_the_reads_are_out_of_order(seed: int) -> None:
    late = lateness_ms(Facility(seed, depot(seed)).run(100))
    assert 0.15 <= sum(ms > 0 for ms in late) / len(late) <= 0.35
    assert max(late) <= 1000


def test_a_lone_tag_is_late_as_measured() -> None:
    behind = sorted(ms for ms in lateness_ms(parked(1, (2, 2)).run(600)) if ms > 0)
    assert 40 <= statistics.median(behind) <= 80  # measured 61
    assert 100 <= behind[int(len(behind) * 0.99)] <= 350  # measured 166 to 221


def test_a_lone_tag_is_read_as_often_and_as_steadily_as_measured() -> None:
    reads: list[int] = []
    spreads: list[float] = []
    for seed, place in enumerate(PLACES_M):
        heard: dict[int, list[float]] = defaultdict(list)
        for read in reads_of(parked(seed, place).run(20)):
            heard[read.antenna].append(read.rssi_dbm or 0)
        reads.append(sum(map(len, heard.values())))
        spreads += [statistics.stdev(levels) for levels in heard.values() if len(levels) > 20]
    assert 18 <= statistics.mean(reads) / 20 <= 27  # measured 22.4 a second
    assert 1.4 <= statistics.median(spreads) <= 2.6  # measured 1.2 to 2.5 dB, by distance


def test_the_nearest_antenna_hears_a_lone_tag_best_as_often_as_measured() -> None:
    right = total = 0
    for seed in range(4):
        for place in PLACES_M:
            heard: dict[int, list[float]] = defaultdict(list)
            for read in reads_of(parked(seed, place).run(10)):
                heard[read.antenna].append(read.rssi_dbm or 0)
            loudest = max(heard, key=lambda number: statistics.mean(heard[number]))
            quadrant = {(0, 0): 1, (0, 1): 2, (1, 1): 3, (1, 0): 4}
            right += loudest == quadrant[place[0] > ROOM_M / 2, place[1] > ROOM_M / 2]
            total += 1
    assert 0.7 <= right / total <= 0.97  # measured 0.84


def test_truth_has_every_tag_in_the_zone_that_holds_its_place() -> None:
    facility = Facility(2, depot(2))
    truth = facility.truth(400)
    for asset in facility.scenario.assets:
        carrier = Carrier(asset.itinerary)
        for second in range(400):
            carrier.at(second)
            place = (carrier.x_m, carrier.y_m)
            for tag in asset.tags:
                assert truth.zone_at(tag, second) == LAYOUT.zone_at(place), (asset.id, second)
    assert facility.position("laptop-1", 0) == facility.scenario.assets[0].itinerary.home


def test_truth_leaves_no_gap_between_visits() -> None:
    for visits in Facility(2, depot(2)).truth(400).visits.values():
        assert visits[0].from_s == 0
        for before, after in pairwise(visits):
            assert before.to_s == after.from_s
            assert before.zone != after.zone


def test_an_exit_of_truth_is_a_way_through_the_gate() -> None:
    facility = Facility(1, depot(1))
    truth = facility.truth(360)
    assert len({exit_.asset for exit_ in truth.exits}) == 8
    for exit_ in truth.exits:
        assert truth.zone_at(exit_.tag, exit_.time_s - 0.1) == "hall"
        assert truth.zone_at(exit_.tag, exit_.time_s + 0.1) == exit_.gate == "gate"
        assert exit_.outside
        assert truth.zone_at(exit_.tag, exit_.left_s + 0.1) is None


def test_an_outage_loses_the_reads_of_one_reader_and_no_others() -> None:
    whole = Facility(1, depot(1))
    broken = Facility(1, depot(1))
    broken.outage("hall-1", 5, 10)
    expected = [
        report
        for report in whole.run(20)
        if report.reader != "hall-1" or not 5 * SECOND_NS <= report.offset_ns < 10 * SECOND_NS
    ]
    assert list(broken.run(20)) == expected


def test_a_buffered_outage_hands_over_later_what_was_heard() -> None:
    whole, broken = Facility(1, depot(1)), Facility(1, depot(1))
    broken.outage("hall-1", 5, 10, buffered=True)
    kept = [r for r in reads_of(broken.run(20)) if r.reader == "hall-1"]
    lost = [r for r in reads_of(whole.run(20)) if r.reader == "hall-1"]
    assert [(r.tag, r.time_ns) for r in kept] == [(r.tag, r.time_ns) for r in lost]
    assert {r.arrival_ns for r in kept if 5 * SECOND_NS < r.arrival_ns <= 10 * SECOND_NS} == {
        10 * SECOND_NS,
    }


def test_a_buffer_keeps_the_newest_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.facility.BUFFERED_READS_MAX", 100)
    broken = Facility(1, depot(1))
    broken.outage("dock-1", 0, 10, buffered=True)
    kept = [r for r in reads_of(broken.run(10.1)) if r.arrival_ns == 10 * SECOND_NS]
    assert len(kept) == 100
    assert min(read.time_ns for read in kept) > 5 * SECOND_NS


def test_a_reader_that_hears_nothing_holds_nobody_up() -> None:
    facility = Facility(1, warehouse(50, 1, walking_share=0))
    assert {report.reader for report in islice(facility.run(), 20)} == {"row-1"}


def test_two_outages_of_one_reader_do_not_disturb_each_other() -> None:
    broken = Facility(1, depot(1))
    broken.outage("hall-1", 12, 14)
    broken.outage("hall-1", 2, 4)
    offsets = [r.offset_ns / SECOND_NS for r in broken.run(20) if r.reader == "hall-1"]
    assert not [at for at in offsets if 2 <= at < 4 or 12 <= at < 14]
    assert [at for at in offsets if 4 <= at < 12]


def test_a_clock_offset_shifts_what_the_reader_says_not_when() -> None:
    right, ahead = Facility(1, depot(1)), Facility(1, depot(1))
    ahead.clock_offset("dock-1", 1.5)
    shift_ns = {"dock-1": 3 * SECOND_NS // 2}
    assert reads_of(ahead.run(5)) != reads_of(right.run(5))
    for told, true in zip(reads_of(ahead.run(5)), reads_of(right.run(5)), strict=True):
        assert told.arrival_ns == true.arrival_ns
        assert told.time_ns == true.time_ns + shift_ns.get(true.reader, 0)


def test_what_is_not_there_is_refused() -> None:
    facility = Facility(1, depot(1))
    with pytest.raises(KeyError):
        facility.outage("attic", 1, 2)
    with pytest.raises(KeyError):
        facility.clock_offset("attic", 1)
    with pytest.raises(KeyError):
        facility.position("attic", 1)
    with pytest.raises(KeyError):
        LAYOUT.zone("attic")
    with pytest.raises(ValueError, match="is none"):
        facility.outage("hall-1", 2, 2)


def test_a_run_needs_no_more_memory_the_longer_it_is() -> None:
    reports = Facility(1, depot(1)).run()
    list(islice(reports, 500))
    tracemalloc.start()
    try:
        for _ in islice(reports, 500):
            pass
        early, _ = tracemalloc.get_traced_memory()
        for _ in islice(reports, 1000):
            pass
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert late - early < 100_000


def test_parked_tags_of_a_warehouse_are_read_about_once_in_ten_seconds() -> None:
    facility = Facility(1, warehouse(500, 1, walking_share=0))
    counts = Counter((r.tag, r.reader, r.antenna) for r in reads_of(facility.run(100)))
    assert len({tag for tag, _, _ in counts}) >= 450
    assert 5 <= statistics.median(counts.values()) <= 12


def test_a_warehouse_has_walkers_that_cross_the_gate() -> None:
    truth = Facility(1, warehouse(500, 1, walking_share=0.5)).truth(600)
    assert truth.exits
    assert all(exit_.gate == "gate" for exit_ in truth.exits)


def test_walkers_of_a_warehouse_are_heard_where_they_are() -> None:
    facility = Facility(1, warehouse(100, 1, walking_share=1))
    truth = facility.truth(150)
    zones = {(a.reader, a.number): a.zone for a in facility.scenario.layout.antennas}
    reads = reads_of(facility.run(150))
    right = sum(zones[r.reader, r.antenna] == truth.zone_at(r.tag, r.time_ns / 1e9) for r in reads)
    assert right / len(reads) > 0.95
    assert {"gate", "bay-1", "bay-2"} == {zones[r.reader, r.antenna] for r in reads}


def test_the_tags_carry_valid_codes() -> None:
    assert decode(giai(7)).uri == "urn:epc:id:giai:9521321.7"
    assert decode(sgtin(100_002, 5)).uri == "urn:epc:id:sgtin:9521321.100002.5"
