"""A facility day: what its readers hand over follows from the seed, and the truth from the plan."""

from collections import Counter
from itertools import pairwise

import pytest

from simulators.day_lives import Pace
from simulators.day_site import DOOR_SPAN_M, day_site
from simulators.day_troubles import NO_TROUBLE, Odds
from simulators.facility_day import SECOND_NS, DayPlan, FacilityDay
from tags.reads import Read

PACE = Pace(goods=150, carts=5, badges=5, shifts=60, turns=30, exits=60, parties=2, free_exits=20)
CALM = DayPlan(hours=0.25, pace=PACE, odds=NO_TROUBLE)
ROUGH = DayPlan(
    hours=0.5, pace=PACE, odds=Odds(outages=20, at_exits=20, jumps=10, restarts=8, slow=10)
)


def reads_of(day: FacilityDay) -> list[Read]:
    return [read for stretch in day.stretches(0) for read in stretch.reads]


def test_the_same_seed_gives_the_same_reads() -> None:
    one, same, other = (reads_of(FacilityDay(seed, ROUGH)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("plan", [CALM, ROUGH])
def test_reads_come_in_order_of_arrival_and_within_their_stretch(plan: DayPlan) -> None:
    from_ns = 0
    for stretch in FacilityDay(3, plan).stretches(0):
        arrivals = [read.arrival_ns for read in stretch.reads]
        assert arrivals == sorted(arrivals)
        assert all(from_ns <= at_ns < stretch.until_s * SECOND_NS for at_ns in arrivals)
        from_ns = round(stretch.until_s * SECOND_NS)


def test_what_is_parked_is_read_once_in_ten_seconds() -> None:
    plan = DayPlan(hours=0.25, pace=Pace(100, 0, 0, 0, 0, 0, 0, 0, 0), odds=NO_TROUBLE)
    day = FacilityDay(4, plan)
    reads = Counter(read.tag for read in reads_of(day) if read.reader != "gate-1")
    assert len(reads) == 100
    assert sum(count == 90 for count in reads.values()) > 80
    assert max(reads.values()) == 90


def test_a_calm_day_has_true_times_and_nothing_twice() -> None:
    reads = reads_of(FacilityDay(5, CALM))
    assert all(0 < read.arrival_ns - read.time_ns < SECOND_NS // 10 for read in reads)
    assert len(set(reads)) == len(reads)


def test_a_door_hears_who_goes_out_first_inside_and_then_outside() -> None:
    day = FacilityDay(6, CALM)
    reads = reads_of(day)
    through = [each for each in day.lives.exits if day.site.doors[each.door].is_portal]
    assert through
    for each in through:
        door, tag = day.site.doors[each.door], day.assets[each.asset].tag
        from_ns, to_ns = round(each.from_s * SECOND_NS), round(each.to_s * SECOND_NS)
        sides: dict[bool, list[int]] = {True: [], False: []}
        for read in reads:
            point = f"{read.reader}/{read.antenna}"
            if read.tag == tag and from_ns <= read.time_ns <= to_ns and read.reader == door.reader:
                sides[point in door.inside].append(read.time_ns)
        inside, outside = sides[True], sides[False]
        assert len(inside) > 5, each
        assert len(outside) > 5, each
        assert sum(inside) / len(inside) < each.time_s * SECOND_NS < sum(outside) / len(outside)


def test_what_the_gate_hears_loudly_leaves_or_is_louder_inside_at_that_instant() -> None:
    day = FacilityDay(7, CALM)
    limits = {(a.reader, a.number): a.rssi_dbm_min for a in day.site.layout.antennas}
    gone = {day.assets[exit_.asset].tag for exit_ in day.lives.exits}
    reads = [read for read in reads_of(day) if read.reader == "gate-1" and read.tag not in gone]
    loud = [
        read
        for read in reads
        if (limit := limits[read.reader, read.antenna]) is not None
        and (read.rssi_dbm or 0.0) >= limit
    ]
    assert loud
    for echo in loud:
        twins = [read for read in reads if read.time_ns == echo.time_ns and read.tag == echo.tag]
        (twin,) = [read for read in twins if read.antenna != echo.antenna]
        assert twin.arrival_ns == echo.arrival_ns
        assert (twin.rssi_dbm or 0.0) > (echo.rssi_dbm or 0.0) + 3


def test_a_reader_that_is_cut_off_loses_its_reads_or_hands_them_over_after() -> None:
    day = FacilityDay(8, ROUGH)
    reads = reads_of(day)
    assert {each.buffered for each in day.troubles.outages} == {True, False}
    for outage in day.troubles.outages:
        from_ns, to_ns = round(outage.from_s * SECOND_NS), round(outage.to_s * SECOND_NS)
        slack_ns = 2 * SECOND_NS
        came = [
            read
            for read in reads
            if read.reader == outage.reader and from_ns + slack_ns <= read.arrival_ns < to_ns
        ]
        assert came == []


def test_nothing_arrives_while_the_gateway_is_down() -> None:
    day = FacilityDay(9, ROUGH)
    assert day.troubles.restarts
    reads = reads_of(day)
    for restart in day.troubles.restarts:
        down_ns, up_ns = round(restart.down_s * SECOND_NS), round(restart.up_s * SECOND_NS)
        assert not [read for read in reads if down_ns <= read.arrival_ns < up_ns]


def test_an_asset_is_in_one_place_at_a_time() -> None:
    lives = FacilityDay(10, ROUGH).lives
    by_asset: dict[int, list[tuple[float, float]]] = {}
    for stay in lives.stays:
        by_asset.setdefault(stay.asset, []).append((stay.from_s, stay.to_s))
    for walk in lives.walks:
        by_asset.setdefault(walk.asset, []).append((walk.trip.start_s, walk.trip.end_s))
    for spans in by_asset.values():
        for (_, ended_s), (begins_s, _) in pairwise(sorted(spans)):
            assert begins_s >= ended_s - 1e-6


def test_each_door_leads_across_its_line() -> None:
    for door in day_site().doors:
        (x0, y0), (x1, y1) = door.way
        assert min(x0, x1) <= door.line[0] <= max(x0, x1)
        assert min(y0, y1) <= door.line[1] <= max(y0, y1)
        assert abs(x0 - x1) + abs(y0 - y1) >= 2 * DOOR_SPAN_M
