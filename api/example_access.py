"""Examples of keys, people, sessions and the first start."""

from api.example import Example, page
from api.example_values import BEFORE, EARLIER, EVENING, NOW, YESTERDAY

_LATER = "2026-05-31T00:00:00Z"
_KEY = {
    "id": "Zk3vQ8aT",
    "name": "handheld 7",
    "role": "ingest",
    "rights": None,
    "zones": ["hall"],
    "groups": None,
    "expires": _LATER,
    "created": YESTERDAY,
    "created_by": "Front desk",
    "last_used": NOW,
}
_NEW_KEY = {**_KEY, "last_used": None, "key": "tw_Zk3vQ8aT_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE"}
_LIMITS = {"zones": ["hall"], "expires": _LATER}
_PERSON = {
    "id": "p_5e1c9a7b",
    "login": "front.desk",
    "name": "Front desk",
    "role": "guard",
    "zones": None,
    "groups": None,
    "disabled": False,
    "password_chosen": YESTERDAY,
    "last_login": BEFORE,
    "created": YESTERDAY,
    "created_by": "Shift lead",
}
_CODE = {"code": "K7QM-2XVD-9RTB", "code_expires": EVENING}
_NEW_PERSON = {**_PERSON, "password_chosen": None, "last_login": None, **_CODE}
_PERSON_ASKED = {"login": "front.desk", "name": "Front desk", "role": "guard"}
_ME = {
    "kind": "person",
    "id": "p_5e1c9a7b",
    "login": "front.desk",
    "name": "Front desk",
    "role": "guard",
    "rights": ["custody", "handle_alerts", "look", "self"],
    "zones": None,
    "groups": None,
    "expires": None,
    "csrf": "w3Jc0uQmB1nT5yRk",
    "version": "0.1.0",
    "site": {"name": "Depot", "timezone": "Europe/Berlin", "version": "2f1c9a7be04d5586"},
}
_DISPLAY = {
    **_ME,
    "kind": "display",
    "id": "Zk3vQ8aT",
    "login": None,
    "name": "wall of the gatehouse",
    "role": "viewer",
    "rights": ["look", "self"],
}
_LISTED_DISPLAY = {
    "id": "d4Qm7xTz1bKw",
    "key": "Zk3vQ8aT",
    "name": "wall of the gatehouse",
    "created_by": "Shift lead",
    "begun": YESTERDAY,
    "seen": NOW,
    "expires": "2027-04-06T08:30:00Z",
    "address": "192.0.2.40",
    "agent": "Mozilla/5.0",
}
_LOGGED_IN = {"person": _ME, "csrf": "w3Jc0uQmB1nT5yRk"}
_SESSION = {
    "id": "s_8f2d6c4e",
    "person": "p_5e1c9a7b",
    "begun": BEFORE,
    "seen": EARLIER,
    "expires": EVENING,
    "address": "192.0.2.17",
    "agent": "Mozilla/5.0",
    "current": True,
}
_PASSWORD = "a long sentence that nobody guesses"  # noqa: S105 -- an example

ACCESS: dict[str, Example] = {
    "list_all_keys": page(_KEY),
    "make_key": Example(_NEW_KEY, {"name": "handheld 7", "role": "ingest", **_LIMITS}),
    "renew_key": Example(_NEW_KEY, {}),
    "show_key": Example(_KEY),
    "change_key": Example(_KEY, _LIMITS),
    "show_setup": Example({"open": False}),
    "set_up": Example(
        {**_LOGGED_IN, "person": {**_ME, "role": "admin"}},
        {
            "code": "K7QM-2XVD-9RTB",
            "login": "front.desk",
            "name": "Front desk",
            "password": _PASSWORD,
        },
    ),
    "choose_password": Example(_LOGGED_IN, {"code": "K7QM-2XVD-9RTB", "password": _PASSWORD}),
    "log_in": Example(_LOGGED_IN, {"login": "front.desk", "password": _PASSWORD}),
    "show_display": Example(_DISPLAY),
    "list_all_displays": page(_LISTED_DISPLAY),
    "list_all_sessions": page(_SESSION),
    "show_me": Example(_ME),
    "change_password": Example(_LOGGED_IN, {"old": "what it was before", "new": _PASSWORD}),
    "list_everybody": page(_PERSON),
    "create_person": Example(_NEW_PERSON, _PERSON_ASKED),
    "create_code": Example(_CODE),
    "show_person": Example(_PERSON),
    "change_one": Example({**_PERSON, "disabled": True}, {"disabled": True}),
}
