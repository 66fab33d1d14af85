"""The doctor's look at a broker that is to be told: what is wrong, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery import broker_examination
from delivery.broker_examination import examine_broker
from delivery.settings import PublishSettings
from simulators.mosquitto import Mosquitto
from tests.delivery.made import T0_NS
from tests.mosquitto import mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Lets `gateway` write and read below `told`, and only write below `written`."""
    rules = tmp_path / "rules"
    text = "user gateway\ntopic readwrite told/#\ntopic write written/#\n"
    rules.write_text(text, encoding="utf-8")
    options = ("allow_anonymous false", f"acl_file {rules}")
    with mosquitto(tmp_path, options, passwords={"gateway": "right"}) as broker:
        yield broker


async def examined(broker: Mosquitto, **more: object) -> list[tuple[str, bool | None]]:
    fields = {"name": "home", "address": broker.address, "username": "gateway", "prefix": "told"}
    settings = PublishSettings.model_validate({**fields, "password": "right", **more})
    found = await examine_broker(settings, "depot", lambda: T0_NS)
    assert all(finding.ok or finding.remedy for finding in found)
    return [(finding.step, finding.ok) for finding in found]


async def test_each_mistake_is_found_at_its_step(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_examination, "ECHO_S", 0.3)
    assert await examined(broker) == [("login", True), ("topics", True)]
    assert await examined(broker, version=5) == [("login", True), ("topics", True)]
    assert await examined(broker, password="wrong") == [("configuration", False)]
    assert await examined(broker, address="mqtt://127.0.0.1:1") == [("connection", False)]
    assert await examined(broker, prefix="written") == [("login", True), ("topics", None)]
    refused = await examined(broker, prefix="neither", version=5)
    assert refused == [("login", True), ("topics", False)]
