"""Recordings of which the truth is known, and the site that they come from."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from gateway.calibrating import Recorded, plan_of
from gateway.site import Site, parse_site
from gateway.truth import extent_of, read_truth, stays_in
from readers.wire.recording import parse_reads
from tags.reads import Read

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "recordings"
SITE = """\
site: {name: Four antennas at the corners of a square}
zones: [{name: corner-1}, {name: corner-2}, {name: corner-3}, {name: corner-4}]
readers:
  - name: r420
    driver: llrp
    address: 192.0.2.1
    antennas:
      1: {zone: corner-1}
      2: {zone: corner-2}
      3: {zone: corner-3}
      4: {zone: corner-4}
"""


class Walk(NamedTuple):
    """A straight walk; places are in feet."""

    name: str
    reads: list[Read]
    start_ft: tuple[float, float]
    end_ft: tuple[float, float]
    speed: str


class Recordings(NamedTuple):
    """What a folder of recordings holds; `parked` are reads of tags that do not move."""

    site: Site
    dwell: list[Recorded]
    walks: list[Walk]
    parked: dict[str, list[Read]]


def data_folder(given: Path | None) -> Path:
    """The folder that was asked for, that TAGWARDEN_RECORDINGS names, or the shared one."""
    return given or Path(os.environ.get("TAGWARDEN_RECORDINGS", SHARED))


def load(folder: Path) -> Recordings:
    """Read a folder with a truth.json. Raises OSError, TruthError or RecordingError."""
    site = parse_site(SITE)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    walks = [
        Walk(
            name, _reads(folder / name), tuple(walk["from_ft"]), tuple(walk["to_ft"]), walk["speed"]
        )
        for name, walk in truth.get("walks", {}).items()
    ]
    parked = {name: _reads(folder / name) for name in truth.get("parked", {})}
    return Recordings(site, _dwell(folder, site), walks, parked)


def _dwell(folder: Path, site: Site) -> list[Recorded]:
    plan = plan_of(site)
    found: list[Recorded] = []
    for name, whereabouts in read_truth(folder / "truth.json").dwell.items():
        reads = _reads(folder / name)
        found.append(Recorded(name, reads, stays_in(plan, whereabouts, extent_of(reads), name)))
    return found


def _reads(path: Path) -> list[Read]:
    with path.open(encoding="utf-8") as lines:
        return list(parse_reads(lines, str(path)))
