"""Examples of the gateway itself: how it is, and its backups."""

from typing import Any

from api.example import Example, page
from api.example_values import BEFORE, NOW, YESTERDAY

_WHERE = "/var/lib/tagwarden/backups/2026-03-02T01-00-00Z"
BACKUP: dict[str, Any] = {
    "id": "2026-03-02T01-00-00Z",
    "state": "done",
    "begun": "2026-03-02T01:00:00Z",
    "ended": "2026-03-02T01:00:04Z",
    "by": "Front desk",
    "progress": 1.0,
    "bytes": 482_136_064,
    "days": 12,
    "version": "0.1.0",
    "site": "Depot",
    "reason": "",
    "where": _WHERE,
}
_BEGUN = {
    **BACKUP,
    "state": "running",
    "ended": None,
    "progress": 0.0,
    **dict.fromkeys(("bytes", "days", "version", "site")),
}
SYSTEM_TOLD: dict[str, Any] = {
    "version": "0.1.0",
    "started": YESTERDAY,
    "now": NOW,
    "timezone": "Europe/Berlin",
    "site": "Depot",
    "site_version": "2f1c9a7be04d5586",
    "readiness": {"status": "ready", "reasons": []},
    "commit_seconds": {"over_s": 300.0, "count": 18_230, "p50": 0.012, "p99": 0.048},
    "alert_seconds": {"over_s": 300.0, "count": 0, "p50": None, "p99": None},
    "reads": {
        "committed": 26_811_344,
        "folded": 26_640_021,
        "dropped": 171_323,
        "per_second": 311.4,
        "series": [308.0, 309.8, 311.4],
        "every_s": 5.0,
    },
    "backlog": {
        "pipeline": 0,
        "commit": 0,
        "outbox_oldest_s": 0.0,
        "outbox_waiting": 0,
        "outbox_dead": 0,
        "history": [{"store": "sqlite", "lag_s": 0.0, "waiting": 0}],
    },
    "storage": {
        "looked": BEFORE,
        "free_bytes": 41_203_113_984,
        "total_bytes": 62_725_623_808,
        "state_bytes": 92_274_688,
        "history_bytes": 389_861_376,
        "plans_bytes": 204_800,
        "backups_bytes": 482_140_160,
        "days": 12,
        "keep_days": 400,
        "days_until_full": None,
    },
    "backup": {
        "id": "2026-03-02T01-00-00Z",
        "made": "2026-03-02T01:00:00Z",
        "bytes": 482_136_064,
        "ok": True,
        "where": _WHERE,
    },
}

SYSTEM: dict[str, Example] = {
    "show_system": Example(SYSTEM_TOLD),
    "list_backups": page(BACKUP),
    "show_backup": Example(BACKUP),
    "make_backup": Example(_BEGUN, {}),
}
