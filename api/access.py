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
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ProblemError
from history.keys import ApiKey, Role, check_key
from history.state import open_reader

Right = Literal["open", "ingest", "look", "handle_alerts", "edit_assets"]

RIGHTS: dict[Role, frozenset[Right]] = {
    "ingest": frozenset({"ingest"}),
    "viewer": frozenset({"look"}),
    "guard": frozenset({"look", "handle_alerts"}),
    "operator": frozenset({"look", "handle_alerts", "edit_assets"}),
    "admin": frozenset({"ingest", "look", "handle_alerts", "edit_assets"}),
}
KEY_KEPT_S = 5.0
_KEYS_KEPT_MAX = 1024
_CHECKS_AT_ONCE = 2
_TOKEN = re.compile(r"tw_[A-Za-z0-9_-]{8,200}")
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="An API key, `tw_…`, as `tagwarden keys create` prints it.",
)


class CheckKey(Protocol):
    """Look a key up. Called in a thread, so it may wait for a database."""

    def __call__(self, token: str, /) -> ApiKey | None:
        """Return whose key it is; None for a key that is unknown or withdrawn."""
        ...


def keys_in(path: Path) -> CheckKey:
    """Check keys against the `state.db` at this path."""

    def check(token: str) -> ApiKey | None:
        with closing(open_reader(path)) as reader:
            return check_key(reader, token)

    return check


class Access:
    """Remembers checked keys for 5 s, by digest, so that requests do not wait for the table."""

    def __init__(self, check_key: CheckKey, monotonic_s: Callable[[], float]) -> None:
        self._check_key = check_key
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[bytes, tuple[float, ApiKey | None]] = OrderedDict()
        self._limiter = CapacityLimiter(_CHECKS_AT_ONCE)

    async def caller(self, token: str) -> ApiKey | None:
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

    def _keep(self, digest: bytes, asked_s: float, caller: ApiKey | None) -> None:
        self._kept[digest] = (asked_s, caller)
        self._kept.move_to_end(digest)
        while len(self._kept) > _KEYS_KEPT_MAX:
            _ = self._kept.popitem(last=False)


Guard = Callable[..., Awaitable[None]]


def guard(right: Right) -> Guard:
    """Make the dependency that lets only callers with this right through (401, 403)."""

    async def let_in(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        access: Access = request.app.state.access
        token = "" if given is None else given.credentials
        caller = await access.caller(token)
        if caller is None:
            raise _unknown(key_given=given is not None)
        if right not in RIGHTS[caller.role]:
            detail = f"A key of role {caller.role} may not do this; it needs {_roles_with(right)}."
            raise ProblemError(403, detail)
        request.state.caller = caller
        request.state.token = token

    return let_in


def _unknown(*, key_given: bool) -> ProblemError:
    if key_given:
        challenge = 'Bearer realm="tagwarden", error="invalid_token"'
        return ProblemError(401, "This key is not known.", headers={"www-authenticate": challenge})
    detail = "Send an API key: `Authorization: Bearer tw_…`."
    return ProblemError(401, detail, headers={"www-authenticate": 'Bearer realm="tagwarden"'})


def _roles_with(right: Right) -> str:
    return " or ".join(role for role, rights in RIGHTS.items() if right in rights)
