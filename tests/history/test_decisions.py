"""Decisions in pieces of the commit sequence: each as it stands, and none twice or never."""

from history.decisions import oldest_decision_ns, read_decisions
from history.outputs import ZonesChanged
from tests.history.made import Writer, alert, at, crossing, movement, raised


def test_a_piece_has_everything_that_its_numbers_decided(writer: Writer) -> None:
    moved, crossed, told = (
        movement("aa", None, "hall", at(0)),
        crossing("aa", "dock", at(1)),
        alert(),
    )
    writer.commit(moved, crossed, raised(told))
    found = read_decisions(writer.connection, 0, None, 100)
    assert [each.output for each in found.batch.outputs] == [moved, crossed]
    assert [(each.tag, each.zone, each.to_ns) for each in found.batch.visits] == [
        ("aa", "hall", None)
    ]
    assert [(each.raised_seq, each.seq, each.alert) for each in found.batch.alerts] == [
        (3, 3, told)
    ]
    assert (found.upto, found.rows) == (3, 4)
    assert read_decisions(writer.connection, 3, None, 100).rows == 0


def test_what_has_changed_since_is_in_the_piece_of_its_change(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(0)), raised(alert()))
    writer.commit(movement("aa", "hall", "yard", at(9)), raised(alert(), "cleared"))
    first = read_decisions(writer.connection, 0, 2, 100).batch
    assert (len(first.outputs), len(first.visits), len(first.alerts)) == (1, 0, 0)
    second = read_decisions(writer.connection, 2, None, 100).batch
    assert [(each.zone, each.to_ns) for each in second.visits] == [("hall", at(9)), ("yard", None)]
    assert [(each.raised_seq, each.seq) for each in second.alerts] == [(2, 4)]


def test_pieces_are_bounded_and_a_number_is_never_split(writer: Writer) -> None:
    tags = [f"t{n:03d}" for n in range(100)]
    writer.commit(*(movement(tag, None, "hall", at(n)) for n, tag in enumerate(tags)))
    writer.commit(ZonesChanged({"hall": "shed"}, (), at(200)))
    after, sizes = 0, list[int]()
    while (found := read_decisions(writer.connection, after, None, 30)).upto > after:
        after = found.upto
        sizes.append(len(found.batch.visits))
    assert sizes == [0, 0, 0, 100]
    assert after == 101


def test_a_renamed_visit_is_told_under_both_names_unless_it_has_its_former_one_again(
    writer: Writer,
) -> None:
    writer.commit(movement("aa", None, "hall", at(0)))
    writer.commit(ZonesChanged({"hall": "shed"}, (), at(5)))
    batch = read_decisions(writer.connection, 0, None, 100).batch
    assert [each.zone for each in batch.renamed] == ["hall"]
    assert [each.zone for each in batch.visits] == ["shed"]
    writer.commit(ZonesChanged({"shed": "hall"}, (), at(6)))
    batch = read_decisions(writer.connection, 0, None, 100).batch
    assert [each.zone for each in batch.renamed] == ["shed"]
    assert [each.zone for each in batch.visits] == ["hall"]


def test_the_oldest_that_waits_is_known_by_its_time(writer: Writer) -> None:
    assert oldest_decision_ns(writer.connection, 0, None) is None
    writer.commit(movement("aa", None, "hall", at(0)), movement("aa", "hall", "yard", at(9)))
    assert oldest_decision_ns(writer.connection, 0, None) == at(0.25)
    assert oldest_decision_ns(writer.connection, 1, 2) == at(9.25)
