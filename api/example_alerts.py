"""Alerts of that morning, the rules that raised them, and what was done about them."""

from api.example_values import EARLIER, EVENING, NOW, YESTERDAY, Value

ALERT: Value = {
    "id": "9c1f0f6ab2d84c3e",
    "seq": 48213,
    "rule": "laptops stay in",
    "rule_version": "5d41402a",
    "kind": "exit",
    "severity": "critical",
    "state": "active_unacknowledged",
    "condition": "active",
    "acknowledged": None,
    "latched": False,
    "shelved_until": None,
    "shelved": None,
    "suppressed_by": None,
    "asset": "laptop-17",
    "tag": "3034257bf7194e4000002b17",
    "from": "office",
    "to": "gate",
    "portal": "dock-door",
    "reader": None,
    "antenna": None,
    "sensor": None,
    "part": None,
    "zones": [],
    "time": EARLIER,
    "decided": EARLIER,
    "raised_at": EARLIER,
    "late": False,
    "occurrences": 1,
    "assignee": None,
    "cause": "moved",
    "outside_now": False,
    "excursion": None,
    "detail": "",
    "chattering": False,
    "escalations": 0,
    "test": False,
    "evidence": {
        "reads": [
            {"reader": "gate-1", "antenna": 2, "time": EARLIER, "count": 3, "rssi_dbm": -51.5}
        ],
        "estimate": {"gate": 1.0},
        "readers": {"gate-1": "online"},
        "site_version": "8a2f6c",
    },
}
ACKNOWLEDGED: Value = {
    **ALERT,
    "seq": 48230,
    "state": "active_acknowledged",
    "acknowledged": {"by": "front desk", "at": NOW, "note": "on my way"},
}
AUDIT: Value = {
    "number": 911,
    "seq": 48230,
    "time": NOW,
    "actor": "front desk",
    "action": "alert.acknowledged",
    "target": "9c1f0f6ab2d84c3e",
    "why": "on my way",
    "detail": {},
    "hash": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
}
RULE: Value = {
    "name": "laptops stay in",
    "kind": "exit",
    "version": "5d41402a",
    "severity": "critical",
    "zones": [],
    "notify": ["guards"],
    "out_of_service": None,
    "in_force": True,
    "shelved_until": None,
    "shelves": [],
}
SHELVED_RULE: Value = {
    **RULE,
    "shelved_until": EVENING,
    "shelves": [
        {"asset": None, "until": EVENING, "since": NOW, "by": "shift lead", "reason": "stocktake"}
    ],
}
DRILL: Value = {
    "running": True,
    "since": NOW,
    "until": "2026-03-02T10:15:30Z",
    "by": "shift lead",
    "reason": "monthly drill",
}
FIGURES: Value = {
    "since": YESTERDAY,
    "until": NOW,
    "annunciated": 12,
    "per_ten_minutes": {"mean": 0.08, "peak": 3, "peak_time": EARLIER, "share_over_ten": 0.0},
    "floods": {"count": 0, "share_of_time": 0.0, "newest": []},
    "open": 2,
    "standing": 0,
    "chattering": 0,
    "unacknowledged": 1,
    "acknowledgement": {"count": 11, "median_s": 42.0, "p90_s": 180.0},
    "by_rule": [{"rule": "laptops stay in", "annunciated": 7, "share": 0.58}],
    "by_severity": {"critical": 7, "warning": 5, "info": 0},
}
