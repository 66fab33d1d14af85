"""A bench whose readers tell how they are, under tamper rules."""

from alerts.rule_kinds import TamperRule
from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from readers.maintenance import Maintenance, Target
from tags.times import SECOND_NS
from tests.alerts.made import END_S, Bench
from tests.zones.made import at

RULE = "hands off"
ON: dict[int, AntennaState] = {1: "connected", 2: "connected"}
OFF: dict[int, AntennaState] = {1: "connected", 2: "disconnected"}


def tamper(**changes: object) -> TamperRule:
    return TamperRule.model_validate({"name": RULE, "notify": ["guards"]} | changes)


def work(*antennas: int, reader: str = "r") -> tuple[Maintenance, ...]:
    """Somebody works on these antennas, or on all of the reader."""
    return tuple(
        Maintenance(
            target=Target("antenna" if number else "reader", reader, number),
            since_ns=at(0),
            until_ns=at(END_S),
            reason="cables",
            by="ann",
            points=((reader, number),),
        )
        for number in antennas
    )


class Guarded(Bench):
    """A bench whose readers tell how they are; at 1 s, r and s are online with their antennas."""

    def __init__(self, *rules: TamperRule) -> None:
        super().__init__(*(rules or (tamper(),)))
        self.turn("online", 1.0, antennas=ON)
        self.turn("online", 1.0, "s", antennas=ON)

    def turn(
        self,
        state: HealthState,
        seconds: float,
        reader: str = "r",
        *,
        antennas: dict[int, AntennaState] | None = None,
        maintenance: tuple[Maintenance, ...] = (),
    ) -> None:
        self.judge.advance(at(seconds))
        known: dict[int, AntennaState] = antennas or dict.fromkeys(ON, "unknown")
        health = ReaderHealth(
            reader=reader,
            state=state,
            since_ns=at(seconds),
            reason="" if state == "online" else f"{reader}: peer closed",
            antennas=known,
            maintenance=maintenance,
        )
        self.judge.note_health(health)
        self._collect()

    def restart(self, seconds: float) -> None:
        """The gateway was away for a second."""
        self.judge.note_stop()
        self.judge.advance(at(seconds))
        self.judge.note_start(SECOND_NS)
        self.judge.listen()
        self._collect()

    def adopt_in_place(self, *rules: TamperRule) -> None:
        """Other rules, and the floor plan as it is."""
        self.rules = rules
        self.rebuild(self.plan, "v3")

    @property
    def told(self) -> list[tuple[str, str, float]]:
        """What the tamper rules said: transition, subject and clock."""
        return [
            (change.transition, change.alert.subject, (change.at_ns - at(0)) / SECOND_NS)
            for change in self.changes
            if change.alert.kind == "tamper"
        ]
