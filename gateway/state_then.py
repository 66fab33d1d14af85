"""The pipeline's state at a time that is past, as far as the tables tell: where a preview begins.

They tell where each tag was, what was checked out and who was out under that, which rules were
put aside, and what was worked on. As in `rebuilding`, what was about to be decided begins anew;
and nobody knows which alerts were open: their rules say so once more, at that very time.
"""

import sqlite3

from alerts.state import JudgeState
from gateway.pipeline import PipelineState
from gateway.rebuilding import maintenance_of, place_tags, repeat_orders
from gateway.rebuilding_custody import custody_then
from inventory.assets import Asset
from inventory.register import RegisterState
from zones.floorplan import FloorPlan
from zones.tracks import LocateState

_IN_ZONES = """
SELECT tag, zone, from_ns, NULL, NULL FROM (
    SELECT id, tag, zone, from_ns, ended FROM visits WHERE to_ns IS NULL AND from_ns <= :at_ns
    UNION ALL
    SELECT id, tag, zone, from_ns, ended FROM visits WHERE to_ns > :at_ns AND from_ns <= :at_ns
) WHERE ended IS NOT 'late' ORDER BY id
"""


def state_then(
    connection: sqlite3.Connection, plan: FloorPlan, at_ns: int, *, assets: tuple[Asset, ...]
) -> PipelineState:
    """The state at a time, with the assets of today, and without a site file.

    `connection` is what `open_reader` gives. `plan` tells doors and readers that were worked on.
    """
    register = RegisterState({each.id: each for each in assets})
    judged = JudgeState(now_ns=at_ns, register=register)
    located = LocateState(now_ns=at_ns)
    place_tags(connection.execute(_IN_ZONES, {"at_ns": at_ns}), located, judged)
    repeat_orders(connection, judged)
    judged.custody = custody_then(connection, at_ns)
    state = PipelineState(now_ns=at_ns, located=[located], judged=judged)
    state.maintenance = maintenance_of(connection, plan, at_ns)
    return state
