"""The gateway tells of itself what breaks, and when it is well again; it repeats nothing."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from alerts.changes import GatewayFault
from gateway.collector import Collector
from gateway.followers import SightingsFollower
from gateway.self_watch import (
    DISK_EVERY_S,
    HISTORY_AFTER_S,
    HISTORY_LAG_S_MAX,
    STORE_WELL_AFTER_S,
    SelfWatch,
    broken_parts,
    free_bytes_of,
)
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS

FULL = "the journal can not be written: database or disk is full"
MB = 1_000_000


class Plant:
    """A gateway as far as its watch knows it; `told` is what it said: kind, broken, second."""

    def __init__(self, *broken: GatewayFault, free_mb_min: float = 500) -> None:
        self.told: list[tuple[str, bool, float]] = []
        self.details: list[str] = []
        self.now_s = 0.0
        self.free_mb: float | None = 10_000
        self.asked = 0
        faults = {f"{fault.kind} {fault.name}": fault for fault in broken}
        state = SimpleNamespace(now_ns=NOON_NS, judged=SimpleNamespace(faults=faults))
        self.station = SimpleNamespace(
            fault=None, committed_position=7, pipeline=SimpleNamespace(state=state)
        )
        self.degraded: str | None = None
        self.follower = SimpleNamespace(fault=None, position=7, newest_ns=NOON_NS)
        self.free_mb_min = free_mb_min
        self.troubles: dict[str, str | None] = {}
        self.watch = SelfWatch(
            cast("Collector", self),
            cast("SightingsFollower", self.follower),
            lambda: NOON_NS + round(self.now_s * SECOND_NS),
            self._free_bytes,
            lambda: self.free_mb_min,
            lambda: self.now_s,
            lambda: self.troubles,
        )

    def put(self, fault: GatewayFault) -> None:
        assert fault.arrival_ns == NOON_NS + round(self.now_s * SECOND_NS)
        self.told.append((fault.kind, fault.broken, self.now_s))
        self.details.append(f"{fault.name}: {fault.detail}")

    def _free_bytes(self) -> int:
        self.asked += 1
        if self.free_mb is None:
            raise OSError("stale file handle")
        return round(self.free_mb * MB)

    async def until(self, seconds: float) -> None:
        """Look twice a second."""
        while self.now_s < seconds:
            self.now_s += 0.5
            await self.watch.look()

    def fill(self) -> None:
        self.degraded = self.station.fault = FULL

    def free(self) -> None:
        self.degraded = self.station.fault = None


def fault(kind: str, name: str) -> GatewayFault:
    return GatewayFault(arrival_ns=NOON_NS, kind=kind, name=name, broken=True)  # type: ignore[arg-type] # one of the known words


async def test_a_gateway_that_is_well_says_nothing() -> None:
    plant = Plant()
    await plant.until(600)
    assert plant.told == []


# The store


async def test_a_store_that_takes_nothing_is_told_once_and_so_is_its_recovery() -> None:
    plant = Plant()
    await plant.until(10)
    plant.fill()
    await plant.until(60)
    plant.free()
    await plant.until(120)
    assert plant.told == [("store", True, 10.5), ("store", False, 60.5 + STORE_WELL_AFTER_S)]
    assert plant.details == [f"state.db: {FULL}", "state.db: "]


async def test_a_commit_that_succeeds_now_and_then_is_no_recovery() -> None:
    plant = Plant()
    plant.fill()
    await plant.until(1)
    for second in range(2, 60, 2):
        plant.free()
        await plant.until(second)
        plant.station.fault = FULL  # and for 2 s nobody calls it degraded
        await plant.until(second + 1)
    assert plant.told == [("store", True, 0.5)]


async def test_what_was_broken_when_the_gateway_went_down_is_well_after_the_start() -> None:
    plant = Plant(fault("store", "state.db"), fault("disk", "data folder"))
    await plant.until(60)
    assert sorted(kind for kind, *_ in plant.told) == ["disk", "store"]
    assert not any(broken for _, broken, _ in plant.told)


async def test_what_still_is_broken_after_the_start_is_not_told_again() -> None:
    plant = Plant(fault("store", "state.db"), fault("disk", "data folder"))
    plant.fill()
    plant.free_mb = 1
    await plant.until(600)
    assert plant.told == []


def test_parts_that_were_broken_are_known_by_kind() -> None:
    plant = Plant(fault("delivery", "mail"), fault("delivery", "desk"), fault("disk", "data"))
    assert broken_parts(cast("Collector", plant), "delivery") == ["mail", "desk"]


# The disk


async def test_little_room_is_told_until_there_is_clearly_more() -> None:
    plant = Plant()
    free_mb = (501.0, 499.0, 501.0, 499.0, 549.0, 550.0, 501.0)
    for number, plant.free_mb in enumerate(free_mb):
        await plant.until(number * DISK_EVERY_S + DISK_EVERY_S - 1)
    assert [(kind, broken) for kind, broken, _ in plant.told] == [("disk", True), ("disk", False)]
    assert [at_s for *_, at_s in plant.told] == [DISK_EVERY_S, 5 * DISK_EVERY_S]
    assert plant.details == ["data folder: 499 MB are free, 500 MB are needed", "data folder: "]


async def test_the_disk_is_asked_twice_a_minute() -> None:
    plant = Plant()
    await plant.until(300)
    assert plant.asked == 300 / DISK_EVERY_S + 1


async def test_with_zero_nobody_minds_and_another_site_file_may_ask_for_more() -> None:
    plant = Plant(free_mb_min=0)
    plant.free_mb = 0
    await plant.until(100)
    assert plant.told == []
    plant.free_mb_min = 1
    await plant.until(200)
    assert [(kind, broken) for kind, broken, _ in plant.told] == [("disk", True)]


async def test_a_disk_that_does_not_answer_is_neither_full_nor_empty(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plant = Plant()
    plant.free_mb = None
    await plant.until(100)
    assert plant.told == []
    assert "stale file handle" in caplog.text


def test_the_room_that_is_left_is_that_of_the_folder(tmp_path: Path) -> None:
    assert free_bytes_of(tmp_path)() > 0


# The history


async def test_a_history_that_can_not_be_written_for_a_while_is_told() -> None:
    plant = Plant()
    plant.follower.fault = "sightings can not be written: disk I/O error"
    await plant.until(HISTORY_AFTER_S)
    plant.follower.fault = None
    await plant.until(100)
    assert plant.told == []
    plant.follower.fault = "sightings can not be written: disk I/O error"
    await plant.until(200)
    plant.follower.fault = None
    await plant.until(300)
    assert plant.told == [
        ("history", True, 100.5 + HISTORY_AFTER_S),
        ("history", False, 200.5 + HISTORY_AFTER_S),
    ]
    assert plant.details[0] == "sightings: sightings can not be written: disk I/O error"


@pytest.mark.parametrize(
    ("lag_s", "behind", "told"),
    [(HISTORY_LAG_S_MAX + 1, True, 1), (HISTORY_LAG_S_MAX, True, 0), (9_999.0, False, 0)],
)
async def test_a_history_that_falls_far_behind_the_journal_is_told(
    lag_s: float, told: int, *, behind: bool
) -> None:
    plant = Plant()
    plant.station.committed_position = 8 if behind else 7
    plant.station.pipeline.state.now_ns = NOON_NS + round(lag_s * SECOND_NS)
    await plant.until(100)
    assert len(plant.told) == told


async def test_a_history_that_has_followed_nothing_yet_is_not_late() -> None:
    plant = Plant()
    plant.station.committed_position, plant.follower.newest_ns = 8, None
    await plant.until(100)
    assert plant.told == []


async def test_while_the_store_takes_nothing_the_history_is_not_told_as_well() -> None:
    plant = Plant()
    plant.fill()
    plant.follower.fault = "sightings can not be written: database or disk is full"
    await plant.until(200)
    assert [kind for kind, *_ in plant.told] == ["store"]


# Other stores of the history


async def test_another_store_that_is_away_for_a_while_is_told_by_name() -> None:
    plant = Plant()
    plant.troubles = {"influxdb": "influxdb: connection refused"}
    await plant.until(HISTORY_AFTER_S)
    assert plant.told == []
    await plant.until(100)
    plant.troubles = {"influxdb": None}
    await plant.until(200)
    assert [broken for _, broken, _ in plant.told] == [True, False]
    assert plant.details[0] == "influxdb: influxdb: connection refused"


async def test_a_store_that_the_site_file_names_no_longer_is_no_trouble() -> None:
    plant = Plant(fault("history", "influxdb"))
    await plant.until(100)
    assert plant.told == [("history", False, 0.5 + HISTORY_AFTER_S)]


async def test_two_stores_are_told_apart() -> None:
    plant = Plant()
    plant.troubles = {"influxdb": "away"}
    plant.follower.fault = "disk I/O error"
    await plant.until(100)
    assert plant.details == ["sightings: disk I/O error", "influxdb: away"]
