"""Recordings of a tag that was carried about, in one zone or another, for tests that calibrate."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tags.times import SECOND_NS

TAG, OTHER = "303435fc8803d056d15b963f", "303435fc8803d056d15b9640"
NOON_NS = 1_790_000_000 * SECOND_NS
HEADER = "time_ns,reader,antenna,tag,rssi_dbm"
ZONES = {1: "hall", 2: "office", 3: "yard"}
DEAF_DB = {1: 0.0, 2: -6.0, 3: 2.0}
"""What each antenna hears more or less than the others: the bias that is to be found."""

SITE = """\
# Three rooms
site: {name: "Depot",  timezone: Europe/Berlin}
zones:
  - {name: hall}
  - {name: office}    # upstairs
  - {name: yard}
readers:
  - name: dock        # above the door
    driver: llrp
    address: 10.0.0.21
    antennas:
      1: {zone: hall}
      2:
        zone: office  # behind the pillar
      3: {zone: yard, rssi_dbm_min: -80}
  - {name: bench, driver: llrp, address: 10.0.0.22, antennas: {}, zone: hall}
channels:
  - {name: guards, kind: webhook, url: "https://example.net/hook", secret: ${NOT_SET_ANYWHERE}}
# the end
"""


def wobble_db(n: int) -> float:
    """Noise that is the same each time: between -3 and 3 dB, on no regular pattern."""
    return (n * 7_919 % 61) / 10 - 3


def rows(zone: int, seconds: int = 24, tag: str = TAG, start_s: float = 0.0) -> list[str]:
    """Reads of a tag that was carried about near one antenna; each hears it five times a second."""
    found: list[str] = []
    for n in range(seconds * 15):
        antenna = n % 3 + 1
        level_dbm = -55 - (0 if antenna == zone else 9) + DEAF_DB[antenna] + wobble_db(n + zone)
        time_ns = NOON_NS + round((start_s + n / 15) * SECOND_NS)
        found.append(f"{time_ns},dock,{antenna},{tag},{level_dbm:.1f}")
    return found


class Depot:
    """A folder with a site file, a recording from each zone and their truth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = self.write("site.yaml", SITE)
        self.files = [self.record(f"{zone}.csv", rows(n)) for n, zone in ZONES.items()]
        dwell = {f"{zone}.csv": {"antenna": n} for n, zone in ZONES.items()}
        self.files += [self.record(f"{zone}-2.csv", rows(n, 30)) for n, zone in ZONES.items()]
        dwell |= {f"{zone}-2.csv": {"antenna": n} for n, zone in ZONES.items()}
        self.truth = self.tell(dwell)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def record(self, name: str, lines: Sequence[str]) -> Path:
        return self.write(name, "\n".join((HEADER, *lines)) + "\n")

    def tell(self, dwell: Mapping[str, object]) -> Path:
        return self.write("truth.json", json.dumps({"dwell": dwell, "walks": {"not": "ours"}}))
