"""Is it them: passwords and one-time codes checked, slowly where many were wrong."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from math import ceil

from starlette.requests import HTTPConnection

from api.desk import Desk, JournalFullError
from api.failures import ACCOUNT_CHARS_MAX, Failures
from api.hashing import Hashing
from api.problems import ProblemError
from api.rates import network_of
from api.surroundings import Ask
from api.throttle import Throttle
from history.audit import AuditEntry, append_audit
from history.passwords import Passwords
from history.people import Person, find_person, password_of, person_named, refresh_hash
from history.questions import StateQuestions
from history.setup_codes import Code, find_code

SUM_UP_EVERY_S = 60.0
CODE = "set-up code"
"""Stands where the account would for those who come with a code; no login name has a space."""

log = logging.getLogger("tagwarden.api")


class LogIns:
    """Checks who people say that they are.

    Whether an account is known shows neither in the answer nor in the time that it takes.
    """

    def __init__(
        self,
        desk: Desk,
        questions: StateQuestions,
        ask: Ask,
        monotonic_s: Callable[[], float],
        passwords: Passwords | None = None,
    ) -> None:
        self.hashing = Hashing(passwords)
        self._desk = desk
        self._questions = questions
        self._ask = ask
        self._throttle = Throttle(monotonic_s)
        self._failures = Failures()

    async def check(self, login: str, password: str, connection: HTTPConnection) -> Person | None:
        """Who this is; None where name or password is wrong, which stands in the audit log.

        Raises ProblemError: 429 after too many of them, 503 while too many log in.
        """
        account, address = login[:ACCOUNT_CHARS_MAX].casefold(), address_of(connection)
        await self._begin(account, address)
        person, kept = await self._ask(lambda: self._questions.answer(partial(_kept_of, login)))
        try:
            good, newer = await self.hashing.check(password, kept)
        except ProblemError:
            self._throttle.take_back(account, address)
            raise
        if not good or person is None or kept is None:
            await self._note(self._failures.note(account, address, self._desk.clock()))
            return None
        self._throttle.succeed(account, address)
        if newer is not None:
            await self._desk.transact(lambda db: refresh_hash(db, person.id, kept, newer))
        return person

    async def check_code(
        self, presented: str, connection: HTTPConnection, *, first: bool
    ) -> tuple[Code, Person | None]:
        """What a code is for; it is not used up. Raises ProblemError: 403 wrong, 429 too often.

        The `first` kind makes an admin; the other one is for somebody who is not disabled.
        """
        address = address_of(connection)
        await self._begin(f"{CODE} {address}", address)
        now_ns = self._desk.clock()
        code, person = await self._ask(
            lambda: self._questions.answer(lambda db: _code_and_person(db, presented, now_ns))
        )
        if code is None or first is not (code.person is None) or (not first and person is None):
            await self._note(self._failures.note(CODE, address, now_ns))
            raise wrong_code()
        self._throttle.succeed(f"{CODE} {address}", address)
        return code, person

    async def run(self, every_s: float = SUM_UP_EVERY_S) -> None:
        """Sum up once in a while, until it is cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.sum_up()

    async def sum_up(self) -> None:
        """Write down how many failures were not written down, once it is time for that."""
        await self._note(self._failures.sum_up(self._desk.clock()))

    async def _begin(self, account: str, address: str) -> None:
        wait_s = self._throttle.begin(account, address)
        if wait_s <= 0.0:
            return
        name = CODE if account.startswith(CODE) else account
        await self._note(self._failures.note(name, address, self._desk.clock(), refused=True))
        detail = "Too many log-ins failed; wait before the next one."
        raise ProblemError(429, detail, headers={"retry-after": str(ceil(wait_s))})

    async def _note(self, entries: list[AuditEntry]) -> None:
        if not entries:
            return
        try:
            await self._desk.transact(lambda db: append_audit(db, entries))
        except (JournalFullError, sqlite3.Error) as error:
            log.warning("%d failed log-ins are not in the audit log: %s", len(entries), error)


def wrong_code() -> ProblemError:
    """403 for a code that opens nothing."""
    return ProblemError(403, "There is no such code, or not any more; one lasts for an hour.")


def address_of(connection: HTTPConnection) -> str:
    """What counts as the address of somebody."""
    return "" if connection.client is None else network_of(connection.client.host)


def _kept_of(login: str, connection: sqlite3.Connection) -> tuple[Person | None, str | None]:
    """Who has this name, and the hash of their password unless they may not log in."""
    person = person_named(connection, login)
    if person is None or person.disabled:
        return None, None
    return person, password_of(connection, person.id)


def _code_and_person(
    connection: sqlite3.Connection, presented: str, now_ns: int
) -> tuple[Code | None, Person | None]:
    code = find_code(connection, presented, now_ns)
    if code is None or code.person is None:
        return code, None
    person = find_person(connection, code.person)
    return code, None if person is None or person.disabled else person
