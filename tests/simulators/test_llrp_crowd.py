import asyncio
import json
import sys

import pytest

from readers.wire.llrp.reports import ReportDecoder
from simulators.llrp_crowd import GATE_ANTENNA, TAGS_PER_READER, resting_tag, walker_tag
from tests.simulators.llrp_client import NOW_NS, Client, identifier, rospec

pytestmark = pytest.mark.timeout(60)


async def test_many_readers_of_one_process_report_what_they_were_told() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.llrp_crowd", "--readers", "2", "--first", "7"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    async with asyncio.timeout(30):
        addresses: list[str] = json.loads(await process.stderr.readline())
        clients = [await inventorying(address) for address in addresses]
        process.stdin.write(b"[2000, 0.3]\n")
        sent, _ = json.loads(await process.stderr.readline())
        assert sent == 2 * 600
        heard = await asyncio.gather(*(hear(client, 600) for client in clients))
        process.stdin.close()
        assert await process.wait() == 0
    for number, tags in enumerate(heard, 7):
        assert {resting_tag(number, at) for at in range(TAGS_PER_READER)} <= tags
        assert tags & {walker_tag(number, each) for each in (0, 1)}
        assert len(tags) <= TAGS_PER_READER + 2


async def inventorying(address: str) -> Client:
    host, _, port = address.partition(":")
    client = Client(*await asyncio.open_connection(host, int(port)))
    await client.message()
    assert await client.ask_code(20, rospec(1, antennas=(0,))) == 0
    assert await client.ask_code(24, identifier(1)) == 0
    return client


async def hear(client: Client, count: int) -> set[str]:
    decoder, heard = ReportDecoder("r"), 0
    tags: set[str] = set()
    while heard < count:
        reads = decoder.decode((await client.message()).body, NOW_NS, {})
        heard += len(reads)
        tags |= {read.tag for read in reads}
        assert {read.antenna for read in reads} <= set(range(1, GATE_ANTENNA + 1))
    assert heard == count
    await client.close()
    return tags
