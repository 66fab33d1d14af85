"""One-time codes: how the first admin gets in, and how somebody who forgot their password does."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Protocol

from gateway.history_errands import Writes
from gateway.key_errands import ACTOR
from gateway.terminal import say, warn
from history.audit import GATEWAY
from history.people import Deed, has_admin, is_unowned, person_named
from history.setup_codes import make_code

_OPEN = "nobody can get in yet; make the first admin with this code, once, within the hour:"


class Owned(Protocol):
    """A gateway that somebody is to own."""

    @property
    def collector(self) -> Writes:
        """Where codes are written."""
        ...

    @property
    def address(self) -> str:
        """Where people find it."""
        ...


class CodeRefusedError(ValueError):
    """No code is made; the text says why."""


async def make(request: Mapping[str, Any], counter: Writes, now_ns: int) -> dict[str, Any]:
    """Make a code for the first admin, or for a `person` by login: `{code}`, or `{error}`."""
    login: str | None = request.get("person")
    deed = Deed(ACTOR, now_ns)

    def work(connection: sqlite3.Connection) -> str:
        person_id = None if login is None else _id_of(connection, login)
        if person_id is None and has_admin(connection):
            raise CodeRefusedError(
                "there is an admin already, who can add people; "
                "for somebody who has lost their password say --person LOGIN"
            )
        return make_code(connection, person_id, deed)

    try:
        return {"code": await counter.transact(work)}
    except CodeRefusedError as error:
        return {"error": str(error)}


async def offer_setup(gateway: Owned, now_ns: int) -> None:
    """Print a code where there is neither a person nor an admin key; a former one ends."""
    deed = Deed(GATEWAY, now_ns)

    def work(connection: sqlite3.Connection) -> str | None:
        return make_code(connection, None, deed) if is_unowned(connection) else None

    try:
        code = await gateway.collector.transact(work)
    except sqlite3.OperationalError as error:
        warn(f"no set-up code could be made: {error}", "yellow")
        return
    if code is not None:
        say(_OPEN)
        say(f"  {code}   at {gateway.address}", "bold")


def _id_of(connection: sqlite3.Connection, login: str) -> str:
    person = person_named(connection, login)
    if person is None:
        raise CodeRefusedError(f"there is nobody with the login name {login!r}")
    if person.disabled:
        raise CodeRefusedError(f"{login!r} is kept out (disabled); an admin lets them in again")
    return person.id
