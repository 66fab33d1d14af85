"""Made-up alerts, channels and databases for the tests of delivery."""

import asyncio
import base64
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alerts.alert import Alert, AlertChange, Evidence, Severity, Transition
from delivery.attempt import Attempt, Delivery
from delivery.outbox import enqueue
from delivery.settings import LogChannel, WebhookChannel
from tags.times import SECOND_NS
from zones.movements import Heard

SCHEMA = Path(__file__).parents[2] / "history" / "migrations"
SECRET = "whsec_" + base64.b64encode(b"an example of 24+ octets").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"what it was a month ago.").decode()
T0_NS = 1_790_000_000 * SECOND_NS
STEPS: tuple[Transition, ...] = ("raised", "acknowledged", "returned", "cleared", "reopened")
T = TypeVar("T")


def alert(
    id_: str = "a1", transitions: int = 1, severity: Severity = "critical", asset: str = "laptop-7"
) -> Alert:
    return Alert(
        id=id_,
        rule="laptops stay in",
        rule_version="v1",
        kind="exit",
        severity=severity,
        asset=asset,
        tag="30340000000000000000abcd",
        from_zone="hall",
        to_zone="gate",
        portal=None,
        time_ns=T0_NS,
        decided_ns=T0_NS,
        raised_at_ns=T0_NS,
        late=False,
        evidence=Evidence(
            reads=(Heard("gate-1", 2, T0_NS, 3, -61.5),),
            estimate={"gate": 0.9},
            readers={"gate-1": "online"},
            site_version="v1",
        ),
        transitions=transitions,
    )


def change(
    id_: str = "a1", transitions: int = 1, notify: tuple[str, ...] = ("guards",)
) -> AlertChange:
    step = STEPS[(transitions - 1) % len(STEPS)]
    return AlertChange(step, alert(id_, transitions), T0_NS + transitions, notify=notify)


def webhook(url: str, name: str = "guards", **more: object) -> WebhookChannel:
    fields = {"allow_private": True, "secret": SECRET} | more
    return WebhookChannel.model_validate({"name": name, "kind": "webhook", "url": url, **fields})


def log_channel(name: str = "guards") -> LogChannel:
    return LogChannel(name=name)


def delivery(body: str = "{}", id_: str = "msg_1") -> Delivery:
    return Delivery(
        id=id_, channel="guards", alert="a1", ordinal=1, type="alert.raised", body=body, attempts=0
    )


def state_db(path: str | Path = ":memory:") -> sqlite3.Connection:
    """A fresh state.db, or the one that is there."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")  # no test pulls the plug
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():
        for script in sorted(SCHEMA.glob("*.sql")):
            connection.executescript(script.read_text(encoding="utf-8"))
    return connection


class Store:
    """One writer, as the gateway has it.

    The next `failing` transactions roll back and raise; the next `lying` ones commit and raise.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.failing = 0
        self.lying = 0
        self._writer = ThreadPoolExecutor(1)

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._on_the_writer(lambda: self._transact(work))

    async def _on_the_writer(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self.connection:
            result = work(self.connection)
            if self.failing:
                self.failing -= 1
                raise sqlite3.OperationalError("database or disk is full")
        if self.lying:
            self.lying -= 1
            raise sqlite3.OperationalError("disk I/O error")
        return result

    async def add(self, *changes: AlertChange, now_ns: int = T0_NS) -> None:
        def work(connection: sqlite3.Connection) -> None:
            for seq, one in enumerate(changes):
                enqueue(connection, one, seq, now_ns)

        await self._unfailing(work)

    async def _unfailing(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transact() -> T:
            with self.connection:
                return work(self.connection)

        return await self._on_the_writer(transact)

    def close(self) -> None:
        self._writer.shutdown()
        self.connection.close()

    async def rows(self) -> list[tuple[str, str, int]]:
        """Channel, state and attempts of each row, in the order of writing."""
        return await self._unfailing(
            lambda connection: connection.execute(
                "SELECT channel, state, attempts FROM outbox ORDER BY rowid"
            ).fetchall()
        )

    async def errors(self) -> list[str | None]:
        found = await self._unfailing(
            lambda connection: connection.execute(
                "SELECT last_error FROM outbox ORDER BY rowid"
            ).fetchall()
        )
        return [row[0] for row in found]


class Clock:
    """Time that passes only while somebody waits, then a second more than asked for.

    `called_for` is set when somebody waits for an event however long it takes.
    """

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.waits_s: list[float] = []
        self.called_for = asyncio.Event()

    def __call__(self) -> int:
        return self.now_ns

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        if timeout_s is None:
            self.called_for.set()
            await event.wait()
        elif not event.is_set():
            self.waits_s.append(timeout_s)
            self.now_ns += round((timeout_s + 1) * SECOND_NS)
            await asyncio.sleep(0)


class Counts:
    """Collects what the deliverer counts, and lets a test wait for it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._more = asyncio.Event()

    def __call__(self, channel: str, result: str) -> None:
        self.seen.append((channel, result))
        self._more.set()

    async def reach(self, *results: tuple[str, str]) -> None:
        """Return once each of these results was counted, as often as it is named."""
        while any(self.seen.count(result) < results.count(result) for result in results):
            self._more.clear()
            await self._more.wait()


class Scripted:
    """A sender that answers from a list, then always well."""

    def __init__(self, *attempts: Attempt | Exception) -> None:
        self.attempts = list(attempts)
        self.sent: list[Delivery] = []

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        del now_ns
        self.sent.append(delivery)
        answer = self.attempts.pop(0) if self.attempts else Attempt("done")
        if isinstance(answer, Exception):
            raise answer
        return answer
