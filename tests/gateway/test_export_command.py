"""Exports hold every row as it is kept, in each format, whatever the names are."""

import csv
import errno
import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped] # it has no types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.cli import main
from gateway.journal import SqliteJournal
from history.day_file import DayFile
from history.exports import DAY_KINDS, STATE_KINDS, columns_of, rows_of_day, rows_of_state
from history.parquet import rows_in, write_parquet
from history.sightings import Sighting, SightingBatch
from history.state import open_state
from inventory.changes import StoreAssets
from inventory.csv_assets import parse_assets_csv
from tags.reads import Fix, Measurement
from tags.times import parse_time
from tests.gateway.made import NOON_NS, day, station_on

SLOT_S = NOON_NS // 10**9 // 5 * 5
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


def sighting(tag: str, n: int = 0) -> Sighting:
    first_ns = (SLOT_S + 5 * n) * 10**9 + 1
    return Sighting(
        slot_s=SLOT_S + 5 * n,
        tag=tag,
        reader="dock",
        antenna=1,
        first_ns=first_ns,
        last_ns=first_ns + 7,
        count=3,
        rssi_dbm_max=-50.5,
        rssi_dbm_sum=-152.25,
        rssi_reads=3,
    )


def add(path: Path, position: int, *batch: Any) -> None:  # noqa: ANN401 - parts of a batch
    with closing(DayFile(path)) as file:
        file.add([SightingBatch(position, *batch)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "sightings").mkdir(parents=True)
    with closing(open_state(folder / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in day(seconds=20):
            station.process(entries)
    fixes = [Fix("gps:1", "tracker", NOON_NS, NOON_NS + 1, 1.5, None, None, None, 0.5)]
    values = [Measurement("cold", "temperature", -3.25, "°C", NOON_NS, NOON_NS + 2)]
    heard = [sighting(tag, n) for tag in ("=1+1", "ünï", "b") for n in range(3)]
    add(folder / "sightings" / "2025-06-15.db", 5, heard, fixes, values)
    return folder


def kept(data: Path, kind: str) -> list[tuple[Any, ...]]:
    if kind in DAY_KINDS:
        return list(rows_of_day(data / "sightings" / "2025-06-15.db", kind))
    return list(rows_of_state(data / "state.db", kind))


def export(data: Path, out: Path, kind: str, *more: str) -> Path:
    assert main(["export", kind, "--data", str(data), "--out", str(out), *more]) == 0
    return out


@pytest.mark.parametrize("kind", [*DAY_KINDS, *(set(STATE_KINDS) - {"crossings"})])
def test_all_formats_hold_the_rows_that_are_kept(kind: str, data: Path, tmp_path: Path) -> None:
    rows, columns = kept(data, kind), columns_of(kind)
    assert rows
    table = pq.read_table(export(data, tmp_path / "out.parquet", kind))
    text = export(data, tmp_path / "out.jsonl", kind).read_text(encoding="utf-8")
    with export(data, tmp_path / "out.csv", kind).open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    lines = [json.loads(line) for line in text.splitlines()]
    assert table.num_rows == len(lines) == len(cells) == len(rows)
    for at, column in enumerate(columns):
        values = [row[at] for row in rows]
        in_table = table.column(column.name)
        if column.kind == "time":
            in_table = in_table.cast("int64")
            shown = [line[column.name] for line in lines]
            assert [None if one is None else parse_time(one) for one in shown] == values
        assert in_table.to_pylist() == values
        empty = [value is None for value in values]
        assert [line[column.name] is None for line in lines] == empty
        assert [cell[column.name] == "" for cell in cells] == [
            none or value == "" for none, value in zip(empty, values, strict=True)
        ]


def test_no_cell_of_a_csv_runs_in_a_spreadsheet(data: Path, tmp_path: Path) -> None:
    text = export(data, tmp_path / "out.csv", "sightings").read_text(encoding="utf-8")
    tags = {row["tag"] for row in csv.DictReader(io.StringIO(text))}
    assert tags == {"'=1+1", "ünï", "b"}


def test_assets_go_out_as_they_come_in(data: Path, tmp_path: Path) -> None:
    text = export(data, tmp_path / "assets.csv", "assets").read_text(encoding="utf-8")
    parsed = parse_assets_csv(text)
    assert [asset.id for asset in parsed.assets] == ["L0", "L1", "L2", "L3"]
    (tmp_path / "other").mkdir()
    with closing(open_state(tmp_path / "other" / "state.db")) as connection:
        taken = StoreAssets(arrival_ns=NOON_NS, by="import", assets=parsed.assets)
        station_on(SqliteJournal(connection)).process([taken])
    again = export(tmp_path / "other", tmp_path / "again.csv", "assets")
    assert again.read_text(encoding="utf-8") == text
    assert pq.read_table(export(data, tmp_path / "a.parquet", "assets")).num_rows == 4


def test_a_span_is_half_open(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def tags(*more: str) -> int:
        assert main(["export", "sightings", "--json", "--data", str(data), *more]) == 0
        return len(capsys.readouterr().out.splitlines())

    assert tags() == tags("--day", "2025-06-15") == 9
    assert tags("--day", "2025-06-16") == 0
    assert tags("--since", "2025-06-15T15:06:45Z") == 6
    assert tags("--until", "2025-06-15T15:06:45Z") == 3


def test_closed_days_are_exported_once_and_again_when_they_change(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        export(data, tmp_path / "days", "sightings", "--closed-days")
        return capsys.readouterr().out

    assert "9 sightings" in said()
    assert "as it was" in said()
    path = tmp_path / "days" / "2025-06-15.parquet"
    assert rows_in(path) == 9
    add(data / "sightings" / "2025-06-15.db", 6, [sighting("late", 9)])
    assert "10 sightings" in said()
    table = pq.read_table(path)
    assert table.column("tag").to_pylist() == sorted(table.column("tag").to_pylist())
    assert table.schema.field("rssi_max").metadata == {b"unit": b"dBm"}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_can_not_be_exported_is_told(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusal(*more: str | Path, folder: Path = data) -> str:
        assert main(["export", *map(str, more), "--data", str(folder)]) == 1
        return capsys.readouterr().err

    assert "end it in .csv" in refusal("visits", "--out", tmp_path / "out.txt")
    assert "--day" in refusal("visits", "--day", "today")
    assert "--since" in refusal("visits", "--since", "noon")
    assert "needs a folder" in refusal("visits", "--closed-days", "--out", tmp_path)
    assert "no gateway has kept anything" in refusal("visits", folder=tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "history.parquet", None)
    assert "tagwarden[parquet]" in refusal("visits", "--out", tmp_path / "out.parquet")
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(tags=st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_any_name_is_the_same_again(tags: list[str], tmp_path: Path) -> None:
    path = tmp_path / "2025-06-15.db"
    path.unlink(missing_ok=True)
    add(path, 1, [sighting(tag) for tag in tags])
    rows = list(rows_of_day(path, "sightings"))
    columns = columns_of("sightings")
    assert write_parquet(tmp_path / "out.parquet", columns, rows, {}) == len(tags)
    assert pq.read_table(tmp_path / "out.parquet").column("tag").to_pylist() == sorted(tags)


def test_times_that_contradict_or_would_be_ignored_are_refused(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def refusal(*more: str) -> str:
        assert main(["export", *more, "--data", str(data)]) == 1
        return capsys.readouterr().err

    noon = "2026-01-31T12:00:00Z"
    assert "later than --since" in refusal("visits", "--since", noon, "--until", noon)
    assert "of its own" in refusal("visits", "--day", "2026-01-31", "--since", noon)
    assert "as they are now" in refusal("assets", "--since", noon)
    assert "such as 2026-01-31" in refusal("visits", "--day", "2026-02-30")
    assert "1970" in refusal("sightings", "--day", "0001-01-01")
    assert "1970" in refusal("visits", "--day", "9999-12-31")
    assert "end it in .jsonl" in refusal("visits", "--json", "--out", str(tmp_path / "a.csv"))


@pytest.mark.parametrize("kind", ["sightings", "visits"])
def test_times_beyond_what_a_file_holds_are_an_empty_or_an_open_span(
    kind: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows(*more: str) -> int:
        assert main(["export", kind, "--json", "--data", str(data), *more]) == 0
        return len(capsys.readouterr().out.splitlines())

    everything = rows()
    assert rows("--since", "0001-01-01T00:00:00Z", "--until", "9999-12-31T00:00:00Z") == everything
    assert rows("--since", "9999-12-31T00:00:00Z") <= everything


def test_a_standard_output_that_takes_nothing_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device", text[:0])

    monkeypatch.setattr("sys.stdout", Full())
    assert main(["export", "sightings", "--data", str(data)]) == 1
    assert "standard output: can not be written" in capsys.readouterr().err
