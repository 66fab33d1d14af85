"""Ghost EPCs are found, and tags are left alone."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zones.made import HALL, YARD, at
from zones.floorplan import PointKey
from zones.ghosts import CANDIDATES_MAX, Ghost, ghosts_among
from zones.quality import TagAtPoint, TagSums

REAL = [f"3034257bf400b7800{serial:07x}" for serial in (0x4CB2F, 0x51D10, 0x6AA01, 0x7F3C4)]
OWN = ["e28011606000020812345678", "e2801160600002087654aaaa", "e28011606000020899991111"]


def sums(reads: int, keys: Iterable[PointKey] = (HALL,)) -> TagSums:
    points = {key: TagAtPoint(reads=reads) for key in keys}
    return TagSums(at(1), at(2), HALL, reads=reads, points=points)


def ghosts(
    suspects: dict[str, TagSums], tags: Iterable[str] = REAL, reads: int = 500
) -> list[Ghost]:
    known = {tag: sums(reads) for tag in tags}
    return ghosts_among({**known, **suspects}).found


def reasons(tag: str, reads: int = 2, tags: Iterable[str] = REAL) -> tuple[str, ...]:
    found = ghosts({tag: sums(reads)}, tags)
    return found[0].reasons if found else ()


def test_tags_that_are_read_often_are_no_ghosts() -> None:
    assert ghosts({}) == []
    assert ghosts({}, OWN) == []


@pytest.mark.parametrize(
    ("tag", "reads", "expected"),
    [
        ("3034257bf400b7800aaaaaaa", 1, ("single read",)),
        ("0" * 24, 2, ("blank",)),
        ("f" * 24, 400, ("blank",)),
        ("3034257bf400b7800004c", 400, ("not in 16-bit words",)),
        ("3034257bf400b7800004", 2, ("other length",)),
        ("ff34257bf400b78000aaaaaa", 2, ("unknown header",)),
        ("3034257bf400b7800aaaaaaa", 2, ()),
        ("ble:0011223344556677", 1, ("single read",)),
        ("ble:0011223344556677", 2, ()),
    ],
)
def test_each_reason_for_doubt_is_told(tag: str, reads: int, expected: tuple[str, ...]) -> None:
    assert reasons(tag, reads) == expected


def test_a_header_is_unknown_only_where_others_are_known() -> None:
    assert reasons("ff34257bf400b78000aaaaaa", tags=OWN) == ()


def test_two_antennas_or_four_reads_make_it_a_tag() -> None:
    odd = "3034257bf400b7800004"
    assert ghosts({odd: sums(2, (HALL, YARD))}) == []
    assert ghosts({odd: sums(4)}) == []


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(REAL), st.sets(st.integers(0, 87), min_size=1, max_size=4))
def test_one_or_two_wrong_bits_of_a_frequent_tag_are_found(tag: str, bits: set[int]) -> None:
    # The header is left alone: what it says is a reason of its own.
    garbled = f"{int(tag, 16) ^ sum(1 << bit for bit in bits):024x}"
    (ghost,) = ghosts({garbled: sums(1)})
    named = {1: "1 bit off", 2: "2 bits off"}.get(len(bits))
    assert (named in ghost.reasons) is (named is not None)
    assert ghost.resembles == (None if named is None else tag)


def test_a_tag_that_is_seldom_read_itself_is_no_original() -> None:
    assert reasons(f"{int(REAL[0], 16) ^ 1:024x}", tags=[*REAL[1:]]) == ()


def test_the_most_doubtful_comes_first_with_its_first_read() -> None:
    lone, odd = "3034257bf400b7800aaaaaaa", "3034257bf400b7800004"
    found = ghosts({"0" * 24: sums(1), lone: sums(1), odd: sums(3)})
    assert [ghost.tag for ghost in found] == ["0" * 24, lone, odd]
    assert (found[0].reader, found[0].antenna, found[0].first_ns) == (*HALL, at(1))


def test_more_candidates_than_can_be_looked_at_are_counted() -> None:
    many = {f"{number:024x}": sums(1) for number in range(1, CANDIDATES_MAX + 8)}
    found = ghosts_among(many)
    assert (len(found.found), found.unchecked) == (CANDIDATES_MAX, 7)
