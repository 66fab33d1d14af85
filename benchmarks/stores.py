"""The history: how fast it is written, how quickly it answers, how much room it takes.

Journal: groups of 1,000 reads are committed with `synchronous=FULL`; the peer is a bare loop that
writes blobs of the same size into a table of SQLite. Questions: a day of 100,000 tags with ten
million sightings and half a million visits is stored in the gateway's own files and in a real
InfluxDB (Debian's, started here), and both are asked the same: the day of one tag, who was in a
zone within ten minutes, where each tag was last. Lines: the same sightings go to InfluxDB from the
store and from a bare loop that posts prepared bodies of 5,000 lines; counted is the CPU of both
ends together. Room: what a sighting takes in a day file, and in the Parquet file that
`tagwarden export` makes of a day that is over.

Run: `make bench`, or `python benchmarks/history.py`, on a quiet machine: a quarter of an hour.
`--sightings 1000000` is a tenth of it.
"""

import argparse
import http.client
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from gateway.entries import Entry, ReadGroup, encode_entries
from gateway.journal import Group, SqliteJournal
from history.expiry import Keep
from history.exports import columns_of, rows_of_day
from history.influx_copy import InfluxCopy
from history.influx_history import InfluxHistory
from history.influx_lines import lines_of
from history.outputs import Numbered
from history.parquet import write_parquet
from history.set_aside import Refused
from history.settings import HistorySettings
from history.sightings import SLOT_S, Sighting
from history.sqlite_history import SqliteHistory
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from history.store import HistoryBatch, HistoryStore, Span, Visit
from simulators.influxd import Influxd
from tags.reads import Read
from tags.times import SECOND_NS
from zones.movements import Movement

MIDNIGHT_S = 1_790_035_200
DAY_S = 86_400
DAY = Span(MIDNIGHT_S * SECOND_NS, (MIDNIGHT_S + DAY_S) * SECOND_NS)
TAGS = 100_000
ZONES = 50
READERS = 50
ANTENNAS = 4
VISITS_PER_TAG = 5
SLOTS_AN_APPEND = 60
LINES_A_BODY = 5000
LINES_MEASURED = 500_000
DISTINCT_TAGS = 500_000
QUESTIONS = 200
TEN_MINUTES_NS = 600 * SECOND_NS
JOURNAL_GROUPS = 1000
READS_A_GROUP = 1000
TURNS = 3


class Times(NamedTuple):
    """Milliseconds that a question took."""

    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        """Half of them took at most the first, 99 of 100 at most the second."""
        return f"p50 {self.p50_ms:8.2f} ms, p99 {self.p99_ms:8.2f} ms"


def tag_of(number: int) -> str:
    """An EPC."""
    return f"3034257bf400b780{number:08x}"


def points() -> dict[tuple[str, int], str]:
    """The zone of each read point."""
    return {
        (f"reader-{reader}", antenna): f"zone-{(reader * ANTENNAS + antenna) % ZONES}"
        for reader in range(READERS)
        for antenna in range(1, ANTENNAS + 1)
    }


def slots_of(
    sightings: int, tags: int, rng: random.Random, most: int | None = None
) -> Iterator[HistoryBatch]:
    """A day of sightings, slot by slot: tags stay where they are for a while and move on.

    Ends after `most` of them.
    """
    told = 0
    zones = points()
    places = list(zones)
    where = [rng.randrange(len(places)) for _ in range(tags)]
    slots = DAY_S // SLOT_S
    for slot in range(slots):
        count = sightings * (slot + 1) // slots - sightings * slot // slots
        slot_s = MIDNIGHT_S + slot * SLOT_S
        chosen = rng.sample(range(tags), min(count, tags))
        for tag in chosen:
            if rng.random() < 0.05:
                where[tag] = rng.randrange(len(places))
        seen = [_sighting(slot_s, tag, places[where[tag]], rng) for tag in chosen]
        yield HistoryBatch(position=slot + 1, sightings=seen, zones=zones)
        told += count
        if most is not None and told >= most:
            return


def _sighting(slot_s: int, tag: int, place: tuple[str, int], rng: random.Random) -> Sighting:
    first_ns = slot_s * SECOND_NS + rng.randrange(2 * SECOND_NS)
    reads = rng.randrange(1, 12)
    level_dbm = rng.randrange(-75, -40) + rng.choice((0.0, 0.5))
    return Sighting(
        slot_s=slot_s,
        tag=tag_of(tag),
        reader=place[0],
        antenna=place[1],
        first_ns=first_ns,
        last_ns=first_ns + rng.randrange(3 * SECOND_NS),
        count=reads,
        rssi_dbm_max=level_dbm,
        rssi_dbm_sum=level_dbm * reads - rng.randrange(20),
        rssi_reads=reads,
    )


def movements_of(tags: int, rng: random.Random) -> Iterator[HistoryBatch]:
    """A day of movements with the visits that they begin and end, in order of time."""
    moves = sorted(
        (rng.randrange(DAY.since_ns, DAY.until_ns), tag)
        for tag in range(tags)
        for _ in range(VISITS_PER_TAG)
    )
    last: dict[int, Visit] = {}
    for start in range(0, len(moves), LINES_A_BODY):
        outputs, visits = [], []
        for seq, (time_ns, tag) in enumerate(moves[start : start + LINES_A_BODY], start + 1):
            before = last.get(tag)
            begun = _visit(seq, tag, time_ns, before, rng)
            outputs.append(Numbered(seq, _movement(begun, before)))
            visits += [begun] if before is None else [_ended(before, time_ns), begun]
            last[tag] = begun
        yield HistoryBatch(outputs=outputs, visits=visits)


def _visit(seq: int, tag: int, at_ns: int, before: Visit | None, rng: random.Random) -> Visit:
    former = -1 if before is None else int(before.zone.removeprefix("zone-"))
    zone = (former + 1 + rng.randrange(ZONES - 1)) % ZONES
    return Visit(id=seq, tag=tag_of(tag), asset=None, zone=f"zone-{zone}", from_ns=at_ns)


def _ended(visit: Visit, at_ns: int) -> Visit:
    return msgspec.structs.replace(visit, to_ns=at_ns, ended="moved")


def _movement(visit: Visit, before: Visit | None) -> Movement:
    return Movement(
        id=f"{visit.id:032x}",
        time_ns=visit.from_ns,
        decided_ns=visit.from_ns,
        tag=visit.tag,
        asset=None,
        kind="arrived" if before is None else "moved",
        from_zone=None if before is None else before.zone,
        to_zone=visit.zone,
        operation=None,
        late=False,
    )


def say(text: str) -> None:
    """Tell of a result at once."""
    print(text, flush=True)


def cpu_s(work: Callable[[], None]) -> float:
    """The CPU seconds of this process that something takes."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def _both_ends_s(server: Influxd, work: Callable[[], None]) -> float:
    before_s = _server_s(server)
    return cpu_s(work) + _server_s(server) - before_s


def _server_s(server: Influxd) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _database(server: Influxd, name: str) -> str:
    server.ask(f'CREATE DATABASE "{name}"')
    return name


def _settings(server: Influxd, name: str) -> HistorySettings:
    return HistorySettings(store="influxdb", url=server.url, database=_database(server, name))


def _refuse(refused: Sequence[Refused]) -> None:
    if refused:
        raise RuntimeError(f"InfluxDB refuses {refused[0].line}: {refused[0].reason}")


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))


# How fast it is written


def measure_journal(folder: Path) -> None:
    """Commits of 1,000 reads each, against blobs of the same size."""
    groups = list(_read_groups())
    blob = encode_entries(groups[0])
    keep = Keep(journal_since_ns=0, journal_bytes_max=2 << 30, events=1, answers_since_ns=0)
    with closing(open_state(folder / "state.db")) as connection:
        journal = SqliteJournal(connection)

        def commit_reads() -> None:
            for at, entries in enumerate(groups, 1):
                journal.append([Group(at, at, entries, [], READS_A_GROUP)], keep)

        ours_s = cpu_s(commit_reads)
    size = _size(folder / "state.db")
    with closing(_plain_table(folder / "peer.db")) as peer:

        def commit_blobs() -> None:
            for _ in groups:
                peer.execute("BEGIN IMMEDIATE")
                peer.execute("INSERT INTO blobs (blob) VALUES (?)", (blob,))
                peer.execute("COMMIT")

        bare_s = cpu_s(commit_blobs)
    reads = len(groups) * READS_A_GROUP
    say(f"journal: {reads / ours_s:,.0f} reads per CPU-second committed (target 200,000);")
    say(f"  a bare loop of blobs {reads / bare_s:,.0f}, ratio {bare_s / ours_s:.2f}")
    say(f"room: {size / reads:.0f} bytes a read in the journal")


def _read_groups() -> Iterator[list[Entry]]:
    for group in range(JOURNAL_GROUPS):
        first = group * READS_A_GROUP
        yield [ReadGroup("local", first, [_read(first + n) for n in range(READS_A_GROUP)])]


def _read(number: int) -> Read:
    at_ns = DAY.since_ns + number * 20_000
    return Read(tag_of(number % 5000), "dock-1", number % 4 + 1, at_ns, at_ns, -50.0 - number % 20)


def _plain_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE blobs (id INTEGER PRIMARY KEY, blob BLOB)")
    return connection


def measure_lines(server: Influxd) -> None:
    """The same sightings to InfluxDB: from the store, and as bodies that were made before."""
    batches = list(slots_of(LINES_MEASURED * 20, TAGS, random.Random(2), LINES_MEASURED))
    lines = [line.encode() for batch in batches for line in lines_of(batch).lines]
    bodies = [
        b"\n".join(lines[at : at + LINES_A_BODY]) for at in range(0, len(lines), LINES_A_BODY)
    ]
    ratios = []
    for turn in range(TURNS):
        bare_s = _both_ends_s(server, partial(_post, server, _database(server, f"b{turn}"), bodies))
        copy = InfluxCopy(_settings(server, f"o{turn}"), _refuse)
        ours_s = _both_ends_s(server, partial(_append, copy, batches))
        copy.close()
        ratios.append(bare_s / ours_s)
        ours, bare = len(lines) / ours_s, len(lines) / bare_s
        say(f"  {ours:,.0f} lines per CPU-second of both ends, a bare loop {bare:,.0f}")
    say(f"lines to InfluxDB: {median(ratios):.0%} of the bare loop (target 80 %)")


def _append(copy: InfluxCopy, batches: Sequence[HistoryBatch]) -> None:
    for at in range(0, len(batches), SLOTS_AN_APPEND):
        copy.append(batches[at : at + SLOTS_AN_APPEND])


def _post(server: Influxd, database: str, bodies: Sequence[bytes]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        for body in bodies:
            connection.request("POST", f"/write?db={database}", body)
            answer = connection.getresponse()
            if answer.read() or answer.status != http.client.NO_CONTENT:
                raise RuntimeError(f"InfluxDB answers {answer.status}")


def measure_series(server: Influxd) -> None:
    """How many series half a million tags make."""
    copy = InfluxCopy(_settings(server, "many"), _refuse)
    rng, places = random.Random(3), points()
    for slot, first in enumerate(range(0, DISTINCT_TAGS, 1000)):
        slot_s = MIDNIGHT_S + slot * SLOT_S
        seen = [
            _sighting(slot_s, tag, rng.choice(list(places)), rng)
            for tag in range(first, first + 1000)
        ]
        copy.append([HistoryBatch(position=slot + 1, sightings=seen, zones=places)])
    copy.close()
    (found,) = server.ask("SHOW SERIES EXACT CARDINALITY", "many")
    count = found["values"][0][0]
    say(f"series: {count:,} of {DISTINCT_TAGS:,} tags in {ZONES} zones (at most 5,000)")


# How quickly it answers


def measure_questions(folder: Path, server: Influxd, sightings: int) -> None:
    """The same questions to both stores."""
    sqlite = SqliteHistory(open_state(folder / "asked.db"), SqliteSightings(folder / "days"))
    influx = InfluxHistory(_settings(server, "asked"), _refuse)
    _fill(sightings, [sqlite, influx])
    (day,) = (folder / "days").glob("*.db")
    say(f"room: {_size(day) / sightings:.1f} bytes a sighting in a day file (at most 120)")
    moved = TAGS * VISITS_PER_TAG
    say(f"room: {_size(folder / 'asked.db') / moved:.0f} bytes a movement with its visit")
    for name, store in (("files of the gateway", sqlite), ("InfluxDB", influx)):
        say(name)
        for what, target_ms, times in _asked(store):
            say(f"  {what:40} {times}, target {target_ms} ms")
    out = folder / "day.parquet"
    write_parquet(out, columns_of("sightings"), rows_of_day(day, "sightings"), {})
    say(f"room: {_size(out) / sightings:.1f} bytes a sighting in Parquet (at most 40)")
    influx.close()
    sqlite.close()


def _fill(sightings: int, stores: Sequence[HistoryStore]) -> None:
    told = chain(movements_of(TAGS, random.Random(4)), slots_of(sightings, TAGS, random.Random(1)))
    number = 0
    while block := list(islice(told, SLOTS_AN_APPEND)):
        for store in stores:
            store.append(block)
        number += 1
        if number % 50 == 0:
            say(f"  {number * SLOTS_AN_APPEND} batches are stored")


def _asked(store: HistoryStore) -> Iterator[tuple[str, int, Times]]:
    rng = random.Random(5)

    def day_of_a_tag() -> object:
        tag = tag_of(rng.randrange(TAGS))
        return store.track_of(tag, DAY, 1000), store.sightings_of(tag, DAY, 10_000)

    def who_was_there() -> object:
        since_ns = rng.randrange(DAY.since_ns, DAY.until_ns - TEN_MINUTES_NS)
        span = Span(since_ns, since_ns + TEN_MINUTES_NS)
        return store.visits_of(f"zone-{rng.randrange(ZONES)}", span, 100)

    yield "day of one tag", 5, _timed(day_of_a_tag, QUESTIONS)
    yield "visits of a zone in ten minutes", 10, _timed(who_was_there, QUESTIONS)
    yield f"last positions of {TAGS:,} tags", 200, _timed(store.last_positions, 3)


def _timed(ask: Callable[[], object], times: int) -> Times:
    taken_ms = []
    for _ in range(times):
        began_s = time.perf_counter()
        ask()
        taken_ms.append((time.perf_counter() - began_s) * 1000)
    taken_ms.sort()
    return Times(median(taken_ms), taken_ms[min(times - 1, times * 99 // 100)])


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description="How fast the history is.")
    parser.add_argument("--sightings", type=int, default=10_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_journal(folder)
        (folder / "influx").mkdir()
        with Influxd(folder / "influx", options={"data.max-series-per-database": 0}) as server:
            measure_lines(server)
            measure_series(server)
            measure_questions(folder, server, chosen.sightings)
