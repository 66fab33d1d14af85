"""The history stores that the contract is held against, each empty, and able to fail."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from history.day_file import DayFile
from history.settings import HistorySettings
from history.sqlite_history import SqliteHistory
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from history.store import HistoryStore
from simulators.influxd import Influxd


class Stand(NamedTuple):
    """A store, and a time in which it fails in the middle of what it is told."""

    store: HistoryStore
    failing: Callable[[], AbstractContextManager[None]]


@contextmanager
def sqlite_stand(folder: Path) -> Generator[Stand]:
    with closing(open_state(folder / "state.db")) as state:
        state.execute("PRAGMA synchronous = OFF")
        store = SqliteHistory(state, SqliteSightings(folder / "sightings"))
        yield Stand(store, _full_disk)
        store.close()


@contextmanager
def _full_disk() -> Generator[None]:
    """The decisions are written, then no sighting is."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DayFile, "put", fail)
        yield


@contextmanager
def influx_stand(server: Influxd, database: str) -> Generator[Stand]:
    """A database of its own on a running server; skips while there is no such store."""
    try:
        module: Any = import_module("history.influx_history")
    except ImportError as missing:
        pytest.skip(str(missing))
    server.ask(f'CREATE DATABASE "{database}"')
    settings = HistorySettings(store="influxdb", url=server.url, database=database)
    store: HistoryStore = module.InfluxHistory(settings)

    @contextmanager
    def away() -> Generator[None]:
        server.stop()
        try:
            yield
        finally:
            server.start()

    yield Stand(store, away)
    store.close()
