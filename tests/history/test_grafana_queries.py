"""The queries that docs/history.md shows for Grafana, put to the real server as Grafana would."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from ruamel.yaml import YAML

from history.influx_history import InfluxHistory
from history.influx_lines import lines_of
from history.influx_names import part_of
from history.outputs import Numbered
from history.settings import HistorySettings
from history.store import HistoryBatch, RaisedAlert, Visit
from simulators.influxd import Influxd
from tags.times import MILLISECOND_NS
from tests.history.facility import ANTENNAS, fix, measured, sighting
from tests.history.made import alert, at, crossing, movement
from tests.influxd import influxd

OURS = re.compile("## (InfluxDB: the schema|Asking from Grafana)\n")
WHOLE = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
PAGE = "".join(
    part for part in re.split(r"^(?=## )", WHOLE, flags=re.MULTILINE) if OURS.match(part)
)
QUERY = re.compile(r"^```influxql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCHEMA_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
SINCE_NS, UNTIL_NS = at(100), at(200)
TAG = "3034257bf468d480000003e9"
VARIABLES = {
    "${__from}": str(SINCE_NS // MILLISECOND_NS),
    "${__to}": str(UNTIL_NS // MILLISECOND_NS),
    "$__interval": "10s",
    "$timeFilter": f"time >= {SINCE_NS // MILLISECOND_NS}ms AND time <= "
    f"{UNTIL_NS // MILLISECOND_NS}ms",
    "$zone": "hall",
    "$tag": TAG,
    "$sensor": "cold-1",
    "$quantity": "temperature",
    "$reader": "gate-1",
    "$h": str(part_of(TAG)),
}
Row = dict[str, Any]


def stay(number: int, tag: str, from_s: float, to_s: float | None, zone: str = "hall") -> Visit:
    return Visit(
        id=number,
        tag=tag,
        asset="drill",
        zone=zone,
        from_ns=at(from_s),
        to_ns=None if to_s is None else at(to_s),
        ended=None if to_s is None else "moved",
    )


VISITS = [
    stay(1, "left before", 10, 99),
    stay(2, "came before", 10, 150),
    stay(3, "stays", 10, None),
    stay(4, TAG, 120, 130),
    stay(5, TAG, 140, None),
    stay(6, "came after", 201, None),
    stay(7, "elsewhere", 120, 130, "gate"),
]
RENAMED = [stay(8, TAG, 145, None)]


def told() -> HistoryBatch:
    shown = replace(alert("al-1"), time_ns=at(150))
    before = replace(alert("al-0"), time_ns=at(50))
    moved = movement("aa", "gate", "hall", at(120), "drill")
    crossed = crossing("aa", "door", at(121), asset="drill")
    where = fix("aa", at(120))
    return HistoryBatch(
        outputs=[
            Numbered(1, replace(moved, confidence=0.9, operation="move")),
            Numbered(2, replace(crossed, confidence=0.9, lean=0.5)),
        ],
        visits=[*VISITS, stay(8, TAG, 145, None, "apron")],
        renamed=RENAMED,
        alerts=[RaisedAlert(1, 1, before), RaisedAlert(2, 2, shown)],
        sightings=[sighting("aa", at(t), reader, 1) for t in (90, 120, 160) for reader in READERS],
        fixes=[replace(where, z_m=1.0, floor="ground", lat=52.5, lon=13.4)],
        measurements=[measured(t / 10, at(t)) for t in range(90, 220)],
        zones=ANTENNAS,
    )


READERS = ("gate-1", "hall-1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Influxd]:
    with influxd(tmp_path_factory.mktemp("influxd")) as server:
        server.ask("CREATE DATABASE tagwarden")
        store = InfluxHistory(HistorySettings(store="influxdb", url=server.url))
        store.append([told()])
        store.close()
        yield server


def queries(heading: str) -> list[str]:
    """The queries of a section, with the variables of a dashboard filled in."""
    section = PAGE.partition(f"\n### {heading}\n")[2]
    found: list[str] = QUERY.findall(re.split(r"^##", section, flags=re.MULTILINE)[0])
    return [filled(query) for query in found]


def filled(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return " ".join(query.split())


def rows(server: Influxd, query: str) -> list[Row]:
    """What it answers, with the tags by which it was grouped."""
    return [
        dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
        for series in server.ask(query, "tagwarden")
        for values in series["values"]
    ]


@pytest.mark.parametrize("query", [filled(query) for query in QUERY.findall(PAGE)])
def test_every_query_that_is_shown_is_understood_and_finds_something(
    server: Influxd, query: str
) -> None:
    assert "$" not in query
    found = rows(server, query)
    assert found
    named = set(re.findall(r'(?:SELECT |, |AS )"(\w+)"', query.partition(" FROM ")[0]))
    assert all(named <= row.keys() for row in found)


def test_a_track_has_the_visits_that_began_in_the_span(server: Influxd) -> None:
    (query,) = queries("The track of a tag")
    found = rows(server, query)
    assert [(row["zone"], row["from_ns"]) for row in found] == [
        ("apron", at(145)),
        ("hall", at(140)),
        ("hall", at(120)),
    ]


def test_who_was_in_a_zone_are_all_who_were_there_at_any_time(server: Influxd) -> None:
    was, is_now = queries("Who was in a zone")
    assert [row["tag_id"] for row in rows(server, was)] == [TAG, TAG, "stays", "came before"]
    assert {row["tag_id"] for row in rows(server, is_now)} == {TAG, "stays", "came after"}


def test_a_temperature_is_folded_by_the_interval(server: Influxd) -> None:
    (query,) = queries("A temperature")
    found = {row["time"]: row for row in rows(server, query)}
    assert min(found) == SINCE_NS
    step = found[at(110)]
    assert (step["lowest"], step["highest"]) == (11.0, 11.9)
    assert step["mean"] == pytest.approx(11.45)


def test_reads_are_counted_by_zone_and_by_reader(server: Influxd) -> None:
    by_zone, by_reader = queries("Reads of each zone, and of a reader")
    found = {(row["zone"], row["time"]): row["reads"] for row in rows(server, by_zone)}
    assert found["hall", at(120)] == found["gate", at(160)] == 3
    assert sum(found.values()) == 12
    assert sum(row["reads"] for row in rows(server, by_reader)) == 6


def test_annotations_are_the_alerts_of_the_span(server: Influxd) -> None:
    (query,) = queries("Alerts as annotations")
    assert rows(server, query) == [
        {
            "time": at(150) + 2,
            "subject": "drill",
            "rule": "stay in",
            "severity": "critical",
            "state": "active_unacknowledged",
        }
    ]


def test_movements_and_crossings_are_counted(server: Influxd) -> None:
    by_kind, by_portal = queries("Movements and crossings")
    assert sum(row["movements"] for row in rows(server, by_kind)) == 1
    found = [row for row in rows(server, by_portal) if row["crossings"]]
    assert [(row["portal"], row["direction"]) for row in found] == [("door", "outbound")]


def test_the_schema_that_is_told_is_the_one_that_is_written(server: Influxd) -> None:
    tags = keys(server, "SHOW TAG KEYS", "tagKey")
    fields = keys(server, "SHOW FIELD KEYS", "fieldKey")
    shown: list[tuple[str, str, str]] = SCHEMA_ROW.findall(PAGE)
    assert {name: words(its) for name, its, _ in shown} == tags
    assert {name: words(its) for name, _, its in shown} == fields


def keys(server: Influxd, question: str, column: str) -> dict[str, set[str]]:
    return {
        series["name"]: {row[series["columns"].index(column)] for row in series["values"]}
        for series in server.ask(question, "tagwarden")
    }


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_the_part_of_a_tag_that_is_printed_is_the_one_that_is_written() -> None:
    (program, tag) = re.findall(r'^python3 -c "([^"]+)" (\w+)$', PAGE, re.MULTILINE)[0]
    assert "zlib.crc32(sys.argv[1].encode()) % 64" in program
    (line,) = lines_of(HistoryBatch(fixes=[fix(tag, at(0))])).lines
    assert line.startswith(f"fix,h={VARIABLES['$h']} ")
    assert tag == TAG


def test_data_sources_name_what_the_site_file_names() -> None:
    blocks = [YAML(typ="safe").load(text) for text in YAML_BLOCK.findall(PAGE)]
    (site,) = [block for block in blocks if "site" in block]
    sources = [source for block in blocks for source in block.get("datasources", [])]
    assert len(sources) == 2
    for source in sources:
        assert source["type"] == "influxdb"
        assert source["url"] == site["history"]["url"]
        assert source["jsonData"]["dbName"] == site["history"]["database"]
    assert sources[1]["secureJsonData"]["httpHeaderValue1"].startswith("Token $")
