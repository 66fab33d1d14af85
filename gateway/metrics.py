"""The figures of `/metrics`, each with the reason where something is counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector as MetricCollector

Labelled = Mapping[tuple[str, ...], float]


FigureKind = type[CounterMetricFamily] | type[GaugeMetricFamily]


class Figure:
    """One metric whose values are read when somebody asks for them."""

    def __init__(
        self,
        kind: FigureKind,
        name: str,
        text: str,
        labels: tuple[str, ...],
        values: Callable[[], Labelled],
    ) -> None:
        self._kind = kind
        self._name = f"tagwarden_{name}"
        self._text = text
        self._labels = labels
        self._values = values

    def family(self) -> Metric:
        """The metric with its values of now."""
        family = self._kind(self._name, self._text, labels=self._labels)
        for labels, value in self._values().items():
            family.add_metric(list(labels), value)
        return family


class Durations:
    """A histogram of seconds that one thread adds to."""

    BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

    def __init__(self, name: str, text: str, bounds_s: Sequence[float] = BOUNDS_S) -> None:
        self._name = f"tagwarden_{name}"
        self._text = text
        self.bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self._sum_s = 0.0

    def add(self, duration_s: float) -> None:
        """Count one duration."""
        at = next((at for at, bound in enumerate(self.bounds_s) if duration_s <= bound), -1)
        self._counts[at] += 1
        self._sum_s += duration_s

    def counts(self) -> tuple[int, ...]:
        """How many there were up to each bound and beyond the one before, and beyond the last."""
        return tuple(self._counts)

    def family(self) -> Metric:
        """The metric with its values of now."""
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, self.bounds_s), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(self._name, self._text, buckets, self._sum_s)


class Figures(MetricCollector):
    """All metrics of a gateway, in a registry of their own."""

    def __init__(self, figures: Iterable[Figure | Durations]) -> None:
        self._figures = list(figures)
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics of now."""
        return [figure.family() for figure in self._figures]

    def describe(self) -> Iterable[Metric]:
        """Nothing: values are only looked up when somebody asks."""
        return []
