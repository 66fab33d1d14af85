"""The site file and the assets of `tagwarden demo`."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from simulators.demo import LAYOUT, demo
from simulators.demo_sources import BENCH_TAGS, COLD_STORE, DOOR, PARCELS
from simulators.layout import Zone, box

WORKSHOP: Final = "workshop"
DOOR_OUT: Final = "dock-door"
_WORKSHOP = Zone(WORKSHOP, box(0, 32, 8, 40))


def demo_assets_csv() -> str:
    """The assets of the demo in the format of `tagwarden import assets`."""
    rows = [
        f"{asset.id},{asset.name},{asset.category},{' '.join(asset.tags)},{asset.home_zone}"
        for asset in demo(0).assets
    ]
    rows += [
        f"bench-tool-{n},Bench tool {n},tool,{tag},{WORKSHOP}"
        for n, tag in enumerate(BENCH_TAGS, start=1)
    ]
    rows += [
        f"parcel-{n},Parcel {n},parcel,code:(00){label[2:]},packing"
        for n, label in enumerate(PARCELS, start=1)
    ]
    return "\n".join(("id,name,category,tags,home_zone", *rows, ""))


class DemoWebhook(NamedTuple):
    """A webhook that is told of exits; `secret` as `whsec_…`."""

    url: str
    secret: str
    allow_private: bool = False


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
    webhook: DemoWebhook | None = None,
    listen: str = "127.0.0.1:8080",
) -> str:
    """The site file of the demo."""
    width_m, depth_m = LAYOUT.size_m
    notified = "[console, webhook]" if webhook else "[console]"
    lines = [
        "site: {name: Demo depot, timezone: UTC}",
        "floors:",
        f"  - {{name: ground, size_m: [{width_m:g}, {depth_m:g}]}}",
        "zones:",
        *(_zone_line(zone) for zone in (*LAYOUT.zones, _WORKSHOP)),
        "readers:",
        *_all_reader_lines(places),
        "portals:",
        # Who leaves waits at the gate for a moment, so a passage takes longer than a walk.
        f"  - {{name: {DOOR_OUT}, inside: [gate-1/1], outside: [gate-1/2],",
        "     gap_s: 2, linger_s: 20, phase: rises}",
        "rules:",
        "  - name: laptops stay in",
        "    kind: exit",
        "    assets: {category: laptop}",
        f"    fence: [{', '.join(zone.name for zone in LAYOUT.zones if zone.role != 'exit')}]",
        "    severity: critical",
        "    confirm_s: 3",
        f"    notify: {notified}",
        "channels:",
        "  - {name: console, kind: log}",
        *_webhook_lines(webhook),
        "history: {store: sqlite, keep_days: 400}",
        f'server: {{listen: "{listen}"}}',
    ]
    return "\n".join((*lines, ""))


def _zone_line(zone: Zone) -> str:
    corners = ", ".join(f"[{x_m:g}, {y_m:g}]" for x_m, y_m in zone.polygon)
    return f"  - {{name: {zone.name}, floor: ground, role: {zone.role}, polygon: [{corners}]}}"


def _all_reader_lines(places: DemoPlaces) -> Iterator[str]:
    for reader in LAYOUT.readers:
        yield from _reader_lines(reader, places.readers[reader])
    if places.bench is not None:
        yield f'  - {{name: bench-1, driver: serial, protocol: m100, port: "{places.bench}",'
        yield f"     zone: {WORKSHOP}}}"
    if places.scanner is not None:
        yield f'  - {{name: scanner-1, driver: scanner, address: "{places.scanner}",'
        yield "     zone: packing}"
    if places.broker is not None:
        yield "  - name: sensors"
        yield "    driver: mqtt"
        yield f"    address: {places.broker}"
        yield "    subscribe:"
        yield '      - {topic: "zigbee2mqtt/#", format: zigbee2mqtt}'
        yield "    devices:"
        for device in (COLD_STORE, DOOR):
            yield f"      {device}: {{silent_after_s: 60}}"


def _reader_lines(reader: str, address: str) -> Iterator[str]:
    yield f"  - name: {reader}"
    yield "    driver: llrp"
    yield f'    address: "{address}"'
    yield "    antennas:"
    for antenna in LAYOUT.antennas:
        if antenna.reader == reader:
            floor = (
                "" if antenna.rssi_dbm_min is None else f", rssi_dbm_min: {antenna.rssi_dbm_min}"
            )
            yield f"      {antenna.number}: {{zone: {antenna.zone}{floor}}}"


def _webhook_lines(webhook: DemoWebhook | None) -> list[str]:
    if webhook is None:
        return []
    private = str(webhook.allow_private).lower()
    return [
        "  - name: webhook",
        "    kind: webhook",
        f'    url: "{webhook.url}"',
        f'    secret: "{webhook.secret}"',
        f"    allow_private: {private}",
    ]
