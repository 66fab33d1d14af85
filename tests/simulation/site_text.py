"""The site file of a simulated building."""

from collections.abc import Iterable, Iterator

from simulators.day_site import DaySite
from simulators.layout import Antenna, Zone

ABSENT_AFTER_S = 600
EXIT_RULE = "goods stay in"

_RULES = f"""
rules:
  - name: {EXIT_RULE}
    kind: exit
    assets: {{category: goods}}
    fence: [{{fence}}]
    severity: critical
"""


def site_text(site: DaySite) -> str:
    """Zones, readers and portals as they are installed, and the rules."""
    indoors = {zone.name for zone in site.indoors}
    zones = "\n".join(_zone(zone, is_indoors=zone.name in indoors) for zone in site.layout.zones)
    readers = "\n".join(
        _reader(number, reader, (each for each in site.layout.antennas if each.reader == reader))
        for number, reader in enumerate(site.layout.readers, start=1)
    )
    portals = "\n".join(
        f"  - {{name: {door.name}, inside: [{', '.join(door.inside)}],"
        f" outside: [{', '.join(door.outside)}], phase: rises}}"
        for door in site.doors
        if door.is_portal
    )
    head = "site: {name: Facility day, timezone: UTC}"
    rules = _RULES.replace("{fence}", ", ".join(indoors_of(site)))
    return f"{head}\nzones:\n{zones}\nreaders:\n{readers}\nportals:\n{portals}\n{rules}"


def indoors_of(site: DaySite) -> list[str]:
    return [zone.name for zone in site.indoors]


def _zone(zone: Zone, *, is_indoors: bool) -> str:
    corners = ", ".join(f"[{x_m}, {y_m}]" for x_m, y_m in zone.polygon)
    absent = f", absent_after_s: {ABSENT_AFTER_S}" if is_indoors else ""
    return f"  - {{name: {zone.name}, role: {zone.role}, polygon: [{corners}]{absent}}}"


def _reader(number: int, name: str, antennas: Iterable[Antenna]) -> str:
    listed = "\n".join(_antennas(antennas))
    address = f"192.0.2.{number}:5084"
    return f"  - name: {name}\n    driver: llrp\n    address: {address}\n    antennas:\n{listed}"


def _antennas(antennas: Iterable[Antenna]) -> Iterator[str]:
    for antenna in antennas:
        least = antenna.rssi_dbm_min
        limit = "" if least is None else f", rssi_dbm_min: {least}"
        yield f"      {antenna.number}: {{zone: {antenna.zone}{limit}}}"
