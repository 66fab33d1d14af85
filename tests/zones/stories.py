"""Made-up days at the small site, as nasty as they come, for properties of the whole pipeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from alerts.changes import (
    AcknowledgeAlert,
    AssignAlert,
    CommentAlert,
    EndDrill,
    EndMaintenance,
    ResetAlert,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    StartMaintenance,
    UnshelveAlert,
)
from alerts.lifecycle import alert_id
from gateway.entries import (
    ClockOffset,
    Entry,
    GatewayStarted,
    Observed,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
)
from gateway.pipeline import Pipeline, PipelineState
from history.outputs import Numbered
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, RemoveAsset, RevokeCheckOut, StoreAssets
from readers.health import ReaderHealth
from readers.maintenance import Target
from tags.reads import Fix, Read
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.zones.made import DOCK, GATE, HALL, NOWHERE, OFFICE, T0_NS, YARD
from tests.zones.story_sites import LAPTOPS, RULE, SITES, SUBJECTS, TAGS, site_of
from zones.bins import BIN_NS
from zones.tracks import LocateState

END_NS = 600 * SECOND_NS

Item = Read | Fix | Entry


@dataclass(frozen=True)
class Story:
    """What came in, one by one; `cuts` says, over and over, whether a group ends."""

    items: tuple[Item, ...]
    cuts: tuple[bool, ...]

    def entries(self, *, cut_all: bool | None = None) -> list[Entry]:
        """The story as entries; `cut_all` sets every cut."""
        entries: list[Entry] = []
        together: list[Item] = []
        for number, item in enumerate(self.items):
            if together and type(item) is not type(together[0]):
                entries.append(_together(together, number))
                together = []
            if not isinstance(item, Read | Fix):
                entries.append(item)
                continue
            together.append(item)
            if self.cuts[number % len(self.cuts)] if cut_all is None else cut_all:
                entries.append(_together(together, number + 1))
                together = []
        return entries


def _together(items: Sequence[Item], number: int) -> Entry:
    """Reads, or positions, that come in one message."""
    fixes = [each for each in items if isinstance(each, Fix)]
    if fixes:
        return Observed(fixes[-1].arrival_ns, fixes)
    return ReadGroup("local", number, [each for each in items if isinstance(each, Read)])


def opening(site: str = "first") -> list[Entry]:
    """A site, its assets, and readers that hear."""
    return [
        SiteChanged(T0_NS, "test", site, site),
        StoreAssets(arrival_ns=T0_NS, by="test", assets=LAPTOPS),
        ReaderHealth(reader="r", state="online", since_ns=T0_NS),
        ReaderHealth(reader="s", state="online", since_ns=T0_NS),
    ]


def run(
    entries: Iterable[Entry],
    *,
    parts: int = 1,
    pipeline: Pipeline | None = None,
) -> list[Numbered]:
    """All that is decided from entries which come one by one."""
    used = pipeline or new_pipeline(parts)
    return [output for entry in entries for output in used.advance([entry]).outputs]


def new_pipeline(parts: int = 1, state: PipelineState | None = None) -> Pipeline:
    """A pipeline over the make-believe sites."""
    fresh = PipelineState(located=[LocateState() for _ in range(parts)])
    return Pipeline(site_of, fresh if state is None else state)


def with_ticks(entries: Sequence[Entry], shares: Sequence[float]) -> list[Entry]:
    """The same with a tick before each entry, as late as a share of the time between allows."""
    ticked: list[Entry] = list(entries[:1])
    now_ns = arrival_of(entries[0])
    for number, (_, entry) in enumerate(pairwise(entries)):
        next_ns = _first_arrival(entry)
        if next_ns > now_ns:
            share = shares[number % len(shares)]
            ticked.append(Tick(now_ns + round((next_ns - now_ns) * share)))
        ticked.append(entry)
        now_ns = max(now_ns, _last_arrival(entry))
    return ticked


def _first_arrival(entry: Entry) -> int:
    match entry:
        case ReadGroup(reads=reads):
            return reads[0].arrival_ns
        case Observed(fixes=fixes):
            return fixes[0].arrival_ns
        case GatewayStarted(down_since_ns=down_since_ns):
            return down_since_ns or 0
        case _:
            return arrival_of(entry)


def _last_arrival(entry: Entry) -> int:
    if isinstance(entry, ReadGroup):
        return max(read.arrival_ns for read in entry.reads)
    if isinstance(entry, Observed):
        return max(fix.arrival_ns for fix in entry.fixes)
    return arrival_of(entry)


# Days, drawn at random

_GAPS_NS = (
    0,
    1,
    125 * MILLISECOND_NS,
    BIN_NS - 1,
    BIN_NS,
    SECOND_NS,
    2 * SECOND_NS,
    2 * SECOND_NS + BIN_NS,
    7 * SECOND_NS,
)
_DELAYS_NS = (
    *(0, 0, 0, 0),
    1,
    100 * MILLISECOND_NS,
    BIN_NS,
    2 * SECOND_NS,
    2 * SECOND_NS + 1,
    5 * SECOND_NS,
    90 * SECOND_NS,
    3600 * SECOND_NS,
    -3600 * SECOND_NS,
    40 * 86_400 * SECOND_NS,
)
_LEVELS_DBM = (-45.0, -50.0, -50.0, -52.0, -57.5, -66.1, -75.0, -88.0, None)
_POINTS = (*(HALL, GATE, YARD, OFFICE, DOCK) * 3, NOWHERE, ("stranger", 1))
_ROUTES = (
    *((point,) for point in _POINTS),
    *((HALL, HALL, HALL, GATE, GATE, GATE), (DOCK, DOCK, DOCK, HALL, HALL, HALL)) * 2,
    *((HALL, DOCK), (HALL, GATE)) * 2,
)
"""Where a tag is read, one after the other, and again from the start."""

_SETBACK_NS = 300 * MILLISECOND_NS

_TARGETS = (
    Target("reader", "r"),
    Target("reader", "s"),
    Target("antenna", "r", 2),
    Target("antenna", "r", 9),
    Target("portal", "door"),
)
_LASTING_NS = (1, 250 * MILLISECOND_NS, SECOND_NS + 1, 3 * SECOND_NS, 60 * SECOND_NS)

_heard = st.tuples(
    st.just("read"),
    st.sampled_from(TAGS),
    st.sampled_from(_ROUTES),
    st.sampled_from(_DELAYS_NS),
    st.sampled_from(_LEVELS_DBM),
    st.sampled_from((1, 1, 3)),
)
_PLACES_M = ((3, 3), (8, 8), (15, 5), (35, 5), (405, 5), (-1, 5), (-5, 5), (25, 5), (25, 900))
_seen = st.tuples(
    st.just("fix"),
    st.sampled_from(TAGS),
    st.sampled_from(_PLACES_M),
    st.sampled_from(_DELAYS_NS),
    st.sampled_from((None, 1.0, 8.0, 80.0)),
)
_stays = st.tuples(
    st.sampled_from((125 * MILLISECOND_NS, BIN_NS, SECOND_NS)),
    st.integers(1, 7),
    st.one_of(_heard, _heard, _seen),
)
_alerts = st.builds(
    alert_id,
    st.sampled_from((RULE, "second", "dock", "move on")),
    st.sampled_from(SUBJECTS),
    st.sampled_from(("gate", "yard", "dock")),
    st.integers(1, 2),
)
_VERBS = ("shelve", "unshelve", "assign", "comment")
_ORDERS = ("shelve rule", "take up", "drill", "end drill")
_LOANS = ("lend", "bring back", "revoke")
_news = st.one_of(
    st.tuples(
        st.just("health"),
        st.sampled_from(("r", "s")),
        st.sampled_from(("online", "silent")),
        st.sampled_from(({}, {1: "disconnected"}, {1: "connected", 2: "connected"})),
    ),
    st.tuples(
        st.just("offset"), st.sampled_from(("r", "s")), st.sampled_from((0, 10**9, -(10**9)))
    ),
    st.just(("start",)),
    st.tuples(st.just("site"), st.sampled_from(sorted(SITES))),
    st.tuples(st.just("store"), st.sampled_from(TAGS)),
    st.just(("remove",)),
    st.tuples(st.just("acknowledge"), _alerts),
    st.tuples(st.just("reset"), _alerts),
    st.tuples(st.just("maintain"), st.sampled_from(_TARGETS), st.sampled_from(_LASTING_NS)),
    st.tuples(st.just("maintain"), st.sampled_from(_TARGETS), st.sampled_from(_LASTING_NS)),
    st.tuples(st.just("maintained"), st.sampled_from(_TARGETS)),
    st.tuples(st.sampled_from(_VERBS), _alerts),
    st.tuples(st.sampled_from(_ORDERS), st.sampled_from(_LASTING_NS)),
    st.tuples(st.sampled_from(_LOANS), st.sampled_from(_LASTING_NS)),
    st.just(("tick",)),
)
_newsflash = st.tuples(st.just(0), st.just(1), _news)
_happenings = st.lists(
    st.tuples(st.sampled_from(_GAPS_NS), st.one_of(_stays, _stays, _stays, _newsflash)),
    min_size=4,
    max_size=20,
)


@st.composite
def stories(draw: st.DrawFn, *, steady: bool = False) -> Story:
    """A day after the opening; steady: the gateway's own clock never goes back."""
    items: list[Item] = list(opening(draw(st.sampled_from(("first", "drawn")))))
    now_ns = T0_NS
    for gap_ns, (period_ns, times, happening) in draw(_happenings):
        for turn, step_ns in enumerate((gap_ns, *[period_ns] * (times - 1))):
            back_ns = _SETBACK_NS if step_ns == 1 and not steady else 0
            items.append(_item(happening, now_ns + step_ns - back_ns, now_ns, turn))
            now_ns += step_ns
    items.append(Tick(now_ns + END_NS))
    cuts = draw(st.lists(st.booleans(), min_size=1, max_size=9))
    return Story(tuple(items), tuple(cuts))


def _item(happening: tuple[Any, ...], arrival_ns: int, before_ns: int, turn: int) -> Item:
    match happening:
        case ("read" | "fix", *_):
            return _heard_or_seen(happening, arrival_ns, turn)
        case ("health", name, state, antennas):
            return ReaderHealth(reader=name, state=state, since_ns=arrival_ns, antennas=antennas)
        case ("offset", name, offset_ns):
            return ClockOffset(arrival_ns, name, offset_ns)
        case ("start",):
            return GatewayStarted(arrival_ns, before_ns)
        case ("site", name):
            return SiteChanged(arrival_ns, "test", name, name)
        case _:
            return _change(happening, arrival_ns)


def _heard_or_seen(happening: tuple[Any, ...], arrival_ns: int, turn: int) -> Read | Fix:
    kind, tag, where, delay_ns, *more = happening
    time_ns = arrival_ns - delay_ns
    if kind == "fix":
        x_m, y_m = where
        return Fix(tag, "gps", time_ns, arrival_ns, x_m, y_m, accuracy_m=more[0])
    name, number = where[turn % len(where)]
    rssi_dbm, count = more
    return Read(tag, name, number, time_ns, arrival_ns, rssi_dbm, count)


def _change(happening: tuple[Any, ...], arrival_ns: int) -> Entry:
    match happening:
        case ("store", tag):
            asset = Asset(id="laptop-3", category="laptop", tags=(tag,))
            return StoreAssets(arrival_ns=arrival_ns, by="test", assets=(asset,), rebind=True)
        case ("remove",):
            return RemoveAsset(arrival_ns=arrival_ns, by="test", asset="laptop-1")
        case ("acknowledge", alert):
            return AcknowledgeAlert(arrival_ns=arrival_ns, by="ann", alert=alert)
        case ("reset", alert):
            return ResetAlert(arrival_ns=arrival_ns, by="ann", alert=alert)
        case ("tick",):
            return Tick(arrival_ns)
        case _:
            return _done_by_people(happening, arrival_ns)


def _done_by_people(happening: tuple[Any, ...], arrival_ns: int) -> Entry:
    what, about, *_ = happening
    if what in _VERBS:
        return _handling(what, about, arrival_ns)
    if what in _ORDERS:
        return _order(what, arrival_ns, arrival_ns + about)
    if what in _LOANS:
        return _loan(what, arrival_ns, arrival_ns + about)
    return _work(happening, arrival_ns)


def _work(happening: tuple[Any, ...], arrival_ns: int) -> Entry:
    if happening[0] == "maintained":
        return EndMaintenance(arrival_ns=arrival_ns, by="ann", target=happening[1])
    _, target, lasting_ns = happening
    return StartMaintenance(
        arrival_ns=arrival_ns,
        by="ann",
        target=target,
        until_ns=arrival_ns + lasting_ns,
        reason="new cable",
    )


def _handling(verb: str, alert: str, arrival_ns: int) -> Entry:
    who: dict[str, Any] = {"arrival_ns": arrival_ns, "by": "ann"}
    match verb:
        case "shelve":
            until_ns = arrival_ns + 2 * SECOND_NS
            return ShelveAlert(alert=alert, until_ns=until_ns, reason="known", **who)
        case "unshelve":
            return UnshelveAlert(alert=alert, **who)
        case "assign":
            return AssignAlert(alert=alert, to="bob", **who)
        case _:
            return CommentAlert(alert=alert, text="on my way", **who)


def _order(order: str, arrival_ns: int, until_ns: int) -> Entry:
    who: dict[str, Any] = {"arrival_ns": arrival_ns, "by": "ann"}
    match order:
        case "shelve rule":
            return ShelveRule(rule=RULE, until_ns=until_ns, reason="works", **who)
        case "take up":
            return ShelveRule(rule=RULE, until_ns=0, reason="", **who)
        case "drill":
            return StartDrill(until_ns=until_ns, reason="alarm test", **who)
        case _:
            return EndDrill(**who)


def _loan(step: str, arrival_ns: int, until_ns: int) -> Entry:
    who: dict[str, Any] = {"arrival_ns": arrival_ns, "by": "ann"}
    match step:
        case "lend":
            times: dict[str, Any] = {"from_ns": arrival_ns, "until_ns": until_ns, "grace_s": 1.0}
            name = f"loan-{until_ns - arrival_ns}"
            return CheckOut(id=name, person="bob", category="laptop", **times, **who)
        case "bring back":
            return CheckIn(id=f"loan-{until_ns - arrival_ns}", **who)
        case _:
            return RevokeCheckOut(id=f"loan-{until_ns - arrival_ns}", reason="lost", **who)
