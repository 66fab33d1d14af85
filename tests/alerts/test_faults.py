"""What the gateway says of its own parts: the store, the disk, channels, the history."""

from typing import Literal

import pytest

from alerts import fault_watch
from alerts.alert import Severity, state_of
from alerts.changes import GatewayFault
from alerts.settings import SystemSettings
from alerts.watch import Outfit
from tests.alerts.made import END_S, Bench, Said
from tests.zones.made import at

FaultKind = Literal["store", "disk", "delivery", "history"]
KINDS: tuple[FaultKind, ...] = ("store", "disk", "delivery", "history")


class Plant(Bench):
    """A bench whose gateway has three channels, of which one is told of the system."""

    def __init__(
        self,
        *notify: str,
        channels: tuple[str, ...] = ("mail", "desk", "hook"),
        fallback: tuple[str, ...] | None = None,
    ) -> None:
        self.channels = channels
        self.fallback = channels if fallback is None else fallback
        super().__init__()
        self.system = SystemSettings(notify=notify or ("desk",))
        self.rebuild(self.plan, "v1")

    @property
    def outfit(self) -> Outfit:
        """What the site file says, with its channels."""
        return super().outfit._replace(channels=self.channels, fallback=self.fallback)

    def fault(
        self, kind: FaultKind, name: str, seconds: float, detail: str = "", *, broken: bool = True
    ) -> None:
        self.judge.advance(at(seconds))
        news = GatewayFault(
            arrival_ns=at(seconds), kind=kind, name=name, broken=broken, detail=detail
        )
        self.judge.note_fault(news)
        self._collect()

    @property
    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(change.transition, change.notify) for change in self.changes]


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("store", "critical"), ("disk", "critical"), ("delivery", "critical"), ("history", "warning")],
)
def test_a_part_that_is_broken_is_told_at_once_and_clears_by_itself(
    kind: FaultKind, severity: Severity
) -> None:
    bench = Plant()
    bench.fault(kind, "hook", 10.0, "it does not work")
    bench.fault(kind, "hook", 11.0, "it still does not work")
    alert = bench.alert
    assert (alert.rule, alert.kind, alert.severity) == (f"system: {kind}", kind, severity)
    assert (alert.part, alert.detail, alert.subject) == ("hook", "it does not work", "part:hook")
    assert (alert.asset, alert.tag, alert.to_zone, alert.reader) == (None, "", None, None)
    bench.write_down_and_read_back()
    bench.fault(kind, "hook", 60.0, broken=False)
    bench.fault(kind, "hook", 61.0, broken=False)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 10.0), Said("returned", 60.0), Said("cleared", 60.0)]
    assert state_of(bench.alert) == "cleared"
    assert bench.judge.state.faults == {}


def test_each_part_has_an_alert_of_its_own_also_where_names_are_equal() -> None:
    bench = Plant()
    for kind in KINDS:
        bench.fault(kind, "desk", 10.0)
        bench.fault(kind, "mail", 10.0)
    assert len({change.alert.id for change in bench.changes}) == 8
    bench.fault("disk", "desk", 20.0, broken=False)
    assert [change.alert.kind for change in bench.changes[8:]] == ["disk", "disk"]


def test_what_never_was_broken_is_not_told_as_well_again() -> None:
    bench = Plant()
    for kind in KINDS:
        bench.fault(kind, "desk", 10.0, broken=False)
    assert (bench.said, bench.judge.state.cases) == ([], {})


def test_a_second_failure_is_another_alert() -> None:
    bench = Plant()
    for second in (10.0, 20.0):
        bench.fault("store", "journal", second)
        bench.fault("store", "journal", second + 5, broken=False)
    assert bench.transitions == ["raised", "returned", "cleared"] * 2
    assert len({change.alert.id for change in bench.changes}) == 2


def test_an_alert_goes_on_over_a_start() -> None:
    bench = Plant()
    bench.fault("disk", "data", 10.0)
    bench.write_down_and_read_back()
    bench.judge.note_stop()
    bench.judge.note_start(0)
    bench.judge.listen()
    bench.fault("disk", "data", 30.0)
    assert [change.alert.kind for change in bench.changes].count("disk") == 1
    assert list(bench.judge.state.faults) == ["disk data"]


def test_no_more_than_a_thousand_parts_are_broken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_watch, "FAULTS_MAX", 3)
    bench = Plant()
    for number in range(5):
        bench.fault("history", f"store-{number}", 10.0 + number)
    assert [change.alert.part for change in bench.changes] == ["store-0", "store-1", "store-2"]
    bench.fault("history", "store-0", 20.0, broken=False)
    bench.fault("history", "store-4", 21.0)
    assert bench.alert.part == "store-4"


# Who is told of a channel


def test_of_a_broken_channel_the_others_of_the_system_are_told() -> None:
    bench = Plant("desk", "mail")
    bench.fault("delivery", "mail", 10.0)
    bench.fault("delivery", "mail", 20.0, broken=False)
    assert bench.told == [("raised", ("desk",)), ("returned", ("desk",)), ("cleared", ("desk",))]


def test_where_it_is_the_only_one_of_the_system_all_others_are_told() -> None:
    bench = Plant("desk", fallback=("mail", "desk", "hook"))
    bench.fault("delivery", "desk", 10.0)
    assert bench.told == [("raised", ("mail", "hook"))]


@pytest.mark.parametrize("kind", ["store", "disk", "history"])
def test_only_a_channel_can_be_the_one_that_is_broken(kind: FaultKind) -> None:
    bench = Plant("desk")
    bench.fault(kind, "desk", 10.0)
    assert bench.told == [("raised", ("desk",))]


def test_where_there_is_no_other_channel_nobody_can_be_told_and_it_is_recorded() -> None:
    bench = Plant("desk", channels=("desk",))
    bench.fault("delivery", "desk", 10.0)
    assert bench.told == [("raised", ())]


def test_a_channel_that_left_the_site_file_is_not_broken_any_more() -> None:
    bench = Plant()
    for name in ("hook", "mail"):
        bench.fault("delivery", name, 10.0)
    bench.channels = ("desk", "mail")
    bench.rebuild(bench.plan)
    assert [(change.transition, change.alert.part) for change in bench.changes[2:]] == [
        ("returned", "hook"),
        ("cleared", "hook"),
    ]
    assert list(bench.judge.state.faults) == ["delivery mail"]
