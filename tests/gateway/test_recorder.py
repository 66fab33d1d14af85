import asyncio
import threading
from pathlib import Path

import pytest

from gateway.entries import GatewayStarted, Observed, ReadGroup, Tick
from gateway.recorder import Recorder
from gateway.recordings import REST_NS, jsonl_entries
from readers.health import ReaderHealth
from readers.wire.recording import parse_reads
from tags.reads import Measurement
from tests.gateway.made import NOON_NS, TAGS, read

READS = [read(TAGS[n % 3], NOON_NS + n) for n in range(6)]
HEALTH = ReaderHealth(reader="dock", state="online", since_ns=NOON_NS)
OBSERVED = Observed(NOON_NS, [], [Measurement("s", "temperature", 4.5, "°C", NOON_NS, NOON_NS)])


async def test_a_recording_of_everything_gives_every_entry_back(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    async with Recorder(path) as recorder:
        recorder.put(HEALTH)
        await recorder.put_reads(READS[:4], observed=OBSERVED)
        await recorder.put_reads(READS[4:])
    started, *recorded, end = jsonl_entries(path)
    assert recorded == [
        HEALTH,
        ReadGroup("recording", 1, READS[:4]),
        OBSERVED,
        ReadGroup("recording", 2, READS[4:]),
    ]
    assert (started, end) == (
        GatewayStarted(NOON_NS, None),
        Tick(READS[-1].arrival_ns + REST_NS),
    )


async def test_a_recording_as_csv_has_the_reads_and_counts_what_it_leaves_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "reads.csv"
    async with Recorder(path) as recorder:
        recorder.put(HEALTH)
        await recorder.put_reads(READS[:4], observed=OBSERVED)
        await recorder.put_reads(READS[4:])
    with path.open(newline="") as lines:
        assert list(parse_reads(lines, "reads.csv")) == READS
    assert (recorder.reads, recorder.left_out) == (6, 1)


async def test_a_source_is_acknowledged_once_its_reads_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "reads.csv"
    waiting: list[list[str]] = []
    async with Recorder(path) as recorder:
        await recorder.put_reads(READS, lambda: waiting.append(recorder._lines))
        size = (await asyncio.to_thread(path.stat)).st_size
    assert waiting == [[]]
    assert size == (await asyncio.to_thread(path.stat)).st_size > 0


async def test_what_could_not_be_written_is_not_acknowledged_and_is_said_at_the_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "full.csv"
    path.symlink_to("/dev/full")
    told: list[int] = []
    recorder = Recorder(path)

    async def record() -> None:
        async with recorder:
            await recorder.put_reads(READS, lambda: told.append(1))
            await recorder.put_reads(READS, lambda: told.append(2))

    with pytest.raises(OSError, match="No space left"):
        await record()
    assert recorder.failed.is_set()
    assert told == []


async def test_rows_stay_in_order_of_arrival_however_slow_the_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reads.csv"
    write, others_wait = Recorder._write, threading.Event()

    def write_slowly_at_first(recorder: Recorder, lines: list[str]) -> None:
        others_wait.wait(0.02)  # what comes later would overtake it
        others_wait.set()
        write(recorder, lines)

    monkeypatch.setattr(Recorder, "_write", write_slowly_at_first)
    async with Recorder(path) as recorder, asyncio.TaskGroup() as group:
        for each in READS:
            group.create_task(recorder.put_reads([each]))
    with path.open(newline="") as lines:
        assert list(parse_reads(lines, "reads.csv")) == READS
