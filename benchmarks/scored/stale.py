"""The stale-window case: what was heard long ago must not bring a tag back.

20 strong reads at B, an hour of reads at A, then one weak read at B: the tag stays at A.
"""

from collections.abc import Sequence

from benchmarks.scored.estimators import METHODS, Method, fitted_plan
from benchmarks.scored.recordings import Recordings
from benchmarks.scored.tables import Check, Section
from tags.reads import Read
from tags.times import SECOND_NS
from zones.scoring import Shown, located

BEGIN_NS = 1_790_000_000 * SECOND_NS
HOUR_S = 3_600
STRONG_DBM, USUAL_DBM, WEAK_DBM = -40.0, -55.0, -68.0


def stale_reads() -> list[Read]:
    """The reads of the case: antenna 2 is B, antenna 1 is A."""
    at_b = [_read(2, n * 0.1, STRONG_DBM) for n in range(20)]
    at_a = [_read(1, 2 + n * 0.5, USUAL_DBM) for n in range(2 * HOUR_S)]
    return [*at_b, *at_a, _read(2, 2 + HOUR_S, WEAK_DBM)]


def _read(antenna: int, at_s: float, rssi_dbm: float) -> Read:
    at_ns = BEGIN_NS + round(at_s * SECOND_NS)
    return Read("303435fc8803d056d15b963f", "r420", antenna, at_ns, at_ns, rssi_dbm)


def moves_at_the_end(method: Method, recordings: Recordings) -> int | None:
    """How often the weak read moves the tag; None if it was not at A before."""
    plan = fitted_plan(method, recordings.site, recordings.dwell)
    reads = stale_reads()
    shown = located(plan, reads).get(reads[0].tag, [])
    before = [each for each in shown if each.decided_ns < reads[-1].time_ns]
    return len(shown) - len(before) if _is_at_a(before) else None


def _is_at_a(shown: Sequence[Shown]) -> bool:
    return bool(shown) and shown[-1].zone == "corner-1"


def stale_section(recordings: Recordings) -> tuple[Section, list[Check]]:
    """What each method does with it."""
    moves = {method.name: moves_at_the_end(method, recordings) for method in METHODS}
    rows = [(name, _word(count)) for name, count in moves.items()]
    words = "20 strong reads at B, an hour of reads at A, then one weak read at B."
    ours = moves[METHODS[-1].name]
    check = Check("stale window", _word(ours), "no move", ours == 0)
    return Section("The stale window", words, [("method", "the weak read"), *rows]), [check]


def _word(moves: int | None) -> str:
    if moves is None:
        return "the tag was not at A"
    return "moves the tag" if moves else "no move"
