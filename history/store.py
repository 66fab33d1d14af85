"""The contract of every history store: what happened goes in once, and can be asked for.

What goes in is idempotent: each fact has an identity, and appending it again changes nothing.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from alerts.alert import Alert
from history.outputs import Numbered
from history.sightings import Sighting
from tags.reads import Fix, Measurement

Ending = Literal["moved", "outside", "departed", "handed_over", "zone_gone", "late"]
"""How a visit ended: to another zone, seen outside all zones, not seen any more; or it is the
visit of another asset now, or its zone is not in the site file any more. One that was known only
late was over by then, and the visit that it lies in goes on."""


class Visit(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One tag in one zone from `from_ns` on, to `to_ns` unless it goes on. `id` never changes."""

    id: int
    tag: str
    asset: str | None
    zone: str
    from_ns: int
    to_ns: int | None = None
    ended: str | None = None


class RaisedAlert(msgspec.Struct, frozen=True, gc=False):
    """An alert as it stands; `raised_seq` is the commit sequence of its raise, `seq` of this."""

    raised_seq: int
    seq: int
    alert: Alert


class HistoryBatch(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a store gets at once: decisions, and what was heard.

    `outputs` are movements, crossings and alert changes in rising order of `seq`; `visits` and
    `alerts` as they stand after those outputs; `renamed` are visits that go by another zone now,
    as they were before. A store that derives visits and alerts from the outputs by itself
    ignores both. `position` is the newest journal group of what was heard; of each slot of
    sightings all that is known goes in together, with the fixes and measurements of that time.
    `zones` names the zone of each read point (reader, antenna) at that time.
    """

    position: int = 0
    outputs: Sequence[Numbered] = ()
    visits: Sequence[Visit] = ()
    renamed: Sequence[Visit] = ()
    alerts: Sequence[RaisedAlert] = ()
    sightings: Sequence[Sighting] = ()
    fixes: Sequence[Fix] = ()
    measurements: Sequence[Measurement] = ()
    zones: dict[tuple[str, int], str] = {}


class Span(msgspec.Struct, frozen=True, gc=False):
    """Event times from `since_ns` to before `until_ns`."""

    since_ns: int
    until_ns: int


class SeriesQuestion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a sensor measured of one quantity; folded into steps of `step_ns`, 0 for each value.

    Steps are counted from the epoch, so that the same time always falls into the same step.
    """

    sensor: str
    quantity: str
    span: Span
    step_ns: int = 0
    limit: int = 1000


class SeriesPoint(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A value, or all values of a step: `time_ns` is when it was or when the step begins."""

    time_ns: int
    count: int
    mean: float
    minimum: float
    maximum: float
    unit: str


class KeepAges(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """For how many days each kind is kept; alerts and visits from when they ended."""

    sightings_days: int
    movements_days: int
    alerts_days: int
    audit_days: int


class StoreStatistics(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How much a store holds. None is what it can not tell without reading everything."""

    bytes: int | None
    sightings: int | None
    movements: int | None
    visits: int | None
    alerts: int | None
    oldest_ns: int | None
    newest_ns: int | None


class StoreError(Exception):
    """A store did not take or give what was asked; the text names it and says what to do."""


class StoreUnavailableError(StoreError):
    """It can not be reached, is too slow or has a fault of its own: the same again may work."""


class StoreRefusedError(StoreError):
    """It refuses us, whatever we send: wrong token, no such database. Somebody has to see to it."""


class BatchRefusedError(StoreError):
    """It refuses something in this batch for good; `line` is one such line where that is known."""

    def __init__(self, text: str, line: str | None = None) -> None:
        super().__init__(text)
        self.line = line


class HistoryStore(Protocol):
    """Keeps what happened. One thread appends; any thread may ask. Answers are newest first.

    Every method may raise StoreError.
    """

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        """Take batches in; after an error the same again completes them, nothing is doubled."""
        ...

    def track_of(self, tag: str, span: Span, limit: int) -> list[Visit]:
        """Return the visits of a tag that touch the span."""
        ...

    def visits_of(self, zone: str, span: Span, limit: int) -> list[Visit]:
        """Return who was in a zone at any time of the span."""
        ...

    def last_positions(self) -> list[Visit]:
        """Return the newest visit of every tag, over or not, by tag."""
        ...

    def sightings_of(self, tag: str, span: Span, limit: int) -> list[Sighting]:
        """Return where a tag was heard."""
        ...

    def fixes_of(self, tag: str, span: Span, limit: int) -> list[Fix]:
        """Return where a tracker was."""
        ...

    def series_of(self, question: SeriesQuestion) -> list[SeriesPoint]:
        """Return what a sensor measured, value by value or step by step."""
        ...

    def alerts_of(self, span: Span, limit: int) -> list[Alert]:
        """Return the alerts whose event lies in the span, as they stand."""
        ...

    def expire(self, keep: KeepAges, now_ns: int) -> int:
        """Forget what is older; how many rows or files went, 0 where the store does it itself."""
        ...

    def statistics(self) -> StoreStatistics:
        """Say how much there is."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
