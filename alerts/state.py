"""What Judge remembers, as plain data."""

from typing import Literal

import msgspec

from alerts.alert import Shelf
from alerts.changes import GatewayFault
from alerts.company import Passer
from alerts.holding import Held, Holding
from alerts.lifecycle import Case
from alerts.places import Place
from alerts.telling import Gatherings
from inventory.custody import CustodyState
from inventory.register import RegisterState
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement

Key = tuple[str, str]
"""Rule name and subject: an asset id, or `tag:` and a tag that no asset carries.

An id that begins with `tag:` or `asset:` gets `asset:` before it, so that no two are the same.
The gateway's own rules may have `zone:` and a zone, or `reader:` and a reader, as their subject.
"""


class Fallen(msgspec.Struct):
    """A zone of which an open alert tells that nobody hears it: the subject of that alert.

    It is `down` since it was told, `heard` again, or `relapsed`, which was not told yet.
    """

    subject: str
    state: Literal["down", "heard", "relapsed"] = "down"


class JudgeState(msgspec.Struct):
    """Plain data: all that Judge remembers. `listening` is false until a gateway has started.

    `passers` are the newest by portal; `clocks` the offsets that readers stated last (ns);
    `fallen` are the zones, by name, of which an open alert tells that nobody hears them.
    `shelves` are those of rules, by rule and subject (empty: all of them) with a line break
    between them; `in_force` says of rules with a schedule whether they are in force; `faults`
    are the parts of the gateway that do not work, by kind and name. `attached` says of readers
    which of their antennas were connected at last, with 0 for the reader itself. `strangers` are
    tags without an asset that were at an exit, and whether they left; an id of an alert about one
    that was forgotten had an ordinal of at most `stranger_episodes`. `values` of
    sensors wait to be judged, or were judged last; so do `fixes`, and `starts` are those from
    which a tracker's way is measured, by tag.
    """

    now_ns: int = 0
    site_version: str = ""
    listening: bool = False
    register: RegisterState = msgspec.field(default_factory=RegisterState)
    places: dict[str, Place] = {}
    cases: dict[Key, Case] = {}
    readers: dict[str, ReaderHealth] = {}
    passers: dict[str, list[Passer]] = {}
    clocks: dict[str, int] = {}
    fallen: dict[str, Fallen] = {}
    gatherings: Gatherings = {}
    shelves: dict[str, Shelf] = {}
    drill_since_ns: int = 0
    drill_until_ns: int = 0
    custody: CustodyState = msgspec.field(default_factory=CustodyState)
    in_force: dict[str, bool] = {}
    faults: dict[str, GatewayFault] = {}
    attached: dict[str, list[int]] = {}
    strangers: dict[str, bool] = {}
    stranger_episodes: int = 0
    values: Holding[Measurement] = msgspec.field(default_factory=Holding[Measurement])
    fixes: Holding[Fix] = msgspec.field(default_factory=Holding[Fix])
    starts: dict[str, Held[Fix]] = {}

    def is_drill(self, time_ns: int) -> bool:
        """Whether what happened at a time belongs to the newest drill."""
        return self.drill_since_ns <= time_ns < self.drill_until_ns
