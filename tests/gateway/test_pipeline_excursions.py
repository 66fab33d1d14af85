"""Values, speeds, counts and company from entries to alerts, in whichever order they arrive."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import AlertChange
from alerts.changes import ShelveAlert, ShelveRule
from gateway.blueprints import stored_blueprint
from gateway.cli import main
from gateway.entries import Entry, Observed, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline, PipelineState
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement, Read
from tags.times import SECOND_NS, parse_time

DUSK_NS = parse_time("2026-11-04T17:00:00Z")
LAPTOP, BADGE, TRUCK = "a1", "ba", "gps:1"
SITE = """\
site: {name: depot, timezone: Europe/London}
floors: [{name: ground}]
zones: [{name: hall}, {name: office}]
readers:
  - {name: r, driver: llrp, address: 10.0.0.21, antennas: {1: {zone: hall}, 2: {zone: office}}}
channels: [{name: guards, kind: log}]
rules:
  - {name: cold, kind: sensor, sensor: "fridge*", quantity: temperature, unit: °C, above: 8,
     confirm_s: 60, notify: [guards], schedule: {windows: [{from: 18:00, to: 06:00}]}}
  - {name: slow, kind: speed, assets: {category: truck}, over_mps: 5, latch: false}
  - {name: crowd, kind: count, zones: [office], over: 1}
  - {name: company, kind: unaccompanied, assets: {category: laptop},
     custodians: {category: badge}, clear_confirm_s: 1}
"""
ASSETS = (
    Asset(id="laptop-1", category="laptop", tags=(LAPTOP,)),
    Asset(id="badge-1", category="badge", tags=(BADGE,)),
    Asset(id="truck-1", category="truck", tags=(TRUCK,)),
)


def at(seconds: float) -> int:
    return DUSK_NS + round(seconds * SECOND_NS)


def value(degrees: float, seconds: float, arrival_s: float | None = None) -> Observed:
    arrival_ns = at(seconds if arrival_s is None else arrival_s)
    told = Measurement("fridge-1", "temperature", degrees, "°C", at(seconds), arrival_ns)
    return Observed(arrival_ns, [], [told])


def fix(x_m: float, seconds: float) -> Observed:
    place = Fix(TRUCK, "trackers", at(seconds), at(seconds), x_m=x_m, y_m=0.0)
    return Observed(at(seconds), [place])


def start() -> list[Entry]:
    return [
        SiteChanged(DUSK_NS, "test", "v1", SITE),
        StoreAssets(arrival_ns=DUSK_NS, by="test", assets=ASSETS),
        ReaderHealth(reader="r", state="online", since_ns=DUSK_NS),
    ]


class Scene:
    """A pipeline, and the alerts that it told of."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(stored_blueprint)
        self.changes: list[AlertChange] = []
        self.take(start())

    def take(self, entries: Sequence[Entry]) -> None:
        for numbered in self.pipeline.advance(entries).outputs:
            if isinstance(numbered.output, AlertChange):
                self.changes.append(numbered.output)

    def restart(self) -> None:
        blob = msgspec.msgpack.encode(self.pipeline.state)
        state = msgspec.msgpack.decode(blob, type=PipelineState)
        self.pipeline = Pipeline(stored_blueprint, state)

    @property
    def story(self) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(each.alert.rule, each.transition, each.notify) for each in self.changes]


# A value, from its schedule to its shelf


def test_a_value_that_was_beyond_for_long_is_told_when_its_window_opens() -> None:
    scene = Scene()
    scene.take([value(4, 0), value(9, 600), value(9.5, 1200), Tick(at(3599))])
    assert scene.story == []
    scene.take([Tick(at(3605))])
    assert scene.story == [("cold", "raised", ("guards",))]
    assert scene.changes[0].at_ns == at(3600)
    scene.take([value(12, 7200), Tick(at(13 * 3600 + 10))])
    assert scene.story[1:] == [("cold", "returned", ("guards",))]
    excursion = scene.changes[-1].alert.excursion
    assert excursion is not None
    assert (excursion.peak, excursion.started_ns) == (12, at(3600))


def test_a_shelved_excursion_is_recorded_and_told_once_it_is_taken_up() -> None:
    scene = Scene()
    shelf = ShelveRule(
        arrival_ns=at(3700), by="ann", rule="cold", reason="mended", until_ns=at(4000)
    )
    scene.take([shelf, value(9, 3800), Tick(at(3900))])
    assert scene.story == [("cold", "raised", ())]
    scene.take([value(11, 3950), Tick(at(4001))])
    assert scene.story[1:] == [("cold", "unshelved", ("guards",))]
    assert scene.changes[-1].announces == "raised"
    alert = scene.changes[-1].alert
    assert alert.excursion is not None
    assert alert.excursion.peak == 11
    again = ShelveAlert(
        arrival_ns=at(4100), by="ann", alert=alert.id, reason="parts come", until_ns=at(9000)
    )
    scene.take([again, value(4, 4200), Tick(at(4300))])
    assert [(step, told) for _, step, told in scene.story[2:]] == [
        ("shelved", ()),
        ("returned", ()),
    ]


# What replay prints


def test_replay_prints_the_alerts_of_values_fixes_and_reads(tmp_path: Path) -> None:
    dawn_s = 3600
    entries: list[Entry] = [ReaderHealth(reader="r", state="online", since_ns=at(dawn_s))]
    for seconds in range(90):
        now_s = dawn_s + seconds
        zone = 1 if seconds < 20 else 2
        reads = [Read(LAPTOP, "r", zone, at(now_s), at(now_s), -50.0)]
        entries += [ReadGroup("local", seconds, reads), fix(8.0 * min(seconds, 30), now_s)]
        entries += [value(10 + seconds / 10, now_s)]
    recording, site, out = tmp_path / "day.jsonl", tmp_path / "site.yaml", tmp_path / "out.jsonl"
    recording.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in entries))
    site.write_text(SITE, encoding="utf-8")
    rows = [f"{asset.id},{asset.category},{asset.tags[0]}\n" for asset in ASSETS]
    assets = tmp_path / "assets.csv"
    assets.write_text("id,category,tags\n" + "".join(rows), encoding="utf-8")
    files = [str(recording), "--site", str(site), "--out", str(out), "--assets", str(assets)]
    assert main(["replay", *files]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    alerts = {(line["rule"], line["transition"]): line for line in lines if line["type"] == "alert"}
    assert sorted(alerts) == [
        ("cold", "raised"),
        ("company", "raised"),
        ("slow", "raised"),
        ("slow", "returned"),
    ]
    cold: dict[str, Any] = alerts["cold", "raised"]
    assert (cold["sensor"], cold["from"], cold["to"]) == ("fridge-1", None, None)
    assert cold["excursion"]["peak"] > 15
    assert alerts["company", "raised"]["to"] == "office"
    assert alerts["slow", "returned"]["excursion"]["peak"] == pytest.approx(8)


# Any order


def shuffled(reads: Iterable[Read], lags: Sequence[int]) -> list[Read]:
    """The same reads, each up to 1.99 s later, in the order in which they arrive then."""
    late = [
        msgspec.structs.replace(
            each, arrival_ns=each.time_ns + lags[n % len(lags)] * SECOND_NS // 100
        )
        for n, each in enumerate(reads)
    ]
    return sorted(late, key=lambda each: each.arrival_ns)


def walk(tag: str, turn_s: float) -> list[Read]:
    """From the hall to the office, read four times a second in each."""
    quarters = range(120)
    return [
        Read(tag, "r", 1 if n / 4 < turn_s else 2, at(n / 4 + 0.1), at(n / 4 + 0.1), -50.0)
        for n in quarters
    ]


@settings(max_examples=15)
@given(
    behind=st.sampled_from([-8, -2, 0, 1, 4, 6, 9]),
    lags=st.lists(st.integers(0, 199), min_size=1, max_size=23),
    cut=st.integers(0, 240),
)
def test_company_and_crowds_are_the_same_for_any_order_within_the_hold(
    behind: int, lags: list[int], cut: int
) -> None:
    reads = sorted(
        [*walk(LAPTOP, 10), *walk(BADGE, 10 + behind)], key=lambda each: (each.time_ns, each.tag)
    )
    scenes = [Scene(), Scene()]
    for scene, arrived in zip(scenes, (reads, shuffled(reads, lags)), strict=True):
        for number, each in enumerate(arrived):
            if scene is scenes[1] and number == cut:
                scene.restart()
            scene.take([ReadGroup("local", number, [each])])
        scene.take([Tick(at(100))])
    told = [
        [
            (change.transition, change.alert.rule, change.alert.id, change.alert.time_ns)
            for change in each.changes
        ]
        for each in scenes
    ]
    assert told[0] == told[1]
    rules = [change.alert.rule for change in scenes[0].changes if change.transition == "raised"]
    assert ("company" in rules) == (behind > 5)
    assert "crowd" in rules
