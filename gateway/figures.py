"""Which figures a gateway shows, and where each comes from."""

from collections.abc import Callable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from alerts.alert import AlertChange
from gateway.collector import Collector
from gateway.followers import SightingsFollower
from gateway.journal import Group
from gateway.metrics import Durations, Figure, Figures, Labelled
from gateway.supervisor import Supervisor
from tags.times import SECOND_NS
from zones.movements import Movement


class Counts:
    """What is counted as it happens."""

    def __init__(self) -> None:
        self.commit_seconds = Durations("commit_seconds", "Time that a commit of a group took.")
        self.alert_seconds = Durations(
            "alert_seconds",
            "From the arrival of the deciding read, or the due time, to the committed alert.",
        )
        self.deliveries: dict[tuple[str, ...], float] = {}
        self.movements = 0
        self.alerts = 0

    def delivery(self, channel: str, result: str) -> None:
        """Count what became of a message."""
        key = (channel, result)
        self.deliveries[key] = self.deliveries.get(key, 0) + 1

    def note_outputs(self, groups: Sequence[Group], now_ns: int) -> bool:
        """Count what was committed; whether somebody is to be told of it."""
        to_tell = False
        for group in groups:
            for numbered in group.outputs:
                output = numbered.output
                self.movements += isinstance(output, Movement)
                if isinstance(output, AlertChange):
                    to_tell = to_tell or bool(output.notify)
                    if output.transition in {"raised", "reopened"}:
                        self.alerts += output.transition == "raised"
                        self.alert_seconds.add(max(0, now_ns - output.at_ns) / SECOND_NS)
        return to_tell


def figures_of(
    counts: Counts,
    collector: Collector,
    supervisor: Supervisor,
    follower: SightingsFollower,
    outbox_ages_s: Callable[[], Labelled],
) -> Figures:
    """All figures of a running gateway."""
    pipeline = collector.station.pipeline

    def reads() -> Labelled:
        return {(name,): watch.reads for name, watch in supervisor.watches.items()}

    def dropped() -> Labelled:
        return _summed([locate.dropped for locate in pipeline.locates])

    def bad_frames() -> Labelled:
        watches = supervisor.watches.items()
        return {(name, why): n for name, watch in watches for why, n in watch.bad.items()}

    def states() -> Labelled:
        return {(name, watch.health.state): 1 for name, watch in supervisor.watches.items()}

    def alerts_open() -> Labelled:
        cases = list(pipeline.state.judged.cases.values())
        severities = [case.alert.severity for case in cases if case.alert is not None]
        return {(severity,): severities.count(severity) for severity in sorted(set(severities))}

    def lag() -> Labelled:
        if follower.newest_ns is None:
            return {}
        behind_ns = max(0, pipeline.state.now_ns - follower.newest_ns)
        behind = follower.position < collector.station.committed_position
        return {("sqlite",): behind_ns / SECOND_NS if behind else 0.0}

    counter, gauge = CounterMetricFamily, GaugeMetricFamily
    reader = ("reader",)
    return Figures(
        [
            Figure(counter, "reads", "Reads that readers sent.", reader, reads),
            Figure(
                counter,
                "reads_dropped",
                "Reads that are no evidence for a zone; all of them are in the history.",
                ("reader", "reason"),
                dropped,
            ),
            Figure(
                counter, "frames_bad", "Messages thrown away.", ("reader", "reason"), bad_frames
            ),
            Figure(gauge, "reader_state", "1 for the state now.", ("reader", "state"), states),
            Figure(gauge, "queue_items", "What waits.", ("queue",), _queue(collector)),
            Figure(gauge, "alerts_open", "Alerts not cleared.", ("severity",), alerts_open),
            Figure(
                counter,
                "deliveries",
                "Messages to channels.",
                ("channel", "result"),
                lambda: dict(counts.deliveries),
            ),
            Figure(
                gauge,
                "outbox_oldest_seconds",
                "Age of the oldest message not delivered.",
                ("channel",),
                outbox_ages_s,
            ),
            Figure(gauge, "history_lag_seconds", "History behind the journal.", ("store",), lag),
            counts.commit_seconds,
            counts.alert_seconds,
        ],
    )


def _queue(collector: Collector) -> Callable[[], Labelled]:
    return lambda: {("pipeline",): collector.reads_waiting}


def _summed(parts: Sequence[dict[tuple[str, str], int]]) -> Labelled:
    total: dict[tuple[str, ...], float] = {}
    for part in parts:
        for key, count in list(part.items()):
            total[key] = total.get(key, 0) + count
    return total
