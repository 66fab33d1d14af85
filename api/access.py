"""Who may ask what: keys, sessions, roles and rights. What no row allows is denied."""

import base64
import binascii
from collections.abc import Callable
from math import ceil
from pathlib import Path
from time import time_ns
from typing import Literal, Protocol

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import HTTPConnection

from api.known_keys import CheckKey, KnownKeys, StoredKeys
from api.problems import ProblemError, printable
from api.rates import RateLimits, Rates, network_of
from history.callers import Caller, Role

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
    "backups",
    "self",
]
Reason = Literal["no_key", "unknown_key", "session", "rate", "guesses", "role", "rights", "scope"]

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
    {"audit", "keys", "people", "site", "subscriptions", "erase", "backups"}
)
RIGHTS: dict[Role, frozenset[Right]] = {
    "ingest": frozenset({"ingest"}),
    "viewer": frozenset({"look", "self"}),
    "guard": frozenset({"look", "self", "handle_alerts", "custody"}),
    "operator": _OPERATORS,
    "admin": _ADMINS,
}
WHOLE_SITE: frozenset[Right] = frozenset({"audit", "keys", "people", "site", "erase", "backups"})
"""Rights that can not be had for a part of the site only."""

ASKED_CHARS_MAX = 200
STRANGER = "stranger"
"""Stands where the role would, for somebody who is not known."""

_CREDENTIALS_CHARS_MAX = 1024
_BEARER = 'Bearer realm="tagwarden"'
_BASIC = 'Basic realm="tagwarden"'


class Sessions(Protocol):
    """Those who have logged in. Stands as `sessions` in the state of the application."""

    async def caller_of(self, connection: HTTPConnection) -> Caller | None:
        """Whose session the cookie of a request names; None for none, or one that has ended.

        Asked where there is no Authorization header. Raises ProblemError (403) for a request
        that a foreign page may have sent.
        """
        ...


def keys_in(path: Path) -> CheckKey:
    """Check keys against the `state.db` at this path."""
    return StoredKeys(path)


def granted(caller: Caller) -> frozenset[Right]:
    """All that a caller may do: the rights of the role, but for what they are limited to."""
    return frozenset(right for right in RIGHTS[caller.role] if _refusal(caller, right) is None)


def _refusal(caller: Caller, right: Right) -> Reason | None:
    if right not in RIGHTS[caller.role]:
        return "role"
    if caller.rights is not None and right not in caller.rights:
        return "rights"
    if right in WHOLE_SITE and not caller.scope.is_everything:
        return "scope"
    return None


class Access:
    """Knows who asks, how often they may, and counts who was refused."""

    def __init__(
        self,
        check_key: CheckKey,
        monotonic_s: Callable[[], float],
        *,
        clock: Callable[[], int] = time_ns,
        rates: Rates | None = None,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self.keys = KnownKeys(check_key, monotonic_s)
        self.limits = RateLimits(rates or Rates(), monotonic_s)
        self.note_use: Callable[[str], None] = lambda _key_id: None
        self.forget_displays: Callable[[str], None] = lambda _key_id: None
        self._rates = rates
        self._monotonic_s = monotonic_s
        self._clock = clock
        self._denied = Counter(
            "tagwarden_http_denied",
            "Requests that were refused before they were looked at, by reason.",
            ["reason"],
            registry=metrics or CollectorRegistry(),
        )

    async def caller(self, token: str) -> Caller | None:
        """Whose key this is, at most 5 s out of date; None for an unknown one, or an ended one."""
        caller = await self.keys.caller(token)
        if caller is None or caller.expires_ns is None:
            return caller
        return caller if self._clock() < caller.expires_ns else None

    def forget(self, key_id: str) -> None:
        """Look this key up anew before it opens anything: it was changed or withdrawn."""
        self.keys.forget(key_id)
        self.forget_displays(key_id)

    def use_rates(self, rates: Rates) -> None:
        """Let other allowances hold from now on; all buckets are full then."""
        if rates != self._rates:
            self._rates = rates
            self.limits = RateLimits(rates, self._monotonic_s)

    def count_denial(self, reason: str) -> None:
        """One more request was refused; shown as `tagwarden_http_denied_total`."""
        self._denied.labels(reason).inc()

    async def caller_by_key(self, token: str, address: str) -> Caller | None:
        """The same as `caller`, for somebody at an address. 429 where too many keys were wrong.

        What may be a right key is never taken for one of too many guesses.
        """
        wait_s = self.limits.may_guess(address)
        if wait_s > 0.0 and not await self.keys.may_be_right(token):
            self.require_pace(wait_s, "guesses")
        caller = await self.caller(token)
        if caller is None:
            self.require_pace(self.limits.guess(address), "guesses")
        return caller

    def require_pace(self, wait_s: float, reason: Reason = "rate") -> None:
        """Refuse with 429 what has to wait."""
        if wait_s <= 0.0:
            return
        self.count_denial(reason)
        detail = "Too many requests with a wrong key." if reason == "guesses" else _TOO_MANY
        raise ProblemError(429, detail, headers={"retry-after": str(ceil(wait_s))})


_TOO_MANY = "Too many requests; the allowances stand in the site file, under server."


async def admit(connection: HTTPConnection, right: Right) -> Caller:
    """Return who asks, once it is sure that they may.

    A request or a WebSocket. Who asks is told by the API key in the Authorization header, else
    by the session cookie; what pushes reads may say its key as the password of Basic
    authentication, since many readers know nothing else. `connection.state` then has `caller`.
    Raises ProblemError: 401 unknown, 403 not allowed (which stands in the audit log), 429 too
    many requests.
    """
    access: Access = connection.app.state.access
    client = connection.client
    address = "" if client is None else network_of(client.host)
    access.require_pace(access.limits.come(address))
    caller = await _identified(access, connection, right, address)
    access.require_pace(access.limits.ask(caller.id))
    refusal = _refusal(caller, right)
    if refusal is not None:
        access.count_denial(refusal)
        await _note(connection, caller.name, caller.role)
        raise ProblemError(403, _why_not(caller, right, refusal))
    if caller.kind != "person":
        access.note_use(caller.id)
    connection.state.caller = caller
    return caller


async def still_admitted(connection: HTTPConnection, right: Right) -> Caller | None:
    """Return who was admitted, as they are now, if they would be again; else None.

    For connections that stay open.
    """
    authorization = connection.headers.get("authorization")
    if authorization is None:
        sessions: Sessions = connection.app.state.sessions
        caller = await sessions.caller_of(connection)
    else:
        access: Access = connection.app.state.access
        caller = await access.caller(_token_in(authorization, right) or "")
    return None if caller is None or _refusal(caller, right) is not None else caller


async def _identified(
    access: Access, connection: HTTPConnection, right: Right, address: str
) -> Caller:
    authorization = connection.headers.get("authorization")
    if authorization is None:
        return await _in_session(access, connection, right)
    token = _token_in(authorization, right)
    if token is None:
        raise _unknown(access, right, "no_key")
    try:
        caller = await access.caller_by_key(token, address)
    except ProblemError:
        await _note(connection, f"{STRANGER} at {address}", STRANGER)
        raise
    if caller is None:
        raise _unknown(access, right, "unknown_key")
    return caller


async def _in_session(access: Access, connection: HTTPConnection, right: Right) -> Caller:
    sessions: Sessions = connection.app.state.sessions
    try:
        caller = await sessions.caller_of(connection)
    except ProblemError:
        access.count_denial("session")
        raise
    if caller is None:
        raise _unknown(access, right, "no_key")
    return caller


def _token_in(authorization: str, right: Right) -> str | None:
    """The key in an Authorization header; None where it holds none of a kind that is taken."""
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.strip()
    match scheme.lower():
        case "bearer":
            return credentials
        case "basic" if right == "ingest":
            return _password_in(credentials)
        case _:
            return None


def _password_in(credentials: str) -> str:
    try:
        sent = base64.b64decode(credentials[:_CREDENTIALS_CHARS_MAX], validate=True)
    except (binascii.Error, ValueError):
        return ""
    return sent.decode("latin-1").partition(":")[2]


async def _note(connection: HTTPConnection, by: str, role: str) -> None:
    scope = connection.scope
    asked = f"{scope.get('method', 'WebSocket')} {scope['path']}"
    if role == STRANGER:
        asked = "wrong keys"
    await connection.app.state.desk.note_denial(by, printable(asked, ASKED_CHARS_MAX), role)


def _unknown(access: Access, right: Right, reason: Reason) -> ProblemError:
    access.count_denial(reason)
    challenge, detail = _BEARER, "Log in, or send an API key: `Authorization: Bearer tw_…`."
    if reason == "unknown_key":
        challenge, detail = f'{_BEARER}, error="invalid_token"', "This key is not known."
    if right == "ingest":
        challenge = f"{challenge}, {_BASIC}"
    return ProblemError(401, detail, headers={"www-authenticate": challenge})


def _why_not(caller: Caller, right: Right, reason: Reason) -> str:
    who = "A key" if caller.kind == "key" else "Somebody"
    match reason:
        case "rights":
            return f"This {caller.kind} is limited to {', '.join(sorted(caller.rights or ()))}."
        case "scope":
            return f"This {caller.kind} is limited to a part of the site; this is about all of it."
        case _:
            needed = " or ".join(role for role, rights in RIGHTS.items() if right in rights)
            return f"{who} of role {caller.role} may not do this; it needs {needed}."
