from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest

from gateway.doctor import examine_history
from history.settings import HistorySettings
from simulators.influxd import Influxd
from simulators.real_server import free_port
from tests.influxd import influxd


def settings(url: str) -> HistorySettings:
    return HistorySettings(store="influxdb", url=url, database="depot")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Influxd]:
    with influxd(tmp_path) as server:
        yield server


async def test_a_store_is_examined_from_its_name_to_a_point_that_comes_back(
    server: Influxd,
) -> None:
    found = await examine_history(settings(server.url), time_ns)
    assert found.name == "history"
    assert found.about == f"influxdb {server.url}"
    steps = ["name", "TCP", "ping", "login", "database", "retention", "writing"]
    assert [(each.step, each.ok) for each in found.findings] == [(step, True) for step in steps]


async def test_what_comes_after_a_step_that_fails_is_not_tried() -> None:
    gone = await examine_history(settings(f"http://127.0.0.1:{free_port()}"), time_ns)
    assert [(each.step, each.ok) for each in gone.findings] == [("name", True), ("TCP", False)]
    unknown = await examine_history(settings("http://no-such-host.invalid:8086"), time_ns)
    assert [(each.step, each.ok) for each in unknown.findings] == [("name", False)]
    assert unknown.fault is not None
    assert "no-such-host.invalid" in unknown.fault.remedy
