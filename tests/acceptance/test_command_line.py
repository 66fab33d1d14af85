"""The command line from outside: exit codes, one gateway a folder, a site file that changes."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from gateway.cli import main
from gateway.entries import ReadGroup, Tick
from gateway.journal import SqliteJournal
from history.state import open_state
from simulators.llrp_reader import LlrpReader
from tags.times import SECOND_NS
from tests.acceptance.running import (
    ROOT,
    RunningGateway,
    asking,
    gateway,
    items,
    make_key,
    tagwarden,
    until,
)
from tests.gateway.made import NOON_NS, TAGS, read, start, station_on, tables

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: gate, role: exit}}]
readers:
  - {{name: dock, driver: llrp, address: "{address}", antennas: {{1: {{zone: hall}}}}}}
server: {{listen: "127.0.0.1:0"}}
"""
EXAMPLE = ROOT / "config" / "recordings.yaml"
NOWHERE = "127.0.0.1:9"


def write_site(path: Path, address: str = NOWHERE, old: str = "", new: str = "") -> Path:
    path.write_text(SITE.format(address=address).replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "the following arguments are required: COMMAND"),
        (["dance"], 2, "invalid choice: 'dance'"),
        (["run"], 2, "the following arguments are required: SITE.yaml"),
        (["keys", "create", "x", "--role", "king"], 2, "invalid choice: 'king'"),
        (["run", "none.yaml"], 1, "none.yaml:1: file: can not be read: No such file or directory"),
        (["check", "none.yaml"], 1, "none.yaml:1: file: can not be read"),
        (["import", "assets", "none.csv"], 1, "none.csv: can not be read: no such file"),
        (["demo", "--port", "65536"], 2, "--port takes a port from 0 to 65535"),
        (["demo", "--port", "-1"], 2, "--port takes a port from 0 to 65535"),
        *((["demo", f"--for={end}"], 2, "at least 10 seconds") for end in ("nan", "inf", "-1")),
        (["run", str(EXAMPLE), "--data", __file__], 1, "py: is a file, not a folder"),
        (
            ["keys", "create", "x", "--role", "viewer", "--data", __file__],
            1,
            "py: is a file, not a folder",
        ),
        (["--version"], 0, ""),
    ],
)
def test_what_is_asked_wrongly_is_said_by_code_and_word(
    arguments: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        ended = main(arguments)
    except SystemExit as leaving:
        ended = int(leaving.code or 0)
    assert ended == code
    assert said in capsys.readouterr().err


async def test_the_example_site_file_is_fine() -> None:
    ended = await tagwarden("check", ROOT / "config" / "warehouse.yaml")
    assert (ended.code, ended.err) == (0, "")
    assert "6 zones, 5 readers, 9 rules" in ended.out


async def test_a_second_gateway_on_the_same_folder_is_refused_with_a_clear_line(
    tmp_path: Path,
) -> None:
    site, data = write_site(tmp_path / "site.yaml"), tmp_path / "data"
    async with gateway(site, data, tmp_path / "log") as first:
        second = await tagwarden("run", site, "--data", data)
        assert (second.code, second.out) == (1, "")
        pid = first.command.process.pid
        assert second.err == (
            f"tagwarden: {data} is used by another gateway (process {pid}); "
            "stop that one, or name another folder with --data\n"
        )
        assert (await first.stop())[0] == 0
    async with gateway(site, data, tmp_path / "log") as third:
        assert (await third.stop())[0] == 0


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site.yaml")
    async with gateway(site, tmp_path / "1", tmp_path / "log") as first:
        port = first.url.rpartition(":")[2]
        other = write_site(tmp_path / "other.yaml", NOWHERE, ":0", f":{port}")
        second = await tagwarden("run", other, "--data", tmp_path / "2")
    assert second.code == 1
    assert f"can not listen on 127.0.0.1:{port}: Address already in use" in second.err


async def test_a_state_that_is_none_is_named(tmp_path: Path) -> None:
    site, data = write_site(tmp_path / "site.yaml"), tmp_path / "data"
    data.mkdir()
    (data / "state.db").write_bytes(b"this is no database at all, is it?" * 100)
    for arguments in (["run", site], ["keys", "create", "x", "--role", "viewer"]):
        ended = await tagwarden(*arguments, "--data", data)
        assert ended.code == 1
        assert "file is not a database" in ended.err
        assert "Traceback" not in ended.err


async def test_a_state_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    site, data = write_site(tmp_path / "site.yaml"), tmp_path / "data"
    await make_key(data)
    with closing(sqlite3.connect(data / "state.db")) as db:
        db.execute("PRAGMA user_version = 999")
    ended = await tagwarden("run", site, "--data", data)
    assert ended.code == 1
    assert "format 999" in ended.err


async def test_a_key_name_is_given_once(tmp_path: Path) -> None:
    key = await make_key(tmp_path)
    assert key.startswith("tw_")
    again = await tagwarden("keys", "create", "test admin", "--role", "viewer", "--data", tmp_path)
    assert (again.code, again.out) == (1, "")
    assert "test admin" in again.err


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "x" * 65, " "])
async def test_a_key_has_a_short_name_that_can_be_printed(name: str, tmp_path: Path) -> None:
    ended = await tagwarden("keys", "create", name, "--role", "viewer", "--data", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert "name" in ended.err


async def test_an_import_takes_tags_from_other_assets_only_when_asked(tmp_path: Path) -> None:
    csv = tmp_path / "assets.csv"
    for row, more, code in (("A,aabb", [], 0), ("B,aabb", [], 1), ("B,aabb", ["--rebind"], 0)):
        csv.write_text(f"id,tags\n{row}\n", encoding="utf-8")
        ended = await tagwarden("import", "assets", csv, "--data", tmp_path / "data", *more)
        assert (ended.code, "Traceback" in ended.err) == (code, False), ended.err


async def test_a_dry_run_of_an_import_stores_nothing_and_names_bad_rows(tmp_path: Path) -> None:
    csv = tmp_path / "assets.csv"
    csv.write_text("id,tags\nA,aabb\nB,abc\n", encoding="utf-8")
    data = tmp_path / "data"
    for stored, more in ((0, ["--dry-run"]), (1, [])):
        ended = await tagwarden("import", "assets", csv, "--data", data, *more)
        assert ended.code == 1
        assert ended.err.startswith(f"{csv}:3: tags: ")
        with closing(sqlite3.connect(data / "state.db")) as db:
            assert db.execute("SELECT count(*) FROM assets").fetchone() == (stored,)


async def test_an_import_while_no_gateway_runs_lets_nothing_depart(tmp_path: Path) -> None:
    # The last thing that the journal knows is healthy readers, and that was long ago.
    await asyncio.to_thread(lived_once, tmp_path / "state.db")
    csv = tmp_path / "assets.csv"
    csv.write_text("id\nA\n", encoding="utf-8")
    ended = await tagwarden("import", "assets", csv, "--data", tmp_path)
    assert (ended.code, ended.out) == (0, f"{csv}: 1 stored, 0 refused\n")
    stored = await asyncio.to_thread(tables, tmp_path / "state.db")
    assert [row[6] for row in stored["movements"]] == ["arrived"]
    assert "A" in {row[0] for row in stored["assets"]}


def lived_once(path: Path) -> None:
    """A tag in a zone from which it departs after half a minute."""
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        station.process(start())
        seen = [read(TAGS[0], NOON_NS + n * SECOND_NS // 10) for n in range(20)]
        station.process([ReadGroup("local", 1, seen), Tick(NOON_NS + 6 * SECOND_NS)])


async def zones_of(client: httpx.AsyncClient) -> list[str]:
    return [zone["name"] for zone in await items(client, "/zones")]


async def test_a_changed_site_file_is_taken_over_and_a_bad_one_is_not(tmp_path: Path) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    key = await make_key(data)
    async with LlrpReader() as reader:
        write_site(site, reader.address)
        async with (
            gateway(site, data, tmp_path / "log") as running,
            asking(running.url, key) as ask,
        ):
            await until(lambda: is_online(ask), 15, "the reader is online")
            write_site(site, reader.address, "{name: hall}", "{name: hall}, {name: office}")
            await until(lambda: has_zone(ask, "office"), 10, "the new zone")
            write_site(site, reader.address, "{name: hall}", "{name: hall, colour: red}")
            said = await running.command.hears(r"site file not taken over: (.*)", within_s=10)
            assert said.startswith(f"{site}:2: zones[hall].colour: ")
            assert "office" in await zones_of(ask)
            await check_hangup(running, ask, site, reader)
            await check_other_antennas(ask, site, reader)
            assert (await running.stop())[0] == 0


async def check_hangup(
    running: RunningGateway,
    ask: httpx.AsyncClient,
    site: Path,
    reader: LlrpReader,
) -> None:
    """SIGHUP reads the file again; a file that is gone changes nothing."""
    await asyncio.to_thread(site.unlink)
    running.command.process.send_signal(signal.SIGHUP)
    await running.command.hears(r"not taken over: .* can not be read: No such file", within_s=10)
    assert "office" in await zones_of(ask)
    write_site(site, reader.address, "{name: hall}", "{name: hall}, {name: yard}")
    running.command.process.send_signal(signal.SIGHUP)
    await until(lambda: has_zone(ask, "yard"), 10, "the zone of the file that was read again")


async def check_other_antennas(ask: httpx.AsyncClient, site: Path, reader: LlrpReader) -> None:
    """A reader whose entry changes is connected again, and never refused as a second client."""
    since = (await items(ask, "/readers"))[0]["since"]
    write_site(site, reader.address, "1: {zone: hall}", "1: {zone: hall}, 2: {zone: gate}")

    async def again() -> bool:
        (shown,) = await items(ask, "/readers")
        return (shown["state"], shown["since"] != since) == ("online", True)

    await until(again, 10, "the reader is online again")
    assert reader.refused == 0


async def is_online(ask: httpx.AsyncClient) -> bool:
    return bool((await items(ask, "/readers"))[0]["state"] == "online")


async def has_zone(ask: httpx.AsyncClient, name: str) -> bool:
    return name in await zones_of(ask)


async def test_a_start_says_which_rules_are_for_none_of_the_assets(tmp_path: Path) -> None:
    rule = "rules: [{name: stay, assets: {category: latop}, fence: [hall]}]\nserver:"
    site = write_site(tmp_path / "site.yaml", old="server:", new=rule)
    assets = tmp_path / "assets.csv"
    assets.write_text("id,category\nL-1,laptop\n", encoding="utf-8")
    log, data = tmp_path / "log", tmp_path / "data"
    said = "rules[stay].assets: warning: selects none of the 1 assets: none has category 'latop'"
    async with gateway(site, data, log):
        assert said not in log.read_text()
    assert (await tagwarden("import", "assets", assets, "--data", data)).code == 0
    async with gateway(site, data, log):
        assert said in log.read_text()
