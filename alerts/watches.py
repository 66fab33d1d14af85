"""All watches beside those that Judge itself speaks to: one line for each kind of rule."""

from alerts.offline_watch import OfflineWatch
from alerts.places import Places
from alerts.sensor_watch import SensorWatch
from alerts.state import JudgeState
from alerts.tamper_watch import TamperWatch
from alerts.watch import RuleWatch, SystemWatch
from inventory.register import Register


def rule_watches(state: JudgeState, register: Register, places: Places) -> dict[str, RuleWatch]:
    """The watch of each kind of rule."""
    del register, places
    watches: list[RuleWatch] = [TamperWatch(state), SensorWatch(state)]
    return {kind: watch for watch in watches for kind in watch.kinds}


def system_watches(state: JudgeState, register: Register) -> dict[str, SystemWatch]:
    """The gateway's own rules, by name."""
    del register
    watches: list[SystemWatch] = [OfflineWatch(state)]
    return {watch.name: watch for watch in watches}
