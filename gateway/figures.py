"""Which figures a gateway shows, and where each comes from."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from alerts.alert import Alert, AlertChange, Notice
from delivery.breaker import GATE_STATES, GateState
from gateway.archive import Archive
from gateway.collector import Collector
from gateway.entries import ReadGroup
from gateway.headcount import TagsInZones
from gateway.journal import Group
from gateway.metrics import Durations, Figure, FigureKind, Figures, Labelled
from gateway.supervisor import Supervisor
from gateway.watches import ReaderWatch
from history.alarm_figures import is_standing
from history.outputs import Output
from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

ACK_BOUNDS_S = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14_400.0, 86_400.0)


class Counts:
    """What is counted as it happens."""

    def __init__(self) -> None:
        self.tags = TagsInZones()
        self.crossings: dict[tuple[str, ...], float] = {}
        self.commit_seconds = Durations("commit_seconds", "Time that a commit of a group took.")
        self.read_seconds = Durations(
            "read_seconds", "From the arrival of the oldest read of a group to its commit."
        )
        self.alert_seconds = Durations(
            "alert_seconds",
            "From the arrival of the deciding read, or the due time, to the committed alert.",
        )
        self.ack_seconds = Durations(
            "alert_ack_seconds",
            "From the raise of an alert until somebody acknowledged it.",
            ACK_BOUNDS_S,
        )
        self.alerts_raised: dict[tuple[str, ...], float] = {}
        self.deliveries: dict[tuple[str, ...], float] = {}
        self.told: dict[tuple[str, ...], float] = {}
        self.previews: dict[tuple[str, ...], float] = {}
        self.backups: dict[tuple[str, ...], float] = {}
        self.movements = 0
        self.alerts = 0

    def delivery(self, channel: str, result: str) -> None:
        """Count what became of a message."""
        key = (channel, result)
        self.deliveries[key] = self.deliveries.get(key, 0) + 1

    def published(self, publisher: str, result: str) -> None:
        """Count what became of telling a broker."""
        key = (publisher, result)
        self.told[key] = self.told.get(key, 0) + 1

    def previewed(self, result: str) -> None:
        """Count what became of a preview."""
        self.previews[result,] = self.previews.get((result,), 0) + 1

    def backed_up(self, result: str) -> None:
        """Count what became of a backup."""
        self.backups[result,] = self.backups.get((result,), 0) + 1

    def note_outputs(self, groups: Sequence[Group], now_ns: int) -> bool:
        """Count what was committed; whether somebody is to be told of it."""
        to_tell = False
        for group in groups:
            self._note_reads(group, now_ns)
            for numbered in group.outputs:
                output = numbered.output
                self._note_place(output)
                if isinstance(output, AlertChange):
                    to_tell = to_tell or bool(output.notify)
                    self._note_alert(output, now_ns)
                elif isinstance(output, Notice):
                    to_tell = to_tell or bool(output.notify)
        return to_tell

    def _note_reads(self, group: Group, now_ns: int) -> None:
        arrivals = [e.reads[0].arrival_ns for e in group.entries if isinstance(e, ReadGroup)]
        if arrivals:
            self.read_seconds.add(max(0, now_ns - arrivals[0]) / SECOND_NS)

    def _note_alert(self, change: AlertChange, now_ns: int) -> None:
        alert = change.alert
        if change.transition in {"raised", "reopened"}:
            self.alerts += change.transition == "raised"
            self.alert_seconds.add(max(0, now_ns - change.at_ns) / SECOND_NS)
            key = (alert.rule, alert.severity)
            self.alerts_raised[key] = self.alerts_raised.get(key, 0) + 1
        if change.transition == "acknowledged" and alert.acknowledged is not None:
            took_ns = alert.acknowledged.at_ns - alert.raised_at_ns
            self.ack_seconds.add(max(0, took_ns) / SECOND_NS)

    def _note_place(self, output: Output) -> None:
        self.movements += isinstance(output, Movement)
        self.tags.note(output)
        if isinstance(output, Crossing):
            key = (output.portal, output.direction)
            self.crossings[key] = self.crossings.get(key, 0) + 1


class DeliveryFigures(Protocol):
    """What delivery shows of itself."""

    def ages_s(self) -> Labelled:
        """How old the oldest message is that is owed, by channel."""
        ...

    def rows(self) -> Labelled:
        """How many messages wait or are dead, by channel and state."""
        ...

    def states(self) -> Mapping[str, GateState]:
        """How each channel is."""
        ...


class GatewayFigures:
    """Where each figure of a running gateway comes from; a method a figure."""

    def __init__(
        self,
        counts: Counts,
        collector: Collector,
        supervisor: Supervisor,
        delivering: DeliveryFigures,
        archive: Archive,
    ) -> None:
        self._counts = counts
        self._collector = collector
        self._station = collector.station
        self._supervisor = supervisor
        self._delivering = delivering
        self._archive = archive

    def all(self) -> Figures:
        """All of them, in the order of the way of a read."""
        table = [
            Figure(kind, name, text, labels, getattr(self, source))
            for kind, name, text, labels, source in _TABLE
        ]
        counts = self._counts
        durations = (counts.read_seconds, counts.commit_seconds, counts.alert_seconds)
        return Figures([*table, *durations, counts.ack_seconds])

    def reads(self) -> Labelled:
        """By reader."""
        return {(name,): watch.reads for name, watch in self._watches()}

    def measurements(self) -> Labelled:
        """By reader."""
        return {(name,): watch.measurements for name, watch in self._watches()}

    def fixes(self) -> Labelled:
        """By reader."""
        return {(name,): watch.fixes for name, watch in self._watches()}

    def bad_frames(self) -> Labelled:
        """By reader and reason."""
        return {(name, why): n for name, watch in self._watches() for why, n in watch.bad.items()}

    def states(self) -> Labelled:
        """By reader and state."""
        applied_to = self._station.pipeline.maintenance.applied_to
        return {
            (name, applied_to(watch.health).shown().state): 1 for name, watch in self._watches()
        }

    def dropped(self) -> Labelled:
        """By reader and reason."""
        total: dict[tuple[str, ...], float] = {}
        for locate in self._station.pipeline.locates:
            for key, count in list(locate.dropped.items()):
                total[key] = total.get(key, 0) + count
        return total

    def folded(self) -> Labelled:
        """Of all readers together."""
        return {(): sum(locate.folded for locate in self._station.pipeline.locates)}

    def committed(self) -> Labelled:
        """Of all readers together."""
        return {(): self._collector.reads_committed}

    def times_replaced(self) -> Labelled:
        """Of all readers together."""
        return {(): sum(locate.implausible_times for locate in self._station.pipeline.locates)}

    def queues(self) -> Labelled:
        """By queue."""
        return {
            ("pipeline",): self._collector.reads_waiting,
            ("commit",): len(self._collector.station.uncommitted),
        }

    def tags(self) -> Labelled:
        """By zone and presence."""
        return self._counts.tags.by_presence(self._station.pipeline.state.located[0])

    def crossings(self) -> Labelled:
        """By portal and direction."""
        return dict(self._counts.crossings)

    def flaps(self) -> Labelled:
        """By pair of zones; the empty name is no zone."""
        total: dict[tuple[str, ...], float] = {}
        for locate in self._station.pipeline.locates:
            for pair, count in list(locate.flaps.items()):
                total[pair] = total.get(pair, 0) + count
        return total

    def exits_cancelled(self) -> Labelled:
        """Of all trackers together."""
        watches = (locate.positions for locate in self._station.pipeline.locates)
        return {(): sum(watch.exit_candidates_cancelled for watch in watches)}

    def unjudged(self) -> Labelled:
        """By what it is and why no rule judged it."""
        judged = self._station.pipeline.state.judged
        return {
            (what, why): getattr(held, why)
            for what, held in (("measurement", judged.values), ("fix", judged.fixes))
            for why in ("late", "refused")
        }

    def alerts_open(self) -> Labelled:
        """By severity."""
        severities = [alert.severity for alert in self._open()]
        return {(severity,): severities.count(severity) for severity in sorted(set(severities))}

    def alerts_standing(self) -> Labelled:
        """Of all rules together."""
        now_ns = self._station.pipeline.state.now_ns
        return {(): sum(is_standing(alert, now_ns) for alert in self._open())}

    def alerts_chattering(self) -> Labelled:
        """Of all rules together."""
        return {(): sum(alert.chattering for alert in self._open())}

    def alerts_raised(self) -> Labelled:
        """By rule and severity."""
        return dict(self._counts.alerts_raised)

    def _open(self) -> list[Alert]:
        cases = list(self._station.pipeline.state.judged.cases.values())
        return [case.alert for case in cases if case.alert is not None]

    def deliveries(self) -> Labelled:
        """By channel and result."""
        return dict(self._counts.deliveries)

    def outbox_ages_s(self) -> Labelled:
        """By channel."""
        return self._delivering.ages_s()

    def outbox_rows(self) -> Labelled:
        """By channel and state."""
        return self._delivering.rows()

    def channel_states(self) -> Labelled:
        """By channel and state: 1 for the state now, 0 for the others."""
        return {
            (name, state): float(state == now)
            for name, now in self._delivering.states().items()
            for state in GATE_STATES
        }

    def published(self) -> Labelled:
        """By publisher and result."""
        return dict(self._counts.told)

    def history_lag_s(self) -> Labelled:
        """By store."""
        follower = self._archive.follower
        newest_ns = follower.newest_ns
        behind = follower.position < self._collector.station.committed_position
        late_ns = 0
        if newest_ns is not None and behind:
            late_ns = max(0, self._station.pipeline.state.now_ns - newest_ns)
        return {("sqlite",): late_ns / SECOND_NS, **self._archive.copying.lags_s()}

    def history_backlog(self) -> Labelled:
        """By store."""
        return self._archive.copying.backlogs()

    def history_set_aside(self) -> Labelled:
        """By store."""
        return self._archive.copying.set_aside()

    def history_dropped(self) -> Labelled:
        """By store and reason."""
        return self._archive.copying.dropped()

    def damaged_files(self) -> Labelled:
        """Files in which a check has found damage, by name."""
        return {(name,): count for name, count in self._archive.files.damaged.items()}

    def previews(self) -> Labelled:
        """By result."""
        return dict(self._counts.previews)

    def backups(self) -> Labelled:
        """By result."""
        return dict(self._counts.backups)

    def _watches(self) -> list[tuple[str, ReaderWatch]]:
        return list(self._supervisor.watches.items())


_COUNTER, _GAUGE = CounterMetricFamily, GaugeMetricFamily
_BY_READER = ("reader",)
_BY_REASON = ("reader", "reason")
_BY_STORE = ("store",)
_UNUSED = "Reads that are no evidence for a zone; all of them are in the history."
_TABLE: tuple[tuple[FigureKind, str, str, tuple[str, ...], str], ...] = (
    (_COUNTER, "reads", "Reads that readers sent.", _BY_READER, "reads"),
    (_COUNTER, "measurements", "Values that sensors sent.", _BY_READER, "measurements"),
    (_COUNTER, "fixes", "Positions that trackers sent.", _BY_READER, "fixes"),
    (_COUNTER, "frames_bad", "Messages thrown away.", _BY_REASON, "bad_frames"),
    (_GAUGE, "reader_state", "1 for the state now.", ("reader", "state"), "states"),
    (_GAUGE, "queue_items", "What waits.", ("queue",), "queues"),
    (_COUNTER, "reads_dropped", _UNUSED, _BY_REASON, "dropped"),
    (_COUNTER, "reads_folded", "Reads that are evidence for a zone.", (), "folded"),
    (_COUNTER, "reads_committed", "Reads that are safe on the disk.", (), "committed"),
    (_COUNTER, "times_replaced", "Reads with an implausible time.", (), "times_replaced"),
    (_GAUGE, "tags", "Tags in a zone.", ("zone", "presence"), "tags"),
    (_COUNTER, "crossings", "Decided at portals.", ("portal", "direction"), "crossings"),
    (_COUNTER, "flaps", "There and straight back.", ("zone", "other"), "flaps"),
    (_COUNTER, "exit_candidates_cancelled", "Seen outside once, then in.", (), "exits_cancelled"),
    (_COUNTER, "unjudged", "Values that no rule judged.", ("what", "reason"), "unjudged"),
    (_GAUGE, "alerts_open", "Alerts not cleared.", ("severity",), "alerts_open"),
    (_GAUGE, "alerts_standing", "Open for more than a day.", (), "alerts_standing"),
    (_GAUGE, "alerts_chattering", "Open, and raised again and again.", (), "alerts_chattering"),
    (_COUNTER, "alerts_raised", "Raised or reopened.", ("rule", "severity"), "alerts_raised"),
    (_COUNTER, "deliveries", "Tries to deliver.", ("channel", "result"), "deliveries"),
    (_COUNTER, "published", "What brokers were told.", ("publisher", "result"), "published"),
    (_GAUGE, "outbox_oldest_seconds", "Oldest message owed.", ("channel",), "outbox_ages_s"),
    (_GAUGE, "outbox_rows", "Messages that wait or are dead.", ("channel", "state"), "outbox_rows"),
    (_GAUGE, "channel_state", "1 for the state now.", ("channel", "state"), "channel_states"),
    (_GAUGE, "history_lag_seconds", "Oldest not in the store.", _BY_STORE, "history_lag_s"),
    (_GAUGE, "history_backlog_items", "What waits for the store.", _BY_STORE, "history_backlog"),
    (_COUNTER, "history_set_aside", "Lines that it refused.", _BY_STORE, "history_set_aside"),
    (_COUNTER, "history_dropped", "Never to be shipped.", ("store", "reason"), "history_dropped"),
    (_COUNTER, "files_damaged", "Found by a check.", ("file",), "damaged_files"),
    (_COUNTER, "previews", "Changes tried on the last day.", ("result",), "previews"),
    (_COUNTER, "backups", "Backups asked for over HTTP.", ("result",), "backups"),
)
