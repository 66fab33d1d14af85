import asyncio
from pathlib import Path

from gateway.entries import Observed, ReadGroup
from gateway.recorder import Recorder
from gateway.recordings import jsonl_entries
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
    assert list(jsonl_entries(path)) == [
        HEALTH,
        ReadGroup("recording", 1, READS[:4]),
        OBSERVED,
        ReadGroup("recording", 2, READS[4:]),
    ]


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
