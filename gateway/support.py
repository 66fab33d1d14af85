"""What a running gateway says of itself to whoever is asked for help."""

from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from api.desk import Desk


def told_of(desk: Desk, registry: CollectorRegistry) -> dict[str, Any]:
    """How it does: readiness, health of readers, channels, open alerts by rule, metrics."""
    status, reasons = desk.readiness()
    return {
        "readiness": {"status": status, "reasons": reasons},
        "readers": desk.readers(),
        "maintenance": desk.maintenance(),
        "channels": [channel._asdict() for channel in desk.dispatch.channels()],
        "metrics": generate_latest(registry).decode(),
    }
