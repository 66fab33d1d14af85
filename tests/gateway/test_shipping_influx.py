"""Shipping to a real InfluxDB that dies, freezes and refuses, and to servers that talk nonsense."""

import asyncio
import socket
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.copying import key_of
from gateway.shipping import Shipper
from history.influx_copy import InfluxCopy
from history.set_aside import Refused
from history.settings import HistorySettings
from history.sightings import SLOT_S, SightingBatch
from history.store import HistoryBatch, StoreRefusedError, StoreUnavailableError
from simulators.influxd import Influxd
from tags.reads import Measurement
from tags.times import SECOND_NS
from tests.delivery.receiver import listening
from tests.gateway.depot import depot, hook, site_text
from tests.gateway.made import within
from tests.gateway.test_shipping_rounds import BEGIN_S, Plant
from tests.influxd import ADMIN, influxd

DATABASE = "tagwarden"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("influxd")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Influxd]:
    with influxd(folder) as server:
        yield server


@pytest.fixture
def server(running: Influxd) -> Influxd:
    """A server with an empty database."""
    if not running.answers():
        running.restart()
    running.ask(f"DROP DATABASE {DATABASE}")
    running.ask(f"CREATE DATABASE {DATABASE}")
    return running


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path)
    yield plant
    plant.close()


def settings(url: str, **more: Any) -> HistorySettings:  # noqa: ANN401 - as the site file has them
    return HistorySettings(store="influxdb", url=url, timeout_s=1.0, lines_a_write=50, **more)


class Shipping:
    """Day files shipped to a server."""

    def __init__(self, plant: Plant, url: str, **more: Any) -> None:  # noqa: ANN401 - see settings
        self.refused: list[Refused] = []
        self.plant = plant
        self.copy = InfluxCopy(settings(url, **more), self.refused.extend)
        plant.rounds._append = self.copy.append

    def hear(self, slots: int) -> None:
        for _ in range(slots):
            for number in range(20):
                self.plant.hear(self.plant.now_s, tag=f"{number:024d}")
            self.plant.now_s += SLOT_S
        self.plant.now_s += 10

    def ship(self) -> None:
        self.plant.ship()


def reads_in(server: Influxd) -> int:
    found = server.ask('SELECT sum("reads") FROM sighting', DATABASE)
    return int(found[0]["values"][0][1]) if found else 0


def rows_of(server: Influxd, name: str) -> list[dict[str, Any]]:
    return [
        dict(zip(series["columns"], values, strict=True))
        for series in server.ask(f'SELECT * FROM "{name}"', DATABASE)  # noqa: S608 - a name of ours
        for values in series["values"]
    ]


def test_a_server_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    plant: Plant, server: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.shipping_rounds.SIGHTINGS_MAX", 100)
    shipping = Shipping(plant, server.url)
    shipping.hear(30)
    appended: list[int] = []

    def die_in_the_middle(batches: Sequence[HistoryBatch]) -> None:
        appended.append(len(batches))
        if len(appended) == 3:
            server.kill()
        shipping.copy.append(batches)

    plant.rounds._append = die_in_the_middle
    with pytest.raises(StoreUnavailableError):
        shipping.ship()
    server.restart()
    assert reads_in(server) == 200
    shipping.ship()
    assert reads_in(server) == sum(plant.heard.values()) == 600


def test_a_server_that_freezes_is_left_after_its_time_and_gets_the_same_again(
    plant: Plant, server: Influxd
) -> None:
    shipping = Shipping(plant, server.url)
    shipping.hear(2)
    server.freeze()
    try:
        with pytest.raises(StoreUnavailableError):
            shipping.ship()
    finally:
        server.thaw()
    shipping.ship()
    assert reads_in(server) == sum(plant.heard.values())


def test_a_database_that_is_missing_is_refused_and_all_arrives_once_it_is_there(
    plant: Plant, server: Influxd
) -> None:
    server.ask(f"DROP DATABASE {DATABASE}")
    shipping = Shipping(plant, server.url)
    shipping.hear(2)
    with pytest.raises(StoreRefusedError, match="doctor"):
        shipping.ship()
    server.ask(f"CREATE DATABASE {DATABASE}")
    shipping.ship()
    assert reads_in(server) == 40


def test_a_wrong_password_is_refused_and_nothing_is_lost(plant: Plant, folder: Path) -> None:
    with influxd(folder / "secured", admin=ADMIN) as server:
        server.ask(f"CREATE DATABASE {DATABASE}")
        shipping = Shipping(plant, server.url, username=ADMIN.username, password="wrong")
        shipping.hear(2)
        with pytest.raises(StoreRefusedError, match="401"):
            shipping.ship()
        shipping = Shipping(plant, server.url, username=ADMIN.username, password=ADMIN.password)
        shipping.ship()
        assert reads_in(server) == 40


def test_half_a_batch_and_a_poison_line_cost_only_the_line(plant: Plant, server: Influxd) -> None:
    at_ns = BEGIN_S * SECOND_NS
    server.write(DATABASE, f'measurement,sensor=other,quantity=q value="text" {at_ns}')
    shipping = Shipping(plant, server.url)
    shipping.hear(2)
    poison = Measurement("cold", "temperature", 4.5, "C", at_ns, at_ns)
    plant.files.append([SightingBatch(plant.position + 1, [], [], [poison])])
    plant.position += 1
    shipping.ship()
    assert reads_in(server) == 40
    [refused] = shipping.refused
    assert refused.line.startswith("measurement,")
    assert "type" in refused.reason
    server.ask('DROP MEASUREMENT "measurement"', DATABASE)
    shipping.copy.send_lines([refused.line])
    assert [row["value"] for row in rows_of(server, "measurement")] == [4.5]


ANSWERS = {
    "500": (500, b'{"error":"engine is closed"}'),
    "a page of something else": (200, b"<html>Welcome to nginx!</html>"),
    "garbage": (204, None),
    "503 of a proxy": (503, b"<html>try later</html>"),
    "401": (401, b'{"error":"authorization failed"}'),
    "404 of a proxy": (404, b"not here"),
}


@contextmanager
def misbehaving(status: int, body: bytes | None) -> Generator[str]:
    """A server that gives one answer to everybody; without a body it is no HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            if body is None:
                self.connection.sendall(b"\x00\xff garbage\r\n\r\n")
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as it is called
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
            thread.join()


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_a_server_answers_nothing_counts_as_shipped_but_what_it_took(
    plant: Plant, answer: str
) -> None:
    with misbehaving(*ANSWERS[answer]) as url:
        shipping = Shipping(plant, url)
        shipping.hear(1)
        with pytest.raises((StoreUnavailableError, StoreRefusedError)):
            shipping.ship()
    assert shipping.refused == []
    assert all(lane.after.number <= 0 for lane in plant.rounds.lanes.of("2024-10-04"))


async def test_everything_that_a_gateway_has_is_in_influxdb_too(
    tmp_path: Path, server: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("history.day_shipping.SETTLE_S", -5)
    monkeypatch.setattr("gateway.shipping.REST_S", 0.01)
    history = f"history: {{store: influxdb, url: '{server.url}'}}\n"
    async with listening() as guards:
        site = site_text(hook(guards), "guards") + history
        async with depot(tmp_path, site) as found:
            for laptop in range(6):
                await found.walk_out(laptop)
            shipper = await shipper_of(found.gateway)
            await within(lambda: len(guards.posts) >= 6)
            committed = found.gateway.collector.reads_committed
            async with asyncio.timeout(10):
                while await asyncio.to_thread(reads_in, server) < committed:  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(0.01)
            await within(lambda: not shipper.backlog)
            async with found.client() as client:
                here = {
                    name: (await client.get(f"/api/v1/{name}", params={"limit": 1000})).json()
                    for name in ("movements", "alerts")
                }
    await asyncio.to_thread(compare, server, here, committed)


def compare(server: Influxd, here: dict[str, Any], committed: int) -> None:
    """Everything is there once, as it is here."""
    there = {name: rows_of(server, name) for name in ("movement", "visit", "alert")}
    assert reads_in(server) == committed
    assert len(there["movement"]) == len(here["movements"]["items"]) >= 6
    alerts = {
        row["id"]: row["state"] for row in sorted(there["alert"], key=lambda row: row["time"])
    }
    assert set(alerts) == {each["id"] for each in here["alerts"]["items"]}
    assert len(alerts) == 6
    assert {row["tag_id"] for row in there["visit"]} == {
        each["tag"] for each in here["movements"]["items"] if each["to"]
    }


async def shipper_of(gateway: Any) -> Shipper:  # noqa: ANN401 - a gateway of the depot
    await within(lambda: gateway._archive.copying.shipper)
    shipper = gateway._archive.copying.shipper
    assert isinstance(shipper, Shipper)
    return shipper


def test_another_place_has_cursors_of_its_own() -> None:
    keys = {
        key_of(settings("http://a:8086")),
        key_of(settings("http://b:8086")),
        key_of(settings("http://a:8086", database="other")),
        key_of(settings("http://a:8086", retention_policy="year")),
    }
    assert len(keys) == 4
    assert not any("secret" in key for key in {key_of(settings("http://a:1", token="secret"))})
