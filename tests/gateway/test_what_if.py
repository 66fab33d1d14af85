"""`replay --rules`: which alerts other rules would have raised, and which not."""

from pathlib import Path

import pytest

from gateway.blueprints import stored_blueprint
from gateway.cli import main
from gateway.command_files import CommandError
from gateway.entries import ReadGroup
from gateway.history_span import span_of_history
from gateway.site import parse_site
from gateway.station import Station, open_journal
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS, format_time

T0_NS = 1_790_000_000 * SECOND_NS
MINUTE_NS = 60 * SECOND_NS
SITE = """\
site: {{name: Depot, timezone: UTC}}
zones: [{{name: hall}}, {{name: gate, role: exit}}, {{name: yard}}]
readers:
  - name: r
    driver: llrp
    address: 10.0.0.21
    antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}, 3: {{zone: yard}}}}
channels: [{{name: guards, kind: log}}]
rules:
  - {{name: stay in, kind: exit, assets: {{category: laptop}}, fence: {fence},
     severity: {severity}, confirm_s: {confirm_s}, notify: [guards]}}
"""
USUAL = SITE.format(fence="[hall]", severity="warning", confirm_s=5)
WITH_YARD = SITE.format(fence="[hall, yard]", severity="critical", confirm_s=5)
SLOWER = SITE.format(fence="[hall]", severity="warning", confirm_s=12)
LAPTOPS = (
    Asset(id="in-yard", category="laptop", tags=("a1",)),
    Asset(id="by-gate", category="laptop", tags=("b2",)),
)
ASSETS = "id,category,tags\nin-yard,laptop,a1\nby-gate,laptop,b2\n"


def _stay(tag: str, antenna: int, first_s: int, until_s: int) -> list[Read]:
    times_ns = [T0_NS + n * SECOND_NS // 4 for n in range(first_s * 4, until_s * 4)]
    return [Read(tag, "r", antenna, time_ns, time_ns, -50.0) for time_ns in times_ns]


def _day() -> list[Read]:
    """One laptop goes to the yard, the other one to the gate, each after ten seconds inside."""
    reads = [
        *_stay("a1", 1, 0, 10),
        *_stay("a1", 3, 10, 40),
        *_stay("b2", 1, 0, 20),
        *_stay("b2", 2, 20, 40),
    ]
    return sorted(reads, key=lambda read: read.arrival_ns)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "site.yaml").write_text(USUAL)
    (tmp_path / "yard.yaml").write_text(WITH_YARD)
    (tmp_path / "slower.yaml").write_text(SLOWER)
    (tmp_path / "assets.csv").write_text(ASSETS)
    rows = [f"{read.time_ns},r,{read.antenna},{read.tag},-50.0" for read in _day()]
    (tmp_path / "day.csv").write_text("\n".join(("time_ns,reader,antenna,tag,rssi_dbm", *rows)))
    return tmp_path


def _replay(folder: Path, rules: str) -> int:
    return main(
        [
            "replay",
            str(folder / "day.csv"),
            f"--site={folder / 'site.yaml'}",
            f"--assets={folder / 'assets.csv'}",
            f"--rules={folder / rules}",
            f"--out={folder / 'events.jsonl'}",
        ]
    )


def test_what_would_vanish_is_listed_and_what_stays_is_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _replay(folder, "yard.yaml") == 0
    assert capsys.readouterr().out.splitlines() == [
        "with the rules of yard.yaml",
        "  would appear  0",
        "  would vanish  1",
        "  stay          1  (1 of another severity)",
        "",
        "would vanish",
        "  2026-09-21 14:13:30  in-yard  “stay in”: hall → yard",
    ]


def test_what_would_appear_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "site.yaml").write_text(WITH_YARD)
    (folder / "usual.yaml").write_text(USUAL)
    assert _replay(folder, "usual.yaml") == 0
    said = capsys.readouterr().out
    assert "  would appear  1\n" in said
    assert "would appear\n  2026-09-21 14:13:30  in-yard  “stay in”: hall → yard\n" in said


def test_what_would_come_later_says_by_how_much(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _replay(folder, "slower.yaml") == 0
    said = capsys.readouterr().out
    assert "  stay          2  (1 at another time)" in said
    assert "in-yard  “stay in”: hall → yard, +7.0 s" in said


def test_the_events_are_those_of_the_other_rules(folder: Path) -> None:
    assert _replay(folder, "yard.yaml") == 0
    events = (folder / "events.jsonl").read_text()
    assert events.count('"transition":"raised"') == 1


# A span of history


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Path:
    """The data folder of a gateway that has lived through the day."""
    data = tmp_path / "data"
    data.mkdir()
    journal = open_journal(data / "state.db")
    station = Station(journal, stored_blueprint)
    site = parse_site(USUAL, env=None)
    station.process(station.start_entries(site, T0_NS))
    station.process([StoreAssets(arrival_ns=T0_NS, by="ann", assets=LAPTOPS)])
    station.process([ReaderHealth(reader="r", state="online", since_ns=T0_NS)])
    for number, read in enumerate(_day(), start=1):
        station.process([ReadGroup("local", number, [read])])
    journal.connection.close()
    return data


def test_a_data_folder_is_replayed_with_its_own_site_file_and_assets(
    folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, out = folder / "yard.yaml", folder / "events.jsonl"
    assert main(["replay", str(data), f"--rules={rules}", f"--out={out}"]) == 0
    assert "  would vanish  1\n" in capsys.readouterr().out


def test_alerts_before_the_span_do_not_count(
    folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    since = format_time(T0_NS + 17 * SECOND_NS)
    rules, out = folder / "yard.yaml", folder / "events.jsonl"
    assert main(["replay", str(data), f"--rules={rules}", f"--from={since}", f"--out={out}"]) == 0
    said = capsys.readouterr()
    assert "  would vanish  0\n" in said.out
    assert "  stay          1" in said.out
    assert "with its assets as they are now" in said.err


def test_a_span_that_the_journal_does_not_have_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="the journal reaches back to 2026-09-21"):
        span_of_history(data, None, T0_NS - SECOND_NS, None)
    with pytest.raises(CommandError, match="has nothing before"):
        span_of_history(data, None, None, T0_NS)
    with pytest.raises(CommandError, match=r"without state\.db"):
        span_of_history(tmp_path, None, None, None)


def test_a_span_begins_with_the_site_file_that_held_then_also_one_that_came_back(
    tmp_path: Path,
) -> None:
    journal = open_journal(tmp_path / "state.db")
    station = Station(journal, stored_blueprint)
    for minute, text in enumerate((USUAL, SLOWER, USUAL, WITH_YARD)):
        station.process(
            station.start_entries(parse_site(text, env=None), T0_NS + minute * MINUTE_NS)
        )
    journal.connection.close()
    for minute, text in ((0, USUAL), (1, SLOWER), (2, USUAL), (3, WITH_YARD)):
        span = span_of_history(tmp_path, None, T0_NS + minute * MINUTE_NS, None)
        assert span.site.text == text


def test_a_journal_that_is_empty_is_said(tmp_path: Path) -> None:
    open_journal(tmp_path / "state.db").connection.close()
    with pytest.raises(CommandError, match="nothing in its journal"):
        span_of_history(tmp_path, None, None, None)
