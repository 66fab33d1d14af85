"""A gateway at work tells of itself: figures, disk, backups, readers started anew."""

import asyncio
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import backups, storage
from gateway.backup import MARK, make_backup
from gateway.backup_files import BackupError, verify_backup
from gateway.backup_folder import BackupFolder
from gateway.data_folder import DataFolder
from gateway.entries import Entry, Observed
from gateway.metrics import Durations
from gateway.read_rates import KEPT, ReadRates
from gateway.reader_tasks import ReaderTasks
from gateway.recent_durations import RecentDurations, Seconds, quantile_s
from gateway.storage import Storage, storage_of
from gateway.supervisor import Supervisor
from gateway.watches import ReaderWatch
from readers.health import ReaderHealth
from tags.reads import Read
from tests.acceptance.running import until
from tests.api.sited import TEXT, Sited, sited
from tests.gateway.backed_up import written
from tests.gateway.made import NOON_NS
from tests.gateway.supervised import DOCK, ScriptedDriver

Json = dict[str, Any]
DAY_BYTES = 100


def watch_of(name: str) -> ReaderWatch:
    return ReaderWatch(ReaderHealth(reader=name, state="online", since_ns=NOON_NS), 15.0)


def test_reads_per_second_are_those_of_the_slice_that_ended() -> None:
    now_s, watches = [0.0], {"dock": watch_of("dock"), "desk": watch_of("desk")}
    rates = ReadRates(lambda: watches, lambda: now_s[0])
    for reads in (50, 50, 200):
        watches["dock"].reads = reads
        now_s[0] += 5.0
        rates.note()
    assert rates.of("dock") == [10.0, 0.0, 30.0]
    assert rates.of("desk") == [0.0, 0.0, 0.0]
    assert rates.of_all() == [10.0, 0.0, 30.0]
    assert rates.of("nobody") == []


def test_a_reader_that_counts_from_nothing_again_has_no_rate_below_nothing() -> None:
    now_s, watches = [0.0], {"dock": watch_of("dock")}
    rates = ReadRates(lambda: watches, lambda: now_s[0])
    for reads in (500, 10):
        watches["dock"] = watch_of("dock")
        watches["dock"].reads = reads
        now_s[0] += 5.0
        rates.note()
    assert rates.of("dock") == [100.0, 2.0]


def test_rates_are_kept_for_five_minutes_and_for_readers_that_there_are() -> None:
    now_s, watches = [0.0], {"dock": watch_of("dock"), "desk": watch_of("desk")}
    rates = ReadRates(lambda: watches, lambda: now_s[0])
    for _ in range(KEPT + 5):
        now_s[0] += 5.0
        rates.note()
    assert len(rates.of("dock")) == len(rates.of_all()) == KEPT
    del watches["desk"]
    rates.note()
    assert rates.of("desk") == []


def test_a_quantile_lies_within_its_bucket() -> None:
    bounds_s = (0.1, 0.2, 0.4)
    assert quantile_s(bounds_s, (0, 10, 0, 0), 0.5) == pytest.approx(0.15)
    assert quantile_s(bounds_s, (5, 5, 0, 0), 1.0) == pytest.approx(0.2)
    assert quantile_s(bounds_s, (0, 0, 0, 3), 0.5) == 0.4
    assert quantile_s(bounds_s, (0, 0, 0, 0), 0.5) is None


def test_durations_of_long_ago_are_not_told() -> None:
    durations = Durations("commit_seconds", "Test.")
    recent = RecentDurations(durations, 2)
    durations.add(9.0)
    assert recent.told().count == 1
    recent.note()
    recent.note()
    assert recent.told() == Seconds(0, None, None)
    durations.add(0.001)
    assert recent.told() == Seconds(1, 0.0005, 0.00099)


@pytest.mark.parametrize(
    ("days", "day_bytes", "lasts"),
    [
        (10, DAY_BYTES, 50),  # 5,000 bytes are free
        (360, DAY_BYTES, None),  # forty more days, then nothing grows
        (0, None, None),
        (10, 0, None),
    ],
)
def test_the_disk_lasts_as_long_as_the_last_days_say(
    days: int, day_bytes: int | None, lasts: int | None
) -> None:
    seen = Storage(5_000, 9_000, 0, 0, 0, 0, days, day_bytes)
    assert seen.days_until_full(400) == lasts


def test_what_the_data_takes_is_seen_by_its_parts(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    for name, length in {
        "state.db": 10,
        "state.db-wal": 5,
        "sightings/2026-01-01.db": 100,
        "sightings/2026-01-02.db": 200,
        "sightings/2026-01-03.db": 999,
        "plans/plan-1.png": 7,
        "elsewhere/a/state.db": 38,
        "elsewhere/a/backup.json": 2,
        "elsewhere/strange/film.mkv": 4_000,
    }.items():
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * length)
    again = folder.path / "elsewhere" / "b.partial"
    again.mkdir()
    (again / MARK).touch()
    (again / "state.db").hardlink_to(folder.path / "elsewhere/a/state.db")
    seen = storage_of(folder, folder.path / "elsewhere")
    assert seen[2:] == (15, 1299, 7, 40, 3, 150)
    assert 0 < seen.free_bytes < seen.total_bytes
    assert storage_of(folder, tmp_path / "nowhere").backups_bytes == 0


class Tasks:
    """Readers that hang once they are connected."""

    def __init__(self) -> None:
        self.opened: list[ScriptedDriver] = []
        self.looks: list[str] = []
        self.supervisor = Supervisor(
            self, lambda: NOON_NS, random.Random(1), lambda _settings, _clock: self._open()
        )
        self.tasks = ReaderTasks(self.supervisor, lambda: [DOCK])

    def _open(self) -> ScriptedDriver:
        self.opened.append(ScriptedDriver(["ok"], self.looks.append))
        return self.opened[-1]

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        raise AssertionError(f"nothing is read: {reads}, {acknowledge}, {observed}")

    def put(self, entry: Entry) -> None:
        del entry

    async def connected(self, times: int) -> None:
        async def look() -> bool:
            return self.looks.count("next") == times

        await until(look, 5, f"connected {times} times")


async def test_a_reader_says_goodbye_before_it_is_connected_again() -> None:
    made = Tasks()
    async with asyncio.TaskGroup() as group:
        await made.tasks.begin(group)
        await made.connected(1)
        assert (await made.tasks.restart("dock")).refused is None
        await made.connected(2)
        assert made.looks == ["connect", "next", "close", "connect", "next"]
        await made.tasks.end()
    assert [driver.closed for driver in made.opened] == [1, 1]


async def test_a_reader_that_there_is_not_is_not_started_anew() -> None:
    made = Tasks()
    assert (await made.tasks.restart("door")).refused == "unknown"


async def test_a_reader_is_started_anew_once_at_a_time() -> None:
    made = Tasks()
    async with asyncio.TaskGroup() as group:
        await made.tasks.begin(group)
        await made.connected(1)
        outcomes = await asyncio.gather(*(made.tasks.restart("dock") for _ in range(3)))
        assert [outcome.refused for outcome in outcomes] == [None, "conflict", "conflict"]
        await made.connected(2)
        await made.tasks.end()


async def test_no_reader_is_started_after_the_end() -> None:
    made = Tasks()
    async with asyncio.TaskGroup() as group:
        await made.tasks.begin(group)
        await made.connected(1)
        await made.tasks.end()
        await made.tasks.restart("dock")
        await made.tasks.update()
    assert len(made.opened) == 1


async def ended(client: httpx.AsyncClient, backup: str) -> Json:
    """A backup once it is not running any more."""

    async def look() -> Json | None:
        row: Json = (await client.get(f"/backups/{backup}")).json()
        return row if row["state"] != "running" else None

    return await until(look, 20, "the backup has ended")


async def actions(client: httpx.AsyncClient) -> list[str]:
    rows = (await client.get("/audit", params={"sort": "seq", "limit": 1000})).json()["items"]
    return [row["action"] for row in rows]


async def test_a_backup_over_http_is_whole_and_in_the_audit_log(tmp_path: Path) -> None:
    async with sited(tmp_path) as at:
        assert (await at.admin.get("/system")).json()["backup"] is None
        begun = await at.admin.post("/backups")
        assert begun.status_code == 202, begun.text
        done = await ended(at.admin, begun.json()["id"])
        assert (done["state"], done["by"], done["site"]) == ("done", "admin key", "Riverside")
        where = Path(done["where"])
        assert where.parent == tmp_path / "data" / "backups"
        backup = await asyncio.to_thread(verify_backup, where)
        assert done["bytes"] == backup.bytes
        told = (await at.admin.get("/system")).json()
        assert told["backup"]["id"] == done["id"]
        assert told["backup"]["ok"] is True
        assert told["site"] == "Riverside"
        assert told["timezone"] == "Europe/Berlin"
        assert told["storage"]["state_bytes"] > 0
        found = await actions(at.admin)
        assert [each for each in found if each.startswith("backup")] == [
            "backup.begin",
            "backup.end",
        ]


async def test_so_many_backups_stay_as_the_site_file_says(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    text = TEXT + f"backup: {{folder: {folder}, keep: 2}}\n"
    async with sited(tmp_path, text) as at:
        refused = await at.admin.post("/backups")
        assert refused.status_code == 409
        assert "There is no folder" in refused.json()["detail"]
        await asyncio.to_thread(folder.mkdir)
        ids: list[str] = []
        for _ in range(3):
            ids.append((await at.admin.post("/backups")).json()["id"])
            assert (await ended(at.admin, ids[-1]))["state"] == "done"
        rows = (await at.admin.get("/backups")).json()["items"]
        assert [row["id"] for row in rows] == [ids[2], ids[1]]
        assert {path.name for path in folder.iterdir()} == set(ids[1:])
        assert (await at.admin.get(f"/backups/{ids[0]}")).status_code == 404


def slow_backup(entered: threading.Event) -> Callable[..., None]:
    def make(
        _data: object, _into: object, _since: object, note: Callable[[int, int], None]
    ) -> None:
        entered.set()
        while True:
            note(1, 4)

    return make


async def test_one_backup_is_made_at_a_time_and_given_up_when_the_gateway_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = threading.Event()
    monkeypatch.setattr(backups, "make_backup", slow_backup(entered))
    async with sited(tmp_path) as at:
        begun = (await at.admin.post("/backups")).json()
        assert await asyncio.to_thread(entered.wait, 5)

        async def look() -> bool:
            row = (await at.admin.get(f"/backups/{begun['id']}")).json()
            return (row["state"], row["progress"]) == ("running", 0.25)

        await until(look, 5, "it has come so far")
        assert (await at.admin.post("/backups")).status_code == 409
        assert (await at.admin.get("/system")).json()["backup"] is None
        made = at.gateway._system.backups
    assert [each.fault for each in made._attempts.values()] == [backups.STOPPED]


async def test_a_backup_that_fails_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BackupError("the disk is too small")

    monkeypatch.setattr(backups, "make_backup", fail)
    async with sited(tmp_path) as at:
        begun = (await at.admin.post("/backups")).json()
        row = await ended(at.admin, begun["id"])
        assert (row["state"], row["reason"]) == ("failed", "the disk is too small")
        assert (await at.admin.get("/system")).json()["backup"]["ok"] is False
        assert (await actions(at.admin))[-1] == "backup.fail"


async def test_a_backup_is_good_where_the_older_ones_can_not_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise PermissionError(13, "Permission denied", "old")

    monkeypatch.setattr(BackupFolder, "thin_out", fail)
    async with sited(tmp_path) as at:
        row = await ended(at.admin, (await at.admin.post("/backups")).json()["id"])
        assert row["state"] == "done"
        assert row["reason"].startswith("older ones could not be removed")
        assert row["bytes"] > 0
        counted = (await at.admin.get(str(at.admin.base_url.copy_with(path="/metrics")))).text
        assert 'tagwarden_backups_total{result="done"} 1.0' in counted


async def test_a_folder_of_backups_that_is_gone_leaves_the_rest_to_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[Any]:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(BackupFolder, "found", fail)
    async with sited(tmp_path) as at:
        assert (await at.admin.get("/backups")).json()["items"] == []
        assert (await at.admin.get("/system")).json()["backup"] is None


async def test_a_reader_is_started_anew_over_http(tmp_path: Path) -> None:
    async with sited(tmp_path) as at:

        async def open_to_pushes() -> bool:
            answer = await at.admin.post("/ingest/handhelds", json={"tag": "e2801160"})
            return answer.status_code == 200

        await until(open_to_pushes, 5, "it takes pushes")
        assert (await read(at)).get("last_read") is not None
        answer = await at.admin.post("/readers/handhelds/restart")
        assert answer.status_code == 200, answer.text
        assert answer.json()["last_read"] is None
        await until(open_to_pushes, 5, "it takes pushes again")
        assert (await at.admin.post("/readers/nobody/restart")).status_code == 404
        assert "reader.restart" in await actions(at.admin)


async def read(at: Sited) -> Json:
    told: Json = (await at.admin.get("/readers/handhelds")).json()
    return told


async def test_the_disk_is_looked_at_once_in_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(folder: DataFolder, place: Path) -> Storage:
        looks.append(1)
        return storage.storage_of(folder, place)

    monkeypatch.setattr("gateway.system.storage_of", look)
    async with sited(tmp_path) as at:
        told = [(await at.viewer.get("/system")).json() for _ in range(3)]
    assert len(looks) == 1
    assert len({each["storage"]["looked"] for each in told}) == 1


def test_a_backup_may_lie_in_its_own_folder_of_the_data_and_nowhere_else_there(
    tmp_path: Path,
) -> None:
    data = DataFolder(written(tmp_path / "data"))
    verify_backup_of(data, data.backups / "today")
    for elsewhere in (data.path / "today", data.backups, data.sightings / "today"):
        with pytest.raises(BackupError, match="lies in the data folder"):
            verify_backup_of(data, elsewhere)


def verify_backup_of(data: DataFolder, into: Path) -> None:
    make_backup(data, into)
    verify_backup(into)
