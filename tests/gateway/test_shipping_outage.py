"""An hour without the other store at 500 reads a second, in simulated time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from history.sightings import SLOT_S, Sighting, SightingBatch
from history.store import HistoryBatch, StoreUnavailableError
from tags.times import SECOND_NS
from tests.gateway.copies import Copy, away
from tests.gateway.test_shipping_rounds import BEGIN_S, Plant

READS_A_SLOT = 500 * SLOT_S
TAGS = 100
OUTAGE_S = 3600
TAKEN_A_SECOND = 2_000
"""So many sightings a second the other store takes in simulated time."""


class Site(Plant):
    """Five seconds at a time 100 tags are read 2,500 times; `arrived_s` is when, by slot."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.copy: Copy = SlowCopy(self)
        self.time_s = float(BEGIN_S)
        self.read_to_s = BEGIN_S
        self.arrived_s: dict[int, float] = {}

    def pass_to(self, time_s: float) -> None:
        """Time goes on, and so do the reads."""
        while self.read_to_s + SLOT_S <= time_s:
            self.position += 1
            heard = [_heard(self.read_to_s, n) for n in range(TAGS)]
            self.files.append([SightingBatch(self.position, heard)])
            self.read_to_s += SLOT_S
        self.time_s = time_s
        self.now_s = int(time_s)


class SlowCopy(Copy):
    """Takes its time."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        super().append(batches)
        heard = [each for batch in batches for each in batch.sightings]
        self.site.pass_to(self.site.time_s + 0.01 + len(heard) / TAKEN_A_SECOND)
        for each in heard:
            self.site.arrived_s.setdefault(each.slot_s, self.site.time_s)


def _heard(slot_s: int, number: int) -> Sighting:
    return Sighting(
        slot_s=slot_s,
        tag=f"3034257bf400b7800000{number:04x}",
        reader="dock",
        antenna=1,
        first_ns=slot_s * SECOND_NS,
        last_ns=(slot_s + 4) * SECOND_NS,
        count=READS_A_SLOT // TAGS,
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_after_an_hour_nothing_is_lost_or_doubled_and_fresh_data_arrive_within_seconds(
    site: Site,
) -> None:
    site.copy.fails = away()
    site.pass_to(BEGIN_S + OUTAGE_S)
    with pytest.raises(StoreUnavailableError):
        site.rounds.ship_for_a_while()
    site.copy.fails = lambda _number: None
    back_s = site.time_s
    while site.rounds.progress.backlog:
        site.rounds.ship_for_a_while()
    caught_up_s = site.time_s
    assert caught_up_s - back_s > 30  # there is something to be fair about
    site.pass_to(caught_up_s + 20)
    site.ship()
    slots = len(site.arrived_s)
    assert site.copy.reads == slots * READS_A_SLOT
    assert slots >= (caught_up_s - BEGIN_S) // SLOT_S
    late_s = [
        arrived_s - slot_s - SLOT_S
        for slot_s, arrived_s in site.arrived_s.items()
        if back_s <= slot_s + SLOT_S <= caught_up_s - 5
    ]
    assert len(late_s) >= 5
    assert max(late_s) < 8
