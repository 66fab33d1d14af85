"""Whatever happens in whatever order: the alerts that are open are the fold of the audit log."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.changes import (
    AcknowledgeAlert,
    AssignAlert,
    CommentAlert,
    EndDrill,
    ResetAlert,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    UnshelveAlert,
)
from gateway.entries import Change, Entry, GatewayStarted, ReadGroup, Tick
from gateway.journal import SqliteJournal
from gateway.station import Station
from history.audit import open_alerts_of, read_audit
from history.audit_check import verify_audit
from history.filters import AlertFilter
from history.paging import PageRequest
from history.questions import StateQuestions
from readers.health import ReaderHealth
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, TAGS, read, start, station_on
from tests.history.made import Writer, passing_state

Verb = Callable[[int, str], Change]
BY = "ann"
VERBS: dict[str, Verb] = {
    "acknowledge": lambda at, name: AcknowledgeAlert(arrival_ns=at, by=BY, alert=name, note="x"),
    "reset": lambda at, name: ResetAlert(arrival_ns=at, by=BY, alert=name),
    "shelve": lambda at, name: ShelveAlert(
        arrival_ns=at, by=BY, alert=name, until_ns=at + 8 * SECOND_NS, reason="repair"
    ),
    "unshelve": lambda at, name: UnshelveAlert(arrival_ns=at, by=BY, alert=name),
    "assign": lambda at, name: AssignAlert(arrival_ns=at, by=BY, alert=name, to="bob"),
    "comment": lambda at, name: CommentAlert(arrival_ns=at, by=BY, alert=name, text="hm"),
}
ORDERS: dict[str, Callable[[int], Entry]] = {
    "shelve rule": lambda at: ShelveRule(
        arrival_ns=at, by=BY, rule="stay in", until_ns=at + 9 * SECOND_NS, reason="repair"
    ),
    "take rule up": lambda at: ShelveRule(
        arrival_ns=at, by=BY, rule="stay in", until_ns=at, reason=""
    ),
    "drill": lambda at: StartDrill(
        arrival_ns=at, by=BY, until_ns=at + 9 * SECOND_NS, reason="monthly"
    ),
    "no drill": lambda at: EndDrill(arrival_ns=at, by=BY),
    "reader down": lambda at: ReaderHealth(reader="desk", state="offline", since_ns=at),
    "reader up": lambda at: ReaderHealth(reader="desk", state="online", since_ns=at),
    "wait": Tick,
    "restart": lambda at: GatewayStarted(at, at - SECOND_NS),
}
SPOTS = (("dock", 1), ("dock", 2), ("desk", 1))
Event = tuple[str, int, int]
EVENTS = st.one_of(
    st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 2)),
    st.tuples(st.sampled_from(sorted(VERBS)), st.integers(0, 3), st.just(0)),
    st.tuples(st.sampled_from(sorted(ORDERS)), st.just(0), st.just(0)),
)
PACES_S = st.sampled_from([0.25, 1.0, 2.5, 12.0])


class Guarded:
    """A depot at work, with people who do things about its alerts."""

    def __init__(self, writer: Writer) -> None:
        self.station: Station = station_on(SqliteJournal(writer.connection))
        self.at_ns = NOON_NS
        self.groups = 0
        self.spots = dict.fromkeys(TAGS[:4], SPOTS[0])
        self.station.process([*start(), GatewayStarted(NOON_NS, None)])

    def happen(self, event: Event, pace_s: float) -> None:
        """One event, and what the readers hear until the next."""
        what, first, second = event
        if what == "move":
            self.spots[TAGS[first]] = SPOTS[second]
        elif what in ORDERS:
            self.station.process([ORDERS[what](self.at_ns)])
        else:
            cases = self.station.pipeline.state.judged.cases
            names = sorted(case.alert.id for case in cases.values() if case.alert is not None)
            if names:
                self.station.process([VERBS[what](self.at_ns, names[first % len(names)])])
        self._hear(pace_s)

    def _hear(self, for_s: float) -> None:
        end_ns = self.at_ns + round(for_s * SECOND_NS)
        while self.at_ns < end_ns:
            self.at_ns += SECOND_NS // 4
            self.groups += 1
            heard = [read(tag, self.at_ns, *spot) for tag, spot in self.spots.items()]
            self.station.process([ReadGroup("local", self.groups, heard)])


def require_fold(writer: Writer, questions: StateQuestions) -> int:
    """How many alerts are open; each is told by the log as by the list."""
    wanted = AlertFilter(states=("active",))
    shown = questions.alerts(wanted, PageRequest(limit=1000)).items
    told = open_alerts_of(read_audit(writer.connection))
    assert told.keys() == {row["id"] for row in shown}
    for row in shown:
        del row["evidence"]
        assert {name: told[row["id"]][name] for name in row} == row
    assert verify_audit(writer.connection).fault is None
    return len(shown)


@given(st.lists(st.tuples(EVENTS, PACES_S), max_size=25))
@settings(max_examples=20, deadline=None)
def test_open_alerts_are_the_fold_of_the_log_whatever_happens(
    events: list[tuple[Event, float]],
) -> None:
    with passing_state() as (writer, questions):
        depot = Guarded(writer)
        for event, pace_s in events:
            depot.happen(event, pace_s)
        require_fold(writer, questions)


def test_open_alerts_are_the_fold_of_the_log_on_a_day_with_everything() -> None:
    with passing_state() as (writer, questions):
        depot = Guarded(writer)
        opened = 0
        for number, what in enumerate([*VERBS, *ORDERS, *VERBS]):
            depot.happen(("move", number % 4, 2), 3.0)
            depot.happen((what, number % 4, 0), 3.0)
            depot.happen(("move", (number + 2) % 4, 0), 12.0)
            opened = max(opened, require_fold(writer, questions))
        seen = {line.action for line in read_audit(writer.connection)}
    assert opened >= 2
    assert seen >= {
        f"alert.{step}"
        for step in ("raised", "acknowledged", "returned", "shelved", "assigned", "commented")
    }
    assert seen >= {"site.changed", "asset.stored", "drill.start", "rule.shelve"}


@pytest.mark.soak
@given(st.lists(st.tuples(EVENTS, PACES_S), max_size=120))
@settings(max_examples=300, deadline=None)
def test_open_alerts_are_the_fold_of_the_log_at_length(
    events: list[tuple[Event, float]],
) -> None:
    with passing_state() as (writer, questions):
        depot = Guarded(writer)
        for event, pace_s in events:
            depot.happen(event, pace_s)
        require_fold(writer, questions)
