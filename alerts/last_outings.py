"""The last outings of each asset, so that one outing is one event however it becomes known.

A door that was cut off tells of an exit when the yard has told of it, or when the asset is back
and its check-out over. What belongs to an outing that was told is no news.
"""

from msgspec.structs import replace

from alerts.lateness import ONE_OUTING_NS
from alerts.permits import Exit
from alerts.straying import make_room
from inventory.custody import OUTINGS_MAX, Outing
from zones.movements import Movement


class LastOutings:
    """The newest outings by asset, which are plain data; all but the last one are over."""

    def __init__(self, outings: dict[str, tuple[Outing, ...]]) -> None:
        self._outings = outings

    def note_out(self, asset_id: str, checkout: str, fact: Exit, rule_name: str) -> None:
        """An outing that is told of."""
        known = self._outings.pop(asset_id, ())
        make_room(self._outings)
        older = [each for each in known if each.time_ns <= fact.time_ns]
        newer = known[len(older) :]
        from_ns = first_ns(fact)
        to_ns = newer[0].from_ns if newer else None
        new = Outing(
            checkout=checkout, rule=rule_name, time_ns=fact.time_ns, from_ns=from_ns, to_ns=to_ns
        )
        if older and older[-1].to_ns is None:
            older[-1] = replace(older[-1], to_ns=from_ns)
        self._outings[asset_id] = (*older, new, *newer)[-OUTINGS_MAX:]

    def note_back(self, asset_id: str, fact: Exit, rule_name: str = "") -> None:
        """The asset is back; `rule_name` is the rule that says so, if it is only one of them."""
        *over, last = self._outings.get(asset_id, (None,))
        if last is None or last.to_ns is not None or rule_name not in {"", last.rule}:
            return
        if fact.time_ns >= last.time_ns:
            self._outings[asset_id] = (*over, replace(last, to_ns=fact.time_ns))

    def has_told(self, asset_id: str, time_ns: int) -> bool:
        """Whether an exit at this time, which is known late, belongs to one of the outings."""
        return any(
            each.from_ns <= time_ns and (each.to_ns is None or time_ns <= each.to_ns)
            for each in self._outings.get(asset_id, ())
        )

    def goes_on(self, asset_id: str, checkout: str, fact: Exit) -> bool:
        """Whether what is known in order is how the outing goes on, which was told late."""
        *_, last = self._outings.get(asset_id, (None,))
        if last is None or last.to_ns is not None or last.checkout != checkout:
            return False
        return first_ns(fact) <= last.time_ns <= fact.time_ns

    def is_over(self, asset_id: str, time_ns: int) -> bool:
        """Whether the asset is known to be back from an outing which it was on at this time."""
        *_, last = self._outings.get(asset_id, (None,))
        if last is None or last.to_ns is None:
            return False
        return last.time_ns <= time_ns <= last.to_ns

    def under(self, asset_id: str, time_ns: int) -> str | None:
        """The check-out under which the asset was out at a time, and had left before it."""
        for each in self._outings.get(asset_id, ()):
            if each.time_ns <= time_ns and (each.to_ns is None or time_ns <= each.to_ns):
                return each.checkout
        return None


def first_ns(fact: Exit) -> int:
    """From when on an exit may be how this outing began: nobody says that it was in since."""
    early_ns = fact.time_ns - ONE_OUTING_NS
    silent_ns = fact.silent_since_ns if isinstance(fact, Movement) else None
    return early_ns if silent_ns is None else min(early_ns, silent_ns)
