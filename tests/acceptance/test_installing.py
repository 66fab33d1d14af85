"""While readers are being installed: scan, listen and record as processes, and what they say."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from readers.wire.recording import READ_COLUMNS
from simulators.llrp_reader import LlrpReader
from simulators.mosquitto import Mosquitto
from tests.acceptance.running import Json, tagwarden
from tests.acceptance.works import TAGS, Works, works
from tests.mosquitto import mosquitto

HEARD_WITHOUT_GATEWAY = {tag: zone for zone, tag in TAGS.items() if zone != "stock"}
"""The zone of each tag; a reader that pushes has nobody to push to."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@asynccontextmanager
async def without_gateway(broker: Mosquitto, folder: Path) -> AsyncGenerator[Works]:
    async with works(broker, folder) as at:
        at.quiet.add("handhelds")
        at.speaking.set()
        yield at


@pytest.mark.timeout(120)
async def test_the_walk_test_shows_what_each_kind_of_reader_hears(
    broker: Mosquitto, tmp_path: Path
) -> None:
    points = {
        "dock": ("dock/1", TAGS["hall"], "-50.0 to -50.0 dBm"),
        "bench": ("bench/1", TAGS["desk"], "-50.0 to -50.0 dBm"),
        "shelves": ("shelves:2/1", TAGS["low"], ""),
        "packing": ("packing/1", TAGS["table"], ""),
        "radio": ("radio:kitchen/1", TAGS["yard"], "-61.0 to -61.0 dBm"),
    }
    async with without_gateway(broker, tmp_path) as at:
        told = await asyncio.gather(
            *(tagwarden("listen", name, "--site", at.site, "--for", "6") for name in points)
        )
    for (point, tag, level), found in zip(points.values(), told, strict=True):
        assert (found.code, found.err) == (0, ""), found
        assert tag in found.out
        (line,) = [each for each in found.out.splitlines() if each.startswith(f"  {point}: ")]
        assert int(line.split()[1]) > 0
        assert level in line
    assert "radio:cold-store temperature" in told[-1].out
    assert "gps:ann/phone" in told[-1].out


async def test_a_name_that_the_site_file_has_not_is_answered_with_those_it_has(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site.yaml"
    dock = "readers: [{name: dock, driver: llrp, address: 127.0.0.1, zone: hall}]"
    site.write_text(f"site: {{name: x}}\nzones: [{{name: hall}}]\n{dock}\n", encoding="utf-8")
    found = await tagwarden("listen", "dok", "--site", site, "--for", "1")
    assert (found.code, found.out) == (1, "")
    assert "there is no reader 'dok' (there are: dock)" in found.err


@pytest.mark.timeout(120)
async def test_what_was_recorded_is_replayed_to_the_same_places(
    broker: Mosquitto, tmp_path: Path
) -> None:
    paths = [tmp_path / "walk.csv", tmp_path / "walk.jsonl"]
    async with without_gateway(broker, tmp_path) as at:
        # One after the other, since an LLRP reader takes one client.
        for path in paths:
            done = await tagwarden("record", at.site, "--out", path, "--for", "2")
            assert done.code == 0, done
            assert int(done.out.rpartition(": ")[2].split()[0]) > 0
        site = at.site
    for path in paths:
        out = path.with_suffix(".events")
        done = await tagwarden("replay", path, "--site", site, "--out", out)
        assert done.code == 0, done
        assert "0 bad rows" in done.err
        text = await asyncio.to_thread(out.read_text, encoding="utf-8")
        where = arrivals(text)
        assert where.items() >= HEARD_WITHOUT_GATEWAY.items(), where
    csv, jsonl = [await asyncio.to_thread(path.read_text, encoding="utf-8") for path in paths]
    assert csv.splitlines()[0] == ",".join(READ_COLUMNS)
    kinds = {json.loads(line)["type"] for line in jsonl.splitlines()}
    assert kinds >= {"reads", "observed", "reader_health"}


def arrivals(events: str) -> dict[str, str]:
    """The zone in which each tag arrived first."""
    found: dict[str, str] = {}
    for line in events.splitlines():
        event: Json = json.loads(line)
        if event["type"] == "movement" and event["kind"] == "arrived":
            found.setdefault(event["tag"], event["to"])
    return found


@pytest.mark.timeout(60)
async def test_a_scan_finds_readers_and_prints_entries_that_a_site_file_takes(
    tmp_path: Path,
) -> None:
    async with LlrpReader() as reader:
        found = await tagwarden("scan", "127.0.0.0/30", "--port", str(reader.port))
        assert reader.rospecs == []
        assert not reader.connected
    assert (found.code, found.err) == (0, ""), found
    assert f'address: "{reader.address}"' in found.out
    assert "Impinj Speedway R420" in found.out
    site = tmp_path / "site.yaml"
    entries = found.out.replace("1: {}", "1: {zone: hall}")
    text = f"site: {{name: depot}}\nzones: [{{name: hall}}]\n{entries}"
    await asyncio.to_thread(site.write_text, text, encoding="utf-8")
    checked = await tagwarden("check", site)
    assert checked.code == 0, checked
    nobody = await tagwarden("scan", "127.0.0.0/30", "--port", str(reader.port))
    assert (nobody.code, nobody.out) == (1, "")
    assert "no LLRP reader answers" in nobody.err
