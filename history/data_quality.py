"""Data quality of what is in the history: its sightings, slot by slot, as epochs."""

from collections.abc import Mapping
from itertools import groupby

from history.sightings import SLOT_S, Scope, Sighting, SightingStore
from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.bins import UNHEARD_CDB
from zones.blind import blind_points
from zones.findings import Findings, findings_of
from zones.floorplan import FloorPlan
from zones.quality import Quality, Tally

EPOCH_NS = SLOT_S * SECOND_NS


def findings_in(
    store: SightingStore,
    scope: Scope,
    plan: FloorPlan,
    healths: Mapping[str, ReaderHealth],
    limit: int,
) -> Findings:
    """The report on what the scope holds; an epoch is a slot.

    With a tag in the scope nothing is said about blind antennas: other tags may well
    be heard there. Blocks on the disk, and takes a second or two for 100,000 sightings.
    """
    quality = Quality(plan, EPOCH_NS)
    for slot_s, sightings in groupby(store.walk(scope), key=lambda each: each.slot_s):
        quality.add(slot_s // SLOT_S, map(_tally_of, sightings))
    if scope.tag is not None:
        return findings_of(quality, [], limit)
    return findings_of(
        quality, blind_points(quality, healths, scope.until_ns, scope.readers), limit
    )


def _tally_of(each: Sighting) -> Tally:
    strongest = each.rssi_dbm_max
    return Tally(
        each.tag,
        (each.reader, each.antenna),
        each.first_ns,
        each.last_ns,
        each.count,
        round(each.rssi_dbm_sum * 100),
        each.rssi_reads,
        UNHEARD_CDB if strongest is None else round(strongest * 100),
    )
