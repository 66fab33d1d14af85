"""In which zone each asset was seen last, also if it has vanished since. Derived from places."""

from alerts.alert import subject_of
from alerts.places import Places
from alerts.state import JudgeState
from inventory.assets import Asset
from inventory.register import Register
from tags.epc.values import ID_PREFIX


class Whereabouts:
    """The zone of each subject: that of the tag of it that moved last; OUTSIDE of all is one."""

    def __init__(self, state: JudgeState, register: Register, places: Places) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._zones: dict[str, str] = {}

    def look(self) -> None:
        """Go through all places anew."""
        self._zones = {}
        vanished: dict[str, tuple[int, str]] = {}
        for tag in self._places.tags():
            asset, place = self._register.asset_of(tag), self._state.places[tag]
            if asset is None and tag.startswith(ID_PREFIX):
                continue
            subject = subject_of(None if asset is None else asset.id, tag)
            self.follow(asset, tag)
            if place.gone_from is not None:
                gone = place.time_ns, place.gone_from
                vanished[subject] = max(gone, vanished.get(subject, gone))
        for subject, (_, zone) in vanished.items():
            self._zones.setdefault(subject, zone)

    def follow(self, asset: Asset | None, tag: str) -> tuple[str | None, str | None]:
        """Where the subject was seen before and where it is now, its tag having moved.

        None is not known: never seen before, or vanished now.
        """
        subject = subject_of(None if asset is None else asset.id, tag)
        former = self._zones.get(subject)
        zone = self._places.later_than(asset, tag, -1)
        if zone is not None:
            self._zones[subject] = zone
        return former, zone
