"""Lines into the real server."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from history.influx_lines import lines_of
from history.influx_names import stored_name
from history.influx_write import LineWriter, Written
from history.set_aside import Refused
from history.settings import HistorySettings
from history.sightings import Sighting
from history.store import (
    HistoryBatch,
    StoreError,
    StoreRefusedError,
    StoreUnavailableError,
    Visit,
)
from simulators.influxd import Influxd, Tls
from tests.influxd import ADMIN, influxd

SLOT_S = 1_790_000_000
PASSWORD = "p:q%s é"


def settings(server: Influxd, **changes: Any) -> HistorySettings:  # noqa: ANN401 -- any setting
    fields: dict[str, Any] = {"store": "influxdb", "url": server.url, "database": "depot"}
    return HistorySettings(**(fields | changes))


def write(
    server: Influxd,
    lines: list[str],
    **changes: Any,  # noqa: ANN401 -- any setting
) -> tuple[Written, list[Refused]]:
    refused: list[Refused] = []
    writer = LineWriter(settings(server, **changes))
    try:
        return writer.write(lines, refused.extend), refused
    finally:
        writer.close()


def lines(count: int, first: int = 0) -> list[str]:
    return [f'visit,zone=hall tag_id="a{n}",visit={n}i {n}' for n in range(first, first + count)]


def counted(server: Influxd, measurement: str = "visit") -> int:
    asked = f"SELECT count(tag_id) FROM {measurement}"  # noqa: S608 -- named above
    found = server.ask(asked, "depot")
    return int(found[0]["values"][0][1]) if found else 0


def made(server: Influxd) -> Influxd:
    server.ask("CREATE DATABASE depot")
    return server


@pytest.mark.parametrize("changes", [{}, {"gzip": True}, {"lines_a_write": 7}])
def test_lines_arrive(tmp_path: Path, changes: dict[str, Any]) -> None:
    with influxd(tmp_path) as server:
        assert write(made(server), lines(100), **changes) == (Written(100, 0, 0), [])
        assert write(server, lines(100), **changes) == (Written(100, 0, 0), [])
        assert counted(server) == 100
        assert write(server, []) == (Written(0, 0, 0), [])


def test_a_poisoned_line_in_the_middle_is_set_aside_and_all_others_arrive(tmp_path: Path) -> None:
    poison = "visit,zone=hall tag_id=half 9"
    with influxd(tmp_path) as server:
        batch = [*lines(2500), poison, *lines(2499, first=2500)]
        written, refused = write(made(server), batch)
        assert written == Written(4999, 1, 0)
        assert [line for line, _ in refused] == [poison]
        assert "unable to parse" in refused[0].reason
        assert counted(server) == 4999


def test_a_field_of_another_type_is_set_aside_alone(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        write(made(server), lines(1))
        other = ['visit,zone=hall tag_id="x",visit=1.5 77', "visit,zone=hall tag_id=7i 78"]
        written, refused = write(server, [*lines(50), *other, *lines(50, first=50)])
        assert written == Written(100, 2, 0)
        assert sorted(line for line, _ in refused) == sorted(other)
        assert all("field type conflict" in reason for _, reason in refused)
        assert counted(server) == 100


def test_what_is_older_than_the_server_keeps_is_counted_and_not_set_aside(tmp_path: Path) -> None:
    now = time.time_ns()
    with influxd(tmp_path) as server:
        server.ask("CREATE DATABASE depot WITH DURATION 2h")
        fresh = [f'visit tag_id="a{n}" {now - n}' for n in range(40)]
        poison = f"visit tag_id=half {now}"
        written, refused = write(server, [*lines(30), *fresh, poison, *lines(30, first=30)])
        assert written == Written(40, 1, 60)
        assert [line for line, _ in refused] == [poison]
        assert counted(server) == 40


def test_a_full_server_refuses_until_somebody_sees_to_it(tmp_path: Path) -> None:
    with influxd(
        tmp_path, options={"data.max-series-per-database": 2, "data.index-version": "inmem"}
    ) as server:
        many = [f'visit,zone=z{n} tag_id="a" {n}' for n in range(5)]
        with pytest.raises(StoreRefusedError, match=r"max-series-per-database.* raise this limit"):
            write(made(server), many)


def test_a_missing_database_or_policy_is_refused(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        with pytest.raises(StoreRefusedError, match='404: database not found: "depot"'):
            write(server, lines(1))
        with pytest.raises(StoreRefusedError, match="retention policy not found: short"):
            write(made(server), lines(1), retention_policy="short")
        server.ask("CREATE RETENTION POLICY short ON depot DURATION INF REPLICATION 1")
        assert write(server, lines(1), retention_policy="short")[0] == Written(1, 0, 0)


def test_a_login_lets_in_who_may_write(tmp_path: Path) -> None:
    with influxd(tmp_path, admin=ADMIN) as server:
        made(server).ask(f"CREATE USER gate WITH PASSWORD '{PASSWORD}'")
        user = {"username": "gate", "password": PASSWORD}
        for refused in ({}, {"username": "gate", "password": "wrong"}, {"token": "a b"}):
            with pytest.raises(StoreRefusedError, match=r"401: .*: check `token`"):
                write(server, lines(1), **refused)
        with pytest.raises(StoreRefusedError, match=r"403: .*not authorized") as told:
            write(server, lines(1), **user)
        assert PASSWORD not in str(told.value)
        server.ask("GRANT WRITE ON depot TO gate")
        assert write(server, lines(1), **user)[0] == Written(1, 0, 0)


@pytest.mark.parametrize("token", ["two\nlines", "schlüssel東"])
def test_a_token_that_no_header_carries_is_refused_without_being_shown(
    tmp_path: Path, token: str
) -> None:
    with influxd(tmp_path) as server, pytest.raises(StoreRefusedError, match="header") as told:
        write(server, lines(1), token=token)
    assert token not in str(told.value)


def test_tls_needs_an_authority_that_we_know(tmp_path: Path) -> None:
    authority, pem = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    ours = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(ours)
    with influxd(tmp_path, tls=Tls(pem, pem, ours)) as server:
        assert write(made(server), lines(9), ca_file=str(ours))[0] == Written(9, 0, 0)
        with pytest.raises(StoreRefusedError, match="set `ca_file`"):
            write(server, lines(9))
        with pytest.raises(StoreRefusedError, match="ca_file"):
            write(server, lines(9), ca_file=str(tmp_path / "missing.pem"))
        with pytest.raises(StoreError):
            write(server, lines(9), url=server.url.replace("https", "http"))


def test_a_server_that_is_gone_or_frozen_takes_nothing_and_then_everything(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        writer = LineWriter(settings(made(server), timeout_s=0.3))
        writer.write(lines(10), lambda _refused: None)
        server.kill()
        with pytest.raises(StoreUnavailableError, match="onnection refused"):
            writer.write(lines(20), lambda _refused: None)
        server.start()
        writer.write(lines(20), lambda _refused: None)
        server.freeze()
        with pytest.raises(StoreUnavailableError, match="timed out"):
            writer.write(lines(30), lambda _refused: None)
        server.thaw()
        assert writer.write(lines(30), lambda _refused: None) == Written(30, 0, 0)
        assert counted(server) == 30
        writer.close()


def test_a_server_killed_in_the_middle_has_all_that_it_took(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        writer = LineWriter(settings(made(server), lines_a_write=50))
        taken = [0]

        def write_on() -> None:
            while True:
                batch = lines(50, first=taken[0])
                taken[0] += writer.write(batch, lambda _refused: None).taken

        cut = threading.Timer(0.15, server.kill)
        cut.start()
        with pytest.raises(StoreUnavailableError):
            write_on()
        cut.join()
        server.start()
        assert taken[0] <= counted(server) <= taken[0] + 50
        writer.close()


def loud(name: str, number: int) -> Sighting:
    """Tag and reader of one name, with figures that are no short ones."""
    return Sighting(
        slot_s=SLOT_S,
        tag=name,
        reader=name,
        antenna=1,
        first_ns=number,
        last_ns=number,
        count=1,
        rssi_dbm_max=-1e-7,
        rssi_dbm_sum=1e22,
        rssi_reads=1,
    )


def test_hostile_names_come_back_as_they_are_stored(tmp_path: Path) -> None:
    names = ["a\\b", "a\\", "a\\,b", "a\\ b", "\\\\", 'q"x', "new\nline", "cr\r", "\t", "\0", ""]
    names += ["a,b=c d", "東 🎈", "\x7f", "\x85\u2028", '"', "#x", " lead", "trail ", "'", "\ud800"]
    names += ["x\n\nevil,h=1 evil=1i 5", 'y" 5\nevil evil=1i 6', "x evil=1i 5", "y,evil=a"]
    seen = [loud(name, number) for number, name in enumerate(names)]
    visits = [
        Visit(id=number, tag=name, asset=name, zone=name, from_ns=number)
        for number, name in enumerate(names)
    ]
    batch = HistoryBatch(sightings=seen, zones={(name, 1): name for name in names}, visits=visits)
    with influxd(tmp_path) as server:
        assert write(made(server), lines_of(batch).lines)[1] == []
        measurements = server.ask("SHOW MEASUREMENTS", "depot")[0]["values"]
        assert measurements == [["sighting"], ["visit"]]
        asked = "SELECT first_ns, tag_id, reader, zone, rssi_sum FROM sighting"
        rows = sorted(server.ask(asked, "depot")[0]["values"], key=lambda row: row[1])
        texts = [name.encode(errors="replace").decode() for name in names]
        assert [row[2:] for row in rows] == [
            [text, text, stored_name(name) or None, 1e22]
            for text, name in zip(texts, names, strict=True)
        ]


def test_fifty_thousand_tags_make_few_series_on_the_server(tmp_path: Path) -> None:
    zones = {("dock", number): f"zone {number}" for number in range(50)}
    with influxd(tmp_path) as server:
        writer = LineWriter(settings(made(server)))
        for begin in range(0, 50_000, 5_000):
            seen = [
                Sighting(
                    slot_s=SLOT_S,
                    tag=f"{number:024x}",
                    reader="dock",
                    antenna=number * 7919 % 50,
                    first_ns=number,
                    last_ns=number,
                    count=1,
                )
                for number in range(begin, begin + 5_000)
            ]
            batch = HistoryBatch(sightings=seen, zones=zones)
            writer.write(lines_of(batch).lines, lambda _refused: None)
        writer.close()
        answer = server.ask("SHOW SERIES EXACT CARDINALITY", "depot")
        series = sum(int(row[0]) for found in answer for row in found["values"])
        assert 3000 <= series <= 5000
        assert counted(server, "sighting") == 50_000


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "influxdb_client.client.influxdb_client", None)
    there = HistorySettings(store="influxdb", url="http://127.0.0.1:1")
    with pytest.raises(StoreRefusedError, match=r"pip install tagwarden\[influxdb\]"):
        LineWriter(there)
