"""One long fixed day at the small site: many tags on their rounds, one of them out of hours."""

import random

from gateway.entries import Entry, ReadGroup, Tick
from history.outputs import Numbered
from readers.health import HealthState, ReaderHealth
from tags.reads import Read
from tests.zones.made import DOCK, GATE, HALL, OFFICE, YARD, at, health
from tests.zones.stories import opening, run
from tests.zones.story_sites import LAPTOPS

_ROUND = (HALL, HALL, OFFICE, GATE, YARD, DOCK)
_SECONDS = 120


def decided() -> list[Numbered]:
    """All that is decided in the fixed day, with two parts of Locate."""
    return run(_entries(), parts=2)


def _entries() -> list[Entry]:
    chance = random.Random(11)
    tags = [tag for laptop in LAPTOPS for tag in laptop.tags]
    tags += [f"{number:04x}" for number in range(40)]
    entries = opening()
    for second in range(_SECONDS):
        reads = [_read(tag, second, chance) for tag in tags if chance.random() > 0.3]
        reads.sort(key=lambda read: read.arrival_ns)
        entries.append(ReadGroup("local", second, reads))
        entries += _news(second)
    return [*entries, Tick(at(600))]


def _read(tag: str, second: int, chance: random.Random) -> Read:
    seen_s = second + chance.random()
    place = _ROUND[(second // 10 + int(tag, 16)) % len(_ROUND)]
    return Read(
        tag, *place, at(seen_s), at(second + 1 + chance.random() / 2), -40 - 30 * chance.random()
    )


def _news(second: int) -> list[ReaderHealth]:
    state: HealthState = "silent" if second % 40 == 20 else "online"
    return [health("s", state, second + 1.5)] if second % 20 == 0 else []
