"""The gateway is killed at random moments while it ships to InfluxDB: all arrives exactly once."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from alerts.alert import Alert
from history.influx_history import InfluxHistory
from history.influx_lines import GOES_ON_NS
from history.settings import HistorySettings
from history.sightings import SLOT_S, Scope
from history.sqlite_sightings import SqliteSightings
from history.store import Span
from simulators.influxd import Influxd
from tags.reads import Read
from tags.times import SECOND_NS
from tests.acceptance.aftermath import FOREVER_NS
from tests.acceptance.running import RunningGateway, Spot, asking, gateway, items, started
from tests.acceptance.test_kill import TAGS, Ordeal, ordeal, some_seed
from tests.influxd import influxd

HEARD = TAGS[:40]
"""Each is heard ten times a second: 400 reads/s."""
SPOTS: tuple[Spot, ...] = (
    *(("hall-1", antenna) for antenna in (1, 2, 3, 4)),
    *(("dock-1", antenna) for antenna in (1, 2, 3, 4)),
    ("gate-1", 3),
)
DATABASE = "tagwarden"
SLOT_NS = SLOT_S * SECOND_NS
LATE_S_MAX = 90
PATIENCE_S = 40.0

Row = tuple[Any, ...]


class Facts(NamedTuple):
    """What one side holds: a row for each fact, sorted, so that what is there twice shows."""

    movements: list[Row]
    crossings: list[Row]
    visits: list[Row]
    alerts: list[Row]
    sightings: list[Row]

    def differences(self, other: "Facts") -> str:
        """What only one of them holds, or holds more often; empty if they are equal."""
        said: list[str] = []
        for name, mine, theirs in zip(self._fields, self, other, strict=True):
            if mine != theirs:
                left, right = _missing(mine, theirs), _missing(theirs, mine)
                said.append(
                    f"{name}: {len(mine)} here, {len(theirs)} there; "
                    f"only here {left[:3]}, only there {right[:3]}"
                )
        return "\n".join(said)


@dataclass
class Trial:
    """An ordeal of a gateway that ships, and the server that it ships to."""

    at: Ordeal
    server: Influxd
    stays: bool = False
    late: int = 0
    server_deaths: int = 0
    shipped: list[int] = field(default_factory=list)


def here(data: Path) -> Facts:
    """What the gateway's own files hold, whether it runs or not."""
    with closing(SqliteSightings(data / "sightings")) as store:
        scope = Scope(since_ns=0, until_ns=FOREVER_NS)
        sightings = [
            (one.slot_s, one.tag, one.reader, one.antenna, one.count, one.first_ns, one.last_ns)
            for one in store.walk(scope)
        ]
    with closing(sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True)) as db:
        decode = msgspec.msgpack.Decoder(Alert).decode
        alerts = [(decode(row[0]), row[1]) for row in db.execute("SELECT record, seq FROM alerts")]
        return Facts(
            movements=sorted(db.execute(_MOVEMENTS)),
            crossings=sorted(db.execute(_CROSSINGS)),
            visits=sorted(db.execute(_VISITS, (GOES_ON_NS,))),
            alerts=sorted((alert.id, seq, _text(alert)) for alert, seq in alerts),
            sightings=sorted(sightings),
        )


_MOVEMENTS = """
SELECT seq, id, tag, kind, coalesce(from_zone, ''), coalesce(to_zone, ''), time_ns, decided_ns
FROM movements
"""
_CROSSINGS = "SELECT seq, id, tag, portal, direction, time_ns FROM crossings"
_VISITS = """
SELECT id, tag, zone, from_ns, coalesce(to_ns, ?), coalesce(ended, ''), coalesce(asset, '')
FROM visits
"""


def there(server: Influxd) -> Facts:
    """What InfluxDB holds: every point of it."""
    return Facts(
        movements=_points(
            server, "movement", "seq id tag_id kind from_zone to_zone time_ns decided_ns"
        ),
        crossings=_points(server, "crossing", "seq id tag_id portal direction time_ns"),
        visits=_points(server, "visit", "visit tag_id zone from_ns to_ns ended asset"),
        alerts=_points(server, "alert", "id seq record"),
        sightings=sorted(
            (row["time"] // SLOT_NS * SLOT_S, *(row[name] for name in _SIGHTING))
            for row in _rows(server, "sighting")
        ),
    )


_SIGHTING = ("tag_id", "reader", "antenna", "reads", "first_ns", "last_ns")


def _points(server: Influxd, measurement: str, names: str) -> list[Row]:
    wanted = names.split()
    rows = (
        tuple("" if row.get(name) is None else row[name] for name in wanted)
        for row in _rows(server, measurement)
    )
    # Who asks while a point is written may see some of its fields.
    return sorted(rows, key=lambda row: [(value != "", value) for value in row])


def _rows(server: Influxd, measurement: str) -> Iterator[dict[str, Any]]:
    for series in server.ask(f'SELECT * FROM "{measurement}"', DATABASE):  # noqa: S608 - a name of ours
        for values in series["values"]:
            yield dict(zip(series["columns"], values, strict=True))


def _text(alert: Alert) -> str:
    return msgspec.json.encode(alert).decode()


def _missing(rows: list[Row], among: list[Row]) -> list[Row]:
    known = set(among)
    return [row for row in rows if row not in known]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Influxd]:
    with influxd(tmp_path / "influxd") as server:
        server.ask(f"CREATE DATABASE {DATABASE}")
        yield server


@asynccontextmanager
async def trial(folder: Path, server: Influxd, seed: int, laptops: int) -> AsyncGenerator[Trial]:
    """A depot with its history in InfluxDB; tags go from zone to zone, some are told late."""
    async with ordeal(folder, seed, laptops) as at:
        text = at.site.read_text(encoding="utf-8")
        begin = text.index("history: {")
        end = text.index("\n", begin)
        settings = f"history: {{store: influxdb, url: '{server.url}', timeout_s: 1}}"
        at.site.write_text(text[:begin] + settings + text[end:], encoding="utf-8")
        at.walk.spots = {tag: at.rng.choice(SPOTS) for tag in HEARD}
        found = Trial(at, server)
        wandering = asyncio.create_task(wander(found))
        try:
            yield found
        finally:
            wandering.cancel()
            await asyncio.gather(wandering, return_exceptions=True)


async def wander(found: Trial) -> None:
    """Tags go from zone to zone, laptops to the gate; some reads come late."""
    at = found.at
    while True:
        await asyncio.sleep(0.1)
        if found.stays:
            return
        tag = at.rng.choice(HEARD)
        if tag not in at.out:
            at.walk.spots[tag] = at.rng.choice(SPOTS)
        left = [tag for tag in at.laptops if tag not in at.out]
        if left and at.rng.random() < 0.1:
            at.out.add(left[0])
            at.walk.spots[left[0]] = ("gate-1", 2)
        if at.rng.random() < 0.3:
            await report_late(found)


async def report_late(found: Trial) -> None:
    """A reader tells what it heard long ago: a slot that was shipped is touched again."""
    name, antenna = found.at.rng.choice(SPOTS)
    time_ns = time.time_ns() - int(found.at.rng.uniform(10, LATE_S_MAX) * SECOND_NS)
    tag = found.at.rng.choice(HEARD)
    await found.at.walk.readers[name].report([Read(tag, name, antenna, time_ns, time_ns, -61.0)])
    found.late += 1


async def acknowledge(found: Trial, running: RunningGateway) -> None:
    """Guards acknowledge what they see: alerts that were shipped change."""
    async with asking(running.url, found.at.key) as client:
        while True:
            for alert in await items(client, "/alerts", state="active_unacknowledged", limit=3):
                body = {"note": "seen"}
                answer = await client.post(f"/alerts/{alert['id']}/acknowledge", json=body)
                assert answer.status_code in (200, 409), answer.text
            await asyncio.sleep(0.3)


async def fell_the_server(found: Trial) -> None:
    """InfluxDB is killed, and comes back a little later."""
    await asyncio.sleep(found.at.rng.uniform(0, 1.0))
    await asyncio.to_thread(found.server.kill)
    await asyncio.sleep(found.at.rng.uniform(0.5, 2.0))
    await asyncio.to_thread(found.server.start)
    found.server_deaths += 1


async def live_and_die(found: Trial, *, fell: bool) -> None:
    """One round; what has arrived by then is what the files of the dead gateway hold."""
    found.at.round += 1
    if not fell and found.at.rng.random() < 0.2:
        await die_while_starting(found)
    else:
        await die_at_work(found, fell=fell)
    mine = await asyncio.to_thread(here, found.at.data)
    theirs = await asyncio.to_thread(there, found.server)
    found.shipped.append(len(theirs.sightings))
    assert not unknown_here(mine, theirs), f"round {found.at.round}: shipped before it was kept"


async def die_while_starting(found: Trial) -> None:
    at = found.at
    async with started(at.log, "run", at.site, "--data", at.data) as command:
        await asyncio.sleep(at.rng.uniform(0.2, 2.5))
        assert command.process.returncode is None, command.said


async def die_at_work(found: Trial, *, fell: bool) -> None:
    at = found.at
    async with gateway(at.site, at.data, at.log) as running:
        at.ready_s.append(running.ready_s)
        seeing = asyncio.create_task(acknowledge(found, running))
        felling = asyncio.create_task(fell_the_server(found)) if fell else None
        await asyncio.sleep(at.rng.uniform(0.3, 6.0))
        await running.kill()
        if felling is not None:
            await felling
        seeing.cancel()
        for error in await asyncio.gather(seeing, return_exceptions=True):
            if isinstance(error, AssertionError):
                raise error


def unknown_here(mine: Facts, theirs: Facts) -> list[Row]:
    """What was shipped and is not in the files; a fact that goes on may have gone on."""
    found: list[Row] = []
    for of_mine, of_theirs in zip(mine[:3], theirs[:3], strict=True):
        known = {row[:2] for row in of_mine}
        found += [row for row in of_theirs if row[:2] not in known]
    known = {row[0] for row in mine.alerts}
    found += [row for row in theirs.alerts if row[0] not in known]
    counts = {row[:4]: row[4] for row in mine.sightings}
    return found + [row for row in theirs.sightings if row[4] > counts.get(row[:4], 0)]


async def settle(found: Trial) -> Facts:
    """Nothing moves any more; in the end both sides hold the same."""
    at = found.at
    at.round += 1
    async with gateway(at.site, at.data, at.log) as running:
        found.stays = True
        at.walk.spots.clear()
        mine = await asyncio.to_thread(here, at.data)
        differences = "nobody has looked"
        end_s = time.monotonic() + PATIENCE_S
        while differences:
            assert time.monotonic() < end_s, f"after {PATIENCE_S:g} s:\n{differences}"
            await asyncio.sleep(0.5)
            mine = await asyncio.to_thread(here, at.data)
            theirs = await asyncio.to_thread(there, found.server)
            differences = mine.differences(theirs)
            if not differences and not all_alerted(mine, at):
                differences = "an alert is yet to come"
        code, _ = await running.stop()
        assert code == 0, running.command.said
    return mine


def all_alerted(mine: Facts, at: Ordeal) -> bool:
    """Whether each laptop that went to the gate has its alert."""
    return len(mine.alerts) >= len(at.out)


def check_end(found: Trial, mine: Facts) -> None:
    """What was compared was worth it, nothing was set aside, and questions find the same."""
    assert min(map(len, (mine.movements, mine.visits, mine.sightings))) > 0
    keys = [row[:4] for row in mine.sightings]
    assert len(keys) == len(set(keys))
    with closing(sqlite3.connect(found.at.data / "state.db")) as db:
        assert db.execute("SELECT count(*) FROM set_aside").fetchone() == (0,)
    settings = HistorySettings(store="influxdb", url=found.server.url)
    with closing(InfluxHistory(settings)) as history:
        now_ns = time.time_ns()
        span = Span(now_ns - 86_400 * SECOND_NS, now_ns)
        alerts = history.alerts_of(span, 10_000)
        assert sorted(alert.id for alert in alerts) == [row[0] for row in mine.alerts]
        for tag in HEARD[:5]:
            heard = history.sightings_of(tag, span, 100_000)
            reads = sum(row[4] for row in mine.sightings if row[1] == tag)
            assert sum(one.count for one in heard) == reads


async def kill_again_and_again(folder: Path, server: Influxd, kills: int, seed: int) -> str:
    began_s = time.monotonic()
    async with trial(folder, server, seed, min(kills, 20)) as found:
        for number in range(kills):
            await live_and_die(found, fell=number == kills // 2)
        killed_s = time.monotonic() - began_s
        mine = await settle(found)
        await asyncio.to_thread(check_end, found, mine)
        assert (found.server_deaths, found.late > 0) == (1, True)
        reads = sum(row[4] for row in mine.sightings)
        return (
            f"seed {seed}: {kills} kills in {killed_s:.0f} s, equal after "
            f"{time.monotonic() - began_s - killed_s:.0f} s more: {reads} reads in "
            f"{len(mine.sightings)} sightings, {found.late} reads late, "
            f"{len(mine.movements)} movements, {len(mine.crossings)} crossings, "
            f"{len(mine.visits)} visits, {len(mine.alerts)} alerts; "
            f"in InfluxDB after each kill: {found.shipped}"
        )


@pytest.mark.timeout(120)
async def test_three_kills_lose_and_double_nothing_in_influxdb(
    tmp_path: Path,
    server: Influxd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await kill_and_tell(tmp_path, server, 3, capsys)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_forty_kills_lose_and_double_nothing_in_influxdb(
    tmp_path: Path,
    server: Influxd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await kill_and_tell(tmp_path, server, 40, capsys)


async def kill_and_tell(
    folder: Path, server: Influxd, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = some_seed()
    try:
        told = await kill_again_and_again(folder, server, kills, seed)
    except BaseException as error:
        error.add_note(f"repeat with SEED={seed}")
        raise
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
