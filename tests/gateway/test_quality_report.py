"""`tagwarden replay --quality`: what a recording says about its antennas and tags."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.cli import main
from gateway.entries import ClockOffset, Entry, ReadGroup, Tick
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS

SHARED = Path(__file__).parents[3] / "shared" / "data" / "recordings"
RECORDINGS = Path(os.environ.get("TAGWARDEN_RECORDINGS", SHARED))
NOON_NS = 1_750_000_000 * SECOND_NS
TAG, GARBLED = "3034257bf400b7800004cb2f", "3034257bf400b7800004cb2d"
SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: yard}]
readers:
  - name: dock
    driver: llrp
    address: 10.0.0.21
    antennas: {1: {zone: hall}, 2: {zone: yard}, 3: {zone: yard}}
"""


def row(seconds: float, antenna: int, tag: str = TAG, rssi_dbm: float = -50.0) -> Read:
    time_ns = NOON_NS + round(seconds * SECOND_NS)
    return Read(tag, "dock", antenna, time_ns, time_ns, rssi_dbm)


DAY = sorted(
    [
        *(row(n / 10, 1) for n in range(1_000)),
        *(row(n + 0.05, 2, rssi_dbm=-62) for n in range(0, 100, 2)),
        row(50.01, 2, GARBLED, -75),
    ],
    key=lambda read: read.time_ns,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    lines = [f"{r.time_ns},{r.reader},{r.antenna},{r.tag},{r.rssi_dbm}" for r in DAY]
    header = "time_ns,reader,antenna,tag,rssi_dbm"
    (tmp_path / "day.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return tmp_path


def replay(folder: Path, *more: str, recording: str = "day.csv") -> int:
    site = str(folder / "site.yaml")
    return main(["replay", str(folder / recording), "--site", site, *more])


def write_jsonl(path: Path, entries: Iterable[Entry]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in entries))


def as_json(folder: Path, recording: str = "day.csv") -> dict[str, Any]:
    out = folder / "quality.json"
    events = str(folder / "events.jsonl")
    assert replay(folder, "--quality-out", str(out), "--out", events, recording=recording) == 0
    body: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return body


def test_the_report_stands_in_place_of_the_events(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(folder, "--quality") == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == "1,051 reads of 2 tags in 99.9 s"
    titles = [line for line in said.splitlines() if line and not line.startswith(" ")]
    assert titles[2:] == [
        "Read points",
        "Cross-reads",
        "Blind antennas",
        "Ghost EPCs",
        "Worst tags",
        "What to do about each finding: docs/how-to/data-quality.md",
    ]
    assert "dock/2 mainly hears tags that are louder in hall" in said
    assert "dock/3      yard  no read, though its reader works and others hear" in said
    assert f"single read, 1 bit off {TAG}" in said
    assert '"type"' not in said


def test_with_out_the_events_go_there_and_the_report_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = folder / "events.jsonl"
    assert replay(folder, "--quality", "--out", str(events)) == 0
    assert capsys.readouterr().out.startswith("1,051 reads of 2 tags")
    assert json.loads(events.read_text(encoding="utf-8").splitlines()[0])["kind"] == "arrived"


def test_the_report_is_written_as_json_beside_the_events(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = as_json(folder)
    assert capsys.readouterr().out == ""
    assert (body["reads"], body["tags"], body["tags_untold"], body["epoch_s"]) == (1051, 2, 1, 1.0)
    assert body["blind"][0]["reason"] == "never_heard"
    assert [ghost["resembles"] for ghost in body["ghosts"]] == [TAG]
    assert body["cross_reads"][0]["margin_db"] == 12.0


def test_reads_without_rssi_and_tags_at_many_antennas_have_a_line_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mute = [
        msgspec.structs.replace(row(second, antenna, "1111"), rssi_dbm=None)
        for second in range(40)
        for antenna in (1, 2, 3, 9)
    ]
    late = msgspec.structs.replace(row(1, 1), arrival_ns=NOON_NS + 41 * SECOND_NS)
    many = [row(second, 1, f"{TAG[:-2]}{n:02x}") for second in range(12) for n in range(35)]
    reads = sorted([*mute, *many], key=lambda read: read.time_ns)
    write_jsonl(folder / "mute.jsonl", [ReadGroup("dock", 1, [*reads, late])])
    assert replay(folder, "--quality", recording="mute.jsonl") == 0
    said = capsys.readouterr().out
    assert "1 read left out: too late, or of too many tags" in said
    assert "dock/9      (none)" in said
    assert "dock/1 100 %, dock/2 100 %, dock/3 100 % …" in said
    assert "… and 6 more" in said


def test_the_report_is_never_written_over_what_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(folder, "--quality-out", str(folder / "day.csv")) == 1
    assert capsys.readouterr().err.startswith("--quality-out ")


@pytest.mark.parametrize("asked", [["--quality"], ["--quality-out", "none.json"]])
def test_the_quality_of_a_comparison_is_refused(
    asked: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = str(folder / "site.yaml")
    assert main(["replay", str(folder / "day.csv"), "--compare", site, site, *asked]) == 1
    assert capsys.readouterr().err.startswith("--quality: reports on one site file")


def test_groups_of_any_size_give_the_same_report(folder: Path) -> None:
    alone = ReaderHealth(reader="dock", state="online", since_ns=NOON_NS)
    for size in (1, 7, 1_000):
        groups = [
            ReadGroup("dock", n, DAY[first : first + size])
            for n, first in enumerate(range(0, len(DAY), size), start=1)
        ]
        write_jsonl(folder / f"by-{size}.jsonl", [alone, *groups])
    first, *others = [as_json(folder, f"by-{size}.jsonl") for size in (1, 7, 1_000)]
    assert [first, first] == others


def test_what_becomes_of_a_reader_after_the_last_read_is_no_finding(folder: Path) -> None:
    states: list[Entry] = [
        ReaderHealth(reader="dock", state="online", since_ns=NOON_NS, antennas={3: "disconnected"}),
        ReadGroup("dock", 1, DAY),
        ReaderHealth(reader="dock", state="offline", since_ns=NOON_NS + 101 * SECOND_NS),
        Tick(NOON_NS + 110 * SECOND_NS),
    ]
    write_jsonl(folder / "day.jsonl", states)
    blind = as_json(folder, "day.jsonl")["blind"]
    assert [(each["antenna"], each["reason"]) for each in blind] == [(3, "disconnected")]


def test_the_clock_of_a_reader_is_put_right(folder: Path) -> None:
    slow_ns = 3600 * SECOND_NS
    late = [msgspec.structs.replace(read, time_ns=read.time_ns - slow_ns) for read in DAY]
    offset = ClockOffset(NOON_NS, "dock", slow_ns)
    write_jsonl(folder / "slow.jsonl", [offset, ReadGroup("dock", 1, late)])
    body = as_json(folder, "slow.jsonl")
    assert body["reads_left_out"] == 0
    assert body["first"] == "2025-06-15T15:06:40.000000Z"


def test_a_recording_of_other_things_has_no_reads_to_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl(folder / "quiet.jsonl", [Tick(NOON_NS)])
    assert replay(folder, "--quality", recording="quiet.jsonl") == 0
    assert capsys.readouterr().out == "no reads\n"


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"{RECORDINGS} is not there")
def test_the_real_recordings_have_no_deaf_antenna_and_no_ghost_but_much_that_is_overheard(
    tmp_path: Path,
) -> None:
    site = Path(__file__).parents[2] / "config" / "recordings.yaml"
    out = tmp_path / "quality.json"
    for number, file in enumerate(sorted((RECORDINGS / "dwell").glob("*.csv"))[::4]):
        events = str(tmp_path / f"{number}.jsonl")
        arguments = ["--site", str(site), "--out", events, "--quality-out", str(out)]
        assert main(["replay", str(file), *arguments]) == 0
        body = json.loads(out.read_text(encoding="utf-8"))
        assert (body["blind"], body["ghosts"], body["reads_left_out"]) == ([], [], 0)
        assert [each["antenna"] for each in body["read_points"]] == [1, 2, 3, 4]
        assert body["reads"] == sum(each["reads"] for each in body["read_points"])
        assert body["worst_tags"][0]["read_share"] > 0.97
        assert max(each["share"] for each in body["cross_reads"]) > 0.8
