"""How many answers there were, and how long they took to begin."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_SECONDS = "From the request to the beginning of its answer."


class AnswerFigures(Collector):
    """All answers over HTTP, by the class of their status; one thread notes them."""

    def __init__(self, metrics: CollectorRegistry) -> None:
        self._by_class = [0] * len(CLASSES)
        self._by_bound = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0
        metrics.register(self)

    def note(self, status: int, took_s: float) -> None:
        """Count an answer that begins with this status, `took_s` after its request."""
        self._by_class[status // 100 - 1] += 1
        self._by_bound[bisect_left(BOUNDS_S, took_s)] += 1
        self._sum_s += took_s

    def collect(self) -> Iterable[Metric]:
        """The two metrics as they are now."""
        answers = CounterMetricFamily(
            "tagwarden_http_answers", "Answers by the class of their status.", labels=["status"]
        )
        for name, count in zip(CLASSES, self._by_class, strict=True):
            if name != "1xx":
                answers.add_metric([name], count)
        seconds = HistogramMetricFamily("tagwarden_http_seconds", _SECONDS)
        bounds = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
        counts = accumulate(self._by_bound)
        seconds.add_metric([], list(zip(bounds, counts, strict=True)), self._sum_s)
        return [answers, seconds]
