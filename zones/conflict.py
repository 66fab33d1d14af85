"""A tag that two far places hear at once: a copied tag, or a reader that tells tales.

Each side that hears a tag sooner after the other one than the tag could have moved counts as
a turn; a few turns within a while are a conflict. The tag stays in its zone meanwhile, so that
it does not go to and fro, and even a single turn does not move it before it could be there.
Only tags that were heard far from their zone are remembered.
"""

import heapq

from tags.times import SECOND_NS
from zones.bins import BIN_NS, Cell, cells_of, heard_in
from zones.conflict_memory import Sides
from zones.distances import Distances
from zones.floorplan import FloorPlan, Succession
from zones.movements import Conflict
from zones.tracks import closing_ns

TAGS_MAX = 16_384
"""Tags remembered at once; further ones are in no conflict until there is room."""


class ConflictDetector:
    """Which tags are heard by two far places at once. Derived, but for `state`, by tag.

    `is_needed` is false where no two zones are far from each other: then there is nothing
    to note and nothing to hold.
    """

    def __init__(self, plan: FloorPlan, state: dict[str, Sides]) -> None:
        self._plan = plan
        self._state = state
        self._settings = plan.conflicts
        self._distances = Distances(plan, self._settings)
        self._within_ns = round(self._settings.within_s * SECOND_NS)
        self._ends_after_ns = round(self._settings.ends_after_s * SECOND_NS)
        self._queue = [(self._due_ns(sides), tag) for tag, sides in state.items()]
        heapq.heapify(self._queue)

    @property
    def is_needed(self) -> bool:
        """Whether any two zones are far from each other, or were so when something began."""
        return self._distances.any_far or bool(self._state)

    def note(self, tag: str, zone: str | None, heard_ns: int, head: Cell) -> Conflict | None:
        """A bin of a tag closes, in event order; the conflict that begins with it.

        `zone` is where the tag is so far, `heard_ns` its newest read before this bin.
        """
        sides = self._state.get(tag)
        if sides is None and (zone is None or self._is_near(zone, head)):
            return None
        cells = [cell for cell in cells_of(head) if cell.count]
        for cell in sorted(cells, key=lambda cell: (cell.last_ns, cell.key)):
            here = self._plan.point(cell.key).zone
            if here is not None:
                sides = self._heard(tag, sides, zone, heard_ns, here, cell.last_ns)
        if sides is None or sides.began_ns or len(sides.turns) < self._settings.times_min:
            return None
        sides.began_ns = sides.turns[0]
        return Conflict(
            tag=tag,
            zones=(sides.home, sides.other),
            time_ns=sides.began_ns,
            decided_ns=max(sides.home_ns, sides.other_ns),
            heard=heard_in(head),
        )

    def holds(self, tag: str, zone: str | None, to_zone: str, at_ns: int, heard_ns: int) -> bool:
        """Whether a tag stays in its zone, though it seems to have moved by `at_ns`.

        `heard_ns` is the newest read of its closed bins.
        """
        travel_ns = 0 if zone is None else self._distances.travel_ns(zone, to_zone)
        if not travel_ns or zone is None:
            return False
        sides = self._state.get(tag)
        if sides is None:
            return at_ns - heard_ns < travel_ns
        at_home = not self._distances.travel_ns(sides.home, zone)
        near_ns = sides.home_ns if at_home else sides.other_ns
        return sides.began_ns > 0 or at_ns - near_ns < travel_ns

    def next_ns(self) -> int | None:
        """The clock at which `take_due` has something to look at."""
        return closing_ns(self._queue[0][0] // BIN_NS) if self._queue else None

    def take_due(self, now_ns: int) -> list[Conflict]:
        """The conflicts that are over by then, by tag."""
        ended: list[Conflict] = []
        while self._queue and closing_ns(self._queue[0][0] // BIN_NS) <= now_ns:
            waited_ns, tag = heapq.heappop(self._queue)
            sides = self._state[tag]
            due_ns = self._due_ns(sides)
            if sides.began_ns and due_ns <= waited_ns:
                ended.append(_ended(tag, sides, due_ns))
                sides.began_ns, sides.turns = 0, ()
                due_ns = self._due_ns(sides)
            if due_ns > waited_ns:
                heapq.heappush(self._queue, (due_ns, tag))
            else:
                del self._state[tag]
        return sorted(ended, key=lambda conflict: conflict.tag)

    def follow(self, succession: Succession, now_ns: int) -> None:
        """Renamed zones are followed; what is no conflict under this plan is over now.

        For the detector that is given the new plan, before anything else.
        """
        for sides in self._state.values():
            home, other = succession.heir_of(sides.home), succession.heir_of(sides.other)
            if home is None or other is None or not self._distances.travel_ns(home, other):
                sides.home_ns = sides.other_ns = now_ns - self._ends_after_ns
            sides.home, sides.other = home or sides.home, other or sides.other
        self._queue = [(self._due_ns(sides), tag) for tag, sides in self._state.items()]
        heapq.heapify(self._queue)

    def _is_near(self, zone: str, head: Cell) -> bool:
        """Whether nobody far from a zone hears what is in it: nearly always so."""
        for cell in cells_of(head):
            here = self._plan.point(cell.key).zone
            if here is not None and here != zone and self._distances.travel_ns(zone, here):
                return False
        return True

    def _heard(  # noqa: PLR0913, PLR0917 - one read with all that is known of its tag
        self,
        tag: str,
        sides: Sides | None,
        zone: str | None,
        heard_ns: int,
        here: str,
        at_ns: int,
    ) -> Sides | None:
        """One zone heard the tag."""
        if sides is None:
            far = zone is not None and self._distances.travel_ns(zone, here) > 0
            if zone is None or not far or len(self._state) >= TAGS_MAX:
                return None
            sides = self._state[tag] = Sides(zone, here, heard_ns, at_ns)
            heapq.heappush(self._queue, (self._due_ns(sides), tag))
            self._turn(sides, at_ns, at_ns - heard_ns)
            return sides
        self._face(sides, zone)
        is_away = self._distances.travel_ns(sides.home, here) > 0
        if is_away:
            sides.other = here
        if is_away != sides.is_away:
            sides.is_away = is_away
            self._turn(sides, at_ns, at_ns - (sides.home_ns if is_away else sides.other_ns))
        if is_away:
            sides.other_ns = max(sides.other_ns, at_ns)
        else:
            sides.home_ns = max(sides.home_ns, at_ns)
        return sides

    def _face(self, sides: Sides, zone: str | None) -> None:
        """The tag did move to the other side: what was there is home now."""
        if zone is None or not self._distances.travel_ns(sides.home, zone):
            return
        sides.home, sides.other = zone, sides.home
        sides.home_ns, sides.other_ns = sides.other_ns, sides.home_ns
        sides.is_away = not sides.is_away

    def _turn(self, sides: Sides, at_ns: int, gap_ns: int) -> None:
        """The other side heard the tag; whether that was too soon after this one."""
        if gap_ns >= self._distances.travel_ns(sides.home, sides.other):
            return
        recent = [turn for turn in sides.turns if turn > at_ns - self._within_ns]
        sides.turns = (*recent, at_ns)[-self._settings.times_min :]

    def _due_ns(self, sides: Sides) -> int:
        """When a conflict is over; without one, when the other side is forgotten.

        A home that is silent is not: until the tag moves, it tells how long that takes.
        """
        heard_ns = min(sides.home_ns, sides.other_ns) if sides.began_ns else sides.other_ns
        return heard_ns + self._ends_after_ns


def _ended(tag: str, sides: Sides, due_ns: int) -> Conflict:
    return Conflict(
        tag=tag,
        zones=(sides.home, sides.other),
        time_ns=min(sides.home_ns, sides.other_ns),
        decided_ns=due_ns,
        ended=True,
    )
