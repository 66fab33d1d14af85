"""Gaps in what is known of an asset, against a plain reference that looks at every moment."""

from hypothesis import given
from hypothesis import strategies as st

from history.gaps import Gap, Stay, concerns, gaps_of
from history.outages import GATEWAY, Outage

ZONES = ("hall", "gate")
COVERS = {"hall": frozenset({("r1", 1), ("r2", 0)}), "gate": frozenset({("r1", 2)})}
END = 24
ENDINGS = st.sampled_from([None, "departed", "outside", "zone_gone", "handed_over"])


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, int | None]:
    begin = draw(st.integers(0, END - 2))
    return begin, draw(st.none() | st.integers(begin, END - 1))


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    found = [
        Stay(draw(st.sampled_from(ZONES)), *draw(spans()), draw(ENDINGS))
        for _ in range(draw(st.integers(0, 5)))
    ]
    return sorted(found, key=lambda stay: stay.from_ns)


@st.composite
def outages(draw: st.DrawFn) -> list[Outage]:
    found = []
    for _ in range(draw(st.integers(0, 5))):
        from_ns, to_ns = draw(spans())
        reader = draw(st.sampled_from([GATEWAY, "r1", "r2", "r3"]))
        antenna = 0 if reader == GATEWAY else draw(st.integers(0, 3))
        found.append(
            Outage(
                reader=reader,
                antenna=antenna,
                state="offline",
                reason="",
                from_ns=from_ns,
                to_ns=to_ns,
            )
        )
    return found


def goes_on(at: int, from_ns: int, to_ns: int | None) -> bool:
    return from_ns <= at and (to_ns is None or at < to_ns)


def reason_at(
    at: int, known: list[Stay], broken: list[Outage], known_ns: int | None
) -> tuple[str, str | None, tuple[str, ...]] | None:
    """What the definition says of one moment, without any cleverness."""
    there = [stay for stay in known if goes_on(at, stay.from_ns, stay.to_ns)]
    before = [stay for stay in known if stay.from_ns <= at]
    if there:
        zone = there[-1].zone
        down = [each for each in broken if goes_on(at, each.from_ns, each.to_ns)]
        readers = tuple(sorted({each.reader for each in down if concerns(each, COVERS[zone])}))
        if any(each.reader == GATEWAY for each in down):
            return "gateway_down", zone, readers
        return ("reader_down", zone, readers) if readers else None
    if not before:
        return None if known_ns is None or at < known_ns else ("never_seen", None, ())
    named = before[-1].ended or "departed"
    return ("unbound" if named == "handed_over" else named), before[-1].zone, ()


def gap_at(at: int, gaps: list[Gap]) -> tuple[str, str | None, tuple[str, ...]] | None:
    found = [gap for gap in gaps if goes_on(at, gap.from_ns, gap.to_ns)]
    assert len(found) <= 1
    return (found[0].reason, found[0].zone, found[0].readers) if found else None


@given(known=stays(), broken=outages(), known_ns=st.none() | st.integers(0, END))
def test_each_moment_lies_in_the_gap_that_the_definition_says(
    known: list[Stay], broken: list[Outage], known_ns: int | None
) -> None:
    gaps = gaps_of(known, broken, COVERS, known_ns)
    for at in range(END + 1):
        assert gap_at(at, gaps) == reason_at(at, known, broken, known_ns), at
    assert [gap.from_ns for gap in gaps] == sorted({gap.from_ns for gap in gaps})


@given(known=stays(), broken=outages(), later=outages())
def test_an_outage_of_another_reader_that_is_learned_later_takes_away_no_beginning_of_a_gap(
    known: list[Stay], broken: list[Outage], later: list[Outage]
) -> None:
    before = {gap.from_ns for gap in gaps_of(known, broken, COVERS, 0)}
    heard = {each.reader for each in broken}
    later = [each for each in later if each.reader not in heard]
    after = {gap.from_ns for gap in gaps_of(known, [*broken, *later], COVERS, 0)}
    assert before <= after
