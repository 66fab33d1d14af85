import asyncio
import time
from pathlib import Path

import pytest

from readers.driver import Clock, EndOfReadsError, ReaderMisconfiguredError
from readers.replay import ROWS_AHEAD, ReplayDriver, ReplaySettings
from tags.reads import Read

HEADER = "time_ns,reader,antenna,tag,rssi_dbm\n"
SECOND_NS = 1_000_000_000
DEADLINE_S = 5.0


def driver_of(file: Path, clock: Clock = time.time_ns, **changes: object) -> ReplayDriver:
    entry = {"name": "tape", "file": str(file), "speed": 1e6}
    return ReplayDriver(ReplaySettings.model_validate(entry | changes), clock)


def write(folder: Path, *rows: str) -> Path:
    file = folder / "tape.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return file


async def play(driver: ReplayDriver) -> tuple[list[Read], dict[str, int]]:
    found: list[Read] = []
    bad: dict[str, int] = {}
    try:
        async with asyncio.timeout(DEADLINE_S):
            await driver.connect()
            while True:
                batch = await driver.next_batch()
                found += batch.reads
                for reason, times in batch.bad.items():
                    bad[reason] = bad.get(reason, 0) + times
    except EndOfReadsError:
        return found, bad
    finally:
        await driver.close()


async def test_a_recording_is_played_under_the_entrys_name_as_if_now(tmp_path: Path) -> None:
    file = write(
        tmp_path, "5000000000,old,1,aa,-50", "4999999000,old,2,bb,", "5000001000,old,1,aa,"
    )
    clock = iter(range(10**18, 10**19, SECOND_NS))
    found, _ = await play(driver_of(file, lambda: next(clock), speed=1.0))
    start_ns = found[0].arrival_ns
    assert start_ns % SECOND_NS == 0
    assert [(read.reader, read.antenna, read.tag) for read in found] == [
        ("tape", 1, "aa"),
        ("tape", 2, "bb"),
        ("tape", 1, "aa"),
    ]
    assert [read.time_ns - start_ns for read in found] == [0, -1000, 1000]
    assert [read.arrival_ns - start_ns for read in found] == [0, 0, 1000]
    assert found[0].rssi_dbm == -50.0


async def test_speed_shortens_the_distances(tmp_path: Path) -> None:
    rows = [f"{(n + 1) * 10 * SECOND_NS},r,1,aa," for n in range(4)]
    found, _ = await play(driver_of(write(tmp_path, *rows), speed=1000))
    distances = [read.time_ns - found[0].time_ns for read in found]
    assert distances == [0, SECOND_NS // 100, SECOND_NS // 50, 3 * SECOND_NS // 100]


async def test_reads_come_when_they_are_due(tmp_path: Path) -> None:
    driver = driver_of(write(tmp_path, "1000000000,r,1,aa,", "1200000000,r,1,bb,"), speed=1.0)
    await driver.connect()
    start_s = time.monotonic()
    assert [read.tag for read in (await driver.next_batch()).reads] == ["aa"]
    assert time.monotonic() - start_s < 0.15
    assert [read.tag for read in (await driver.next_batch()).reads] == ["bb"]
    assert time.monotonic() - start_s >= 0.19
    await driver.close()


async def test_a_long_gap_gives_signs_of_life(tmp_path: Path) -> None:
    file = write(tmp_path, "1000000000,r,1,aa,", "9000000000,r,1,bb,")
    driver = driver_of(file, speed=1.0, silent_after_s=0.06)
    await driver.connect()
    await driver.next_batch()
    batches = [await asyncio.wait_for(driver.next_batch(), DEADLINE_S) for _ in range(3)]
    assert [batch.reads for batch in batches] == [[], [], []]
    await driver.close()


async def test_one_reader_can_be_picked(tmp_path: Path) -> None:
    file = write(tmp_path, "1,a,1,aa,", "2,b,1,bb,", "3,a,1,cc,")
    found, _ = await play(driver_of(file, reader="a"))
    assert [read.tag for read in found] == ["aa", "cc"]


async def test_a_bad_row_is_counted_and_left_out(tmp_path: Path) -> None:
    found, bad = await play(driver_of(write(tmp_path, "1,a,1,aa,", "2,a,1,x,", "3,a,1,cc,")))
    assert [read.tag for read in found] == ["aa", "cc"]
    assert bad == {"row": 1}


async def test_a_long_recording_is_played_whole(tmp_path: Path) -> None:
    rows = [f"{n + 1},r,1,{n:08x}," for n in range(2 * ROWS_AHEAD + 7)]
    found, _ = await play(driver_of(write(tmp_path, *rows)))
    assert [int(read.tag, 16) for read in found] == list(range(len(rows)))


async def test_a_loop_begins_again(tmp_path: Path) -> None:
    driver = driver_of(write(tmp_path, "1,r,1,aa,", "2,r,1,bb,"), loop=True)
    await driver.connect()
    found: list[Read] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < 7:
            found += (await driver.next_batch()).reads
    await driver.close()
    assert [read.tag for read in found[:7]] == ["aa", "bb", "aa", "bb", "aa", "bb", "aa"]
    assert [read.time_ns for read in found] == sorted(read.time_ns for read in found)


async def test_an_empty_recording_is_at_its_end_even_in_a_loop(tmp_path: Path) -> None:
    assert await play(driver_of(write(tmp_path), loop=True)) == ([], {})


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderMisconfiguredError, match=r"tape: .*nowhere\.csv"):
        await driver_of(tmp_path / "nowhere.csv").connect()


async def test_a_wrong_header_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("when,what\n")
    driver = driver_of(file)
    with pytest.raises(ReaderMisconfiguredError, match=r"tape: .*odd\.csv:1: column time_ns"):
        await driver.connect()
    await driver.close()


async def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_bytes(b"\xff\xfe\x00")
    driver = driver_of(file)
    with pytest.raises(ReaderMisconfiguredError, match=r"odd\.csv"):
        await driver.connect()
    await driver.close()
