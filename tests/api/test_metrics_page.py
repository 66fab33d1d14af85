"""The page about the metrics names each that there is, and no other."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily

from api.app import Api
from gateway.connections import Connections
from gateway.figures import _TABLE, Counts
from gateway.server import _show_expiry

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def told() -> set[str]:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `tagwarden_")]
    return {name for row in rows for name in re.findall(r"`(tagwarden_\w+)", row.split("|")[1])}


def made(app: Api) -> set[str]:
    """The names that a running gateway shows."""
    metrics: CollectorRegistry = app.state.metrics
    Connections(cast("Any", SimpleNamespace), metrics)
    _show_expiry(cast("Any", SimpleNamespace(expires_s=lambda: 1.0)), metrics)
    shown = {
        family.name + ("_total" if family.type == "counter" else "") for family in metrics.collect()
    }
    for kind, name, *_ in _TABLE:
        shown.add(f"tagwarden_{name}" + ("_total" if kind is CounterMetricFamily else ""))
    counts = Counts()
    durations = (counts.read_seconds, counts.commit_seconds, counts.alert_seconds)
    return shown | {each.family().name for each in (*durations, counts.ack_seconds)}


def test_the_page_names_every_metric_and_no_other(app: Api) -> None:
    assert told() == made(app)
