"""What a data folder must hold after a crash, looked at without the gateway."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from alerts.alert import Alert
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, ReadGroup, decode_entries
from gateway.journal import SqliteJournal
from gateway.pipeline import Pipeline
from gateway.station import recover
from history.outputs import Numbered, event_of
from history.sqlite_sightings import SqliteSightings
from history.state import open_state

FOREVER_NS = 4_000_000_000 * 10**9


class Committed(NamedTuple):
    """What was on the disk at one moment: journal groups by position, alerts by id, and the
    channel of each message by its id."""

    groups: dict[int, bytes]
    alerts: dict[str, Alert]
    outbox: dict[str, str]

    def outlived_by(self, later: "Committed") -> bool:
        return (
            self.groups.items() <= later.groups.items()
            and self.alerts.keys() <= later.alerts.keys()
            and self.outbox.items() <= later.outbox.items()
        )

    @property
    def entries(self) -> Iterator[Entry]:
        for position in sorted(self.groups):
            yield from decode_entries(self.groups[position])

    @property
    def reads(self) -> int:
        groups = (entry for entry in self.entries if isinstance(entry, ReadGroup))
        return sum(read.count for group in groups for read in group.reads)


def copied(data: Path, to: Path) -> Path:
    """A copy of the database as the crash left it, so that looking changes nothing."""
    to.mkdir(parents=True)
    for name in ("state.db", "state.db-wal"):
        if (data / name).exists():
            shutil.copy(data / name, to / name)
    return to / "state.db"


def committed(state: Path) -> Committed:
    with closing(sqlite3.connect(state)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        groups = dict(db.execute("SELECT position, entries FROM journal"))
        assert sorted(groups) == list(range(1, len(groups) + 1)), "positions have gaps"
        decode = msgspec.msgpack.Decoder(Alert).decode
        alerts = {id_: decode(blob) for id_, blob in db.execute("SELECT id, record FROM alerts")}
        outbox = db.execute("SELECT id, channel FROM outbox")
        return Committed(groups, alerts, dict(outbox))


def reads_are_numbered_without_gap(found: Committed) -> bool:
    """A group sent twice would be dropped by the pipeline, a group never sent would be missed."""
    seqs = [entry.seq for entry in found.entries if isinstance(entry, ReadGroup)]
    return seqs == list(range(1, len(seqs) + 1))


def sightings_counted(data: Path, readers: tuple[str, ...]) -> int:
    with closing(SqliteSightings(data / "sightings")) as store:
        found = [store.at_reader(name, 0, FOREVER_NS, 1 << 40) for name in readers]
    return sum(sighting.count for each in found for sighting in each)


class Replayed(NamedTuple):
    """A pipeline that was given the whole journal from its first group on."""

    pipeline: Pipeline
    outputs: list[Numbered]


def replayed_from_zero(found: Committed) -> Replayed:
    pipeline = Pipeline(stored_blueprint)
    outputs: list[Numbered] = []
    for position in sorted(found.groups):
        outputs += pipeline.advance(decode_entries(found.groups[position])).outputs
    return Replayed(pipeline, outputs)


def recovery_equals_replay(state: Path) -> bool:
    """The strongest check: checkpoint and rest of the journal give what the whole journal gives,
    and that is what the tables say."""
    replayed = replayed_from_zero(committed(state))
    with closing(open_state(state)) as db:
        recovered, *_ = recover(SqliteJournal(db), stored_blueprint)
        stored = dict(db.execute("SELECT seq, body FROM events"))
    assert stored == _bodies(replayed.outputs)
    encode = msgspec.msgpack.encode
    return encode(recovered.state) == encode(replayed.pipeline.state)


def _bodies(outputs: list[Numbered]) -> dict[int, str]:
    found = ((numbered.seq, event_of(numbered)) for numbered in outputs)
    return {seq: msgspec.json.encode(event[1]).decode() for seq, event in found if event}
