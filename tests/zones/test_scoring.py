"""What a score says about decisions whose truth is known."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tags.reads import Read
from tags.times import SECOND_NS
from tests.zones import made
from zones.movements import Movement, movement_id
from zones.scoring import (
    Run,
    Score,
    Shown,
    Stay,
    Truth,
    located,
    score,
    score_run,
    shown_of,
    splice,
    total,
)
from zones.tracks import PHASE_BIN, Step

ZONES = ("hall", "office", "yard")


def truth(*stays: tuple[float, str], end_s: float) -> Truth:
    return Truth(tuple(Stay(made.at(at_s), zone) for at_s, zone in stays), made.at(end_s))


def shown(*changes: tuple[float, str | None]) -> list[Shown]:
    return [Shown(made.at(at_s), zone) for at_s, zone in changes]


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Stays of whole seconds, each in another zone than the one before."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=8))
    changes = [zone for at, zone in enumerate(zones) if at == 0 or zone != zones[at - 1]]
    lengths = draw(st.lists(st.integers(1, 30), min_size=len(changes), max_size=len(changes)))
    starts = [sum(lengths[:at]) for at in range(len(lengths))]
    return truth(*zip(starts, changes, strict=True), end_s=sum(lengths))


any_shown = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from((*ZONES, None))), max_size=20
).map(lambda changes: shown(*sorted(changes, key=lambda change: change[0])))


@given(truths())
def test_who_is_always_right_scores_full_marks(known: Truth) -> None:
    perfect = [Shown(stay.from_ns, stay.zone) for stay in known.stays]
    result = score(perfect, known)
    assert (result.accuracy, result.false_moves, result.missed) == (1.0, 0, 0)
    assert result.latency_s(0.95) == 0.0


@given(truths())
def test_who_shows_nothing_is_never_right_and_never_moves(known: Truth) -> None:
    result = score([], known)
    assert (result.accuracy, result.false_moves) == (0.0, 0)
    assert result.missed == result.stays == len(known.stays)
    assert result.latency_s(0.5) is None


@given(truths(), any_shown)
def test_a_score_is_a_share_and_no_stay_is_both_missed_and_reached(
    known: Truth, changes: list[Shown]
) -> None:
    result = score(changes, known)
    assert 0 <= result.right_ns <= result.scored_ns == known.end_ns - known.stays[0].from_ns
    assert 0 <= result.missed <= result.stays
    assert 0 <= result.false_moves <= len(changes)


@given(truths(), st.integers(0, 5))
def test_the_same_decisions_later_are_right_for_less_time(known: Truth, late_s: int) -> None:
    late = [Shown(stay.from_ns + late_s * SECOND_NS, stay.zone) for stay in known.stays]
    later = [change._replace(decided_ns=change.decided_ns + SECOND_NS) for change in late]
    assert score(later, known).right_ns <= score(late, known).right_ns


def test_a_visit_to_a_wrong_zone_counts_there_and_back() -> None:
    known = truth((0, "hall"), end_s=60)
    result = score(shown((0, "hall"), (10, "office"), (13, "hall")), known)
    assert result.false_moves == 2
    assert result.false_per_minute == 2.0
    assert result.accuracy == pytest.approx(57 / 60)


def test_the_first_way_into_the_right_zone_is_no_false_move() -> None:
    known = truth((0, "hall"), end_s=60)
    assert score(shown((0, "office"), (6, "hall")), known).false_moves == 0


def test_a_departure_in_the_middle_of_a_stay_is_a_false_move() -> None:
    known = truth((0, "hall"), end_s=60)
    result = score(shown((0, "hall"), (30, None)), known)
    assert (result.false_moves, result.accuracy) == (1, 0.5)


def test_a_zone_counts_from_its_decision_on() -> None:
    known = truth((0, "hall"), (20, "office"), end_s=40)
    result = score(shown((1, "hall"), (25, "office")), known)
    assert result.accuracy == pytest.approx((19 + 15) / 40)
    assert result.latencies_ns == (SECOND_NS, 5 * SECOND_NS)
    assert (result.latency_s(0.5), result.latency_s(0.95)) == (1.0, 5.0)


def test_a_stay_that_was_never_shown_is_missed() -> None:
    known = truth((0, "hall"), (20, "office"), (40, "hall"), end_s=60)
    result = score(shown((0, "hall")), known)
    assert (result.missed, result.stays) == (1, 3)
    assert result.missed_share == pytest.approx(1 / 3)


def test_what_only_leads_up_is_not_scored() -> None:
    known = Truth(
        (Stay(made.at(0), "hall", scored=False), Stay(made.at(20), "office")), made.at(40)
    )
    result = score(shown((0, "yard"), (5, "office")), known)
    assert (result.accuracy, result.stays, result.false_moves) == (1.0, 1, 0)


def test_what_was_shown_before_the_truth_begins_is_where_the_tag_starts() -> None:
    known = truth((10, "hall"), end_s=20)
    result = score(shown((0, "office"), (1, "hall")), known)
    assert (result.accuracy, result.false_moves, result.latencies_ns) == (1.0, 0, (0,))


def test_a_total_weighs_every_second_alike() -> None:
    known = truth((0, "hall"), end_s=10)
    long = truth((0, "hall"), end_s=30)
    both = total([score(shown((0, "hall")), known), score([], long)])
    assert both.accuracy == 0.25
    assert both.missed == 1
    assert total([]) == Score()
    assert Score().accuracy == Score().false_per_minute == Score().missed_share == 0.0


def test_late_movements_were_never_shown() -> None:
    def step(*, late: bool) -> Step:
        movement = Movement(
            id=movement_id("t", None, "hall", 1),
            time_ns=1,
            decided_ns=2,
            tag="t",
            kind="arrived",
            from_zone=None,
            to_zone="hall",
            late=late,
        )
        return Step(2, PHASE_BIN, 0, "t", movement)

    assert shown_of([step(late=True), step(late=False)]) == {"t": [Shown(2, "hall")]}


def run(name: str, point: tuple[str, int], zone: str, length_s: int = 60) -> Run:
    """A tag that only one antenna hears, ten times a second; some reads come a bit late."""
    reads = [
        made.read(name, point, n / 10, arrival_s=n / 10 + (0.3 if n % 5 == 0 else 0.0))
        for n in range(length_s * 10 + 1)
    ]
    return Run(name, zone, sorted(reads, key=lambda read: read.arrival_ns))


RUNS = [
    run("a", made.HALL, "hall"),
    run("b", made.OFFICE, "office"),
    run("c", made.YARD, "yard"),
    run("d", made.HALL, "hall", 40),
]


def test_a_tag_that_only_its_own_zone_hears_is_shown_there_all_the_time() -> None:
    result = total(score_run(made.plan(), each) for each in RUNS)
    assert result.accuracy > 0.98
    assert (result.false_moves, result.missed) == (0, 0)


@given(st.integers(0, 50), st.integers(1, 12), st.integers(2, 20))
def test_a_splice_has_no_gap_and_goes_on_in_order_of_arrival(
    seed: int, pieces: int, piece_s: int
) -> None:
    spliced = splice(RUNS, seed, pieces=pieces, piece_ns=piece_s * SECOND_NS)
    begin_ns = spliced.truth.stays[0].from_ns
    assert [stay.from_ns for stay in spliced.truth.stays] == [
        begin_ns + number * piece_s * SECOND_NS for number in range(pieces)
    ]
    assert spliced.truth.end_ns == begin_ns + pieces * piece_s * SECOND_NS
    arrivals_ns = [read.arrival_ns for read in spliced.reads]
    assert arrivals_ns == sorted(arrivals_ns)
    assert {read.tag for read in spliced.reads} == {spliced.reads[0].tag}
    times_ns = sorted(read.time_ns for read in spliced.reads)
    steps_ns = [after - before for before, after in itertools.pairwise(times_ns)]
    assert max(steps_ns) <= SECOND_NS // 5


@given(st.integers(0, 50))
def test_the_pieces_of_a_splice_are_those_that_its_truth_names(seed: int) -> None:
    heard = {"hall": made.HALL, "office": made.OFFICE, "yard": made.YARD}
    spliced = splice(RUNS, seed, pieces=6)
    stays = spliced.truth.stays
    assert all(a.zone != b.zone for a, b in itertools.pairwise(stays))
    for stay in stays:
        piece = [
            (read.reader, read.antenna)
            for read in spliced.reads
            if 0 <= read.time_ns - stay.from_ns < 20 * SECOND_NS
        ]
        assert set(piece) == {heard[stay.zone]}


def test_the_same_seed_gives_the_same_splice_and_another_gives_another() -> None:
    assert splice(RUNS, 1) == splice(RUNS, 1)
    assert splice(RUNS, 1) != splice(RUNS, 2)


@given(st.integers(0, 50))
def test_only_the_run_that_was_left_out_is_scored(seed: int) -> None:
    stays = splice(RUNS, seed, pieces=8, left_out="b").truth.stays
    assert [stay.scored for stay in stays] == [False, True] * 4
    assert {stay.zone for stay in stays if stay.scored} == {"office"}
    assert "office" not in {stay.zone for stay in stays if not stay.scored}


@pytest.mark.parametrize(
    ("runs", "left_out"),
    [
        ([], None),
        ([RUNS[0], RUNS[3]], None),
        ([RUNS[0], RUNS[3]], "a"),
        ([RUNS[0], RUNS[1]], "c"),
        ([RUNS[0], run("e", made.OFFICE, "office", 10)], None),
        ([RUNS[0], Run("f", "office", list[Read]())], None),
    ],
)
def test_a_splice_of_one_zone_or_of_short_runs_is_refused(
    runs: list[Run], left_out: str | None
) -> None:
    with pytest.raises(ValueError, match="needs runs from two zones"):
        splice(runs, 1, left_out=left_out)


def test_a_quick_tag_that_teleports_is_followed_from_piece_to_piece() -> None:
    result = total(score_run(made.plan(), splice(RUNS, seed, pieces=10)) for seed in range(3))
    assert (result.missed, result.false_moves) == (0, 0)
    latency_s = result.latency_s(0.95)
    assert latency_s is not None
    assert latency_s < 6


def test_of_no_reads_nothing_is_shown() -> None:
    assert located(made.plan(), []) == {}
