"""Whoever takes a list away stands in the audit log, and can not fill it."""

import argparse
import csv
import io
from pathlib import Path
from typing import Any

import defusedcsv.csv as defused  # type: ignore[import-untyped] # it has no types
import httpx
import pytest

import gateway.export_command
import gateway.export_lines
from api.routes import ROUTES
from gateway.errands import Errands
from gateway.export_lines import ExportLines
from gateway.key_errands import ACTOR
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tags.times import SECOND_NS
from tests.api.fake_gateway import NOON_NS, FakeDesk
from tests.gateway.test_desk_outputs import Transactions, desk_with

API = "/api/v1"
CSV = {"accept": "text/csv"}
NDJSON = {"accept": "application/x-ndjson"}
FORMULAS = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
]


async def test_csv_and_lines_are_exports_and_json_is_none(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    for headers in (CSV, NDJSON, {"accept": "application/json"}, {}):
        answer = await viewer.get(f"{API}/movements?zone=hall&limit=5", headers=headers)
        assert answer.status_code == 200
    filters = {"zone": "hall", "limit": "5"}
    assert desk.exports == [
        ("viewer key", f"{API}/movements", "csv", filters),
        ("viewer key", f"{API}/movements", "ndjson", filters),
    ]


async def test_every_list_that_can_be_taken_away_tells_of_it(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    asset = Asset(id="A-1", name="drill", tags=("e2801160",), category="tool")
    await desk.submit(StoreAssets(arrival_ns=NOON_NS, by="x", assets=(asset,)))
    untold: list[str] = []
    for route in ROUTES:
        if route.verb != "GET" or "text/csv" not in route.media or "{" in route.path:
            continue
        desk.exports.clear()
        answer = await admin.get(route.path, headers=CSV)
        if answer.status_code == 200 and [told[1] for told in desk.exports] != [route.path]:
            untold.append(route.path)
    assert untold == []


async def test_a_whole_list_of_lines_is_one_export(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await viewer.get(f"{API}/assets", headers=NDJSON)).status_code == 200
    assert [told[1:] for told in desk.exports] == [(f"{API}/assets", "ndjson", {})]


async def test_what_is_refused_is_no_export(viewer: httpx.AsyncClient, desk: FakeDesk) -> None:
    assert (await viewer.get(f"{API}/people", headers=CSV)).status_code == 403
    assert (await viewer.get(f"{API}/movements?cursor=x", headers=CSV)).status_code == 422
    assert desk.exports == []


async def test_all_pages_of_an_export_are_one_line(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "state.db")
    desk, now_ns = desk_with({}, transactions), [NOON_NS]
    desk.clock = lambda: now_ns[0]
    for wait_s, by, zone in ((0, "ann", "hall"), (59, "ann", "hall"), (0, "bob", "hall")):
        now_ns[0] += wait_s * SECOND_NS
        await desk.note_export(by, f"{API}/movements", "csv", {"zone": zone})
    await desk.note_export("ann", f"{API}/movements", "csv", {"zone": "yard"})
    lines = [(each.actor, each.action, each.target, each.detail) for each in transactions.lines]
    of_hall = '{"filters":{"zone":"hall"},"format":"csv"}'
    of_yard = '{"filters":{"zone":"yard"},"format":"csv"}'
    assert lines == [
        ("ann", "export", f"{API}/movements", of_hall),
        ("bob", "export", f"{API}/movements", of_hall),
        ("ann", "export", f"{API}/movements", of_yard),
    ]


async def test_very_many_exports_are_told_as_more_and_never_as_none(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "state.db")
    desk, now_ns = desk_with({}, transactions), [NOON_NS]
    desk.clock = lambda: now_ns[0]
    for number in range(100):
        await desk.note_export("eve", f"{API}/assets/A-{number}/history", "csv", {})
    assert len(transactions.lines) == 21
    assert "more follow" in transactions.lines[-1].detail
    await desk.note_export("bob", f"{API}/movements", "csv", {})
    assert transactions.lines[-1].actor == "bob"


def test_exports_are_kept_in_mind_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.export_lines, "KEPT_MAX", 3)
    exports = ExportLines(lambda: NOON_NS)
    for number in range(40):
        exports.worth(f"key {number}", "movements")
    assert len(exports) == 3


async def test_what_the_command_line_takes_is_told_to_the_gateway_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def ask(_path: Path, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return {}

    monkeypatch.setattr(gateway.export_command, "ask", ask)
    chosen = {"kind": "visits", "out": tmp_path / "v.csv", "data": tmp_path, "json": False}
    times = {"since": "2026-01-01T00:00:00Z", "until": None, "day": None, "closed_days": False}
    gateway.export_command._tell_gateway(argparse.Namespace(**chosen, **times))
    transactions = Transactions(tmp_path / "state.db")
    counter: Any = transactions
    assert await Errands(counter, lambda: NOON_NS).answer(asked[0]) == {}
    (line,) = transactions.lines
    assert (line.actor, line.action, line.target) == (ACTOR, "export", "visits")
    assert line.detail == '{"filters":{"since":"2026-01-01T00:00:00Z"},"format":"csv"}'


@pytest.mark.parametrize("name", FORMULAS)
async def test_a_name_that_is_a_formula_opens_as_text(
    viewer: httpx.AsyncClient, desk: FakeDesk, name: str
) -> None:
    asset = Asset(id="A-1", name=name, tags=("e2801160",), category="tool")
    await desk.submit(StoreAssets(arrival_ns=NOON_NS, by="x", assets=(asset,)))
    answer = await viewer.get(f"{API}/assets", headers=CSV)
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    wanted = io.StringIO(newline="")
    defused.writer(wanted).writerow([name])
    (cell,) = next(csv.reader(io.StringIO(wanted.getvalue(), newline="")))
    assert row["name"].startswith("'")
    assert not cell.startswith("'") or row["name"].startswith(cell[:2])
    assert row["name"].removeprefix("'") == name
