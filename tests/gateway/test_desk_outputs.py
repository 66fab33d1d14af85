"""How the running gateway switches outputs: each refusal says what is the matter."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gateway.denials
import gateway.desk
from api.access import STRANGER
from gateway.collector import Collector
from gateway.denials import Denials
from gateway.desk import GatewayDesk
from gateway.site import parse_site
from gateway.supervisor import Supervisor
from history.audit import AuditLine, read_audit
from history.sightings import SightingStore
from history.state import open_state
from inventory.changes import DONE, Outcome
from readers.driver import ReaderLostError, ReaderMisconfiguredError
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS
from tests.gateway.made import SITE as SITE_TEXT

SITE = parse_site(SITE_TEXT)
NO_SIGHTINGS = cast("SightingStore", None)


@dataclass
class Siren:
    """A driver that switches, fails or hangs."""

    error: Exception | None = None
    hangs: bool = False
    switched: list[tuple[int, float | None]] = field(default_factory=list)

    async def switch_output(self, port: int, on_for_s: float | None) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.switched.append((port, on_for_s))


class Transactions:
    """What the desk commits beside the pipeline; without a file the disk is full."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.station = SimpleNamespace(pipeline=SimpleNamespace(maintenance=None))
        self.lines: list[AuditLine] = []

    async def transact(self, work: Callable[[sqlite3.Connection], None]) -> None:
        if self.path is None:
            raise sqlite3.OperationalError("database or disk is full")
        await asyncio.to_thread(self._commit, self.path, work)

    def _commit(self, path: Path, work: Callable[[sqlite3.Connection], None]) -> None:
        with closing(open_state(path)) as state:
            work(state)
            self.lines = list(read_audit(state))


def desk_with(drivers: dict[str, Any], transactions: Transactions | None = None) -> GatewayDesk:
    collector = cast("Collector", transactions or Transactions())
    supervisor = cast("Supervisor", SimpleNamespace(drivers=drivers))
    none = cast("Any", None)
    return GatewayDesk(collector, supervisor, lambda: SITE, lambda: NOON_NS, NO_SIGHTINGS, none)


async def test_who_switched_what_stands_in_the_log(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "tagwarden.readers")
    siren = Siren()
    transactions = Transactions(tmp_path / "state.db")
    desk = desk_with({"dock": siren}, transactions)
    assert await desk.switch_output("dock", 1, 5.0, "ann") == DONE
    assert await desk.switch_output("dock", 1, None, "bob") == DONE
    assert siren.switched == [(1, 5.0), (1, None)]
    assert caplog.messages == [
        "dock: output 1 switched on for 5 s by ann",
        "dock: output 1 switched off by bob",
    ]
    assert [(line.actor, line.action, line.detail) for line in transactions.lines] == [
        ("ann", "output.switch", '{"on_for_s":5.0}'),
        ("bob", "output.switch", '{"on_for_s":null}'),
    ]


async def test_who_was_refused_stands_in_the_log_once_a_minute(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "state.db")
    desk, now_ns = desk_with({}, transactions), [NOON_NS]
    desk.clock = lambda: now_ns[0]
    for wait_s, by in ((0, "eve"), (59, "eve"), (0, "bob"), (1, "eve")):
        now_ns[0] += wait_s * SECOND_NS
        await desk.note_denial(by, "GET /api/v1/audit", "guard")
    assert [(line.actor, line.action, line.target) for line in transactions.lines] == [
        ("eve", "access.denied", "GET /api/v1/audit"),
        ("bob", "access.denied", "GET /api/v1/audit"),
        ("eve", "access.denied", "GET /api/v1/audit"),
    ]


async def test_who_asks_for_ever_new_paths_does_not_fill_the_log(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "state.db")
    desk, now_ns = desk_with({}, transactions), [NOON_NS]
    desk.clock = lambda: now_ns[0]
    for number in range(100):
        await desk.note_denial("eve", f"GET /{number}", "guard")
    assert [line.target for line in transactions.lines] == [f"GET /{n}" for n in range(20)]
    await desk.note_denial("bob", "GET /", "guard")
    now_ns[0] += 4 * SECOND_NS
    await desk.note_denial("eve", "GET /later", "guard")
    assert [line.actor for line in transactions.lines][20:] == ["bob", "eve"]


async def test_strangers_from_ever_new_addresses_do_not_fill_the_log(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "state.db")
    desk = desk_with({}, transactions)
    desk.clock = lambda: NOON_NS
    for number in range(100):
        await desk.note_denial(f"stranger at 10.0.0.{number}", "wrong keys", STRANGER)
    assert len(transactions.lines) == 60


def test_refusals_are_kept_in_mind_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.denials, "KEPT_MAX", 3)
    denials = Denials(lambda: NOON_NS)
    for number in range(9):
        assert denials.is_worth_a_line("eve", f"GET /{number}", "guard")
    assert len(denials) == 3


async def test_a_siren_sounds_while_the_disk_is_full(caplog: pytest.LogCaptureFixture) -> None:
    siren = Siren()
    desk = desk_with({"dock": siren}, Transactions())
    assert await desk.switch_output("dock", 1, 5.0, "ann") == DONE
    assert siren.switched == [(1, 5.0)]
    assert "output.switch of dock/1 by ann is not in the audit log" in caplog.text


@pytest.mark.parametrize(
    ("reader", "driver", "outcome"),
    [
        ("cellar", None, Outcome("unknown", "there is no reader 'cellar'")),
        ("dock", None, Outcome("conflict", "dock is not connected; see its health")),
        ("dock", object(), Outcome("conflict", "dock has no outputs")),
        ("dock", Siren(ReaderMisconfiguredError("no port 9")), Outcome("unknown", "no port 9")),
        ("dock", Siren(ReaderLostError("peer closed")), Outcome("conflict", "peer closed")),
    ],
)
async def test_a_refusal_says_what_is_the_matter(
    reader: str, driver: object, outcome: Outcome
) -> None:
    drivers = {} if driver is None else {reader: driver}
    assert await desk_with(drivers).switch_output(reader, 9, 5.0, "ann") == outcome


async def test_a_reader_that_does_not_answer_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway.desk, "SWITCH_TIMEOUT_S", 0.01)
    outcome = await desk_with({"dock": Siren(hangs=True)}).switch_output("dock", 1, 5.0, "ann")
    assert outcome == Outcome("conflict", "the reader did not answer within 0.01 s")
