"""The live board: where everything is just now, kept up from what was committed.

It costs nothing while nobody looks: then a look begins with all there is. While somebody does,
each commit notes which tags it was about, and a look places those alone. Zones that are decided
are those of the pipeline; the zone of the newest reads that are not decided yet is provisional.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from alerts.alert import AlertChange, Severity, subject_of
from api.live_state import LiveItem, LiveNews, LivePlaces
from gateway.entries import Entry, GatewayStarted, Observed, ReadGroup, SiteChanged
from gateway.journal import Group
from gateway.live_floors import places_of
from gateway.pipeline import Pipeline
from gateway.site import Site
from history.outputs import AssetRemoved, AssetStored, Output
from inventory.assets import Asset
from readers.health import ReaderHealth
from tags.epc.values import ID_PREFIX
from tags.reads import Fix
from tags.times import SECOND_NS
from zones.bins import Cell, Slot, cells_of, newest_ns
from zones.floorplan import PointKey
from zones.movements import Movement
from zones.positions import place_of
from zones.tracks import Track, heard_ns

HEARD_AGAIN_NS = 2 * SECOND_NS
"""What was heard again and is otherwise the same is news after so long."""

UNWATCHED_NS = 10 * SECOND_NS
"""Nobody looked for so long: nobody does."""

GONE_MAX = 10_000
AT_ONCE = 500
QUICK_AT_ONCE = 5_000
"""After so many placed, or only heard again, others on the event loop have their turn."""

_RANKS: dict[Severity | None, int] = {None: 0, "info": 1, "warning": 2, "critical": 3}


class LiveBoard:
    """What is where. `note` what was committed; `news` is for the one who shows it."""

    def __init__(
        self,
        pipeline: Callable[[], Pipeline],
        site: Callable[[], Site],
        clock: Callable[[], int],
        is_unknown: Callable[[str, str], bool],
    ) -> None:
        self._pipeline_now = pipeline
        self._pipeline = pipeline()
        self._site = site
        self._clock = clock
        self._is_unknown = is_unknown
        self._looked_ns = -UNWATCHED_NS
        self._places = LivePlaces("", (), ())
        self._number = 0
        self._forgotten = 0
        """Up to this number it is not known any more what is gone."""
        self._begin()

    def _begin(self) -> None:
        self._dirty: dict[str, None] = {}
        self._heard: dict[str, None] = {}
        self._key_of: dict[str, str] = {}
        self._tags_of: dict[str, dict[str, None]] = {}
        self._items: dict[str, LiveItem] = {}
        self._changed: dict[str, int] = {}
        self._unsettled: dict[str, None] = {}
        self._alerts: dict[str, dict[str, Severity]] = {}
        self._unheard: tuple[str, ...] = ()
        self._is_health_changed = True
        self._is_begun = False

    def forget(self) -> None:
        """Begin anew, also for those who look: names have changed."""
        self._begin()

    def note(self, groups: Sequence[Group]) -> None:
        """Groups are committed; remember whom they are about, if somebody looks."""
        if not self._is_begun:
            return
        if self._clock() - self._looked_ns > UNWATCHED_NS:
            self._begin()
            return
        for group in groups:
            if any(isinstance(entry, SiteChanged | GatewayStarted) for entry in group.entries):
                self._begin()
                return
            self._note_heard(group.entries)
            for numbered in group.outputs:
                self._note_output(numbered.output)

    def _note_heard(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if isinstance(entry, ReadGroup):
                self._heard.update(dict.fromkeys(read.tag for read in entry.reads))
            elif isinstance(entry, Observed):
                self._heard.update(dict.fromkeys(fix.tag for fix in entry.fixes))

    def _note_output(self, output: Output) -> None:
        match output:
            case Movement(tag=tag):
                self._dirty[tag] = None
            case AlertChange():
                self._note_alert(output)
            case AssetStored(asset=asset):
                self._note_asset(asset)
            case AssetRemoved(asset=asset):
                self._touch(subject_of(asset, ""))
            case ReaderHealth():
                self._is_health_changed = True
            case _:
                pass

    def _note_alert(self, change: AlertChange) -> None:
        alert = change.alert
        subject = subject_of(alert.asset, alert.tag)
        opened = self._alerts.setdefault(subject, {})
        if alert.cleared:
            opened.pop(alert.id, None)
        else:
            opened[alert.id] = alert.severity
        if not opened:
            del self._alerts[subject]
        self._touch(subject)

    def _note_asset(self, asset: Asset) -> None:
        if any(tag.startswith(ID_PREFIX) for tag in asset.tags):
            # Which of the tags that were heard go by that name is known only by trying all.
            self._begin()
            return
        self._touch(subject_of(asset.id, ""))
        self._dirty.update(dict.fromkeys(asset.tags))

    def _touch(self, key: str) -> None:
        self._dirty.update(self._tags_of.get(key, {}))

    # Looking

    async def news(self, since: int, seq: int) -> LiveNews:
        """What changed since a number, 0 for everything; `seq` is what is committed by now."""
        self._looked_ns = self._clock()
        if self._pipeline is not (pipeline := self._pipeline_now()):
            self._pipeline = pipeline
            self._begin()
        if not self._is_begun:
            since = 0
            await self._take_stock()
        self._look_at_zones()
        try:
            await self._place_all()
        except BaseException:
            # What was noted and is not placed yet is lost.
            self._begin()
            raise
        if not self._is_begun:
            # Another site file came while others had their turn.
            return await self.news(0, seq)
        self._forget_gone()
        is_whole = since < max(1, self._forgotten)
        changed = list(self._items) if is_whole else self._changed_since(since)
        return LiveNews(
            number=self._number,
            seq=seq,
            time_ns=self._clock(),
            is_whole=is_whole,
            items=tuple(self._items[key] for key in changed if key in self._items),
            gone=tuple(key for key in changed if key not in self._items),
            places=self._places,
            unheard=self._unheard,
        )

    async def _take_stock(self) -> None:
        """Begin with all that is known of tags, fixes and alerts."""
        self._begin()
        self._is_begun = True
        self._number += 1
        self._forgotten = self._number
        state = self._pipeline.state
        for case in list(state.judged.cases.values()):
            if case.alert is not None and not case.alert.cleared:
                alert = case.alert
                subject = subject_of(alert.asset, alert.tag)
                self._alerts.setdefault(subject, {})[alert.id] = alert.severity
        tags = [tag for located in state.located for tag in list(located.tracks)]
        self._dirty.update(dict.fromkeys(tags))

    def _changed_since(self, since: int) -> list[str]:
        changed: list[str] = []
        for key, number in reversed(self._changed.items()):
            if number <= since:
                break
            changed.append(key)
        return changed

    def _forget_gone(self) -> None:
        """Do not remember for ever what is gone: who looks that seldom begins anew."""
        if len(self._changed) - len(self._items) <= GONE_MAX:
            return
        self._changed = {key: at for key, at in self._changed.items() if key in self._items}
        self._forgotten = self._number

    def _look_at_zones(self) -> None:
        """Follow the site file; look at what is in zones that are heard again, or no more."""
        if not self._is_health_changed:
            return
        self._is_health_changed = False
        site = self._site()
        if site.version != self._places.version:
            self._places = places_of(site, self._pipeline.plan)
        healthy = self._pipeline.state.located[0].healthy_since_ns
        former = self._unheard
        self._unheard = tuple(z.name for z in self._places.zones if z.name not in healthy)
        flipped = set(former).symmetric_difference(self._unheard)
        for key in [key for key, item in self._items.items() if item.zone in flipped]:
            self._touch(key)

    # Placing

    async def _place_all(self) -> None:
        """Look at the tags that something was noted of, or that are not settled yet."""
        self._number += 1
        heard, self._heard = self._heard, {}
        noted = {**self._dirty, **self._unsettled}
        self._dirty, self._unsettled = {}, {}
        tags = [*noted, *await self._heard_otherwise(heard, noted)]
        keys = dict.fromkeys(key for tag in tags for key in self._keys_of(tag))
        slots = self._open_slots()
        for place, key in enumerate(keys, start=1):
            self._place(key, slots)
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
                slots = self._open_slots()

    async def _heard_otherwise(self, heard: Iterable[str], noted: dict[str, None]) -> list[str]:
        """Those of the tags that were heard that are not simply heard again where they are."""
        others: list[str] = []
        slots, zones = self._open_slots(), dict[PointKey, str | None]()
        for place, tag in enumerate(heard, start=1):
            if tag not in noted and not self._is_heard_again(tag, slots, zones):
                others.append(tag)
            if place % QUICK_AT_ONCE == 0:
                await asyncio.sleep(0)
                slots, zones = self._open_slots(), {}
        return others

    def _is_heard_again(
        self, tag: str, slots: Sequence[Slot], zones: dict[PointKey, str | None]
    ) -> bool:
        """Whether a tag is where it was and as it was: cheap, for most; other changes are noted."""
        key = self._key_of.get(tag, "")
        former = self._items.get(key)
        if former is None or former.is_provisional or former.is_unknown:
            return False
        if len(self._tags_of[key]) > 1 or tag in self._pipeline.state.latest.fixes:
            return False
        at_ns = former.heard_ns
        for head in filter(None, (slot.get(tag) for slot in slots)):
            at_ns = max(at_ns, newest_ns(head))
            if (cell := _loudest(head)) is not None:
                if (point := cell.key) not in zones:
                    zones[point] = self._pipeline.plan.point(point).zone
                if zones[point] != former.zone:
                    return False
                break
        if at_ns - former.heard_ns >= HEARD_AGAIN_NS:
            self._items[key] = former._replace(heard_ns=at_ns)
            self._note_change(key)
        return True

    def _keys_of(self, tag: str) -> Iterable[str]:
        """Whom a tag tells of, and of whom it told before another one carried it."""
        owner = self._pipeline.judge.register.asset_of(tag)
        key, former = subject_of(None if owner is None else owner.id, tag), self._key_of.get(tag)
        if former is not None and former != key:
            tags = self._tags_of[former]
            del tags[tag]
            if not tags:
                del self._tags_of[former]
            yield former
        self._key_of[tag] = key
        self._tags_of.setdefault(key, {})[tag] = None
        yield key

    def _place(self, key: str, slots: Sequence[Slot]) -> None:
        item, former = self._item(key, slots), self._items.get(key)
        if item is None:
            if former is not None:
                del self._items[key]
                self._note_change(key)
            return
        if item.is_provisional:
            self._unsettled.update(self._tags_of[key])
        if former is not None:
            at_ns = max(item.heard_ns, former.heard_ns)
            recent = at_ns - former.heard_ns < HEARD_AGAIN_NS
            item = item._replace(heard_ns=former.heard_ns if recent else at_ns)
        if item != former:
            self._items[key] = item
            self._note_change(key)

    def _note_change(self, key: str) -> None:
        self._changed.pop(key, None)
        self._changed[key] = self._number

    def _item(self, key: str, slots: Sequence[Slot]) -> LiveItem | None:
        """An item as it is now; None where it is nowhere."""
        state = self._pipeline.state
        tags = [tag for tag in self._tags_of.get(key, ()) if self._track(tag) is not None]
        if not tags:
            return None
        places, fixes = state.judged.places, state.latest.fixes
        there = [tag for tag in tags if self._zone(tag) is not None or self._is_outside(tag)]
        newest = max(there or tags, key=lambda tag: places[tag].time_ns if tag in places else 0)
        fix = max((fixes[tag] for tag in tags if tag in fixes), key=_time_of, default=None)
        zone = self._zone(newest)
        hint = _hint(tags, slots, self._pipeline)
        if zone is None and hint is None and not there:
            return None
        owner = self._pipeline.judge.register.asset_of(newest)
        shown = zone if hint is None else hint
        floor, at_m = self._position(fix if there else None)
        return LiveItem(
            key=key,
            name=newest if owner is None else owner.id,
            is_tag=owner is None,
            group="" if owner is None else owner.group,
            zone=shown,
            floor=floor,
            x_m=None if at_m is None else at_m[0],
            y_m=None if at_m is None else at_m[1],
            heard_ns=self._heard_ns(tags, fix),
            is_provisional=shown != zone,
            is_unknown=zone is not None and shown == zone and self._is_unknown(zone, newest),
            alert=max(self._alerts.get(key, {}).values(), key=_RANKS.__getitem__, default=None),
        )

    def _track(self, tag: str) -> Track | None:
        for located in self._pipeline.state.located:
            track = located.tracks.get(tag)
            if track is not None:
                return track
        return None

    def _zone(self, tag: str) -> str | None:
        track = self._track(tag)
        return None if track is None else track.zone

    def _is_outside(self, tag: str) -> bool:
        track = self._track(tag)
        return track is not None and track.outside and not track.departed

    def _heard_ns(self, tags: Iterable[str], fix: Fix | None) -> int:
        """Event time of the newest read or fix of an item."""
        located = self._pipeline.state.located
        known_ns = max(heard_ns(each, tag) for each in located for tag in tags)
        return known_ns if fix is None else max(known_ns, fix.time_ns)

    def _position(self, fix: Fix | None) -> tuple[str | None, tuple[float, float] | None]:
        if fix is None:
            return None, None
        at_m = place_of(fix, self._pipeline.plan)
        return (None, None) if isinstance(at_m, str) else (fix.floor, at_m)

    def _open_slots(self) -> list[Slot]:
        """The bins that are open, the newest first."""
        located = self._pipeline.state.located
        slots = [bin_ for each in located for bin_ in list(each.bins.items())]
        return [slot for _, slot in sorted(slots, key=lambda each: each[0], reverse=True)]


def _hint(tags: Sequence[str], slots: Sequence[Slot], pipeline: Pipeline) -> str | None:
    """The zone of the loudest antenna in the newest bin that heard any of the tags."""
    for slot in slots:
        heads = [slot[tag] for tag in tags if tag in slot]
        cells = [cell for head in heads for cell in cells_of(head) if cell.count]
        if cells:
            return pipeline.plan.point(max(cells, key=_loudness).key).zone
    return None


def _loudest(head: Cell) -> Cell | None:
    """The antenna that heard best within a bin; None if what it heard counts for nothing."""
    if head.other is None:
        return head if head.count else None
    return max((cell for cell in cells_of(head) if cell.count), key=_loudness, default=None)


def _loudness(cell: Cell) -> tuple[int, int]:
    return cell.max_cdb, cell.count


def _time_of(fix: Fix) -> int:
    return fix.time_ns
