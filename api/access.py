"""Who may ask what: keys, roles and rights. What no row allows is denied."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal, Protocol

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from fastapi.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)

from api.problems import ProblemError, printable
from history.callers import Caller, Role
from history.keys import check_key
from history.state import open_reader

Right = Literal[
    "open",
    "ingest",
    "look",
    "handle_alerts",
    "custody",
    "edit_assets",
    "maintenance",
    "switch_outputs",
    "direct_rules",
    "redeliver",
    "audit",
    "keys",
    "people",
    "site",
    "subscriptions",
    "erase",
    "self",
]

_OPERATORS: frozenset[Right] = frozenset(
    {
        "ingest",
        "look",
        "self",
        "handle_alerts",
        "custody",
        "edit_assets",
        "maintenance",
        "switch_outputs",
        "direct_rules",
        "redeliver",
    }
)
_ADMINS: frozenset[Right] = _OPERATORS.union(
    {"audit", "keys", "people", "site", "subscriptions", "erase"}
)
RIGHTS: dict[Role, frozenset[Right]] = {
    "ingest": frozenset({"ingest"}),
    "viewer": frozenset({"look", "self"}),
    "guard": frozenset({"look", "self", "handle_alerts", "custody"}),
    "operator": _OPERATORS,
    "admin": _ADMINS,
}
KEY_KEPT_S = 5.0
ASKED_CHARS_MAX = 200
_KEYS_KEPT_MAX = 1024
_CHECKS_AT_ONCE = 2
_TOKEN = re.compile(r"tw_[A-Za-z0-9_-]{8,200}")
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="An API key, `tw_…`, as `tagwarden keys create` prints it.",
)
_BASIC = HTTPBasic(
    auto_error=False,
    scheme_name="key-as-password",
    description="For readers that know no other way: the API key is the password.",
)


class CheckKey(Protocol):
    """Look a key up. Called in a thread, so it may wait for a database."""

    def __call__(self, token: str, /) -> Caller | None:
        """Return whose key it is; None for a key that is unknown or withdrawn."""
        ...


def keys_in(path: Path) -> CheckKey:
    """Check keys against the `state.db` at this path."""

    def check(token: str) -> Caller | None:
        with closing(open_reader(path)) as reader:
            return check_key(reader, token)

    return check


class Access:
    """Remembers checked keys for 5 s, by digest, so that requests do not wait for the table."""

    def __init__(self, check_key: CheckKey, monotonic_s: Callable[[], float]) -> None:
        self._check_key = check_key
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()
        self._limiter = CapacityLimiter(_CHECKS_AT_ONCE)

    async def caller(self, token: str) -> Caller | None:
        """Whose key this is, at most 5 s out of date."""
        if _TOKEN.fullmatch(token) is None:
            return None
        digest = hashlib.sha256(token.encode()).digest()
        kept = self._kept.get(digest)
        if kept is not None and self._monotonic_s() - kept[0] < KEY_KEPT_S:
            return kept[1]
        asked_s = self._monotonic_s()
        caller = await to_thread.run_sync(self._check_key, token, limiter=self._limiter)
        self._keep(digest, asked_s, caller)
        return caller

    def _keep(self, digest: bytes, asked_s: float, caller: Caller | None) -> None:
        self._kept[digest] = (asked_s, caller)
        self._kept.move_to_end(digest)
        while len(self._kept) > _KEYS_KEPT_MAX:
            _ = self._kept.popitem(last=False)


Guard = Callable[..., Awaitable[None]]


def guard(right: Right) -> Guard:
    """Make the dependency that lets only callers with this right through (401, 403).

    What pushes reads may say its key as the password of Basic authentication, since many
    readers know nothing else. Elsewhere it is not taken: browsers send it unasked.
    """
    if right == "ingest":
        return _guard_of_readers
    return _guard(right)


def _guard(right: Right) -> Guard:
    async def let_in(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        token = "" if given is None else given.credentials
        await _let_in(request, token, right, 'Bearer realm="tagwarden"')

    return let_in


async def _guard_of_readers(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    basic: Annotated[HTTPBasicCredentials | None, Depends(_BASIC)],
) -> None:
    token = "" if given is None else given.credentials
    if basic is not None:
        token = basic.password
    await _let_in(request, token, "ingest", 'Bearer realm="tagwarden", Basic realm="tagwarden"')


async def _let_in(request: Request, token: str, right: Right, challenge: str) -> None:
    access: Access = request.app.state.access
    caller = await access.caller(token)
    if caller is None:
        raise _unknown(challenge, key_given=bool(token))
    if right not in RIGHTS[caller.role]:
        asked = printable(f"{request.method} {request.scope['path']}", ASKED_CHARS_MAX)
        await request.app.state.desk.note_denial(caller.name, asked, caller.role)
        detail = f"A key of role {caller.role} may not do this; it needs {_roles_with(right)}."
        raise ProblemError(403, detail)
    request.state.caller = caller
    request.state.token = token


def _unknown(challenge: str, *, key_given: bool) -> ProblemError:
    if key_given:
        invalid = challenge.replace('tagwarden"', 'tagwarden", error="invalid_token"', 1)
        return ProblemError(401, "This key is not known.", headers={"www-authenticate": invalid})
    detail = "Send an API key: `Authorization: Bearer tw_…`."
    return ProblemError(401, detail, headers={"www-authenticate": challenge})


def _roles_with(right: Right) -> str:
    return " or ".join(role for role, rights in RIGHTS.items() if right in rights)
