"""Spans of what another store has to get: nothing falls between them, and they are few."""

from hypothesis import given
from hypothesis import strategies as st

from history.set_aside import LINES_MAX, Refused, count_aside, drop_aside, put_aside, read_aside
from history.shipments import (
    DECISIONS,
    SPANS_MAX,
    Lane,
    Lanes,
    Mark,
    Waiting,
    load_lanes,
    next_round,
    save_lanes,
)
from tests.history.made import Writer, transaction

DAY = "2026-01-31"


def lane(part: str = DAY, after: int = 0, until: int | None = None) -> Lane:
    return Lane(part, Mark(after), until)


def waiting(part: str, oldest_ns: int, *, fresh: bool) -> Waiting:
    return Waiting(lane(part), 1, oldest_ns, fresh)


def test_a_round_takes_what_is_fresh_and_one_piece_of_the_oldest_backlog() -> None:
    fresh = [waiting(DAY, 9, fresh=True), waiting(DECISIONS, 9, fresh=True)]
    old = [waiting("2026-01-30", 5, fresh=False), waiting("2026-01-29", 4, fresh=False)]
    assert next_round([*old, *fresh]) == [fresh[1], fresh[0], old[1]]
    assert next_round(old) == [old[1]]
    assert next_round([]) == []


def test_part_of_a_number_counts_as_nothing_of_it_when_it_is_saved(writer: Writer) -> None:
    lanes = Lanes()
    [first] = lanes.of(DAY)
    lanes.move(first, Mark(7, 500))
    with transaction(writer.connection) as db:
        save_lanes(db, "influxdb", {DAY: lanes.of(DAY)})
    assert load_lanes(writer.connection, "influxdb").of(DAY) == [lane(after=6)]


def test_a_part_that_is_gone_is_gone_for_every_store(writer: Writer) -> None:
    with transaction(writer.connection) as db:
        for store in ("a", "b"):
            save_lanes(db, store, {DAY: [lane(after=3, until=5), lane(after=9)]})
        save_lanes(db, "a", {DECISIONS: [lane(DECISIONS, 4)]})
    assert load_lanes(writer.connection, "b").of(DAY) == [lane(after=3, until=5), lane(after=9)]
    with transaction(writer.connection) as db:
        save_lanes(db, "a", {DAY: []})
    assert load_lanes(writer.connection, "b").parts == []
    assert load_lanes(writer.connection, "a").parts == [DECISIONS]


Verb = st.one_of(
    st.tuples(st.just("grow"), st.integers(1, 50)),
    st.tuples(st.just("split"), st.integers(0, 5)),
    st.tuples(st.just("ship"), st.integers(0, 300)),
)


@given(st.lists(Verb, max_size=80))
def test_every_number_is_in_a_span_until_it_was_shipped(verbs: list[tuple[str, int]]) -> None:
    lanes, head, shipped = Lanes([lane(after=0)]), 0, set[int]()
    for verb, value in verbs:
        if verb == "grow":
            head += value
        elif verb == "split":
            lanes.split(DAY, max(0, head - value))
        else:
            each = lanes.of(DAY)[value % len(lanes.of(DAY))]
            upto = min(each.after.number + 10, head if each.until is None else each.until)
            shipped |= set(range(each.after.number + 1, upto + 1))
            lanes.move(each, Mark(max(upto, each.after.number)))
        waits = {
            number
            for each in lanes.of(DAY)
            for number in range(each.after.number + 1, (each.until or head) + 1)
        }
        assert waits | shipped >= set(range(1, head + 1))
        assert len(lanes.of(DAY)) <= SPANS_MAX
        assert lanes.of(DAY)[-1].until is None


def test_lines_are_set_aside_up_to_a_limit_and_the_oldest_go(writer: Writer) -> None:
    many = [Refused(f"line {n}", "poison" * 200) for n in range(LINES_MAX)]
    with transaction(writer.connection) as db:
        assert put_aside(db, "influxdb", 5, many) == 0
        assert put_aside(db, "influxdb", 6, [Refused("one more", "poison")]) == 1
    kept = read_aside(writer.connection, "influxdb")
    assert len(kept) == LINES_MAX
    assert (kept[0].line, kept[-1].line) == ("line 1", "one more")
    assert len(kept[0].reason) == 500
    assert kept[-1].at_ns == 6


def test_lines_are_dropped_one_by_one_or_all_at_once(writer: Writer) -> None:
    with transaction(writer.connection) as db:
        put_aside(db, "influxdb", 5, [Refused(f"line {n}", "poison") for n in range(5)])
        put_aside(db, "other", 5, [Refused("line", "poison")])
        assert drop_aside(db, "influxdb", [2, 2, 99]) == 1
        assert drop_aside(db, "influxdb", None) == 4
        assert count_aside(db, "influxdb") == 0
        assert count_aside(db, "other") == 1
