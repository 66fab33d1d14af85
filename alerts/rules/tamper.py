"""Whether the equipment is as it was: an antenna on its reader, a reader on the network. Pure."""

from alerts.rules.verdict import Verdict
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER


def judge_reader(health: ReaderHealth, *, was_there: bool) -> Verdict:
    """A reader that was there and is gone breaks the rule, unless somebody works on it.

    What is being connected, or is not set up as it should be, says nothing.
    """
    if health.is_maintained(WHOLE_READER) or health.state in {"online", "disabled"}:
        return "kept"
    return "broken" if was_there and health.state in {"offline", "silent"} else "undecided"


def judge_antenna(health: ReaderHealth, antenna: int, *, was_there: bool) -> Verdict:
    """So does an antenna that its reader, which is online, had and has no more."""
    if health.is_maintained(antenna):
        return "kept"
    if health.state != "online":
        return "undecided"
    if health.lacks(antenna):
        return "broken" if was_there else "undecided"
    return "kept" if health.antennas.get(antenna) == "connected" else "undecided"
