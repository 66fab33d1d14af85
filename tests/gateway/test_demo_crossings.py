"""The demo's door sees everybody who truly goes through it, and which way."""

import pytest

from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline
from readers.health import ReaderHealth
from simulators.demo import demo
from simulators.demo_site import DOOR_OUT, DemoPlaces, demo_site_text
from simulators.facility import Facility
from tags.times import SECOND_NS
from zones.movements import Crossing

UNTIL_S = 115.0
START_NS = 1_790_000_000 * SECOND_NS


def crossings(facility: Facility) -> list[Crossing]:
    places = DemoPlaces({name: f"127.0.0.1:{4000 + n}" for n, name in enumerate(facility.readers)})
    entries: list[Entry] = [SiteChanged(START_NS, "test", "v1", demo_site_text(places))]
    entries += [
        ReaderHealth(reader=name, state="online", since_ns=START_NS) for name in facility.readers
    ]
    for seq, report in enumerate(facility.run(UNTIL_S, start_ns=START_NS), start=1):
        entries.append(ReadGroup("facility", seq, list(report.reads)))
    entries.append(Tick(START_NS + round((UNTIL_S + 10) * SECOND_NS)))
    outputs = Pipeline(stored_blueprint).advance(entries).outputs
    return [each.output for each in outputs if isinstance(each.output, Crossing)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_leaves_is_seen_leaving_and_who_comes_back_coming_back(seed: int) -> None:
    facility = Facility(seed, demo(seed))
    found = crossings(facility)
    assert {crossing.portal for crossing in found} == {DOOR_OUT}
    truly_out = [exit_ for exit_ in facility.truth(UNTIL_S).exits if exit_.outside]
    out = [crossing for crossing in found if crossing.direction == "outbound"]
    # Who stood at the door for long before is told to linger, and may go from there.
    lingered = {crossing.tag for crossing in found if crossing.direction == "lingering"}
    seen = {crossing.tag for crossing in out}
    assert len(out) == len(seen)
    assert seen <= {exit_.tag for exit_ in truly_out} <= seen | lingered
    assert seen
    for crossing in out:
        exit_ = next(each for each in truly_out if each.tag == crossing.tag)
        at_s = (crossing.time_ns - START_NS) / SECOND_NS
        assert exit_.time_s - 4 <= at_s <= exit_.left_s
        assert crossing.confidence >= 0.8
    back = [crossing for crossing in found if crossing.direction == "inbound"]
    assert len(back) >= 1
    for crossing in back:
        left = next((each for each in out if each.tag == crossing.tag), None)
        assert crossing.tag in lingered if left is None else left.time_ns < crossing.time_ns
