"""`tagwarden replay`: the same bytes every time, and a clear word for what can not be replayed."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from tags.times import SECOND_NS, format_time

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT.parent / "shared" / "data" / "recordings"
TAG, OTHER = "3034257bf400b7800004cb2f", "3034257bf400b7800004cb30"
NOON_NS = 1_750_000_000 * SECOND_NS
SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
readers:
  - {name: dock, driver: llrp, address: 10.0.0.21, antennas: {1: {zone: hall}, 2: {zone: gate}}}
rules:
  - {name: stay in, fence: [hall], assets: {category: laptop}, severity: critical, notify: [guards]}
channels:
  - {name: guards, kind: webhook, url: https://example.net/hook, secret: "${NOT_SET_ANYWHERE}"}
"""
HEADER = "time_ns,reader,antenna,tag,rssi_dbm"
REPLAY_ALL = """
import sys
from gateway.cli import main
site, out, *files = sys.argv[1:]
for number, file in enumerate(files):
    code = main(["replay", file, "--site", site, "--out", f"{out}/{number}.jsonl"])
    assert code == 0, (file, code)
"""


class Desk:
    """A folder with a site file, a recording and assets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("site.yaml", SITE)
        rows = sorted([*walk_out(TAG), *walk_out(OTHER)])
        self.write("day.csv", "\n".join([HEADER, *rows]) + "\n")
        self.write("assets.csv", f"id,category,tags\nL7,laptop,{TAG}\n")

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def replay(self, *more: str, recording: str = "day.csv", site: str = "site.yaml") -> int:
        given = ["--site", self.path(site), "--out", self.path("out.jsonl")]
        return main(["replay", self.path(recording), *given, *more])

    @property
    def out(self) -> list[dict[str, Any]]:
        lines = (self.folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def told(self) -> list[tuple[Any, ...]]:
        """Tag, or asset and transition for alerts, with where it went."""
        return [
            (line["transition"], line["asset"], line["to"])
            if line["type"] == "alert"
            else (line["kind"], line["asset"] or line["tag"], line["to"])
            for line in self.out
        ]


def walk_out(tag: str) -> list[str]:
    """Four seconds in the hall, then two at the gate."""
    return [
        f"{NOON_NS + step * SECOND_NS // 10},dock,{1 if step < 40 else 2},{tag},-50"
        for step in range(60)
    ]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def replay_all(files: Sequence[Path], site: Path, out: Path, seed: str) -> list[bytes]:
    """Replay in a process of its own, under a hash seed of its own; what it wrote."""
    out.mkdir()
    command = [sys.executable, "-c", REPLAY_ALL, str(site), str(out), *map(str, files)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(out / f"{number}.jsonl").read_bytes() for number in range(len(files))]


def test_a_walk_gives_movements_and_the_alert(desk: Desk) -> None:
    assert desk.replay("--assets", desk.path("assets.csv")) == 0
    assert desk.told == [
        ("arrived", "L7", "hall"),
        ("arrived", OTHER, "hall"),
        ("moved", "L7", "gate"),
        ("raised", "L7", "gate"),
        ("moved", OTHER, "gate"),
    ]
    assert all("raised_at" not in line for line in desk.out)


def test_a_walk_through_a_portal_is_a_crossing(desk: Desk) -> None:
    portal = "portals: [{name: door, inside: [dock/1], outside: [dock/2]}]\n"
    desk.write("door.yaml", SITE + portal)
    assert desk.replay("--assets", desk.path("assets.csv"), site="door.yaml") == 0
    crossings = [line for line in desk.out if line["type"] == "crossing"]
    assert [(line["asset"], line["portal"], line["direction"]) for line in crossings] == [
        ("L7", "door", "outbound"),
        (None, "door", "outbound"),
    ]
    line = crossings[0]
    assert list(line)[:7] == ["type", "id", "time", "decided", "tag", "asset", "portal"]
    assert (line["tag"], line["lean"], line["late"]) == (TAG, None, False)
    assert 0.8 <= line["confidence"] <= 1
    assert format_time(NOON_NS) < line["time"] < line["decided"]


def test_a_replay_gives_the_same_bytes_under_any_hash_seed(desk: Desk) -> None:
    files, site = [desk.folder / "day.csv"], desk.folder / "site.yaml"
    first, second = (replay_all(files, site, desk.folder / seed, seed) for seed in ("1", "2"))
    assert first == second
    assert b'"gate"' in first[0]


@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no ../shared/data/recordings beside the project"
)
def test_every_real_recording_is_replayed_to_the_same_bytes_twice(tmp_path: Path) -> None:
    files = sorted(RECORDINGS.glob("*/*.csv"))
    site = ROOT / "config" / "recordings.yaml"
    first, second = (replay_all(files, site, tmp_path / seed, seed) for seed in ("1", "2"))
    assert len(files) >= 70
    assert first == second
    silent = [file.name for file, out in zip(files, first, strict=True) if b'"arrived"' not in out]
    assert silent == []


def test_the_clock_stops_where_it_is_told_to(desk: Desk) -> None:
    until = format_time(NOON_NS + 4 * SECOND_NS)
    assert desk.replay("--until", until) == 0
    assert desk.told == [("arrived", TAG, "hall"), ("arrived", OTHER, "hall")]


def test_other_rules_are_tried_on_the_same_day(desk: Desk) -> None:
    desk.write(
        "other.yaml", SITE.replace("stay in", "all stay in").replace("category: laptop", "tag: '*'")
    )
    assert desk.replay("--rules", desk.path("other.yaml")) == 0
    raised = [line for line in desk.out if line["type"] == "alert"]
    assert [(line["rule"], line["tag"]) for line in raised] == [
        ("all stay in", TAG),
        ("all stay in", OTHER),
    ]


def test_bad_rows_are_named_by_line_and_the_rest_is_replayed(
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = walk_out(TAG)
    rows[3], rows[7], rows[9] = "soon,dock,1,aa,-50", f"{NOON_NS},dock,1,abc,-50", "1,2,3"
    desk.write("bad.csv", "\n".join([HEADER, *rows]) + "\n")
    assert desk.replay(recording="bad.csv") == 1
    said = capsys.readouterr().err.splitlines()
    file = desk.path("bad.csv")
    assert said[0] == f"{file}:5: time_ns 'soon' is no whole number"
    assert said[1].startswith(f"{file}:9: ")
    assert said[2] == f"{file}:11: 3 values for 5 columns"
    assert said[3] == f"{file}: 57 reads, 2 decisions, 3 bad rows"
    assert [kind for kind, _, _ in desk.told] == ["arrived", "moved"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the file is empty"),
        (HEADER + "\n", ": there is no read and no position in it"),
        ("time_ns,reader,antenna,tag\n", ":1: column rssi_dbm is missing"),
        (HEADER + ",colour\n", ":1: unknown column 'colour' (known: "),
        ("\x00\x01\x02\x03", ":1: column time_ns is missing"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(
    text: str,
    said: str,
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.write("odd.csv", text)
    assert desk.replay(recording="odd.csv") == 1
    assert capsys.readouterr().err.startswith(desk.path("odd.csv") + said)


def test_files_that_are_not_there_are_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.replay(recording="none.csv") == 1
    assert desk.replay(recording="none.jsonl") == 1
    assert desk.replay(recording=".") == 1
    assert desk.replay("--assets", desk.path("none")) == 1
    assert desk.replay("--rules", desk.path("none")) == 1
    assert desk.replay(site="none.yaml") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 6
    assert all(
        word in line
        for word, line in zip(
            [*["no such file"] * 2, "without state.db", *["no such file"] * 3], said, strict=True
        )
    ), said


def test_a_folder_that_can_not_be_written_is_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        [
            "replay",
            desk.path("day.csv"),
            "--site",
            desk.path("site.yaml"),
            "--out",
            desk.path("no/out"),
        ]
    )
    assert code == 1
    assert capsys.readouterr().err == f"{desk.path('no/out')}: can not be written: no such file\n"


def test_a_time_without_offset_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.replay("--until", "2026-01-31T08:00:00") == 1
    assert capsys.readouterr().err.startswith("--until: '2026-01-31T08:00:00' is not an RFC 3339")


def test_a_bad_row_of_the_assets_is_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("assets.csv", f"id,tags\nL7,{TAG}\nL8,xyz\n")
    assert desk.replay("--assets", desk.path("assets.csv")) == 1
    assert f"{desk.path('assets.csv')}:3: tags: " in capsys.readouterr().err


def test_a_bad_site_file_is_named_by_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("site.yaml", SITE.replace("name: hall}", "name: hall, colour: red}"))
    assert desk.replay() == 1
    assert capsys.readouterr().err.startswith(f"{desk.path('site.yaml')}:2: zones[hall].colour: ")


def test_a_wrong_line_of_a_recording_of_everything_is_named(
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.write("day.jsonl", '{"type":"tick","arrival_ns":1750000000000000000}\n{"type":"dance"}\n')
    assert desk.replay(recording="day.jsonl") == 1
    assert capsys.readouterr().err.startswith(f"{desk.path('day.jsonl')}:2: ")


def health(state: str, at_s: float) -> dict[str, Any]:
    since_ns = NOON_NS + round(at_s * SECOND_NS)
    return {"type": "reader_health", "reader": "dock", "state": state, "since_ns": since_ns}


def group(seq: int, rows: Sequence[str]) -> dict[str, Any]:
    """Rows of a walk as one entry."""
    cells = [row.split(",") for row in rows]
    reads = [
        [tag, name, int(number), int(time_ns), int(time_ns), float(rssi)]
        for time_ns, name, number, tag, rssi in cells
    ]
    return {"type": "reads", "source": "local", "seq": seq, "reads": reads}


def write_entries(desk: Desk, *entries: dict[str, Any]) -> None:
    desk.write("day.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.mark.parametrize("rows", [walk_out(TAG), walk_out(TAG)[:5]])
def test_reads_decide_the_same_whatever_file_they_stand_in(desk: Desk, rows: list[str]) -> None:
    desk.write("day.csv", "\n".join([HEADER, *rows]) + "\n")
    write_entries(desk, group(1, rows))
    assert desk.replay() == 0
    from_csv = desk.out
    assert desk.replay(recording="day.jsonl") == 0
    assert desk.out == from_csv != []


def test_a_reader_that_dies_in_a_recording_is_one_alert_and_moves_nothing(desk: Desk) -> None:
    rows = walk_out(TAG)[:30]
    down, up, end = health("offline", 10), health("online", 910), health("offline", 990)
    write_entries(desk, health("online", 0), group(1, rows), down, up, end)
    assert desk.replay(recording="day.jsonl") == 0
    assert [(line["type"], line.get("rule"), line.get("transition")) for line in desk.out] == [
        ("movement", None, None),
        ("alert", "system: blind", "raised"),
        ("alert", "system: blind", "returned"),
        ("alert", "system: blind", "cleared"),
    ]


def test_a_recording_that_says_nothing_of_health_has_no_alert_of_it(desk: Desk) -> None:
    write_entries(desk, group(1, walk_out(TAG)[:30]), {"type": "tick", "arrival_ns": NOON_NS * 2})
    assert desk.replay(recording="day.jsonl") == 0
    assert [line["type"] for line in desk.out] == ["movement"]


def test_the_recording_is_never_written_over(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    day = desk.folder / "day.csv"
    before = day.read_bytes()
    (desk.folder / "link").symlink_to("day.csv")
    os.link(day, desk.folder / "twin")
    for out in ("day.csv", "link", "twin", "./day.csv", f"../{desk.folder.name}/day.csv"):
        assert desk.replay("--out", f"{desk.folder}/{out}") == 1
        assert "is the file" in capsys.readouterr().err
    assert desk.replay("--out", desk.path("site.yaml")) == 1
    assert day.read_bytes() == before


def test_a_replay_that_fails_leaves_the_former_output_alone(desk: Desk) -> None:
    desk.write("out.jsonl", "former\n")
    desk.write("day.jsonl", '{"type":"tick","arrival_ns":1750000000000000000}\n{"type":"dance"}\n')
    before = sorted(desk.folder.iterdir())
    assert desk.replay(recording="day.jsonl") == 1
    assert (desk.folder / "out.jsonl").read_text(encoding="utf-8") == "former\n"
    assert sorted(desk.folder.iterdir()) == before


def test_reads_that_were_no_evidence_are_told_by_reader_and_reason(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*walk_out(TAG), *(row.replace("dock", "r9") for row in walk_out(OTHER)[:50])]
    desk.write("day.csv", "\n".join([HEADER, *sorted(rows)]) + "\n")
    assert desk.replay() == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "r9: 50 reads: antenna_without_zone (no zone in the site file for it)"
    assert said[1].endswith(": 110 reads, 2 decisions, 0 bad rows")


def test_an_open_quote_is_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("day.csv", "\n".join([HEADER, f'{NOON_NS},"dock,1,{TAG},-50', *walk_out(TAG)]))
    assert desk.replay() == 1
    assert ":2: a quote is opened and not closed" in capsys.readouterr().err
