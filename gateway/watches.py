"""How every reader is, and every device behind a link: what is true now, and what is news."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from gateway.entries import ClockOffset, Entry
from readers.driver import AntennaState, Batch, Clock, DeviceNews
from readers.health import HealthState, ReaderHealth
from readers.settings import Hearer, ReaderSettings, device_name
from tags.times import MILLISECOND_NS

OFFSET_CHANGE_NS_MIN = 100 * MILLISECOND_NS
OVERDUE_S = 1.0
"""So much later than due a driver is said to be silent that did not end by itself."""
STRANGERS_MAX = 1_000
"""Devices that the site file does not list, remembered for each link."""

WAITING = "waiting for its first message"
REMEDY_WAITING = "Let it read or send something; then check its power, its network and its address."
REMEDY_SILENT = "Check its power and its network; it is online again with its next message."

log = logging.getLogger("tagwarden.readers")


class ReaderWatch(msgspec.Struct):
    """One source, as it is now. `waits` tells whether only its next message makes it online.

    `stranger_silent_after_s` goes for devices behind it that the site file does not list.
    `antennas` holds what it told of them since it was last connected: it tells no more than
    once, so a silence does not make it unknown for good.
    """

    health: ReaderHealth
    silent_after_s: float
    link: str | None = None
    stranger_silent_after_s: float = 0.0
    listed: bool = True
    waits: bool = False
    heard_s: float = 0.0
    last_message_ns: int | None = None
    last_read_ns: int | None = None
    clock_offset_ns: int | None = None
    told_offset_ns: int | None = None
    reads: int = 0
    measurements: int = 0
    fixes: int = 0
    bad: dict[str, int] = {}
    antennas: dict[int, AntennaState] = {}


class Watches:
    """All sources by full name; `tell` takes what the pipeline has to know."""

    def __init__(
        self,
        tell: Callable[[Entry], None],
        clock: Clock,
        monotonic_s: Callable[[], float],
    ) -> None:
        self.by_name: dict[str, ReaderWatch] = {}
        self._tell = tell
        self._clock = clock
        self._monotonic_s = monotonic_s

    def begin(self, settings: ReaderSettings) -> None:
        """Watch a reader and its listed devices."""
        own, *devices = settings.hearers()
        self._add(own, settings.silent_after_s)
        self.by_name[own.name].stranger_silent_after_s = settings.silent_after_s
        for (name, device), hearer in zip(settings.devices.items(), devices, strict=True):
            silent_after_s = device.silent_after_s or settings.silent_after_s
            self._add(hearer, silent_after_s, settings.name)
            self.by_name[device_name(settings.name, name)].waits = True
        self.say(settings.name, "connecting", "first connection")

    def _add(self, hearer: Hearer, silent_after_s: float, link: str | None = None) -> None:
        antennas: dict[int, AntennaState] = dict.fromkeys(sorted(hearer.antennas), "unknown")
        health = ReaderHealth(reader=hearer.name, state="connecting", since_ns=0, antennas=antennas)
        self.by_name[hearer.name] = ReaderWatch(health, silent_after_s, link)

    def forget(self, name: str) -> None:
        """Watch a reader no longer, nor its devices."""
        for each in [name, *(device.health.reader for device in self._devices(name))]:
            self.by_name.pop(each, None)

    def note_connected(self, name: str, *, passive: bool, silent_after_s: float) -> None:
        """The driver of a reader is connected. What speaks only now and then has to speak first."""
        watch = self.by_name[name]
        watch.waits, watch.silent_after_s = passive, silent_after_s
        self._forget_antennas(name)
        watch.heard_s = self._monotonic_s()
        if passive:
            self.say(name, "connecting", WAITING, REMEDY_WAITING)
        else:
            self.note_message(name)
            self.say(name, "online")
        for device in self._devices(name):
            self.say(device.health.reader, "connecting", WAITING, REMEDY_WAITING)

    def note_end(self, name: str, state: HealthState, reason: str, remedy: str) -> None:
        """The connection is over; what is behind it can not be heard either."""
        self._forget_antennas(name)
        self.say(name, state, reason, remedy)
        for device in self._devices(name):
            self.say(device.health.reader, "offline", f"its link {name} is {state}", remedy)

    def note_message(self, name: str) -> None:
        """A source spoke."""
        watch = self.by_name[name]
        watch.last_message_ns, watch.heard_s = self._clock(), self._monotonic_s()

    def note_batch(self, name: str, batch: Batch) -> None:
        """A link or reader handed over what it heard."""
        watch = self.by_name[name]
        self.note_message(name)
        self.say(name, "online")
        self.count_bad(name, batch.bad)
        if batch.clock_offset_ns is not None:
            self._note_offset(watch, batch.clock_offset_ns)
        self._note_antennas(name, batch.antennas)
        watch.fixes += len(batch.fixes)
        watch.measurements += len(batch.measurements)
        for device, news in batch.devices.items():
            self._note_device(watch, device, news)
        if batch.devices:
            for reader, count in Counter(read.reader for read in batch.reads).items():
                self._count_reads(reader, count, batch.reads[-1].arrival_ns)
        elif batch.reads:
            self._count_reads(name, len(batch.reads), batch.reads[-1].arrival_ns)

    def count_bad(self, name: str, bad: dict[str, int]) -> None:
        """What had to be thrown away; that is no sign of life."""
        counts = self.by_name[name].bad
        for reason, count in bad.items():
            counts[reason] = counts.get(reason, 0) + count

    def look_for_silence(self) -> None:
        """Say of all who should have spoken by now that they are silent.

        The driver of one that does not wait is ended by then; one that is slow to end is
        no more online for that.
        """
        now_s = self._monotonic_s()
        for name, watch in self.by_name.items():
            patience_s = watch.silent_after_s + (0.0 if watch.waits else OVERDUE_S)
            if watch.health.state == "online" and now_s - watch.heard_s > patience_s:
                self.say(name, "silent", f"nothing for {watch.silent_after_s:g} s", REMEDY_SILENT)

    def hold_back(self, name: str, *, waits: bool) -> None:
        """While the gateway takes nothing from a reader, it is silent like one that `waits`."""
        self.by_name[name].waits = waits

    def restate(self) -> list[Entry]:
        """How every listed source is, said again as of now."""
        now_ns = self._clock()
        return [
            msgspec.structs.replace(watch.health, since_ns=now_ns)
            for watch in self.by_name.values()
            if watch.listed
        ]

    def say(self, name: str, state: HealthState, reason: str = "", remedy: str = "") -> None:
        """Publish a state if it is news; a repeated failure is not."""
        health = self.by_name[name].health
        if (health.state, health.reason) == (state, reason) and health.since_ns:
            return
        unknown: dict[int, AntennaState] = dict.fromkeys(health.antennas, "unknown")
        self._publish(
            ReaderHealth(
                reader=name,
                state=state,
                since_ns=self._clock(),
                reason=reason,
                remedy=remedy,
                antennas=unknown | self.by_name[name].antennas if state == "online" else unknown,
            ),
        )

    def _devices(self, link: str) -> Iterator[ReaderWatch]:
        return (watch for watch in list(self.by_name.values()) if watch.link == link)

    def _note_device(self, link: ReaderWatch, device: str, news: DeviceNews) -> None:
        name = device_name(link.health.reader, device)
        if name not in self.by_name and not self._meet(link, name):
            link.bad["unknown_device"] = link.bad.get("unknown_device", 0) + 1
            return
        if news.lost is not None:
            self.by_name[name].antennas = {}
            self.say(name, "offline", news.lost, REMEDY_SILENT)
            return
        self.note_message(name)
        self.say(name, "online")
        self._note_antennas(name, news.antennas)

    def _meet(self, link: ReaderWatch, name: str) -> bool:
        """Remember a device that the site file does not list, if there are not too many."""
        strangers = sum(not watch.listed for watch in self._devices(link.health.reader))
        if strangers >= STRANGERS_MAX:
            return False
        self._add(Hearer(name, None, {}), link.stranger_silent_after_s, link.health.reader)
        self.by_name[name].listed = False
        self.by_name[name].waits = True
        log.info("%s: is not listed in the site file", name)
        return True

    def _count_reads(self, name: str, count: int, arrival_ns: int) -> None:
        watch = self.by_name.get(name)
        if watch is not None:
            watch.last_read_ns = arrival_ns
            watch.reads += count

    def _note_antennas(self, name: str, states: dict[int, AntennaState]) -> None:
        watch = self.by_name[name]
        health = watch.health
        watch.antennas |= states
        antennas = {**health.antennas, **states}
        if antennas != health.antennas:
            changed = msgspec.structs.replace(health, antennas=antennas, since_ns=self._clock())
            self._publish(changed)

    def _forget_antennas(self, name: str) -> None:
        for watch in [self.by_name[name], *self._devices(name)]:
            watch.antennas = {}

    def _note_offset(self, watch: ReaderWatch, offset_ns: int) -> None:
        watch.clock_offset_ns = offset_ns
        # Compared with what was told, so that a clock that drifts slowly is followed too.
        told_ns = watch.told_offset_ns
        if told_ns is None or abs(offset_ns - told_ns) >= OFFSET_CHANGE_NS_MIN:
            watch.told_offset_ns = offset_ns
            self._tell(ClockOffset(self._clock(), watch.health.reader, offset_ns))

    def _publish(self, health: ReaderHealth) -> None:
        watch = self.by_name[health.reader]
        watch.health = health
        if watch.listed:
            self._tell(health)
        quiet = health.state in {"online", "connecting"} or not watch.listed
        reason = f" ({health.reason.removeprefix(f'{health.reader}: ')})" if health.reason else ""
        log.log(
            logging.INFO if quiet else logging.WARNING,
            "%s: %s%s",
            health.reader,
            health.state,
            reason,
        )
