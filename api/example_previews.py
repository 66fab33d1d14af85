"""Examples of previews: begun, and done."""

from typing import Any

from api.example import Example
from api.example_values import NOW, YESTERDAY

_BEGUN: dict[str, Any] = {
    "id": "3f0c91d2a47be855",
    "state": "running",
    "by": "Front desk",
    "begun": NOW,
    "ended": None,
    "progress": 0.0,
    "from": YESTERDAY,
    "until": NOW,
    "reads": 0,
    "reason": "",
    "result": None,
}
_VANISHED = {
    "time": YESTERDAY,
    "decided": YESTERDAY,
    "rule": "laptops stay in",
    "severity": "critical",
    "asset": "laptop-17",
    "tag": "3034257bf7194e4000001a85",
    "from": "hall",
    "to": "yard",
    "portal": None,
}
PREVIEW: dict[str, Any] = {
    **_BEGUN,
    "state": "done",
    "ended": NOW,
    "progress": 1.0,
    "reads": 182_344,
    "result": {
        "alerts": {
            "now": 12,
            "then": 11,
            "kept": 11,
            "appear_total": 0,
            "vanish_total": 1,
            "shifted": 2,
            "changed_severity": 0,
            "appear": [],
            "vanish": [_VANISHED],
        },
        "rules": {"laptops stay in": {"now": 12, "then": 11}},
        "zones": {"hall": {"assets_inside_now": 31, "assets_inside_then": 31}},
        "incomplete": None,
        "detail": "",
        "site_changes": 0,
    },
}
_ASKED = {"rules": {"laptops stay in": {"confirm_s": 30}}}

PREVIEWS: dict[str, Example] = {
    "begin_preview": Example(_BEGUN, _ASKED),
    "show_preview": Example(PREVIEW),
    "end_preview": Example(),
}
