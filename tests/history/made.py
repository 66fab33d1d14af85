"""Made-up decisions for the tests of history."""

import shutil
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from msgspec.structs import replace

from alerts.alert import Alert, AlertChange, Evidence, Transition
from history.outputs import AssetRemoved, AssetStored, Numbered, Output
from history.questions import StateQuestions
from history.record import record_outputs
from history.state import open_state
from inventory.assets import Asset
from tags.times import SECOND_NS
from zones.movements import (
    Crossing,
    Direction,
    Heard,
    Movement,
    MovementKind,
    crossing_id,
    movement_id,
)

# For examples that make files and kill whoever writes them.
FEW = settings(max_examples=settings.default.max_examples // 4) if settings.default else settings()
T0_NS = 1_790_000_000 * SECOND_NS


def at(seconds: float) -> int:
    return T0_NS + round(seconds * SECOND_NS)


def movement(  # noqa: PLR0913 - what a test says about a movement
    tag: str,
    from_zone: str | None,
    to_zone: str | None,
    time_ns: int,
    asset: str | None = None,
    *,
    late: bool = False,
) -> Movement:
    kind: MovementKind = "moved"
    if to_zone is None:
        kind = "departed"
    elif from_zone is None:
        kind = "arrived"
    return Movement(
        id=movement_id(tag, from_zone, to_zone, time_ns),
        time_ns=time_ns,
        decided_ns=time_ns + 250_000_000,
        tag=tag,
        kind=kind,
        from_zone=from_zone,
        to_zone=to_zone,
        asset=asset,
        late=late,
    )


def crossing(  # noqa: PLR0913 - what a test says about a crossing
    tag: str,
    portal: str,
    time_ns: int,
    direction: Direction = "outbound",
    asset: str | None = None,
    *,
    late: bool = False,
) -> Crossing:
    return Crossing(
        id=crossing_id(tag, portal, time_ns),
        time_ns=time_ns,
        decided_ns=time_ns + 1_000_000_000,
        tag=tag,
        portal=portal,
        direction=direction,
        confidence=0.875,
        lean="inbound" if direction == "unknown" else None,
        asset=asset,
        late=late,
    )


def outside(tag: str, from_zone: str, time_ns: int, asset: str | None = None) -> Movement:
    return replace(movement(tag, from_zone, None, time_ns, asset), kind="moved")


def alert(id_: str = "al-1", asset: str | None = "drill", rule: str = "stay in") -> Alert:
    return Alert(
        id=id_,
        rule=rule,
        rule_version="v1",
        kind="exit",
        severity="critical",
        asset=asset,
        tag="aa01",
        from_zone="hall",
        to_zone="gate",
        portal=None,
        time_ns=T0_NS,
        decided_ns=T0_NS,
        raised_at_ns=T0_NS,
        late=False,
        evidence=Evidence((Heard("gate-1", 2, T0_NS, 3, -51.5),), {"gate": 0.9}, {}, "site-1"),
    )


def raised(one: Alert, transition: Transition = "raised") -> AlertChange:
    return AlertChange(transition, one, T0_NS)


def stored(id_: str, *tags: str, at_ns: int = T0_NS, name: str = "") -> AssetStored:
    return AssetStored(Asset(id=id_, name=name, tags=tags), at_ns)


def removed(id_: str, at_ns: int = T0_NS) -> AssetRemoved:
    return AssetRemoved(id_, at_ns)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


class Writer:
    """The one writer of a state.db, numbering outputs as it commits them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = open_state(path)
        self.seq = 0

    def commit(self, *outputs: Output) -> list[Numbered]:
        numbered = [Numbered(self.seq + n, output) for n, output in enumerate(outputs, start=1)]
        with transaction(self.connection):
            record_outputs(self.connection, numbered)
        self.seq += len(outputs)
        return numbered

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return self.connection.execute(statement, values).fetchall()

    def close(self) -> None:
        self.connection.close()


@cache
def _empty_state() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_state(path).close()
        return path.read_bytes()


@contextmanager
def passing_state() -> Generator[tuple[Writer, StateQuestions]]:
    """A state.db for one of many examples: soon made, and nothing waits for the disk."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        path.write_bytes(_empty_state())
        writer, questions = Writer(path), StateQuestions(path)
        writer.connection.execute("PRAGMA synchronous = OFF")
        yield writer, questions
        questions.close()
        writer.close()


def as_killed(path: Path, elsewhere: Path) -> Path:
    """Copy a database as kill -9 would leave it now: what SQLite has written, and no more."""
    elsewhere.mkdir(exist_ok=True)
    for file in path.parent.glob(f"{path.name}*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, elsewhere / file.name)
    return elsewhere / path.name


def plan(connection: sqlite3.Connection, statement: str, values: object = ()) -> Sequence[str]:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type] # test data
    return [row[3] for row in rows]
