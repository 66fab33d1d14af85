"""The walk test: what each antenna of one reader hears right now, as lines for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tags.reads import Fix, Measurement, Read

WINDOW_S = 1.0
TAGS_SHOWN = 12
TAGS_MAX = 10_000
OTHERS_MAX = 1_000
BAR = 20
_WEAKEST_DBM, _STRONGEST_DBM = -90.0, -30.0


class Heard(msgspec.Struct):
    """How often something was heard, and how loud; `recent` are the reads of the last second."""

    reads: int = 0
    recent: int = 0
    rssi_dbm: float | None = None
    rssi_dbm_min: float | None = None
    rssi_dbm_max: float | None = None
    heard_s: float = 0.0
    antenna: str = ""

    def note(self, read: Read, now_s: float) -> None:
        """Count a read."""
        self.reads += read.count
        self.recent += read.count
        self.heard_s = now_s
        self.antenna = _point(read)
        level = read.rssi_dbm
        if level is not None:
            lowest, highest = self.rssi_dbm_min, self.rssi_dbm_max
            self.rssi_dbm = level
            self.rssi_dbm_min = level if lowest is None else min(lowest, level)
            self.rssi_dbm_max = level if highest is None else max(highest, level)


class WalkTest:
    """Tallies by read point and by tag.

    At most `TAGS_MAX` tags and `OTHERS_MAX` of all else; the rest only counts.
    """

    def __init__(self) -> None:
        self.points: dict[str, Heard] = {}
        self.tags: dict[str, Heard] = {}
        self.others: dict[str, str] = {}
        """The newest value of each sensor and the newest position of each tracker, in words."""
        self.reads = 0

    def take(self, reads: Sequence[Read], now_s: float) -> None:
        """Count reads."""
        for read in reads:
            self.reads += read.count
            name = _point(read)
            if name in self.points or len(self.points) < OTHERS_MAX:
                self.points.setdefault(name, Heard()).note(read, now_s)
            if read.tag in self.tags or len(self.tags) < TAGS_MAX:
                self.tags.setdefault(read.tag, Heard()).note(read, now_s)

    def observe(self, fixes: Iterable[Fix], measurements: Iterable[Measurement]) -> None:
        """Note positions and values."""
        for fix in fixes:
            place = (fix.lat, fix.lon) if fix.x_m is None else (fix.x_m, fix.y_m)
            self._note(fix.tag, f"at {place[0]}, {place[1]}")
        for value in measurements:
            name = f"{value.sensor} {value.quantity}"
            self._note(name, f"{value.value:g} {value.unit}".rstrip())

    def _note(self, name: str, text: str) -> None:
        if name in self.others or len(self.others) < OTHERS_MAX:
            self.others[name] = text

    def lines(self, now_s: float, seconds: float) -> Iterator[str]:
        """The state of the test; `seconds` have passed since the lines before."""
        yield f"{'read point':<24} {'reads/s':>8} {'reads':>8}  {'RSSI dBm':>8}"
        for name, point in sorted(self.points.items()):
            rate = point.recent / seconds if seconds else 0.0
            silent = now_s - point.heard_s
            bar = _bar(point.rssi_dbm) if silent < WINDOW_S else f"silent for {silent:.0f} s"
            yield f"{name:<24.24} {rate:8.0f} {point.reads:8d}  {_level(point.rssi_dbm):>8} {bar}"
            point.recent = 0
        if self.tags:
            yield ""
            yield f"{'tag':<34} {'at':<14} {'reads':>8}  {'RSSI dBm':>8}"
        loudest = sorted(self.tags.items(), key=_by_loudness)[:TAGS_SHOWN]
        for tag, heard in loudest:
            level = _level(heard.rssi_dbm)
            yield f"{tag:<34.34} {heard.antenna:<14.14} {heard.reads:8d}  {level:>8}"
        if len(self.tags) > TAGS_SHOWN:
            yield f"… and {len(self.tags) - TAGS_SHOWN} more tags"
        for name, text in sorted(self.others.items())[:TAGS_SHOWN]:
            yield f"{name:<34.34} {text}"

    def summary(self) -> Iterator[str]:
        """What was heard altogether."""
        yield f"{self.reads} reads of {len(self.tags)} tags"
        for name, point in sorted(self.points.items()):
            if point.rssi_dbm_min is None:
                yield f"  {name}: {point.reads} reads"
            else:
                levels = f"{_level(point.rssi_dbm_min)} to {_level(point.rssi_dbm_max)} dBm"
                yield f"  {name}: {point.reads} reads, {levels}"


def _point(read: Read) -> str:
    return f"{read.reader}/{read.antenna}"


def _by_loudness(item: tuple[str, Heard]) -> tuple[float, str]:
    tag, heard = item
    return (-(heard.rssi_dbm if heard.rssi_dbm is not None else _WEAKEST_DBM), tag)


def _level(rssi_dbm: float | None) -> str:
    return "-" if rssi_dbm is None else f"{rssi_dbm:.1f}"


def _bar(rssi_dbm: float | None) -> str:
    if rssi_dbm is None:
        return ""
    share = (rssi_dbm - _WEAKEST_DBM) / (_STRONGEST_DBM - _WEAKEST_DBM)
    return "█" * round(BAR * min(1.0, max(0.0, share)))
