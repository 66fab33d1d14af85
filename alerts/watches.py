"""All watches beside those that Judge itself speaks to: one line for each kind of rule."""

from collections.abc import Callable

from alerts.alert import Event
from alerts.count_watch import CountWatch
from alerts.fault_watch import DeliveryWatch, DiskWatch, HistoryWatch, StoreWatch
from alerts.offline_watch import OfflineWatch
from alerts.places import Places
from alerts.sensor_watch import SensorWatch
from alerts.speed_watch import SpeedWatch
from alerts.state import JudgeState
from alerts.stranger_watch import StrangerWatch
from alerts.tamper_watch import TamperWatch
from alerts.unaccompanied_watch import UnaccompaniedWatch
from alerts.watch import RuleWatch, SystemWatch
from inventory.register import Register


def rule_watches(state: JudgeState, register: Register, places: Places) -> dict[str, RuleWatch]:
    """The watch of each kind of rule."""
    watches: list[RuleWatch] = [
        TamperWatch(state),
        SensorWatch(state),
        SpeedWatch(state, register, places),
        CountWatch(state, register, places),
        UnaccompaniedWatch(state, register, places),
    ]
    return {kind: watch for watch in watches for kind in watch.kinds}


def system_watches(
    state: JudgeState, register: Register, tell: Callable[[Event], None]
) -> dict[str, SystemWatch]:
    """The gateway's own rules, by name; `tell` takes what calls nobody."""
    watches: list[SystemWatch] = [
        OfflineWatch(state),
        StoreWatch(state),
        DiskWatch(state),
        DeliveryWatch(state),
        HistoryWatch(state),
        StrangerWatch(state, register, tell),
    ]
    return {watch.name: watch for watch in watches}
