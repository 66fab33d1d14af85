"""Ghost EPCs: identities that were heard, but that hardly belong to a tag."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import msgspec

from tags.epc import describe
from zones.quality import TagSums

CANDIDATE_READS_MAX = 3
"""A tag read more often, or at a second antenna, is no ghost; unless its pattern is none."""

CANDIDATES_MAX = 1_000
FREQUENT_READS_MIN = 30
MAJORITY = 0.9
BITS_APART_MAX = 2

_HEX_DIGITS_A_WORD = 4
_BITS_A_DIGIT = 4
_LOOKUP_BITS_MAX = 256


class Ghost(msgspec.Struct, frozen=True, kw_only=True):
    """An identity with the reasons to doubt it, its first read, and the tag that it resembles."""

    tag: str
    reads: int
    reader: str
    antenna: int
    first_ns: int
    reasons: tuple[str, ...]
    resembles: str | None


class Ghosts(NamedTuple):
    """The most doubtful first; `unchecked` are candidates for which there was no room."""

    found: list[Ghost]
    unchecked: int


def ghosts_among(tags: Mapping[str, TagSums]) -> Ghosts:
    """Look for ghosts.

    A candidate was heard three times at most and by one antenna, or has a pattern
    that no tag has: no whole number of 16-bit words, nothing but zeros or ones. It is
    a ghost if at least one of these is so: `single read`; `blank`; `not in 16-bit
    words`; `other length` than nine tenths of the tags; `unknown header`, where nine
    tenths have a known one; `1 bit off` or `2 bits off` a tag that was heard thirty
    times and more. Identities that are no EPC can only be a `single read`.
    """
    usual = _Usual.of(tags)
    candidates = [tag for tag in sorted(tags) if _is_candidate(tag, tags[tag])]
    checked = sorted(candidates, key=lambda tag: (not _is_malformed(tag), tags[tag].reads, tag))
    ghosts = [_ghost_of(tag, tags[tag], usual) for tag in checked[:CANDIDATES_MAX]]
    found = [ghost for ghost in ghosts if ghost.reasons]
    found.sort(key=lambda ghost: (-len(ghost.reasons), ghost.reads, ghost.tag))
    return Ghosts(found, max(0, len(checked) - CANDIDATES_MAX))


class _Usual(NamedTuple):
    """What most tags are like: their number of hex digits, and whether GS1 knows their header."""

    digits: int | None
    has_header: bool
    frequent: dict[int, dict[int, str]]
    """Tags by their number, by their number of digits."""

    @classmethod
    def of(cls, tags: Mapping[str, TagSums]) -> "_Usual":
        sure = [tag for tag in sorted(tags) if _is_hex(tag) and not _is_candidate(tag, tags[tag])]
        digits = _majority(Counter(map(len, sure)), len(sure))
        described = sum(describe(tag) is not None for tag in sure)
        frequent: dict[int, dict[int, str]] = {}
        for tag in sure:
            if tags[tag].reads >= FREQUENT_READS_MIN:
                frequent.setdefault(len(tag), {})[int(tag, 16)] = tag
        return cls(digits, bool(sure) and described >= MAJORITY * len(sure), frequent)


def _majority(counts: Counter[int], total: int) -> int | None:
    for value, count in counts.most_common(1):
        if count >= MAJORITY * total:
            return value
    return None


def _ghost_of(tag: str, sums: TagSums, usual: _Usual) -> Ghost:
    apart, resembled = _nearest(tag, usual.frequent.get(len(tag), {}))
    reasons = tuple(_reasons(tag, sums, usual, apart))
    return Ghost(
        tag=tag,
        reads=sums.reads,
        reader=sums.first_key[0],
        antenna=sums.first_key[1],
        first_ns=sums.first_ns,
        reasons=reasons,
        resembles=resembled,
    )


def _reasons(tag: str, sums: TagSums, usual: _Usual, apart: int | None) -> Iterator[str]:
    if sums.reads == 1:
        yield "single read"
    if not _is_hex(tag):
        return
    if _is_blank(tag):
        yield "blank"
    elif len(tag) % _HEX_DIGITS_A_WORD:
        yield "not in 16-bit words"
    elif usual.digits is not None and len(tag) != usual.digits:
        yield "other length"
    elif usual.has_header and describe(tag) is None:
        yield "unknown header"
    if apart is not None:
        yield "1 bit off" if apart == 1 else f"{apart} bits off"


def _nearest(tag: str, frequent: Mapping[int, str]) -> tuple[int | None, str | None]:
    """How many bits a tag is from the nearest frequent one, if two at most, and which that is."""
    bits = len(tag) * _BITS_A_DIGIT
    if not frequent or not _is_hex(tag) or bits > _LOOKUP_BITS_MAX:
        return None, None
    value = int(tag, 16)
    singles = [1 << bit for bit in range(bits)]
    for mask in singles:
        if value ^ mask in frequent:
            return 1, frequent[value ^ mask]
    for one, other in combinations(singles, BITS_APART_MAX):
        if value ^ one ^ other in frequent:
            return BITS_APART_MAX, frequent[value ^ one ^ other]
    return None, None


def _is_candidate(tag: str, sums: TagSums) -> bool:
    rare = sums.reads <= CANDIDATE_READS_MAX and len(sums.points) <= 1
    return rare or _is_malformed(tag)


def _is_malformed(tag: str) -> bool:
    return _is_hex(tag) and (len(tag) % _HEX_DIGITS_A_WORD != 0 or _is_blank(tag))


def _is_blank(tag: str) -> bool:
    return not tag.strip("0") or not tag.strip("f")


def _is_hex(tag: str) -> bool:
    """Whether it is an EPC; other identities have a prefix."""
    return bool(tag) and ":" not in tag
