"""The routes of API keys, and of the displays that they have let in."""

from api import displays, keys
from api.access import Right
from api.keys import KeyBody, KeyPatch
from api.route import API, Route, rows, takes
from api.shapes import Shape, Time
from history.callers import Role

_LIST = API + "/keys"
_ONE = API + "/keys/{key}"
_DISPLAYS = API + "/displays"


class KeyShape(Shape):
    """A key, without its secret; null limits nothing. `last_used` is right to a minute."""

    id: str
    name: str
    role: Role
    rights: list[Right] | None
    zones: list[str] | None
    groups: list[str] | None
    expires: Time | None
    created: Time
    created_by: str
    last_used: Time | None


class NewKeyShape(KeyShape):
    """A key with its secret, `tw_…`; null where this was told before."""

    key: str | None


class DisplayShape(Shape):
    """The browser of a wall: its key (an id of `keys`), the key's `name` and who made that.

    `seen` is right to a minute; with nobody looking, or with its key, it ends at `expires`.
    """

    id: str
    key: str
    name: str
    created_by: str
    begun: Time
    seen: Time
    expires: Time
    address: str
    agent: str


KEY_ROUTES: tuple[Route, ...] = (
    rows(_LIST, keys.list_all_keys, KeyShape, "keys"),
    Route("POST", _LIST, keys.make_key, "keys", NewKeyShape, takes=takes(KeyBody), statuses=(201,)),
    Route("POST", _ONE + "/rotate", keys.renew_key, "keys", NewKeyShape, versioned=True),
    Route("GET", _ONE, keys.show_key, "keys", KeyShape, versioned=True),
    Route("PATCH", _ONE, keys.change_key, "keys", KeyShape, takes=takes(KeyPatch), versioned=True),
    Route("DELETE", _ONE, keys.remove_key, "keys", statuses=(204,), versioned=True),
    rows(_DISPLAYS, displays.list_all_displays, DisplayShape, "keys"),
    Route("DELETE", _DISPLAYS + "/{display}", displays.remove_display, "keys", statuses=(204,)),
)
