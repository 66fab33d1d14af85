"""The site file and the assets of `tagwarden demo`."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from simulators.demo import demo
from simulators.demo_floors import FIRST, FLOOR_SIZE_M, GATE, GROUND, LAYOUT, ROOMS, Room, on_floor
from simulators.demo_sources import BENCH_TAGS, COLD_STORE, DOOR, FIXES_TOPIC, PARCELS
from simulators.layout import Antenna

DOOR_OUT: Final = GATE

WORKSHOP: Final = "Workshop"
_PACKING: Final = "Packing"
_OUTSIDE: Final = (GATE, "Yard")
DWELL_S: Final = 180.0
WARM_C: Final = 6.0


def demo_assets_csv() -> str:
    """The assets of the demo in the format of `tagwarden import assets`."""
    cast = demo(0)
    rows = [
        f"{asset.id},{asset.name},{asset.category},{' '.join(asset.tags)},{asset.group},"
        f"{asset.home_zone}"
        for asset in (*cast.scenario.assets, *cast.trackers)
    ]
    rows += [
        f"TC-{n},Tool case TC-{n},tool,{tag},,{WORKSHOP}"
        for n, tag in enumerate(BENCH_TAGS, start=301)
    ]
    rows += [
        f"PC-{n},Parcel PC-{n},parcel,code:(00){label[2:]},,{_PACKING}"
        for n, label in enumerate(PARCELS, start=1)
    ]
    return "\n".join(("id,name,category,tags,group,home_zone", *rows, ""))


class DemoPlaces(NamedTuple):
    """Where the sources listen; what is None is left out of the site file.

    `readers` gives host:port of each LLRP reader, `bench` the path of a serial port,
    `scanner` host:port, `broker` an `mqtt://` address.
    """

    readers: Mapping[str, str]
    bench: str | None = None
    scanner: str | None = None
    broker: str | None = None


def demo_site_text(
    places: DemoPlaces,
    *,
    plans: Mapping[str, str] | None = None,
    listen: str = "127.0.0.1:8080",
) -> str:
    """The site file of the demo; `plans` names the picture of a floor."""
    lines = [
        "site: {name: Northgate Depot, timezone: UTC}",
        "floors:",
        *(_floor_line(floor, (plans or {}).get(floor)) for floor in (GROUND, FIRST)),
        "zones:",
        *map(_zone_line, ROOMS),
        "readers:",
        *_all_reader_lines(places),
        # What tells its own position is a forklift or somebody on foot.
        "positions: {accuracy_m_max: 5, speed_m_s_max: 10, jump_m_min: 5}",
        "portals:",
        # Who leaves waits at the gate for a moment, so a passage takes longer than a walk.
        f'  - {{name: "{DOOR_OUT}", inside: [R-07/1], outside: [R-07/2],',
        "     gap_s: 2, linger_s: 20, phase: rises}",
        "rules:",
        *_rule_lines(),
        "channels:",
        "  - {name: console, kind: log}",
        "history: {store: sqlite, keep_days: 400}",
        f'server: {{listen: "{listen}"}}',
    ]
    return "\n".join((*lines, ""))


def _floor_line(floor: str, plan: str | None) -> str:
    width_m, depth_m = FLOOR_SIZE_M
    named = "" if plan is None else f", plan: {plan}"
    return f"  - {{name: {floor}, size_m: [{width_m:g}, {depth_m:g}]{named}}}"


def _zone_line(room: Room) -> str:
    corners = ", ".join(f"[{x_m:g}, {y_m:g}]" for x_m, y_m in room.polygon)
    # Fixes are good to a foot; a forklift that is half a metre over the line has left.
    return (
        f"  - {{name: {room.name}, floor: {room.floor}, role: {room.role}, margin_m: 0.5,"
        f" polygon: [{corners}]}}"
    )


def _rule_lines() -> Iterator[str]:
    fence = ", ".join(room.name for room in ROOMS if room.name not in _OUTSIDE)
    yield from _rule("Laptops stay in", "exit", "critical", "{category: laptop}")
    yield from (f"    fence: [{fence}]", "    confirm_s: 3")
    yield from _rule(
        "Visitors keep out of the cage", "forbidden", "warning", "{category: badge, group: visitor}"
    )
    yield "    zones: [High-value cage]"
    yield from _rule(
        "Pallets move on from dispatch", "dwell", "warning", "{category: pallet, group: outbound}"
    )
    yield from ("    zones: [Dispatch]", f"    longer_than_s: {DWELL_S:g}")
    yield from _rule("Cold store too warm", "sensor", "info")
    yield from (
        f'    sensor: "*{COLD_STORE}"',
        "    quantity: temperature",
        f"    above: {WARM_C:g}",
        "    deadband: 0.5",
    )


def _rule(name: str, kind: str, severity: str, assets: str = "") -> Iterator[str]:
    """What rules of all kinds have in common; what is their own comes after it."""
    yield from (f"  - name: {name}", f"    kind: {kind}", f"    severity: {severity}")
    yield "    notify: [console]"
    if assets:
        yield f"    assets: {assets}"


def _all_reader_lines(places: DemoPlaces) -> Iterator[str]:
    for reader in LAYOUT.readers:
        yield from _reader_lines(reader, places.readers[reader])
    if places.bench is not None:
        yield f'  - {{name: Bench, driver: serial, protocol: m100, port: "{places.bench}",'
        yield f"     zone: {WORKSHOP}}}"
    if places.scanner is not None:
        yield f'  - {{name: Scanner, driver: scanner, address: "{places.scanner}",'
        yield f"     zone: {_PACKING}}}"
    if places.broker is not None:
        yield from _broker_lines(places.broker)


def _broker_lines(broker: str) -> Iterator[str]:
    yield from (
        "  - name: Locator",
        "    driver: mqtt",
        f"    address: {broker}",
        "    subscribe:",
        f'      - {{topic: "{FIXES_TOPIC}", format: generic, tag: /tag, time: /time,',
        "         x_m: /x, y_m: /y, floor: /floor, accuracy_m: /accuracy}",
        "  - name: Sensors",
        "    driver: mqtt",
        f"    address: {broker}",
        "    subscribe:",
        '      - {topic: "zigbee2mqtt/#", format: zigbee2mqtt}',
        "    devices:",
        *(f"      {device}: {{silent_after_s: 60}}" for device in (COLD_STORE, DOOR)),
    )


def _reader_lines(reader: str, address: str) -> Iterator[str]:
    yield f"  - name: {reader}"
    yield "    driver: llrp"
    yield f'    address: "{address}"'
    yield "    antennas:"
    for antenna in LAYOUT.antennas:
        if antenna.reader == reader:
            yield f"      {antenna.number}: {{{_antenna_text(antenna)}}}"


def _antenna_text(antenna: Antenna) -> str:
    _, (x_m, y_m) = on_floor(antenna.at_m[:2])
    least = antenna.rssi_dbm_min
    floor = "" if least is None else f", rssi_dbm_min: {least}"
    return f"zone: {antenna.zone}{floor}, at_m: [{x_m:g}, {y_m:g}]"
