import msgspec

from gateway.blueprints import stored_blueprint
from gateway.entries import Observed, ReadGroup, arrival_of, decode_entries, encode_entries
from gateway.pipeline import Pipeline, PipelineState
from gateway.queue import EntryQueue
from tags.reads import Fix, Measurement
from tests.gateway.made import NOON_NS, TAGS, read, start

FIX = Fix("gps:van", "trackers", NOON_NS, NOON_NS, lat=52.5, lon=13.4, accuracy_m=8.0)
VALUE = Measurement("sensors:cold-room", "temperature", 4.5, "°C", NOON_NS, NOON_NS)
OBSERVED = Observed(NOON_NS + 1, [FIX], [VALUE])


def test_the_newest_fix_and_value_are_known_and_survive_a_restart() -> None:
    pipeline = Pipeline(stored_blueprint)
    assert pipeline.advance([*start(), OBSERVED]).outputs
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(pipeline.state), type=PipelineState)
    latest = Pipeline(stored_blueprint, again).state.latest
    assert latest.fixes == {"gps:van": FIX}
    assert latest.measurements == {"sensors:cold-room": {"temperature": VALUE}}


def test_what_is_observed_lets_time_pass() -> None:
    pipeline = Pipeline(stored_blueprint)
    pipeline.advance([*start(), OBSERVED])
    assert pipeline.state.now_ns == arrival_of(OBSERVED)


def test_what_was_observed_goes_through_the_journal_as_it_was() -> None:
    assert decode_entries(encode_entries([OBSERVED])) == [OBSERVED]


def test_what_was_observed_keeps_its_place_among_the_reads_and_counts_as_many() -> None:
    queue = EntryQueue("local")
    queue.put_reads([read(TAGS[0], NOON_NS)])
    assert queue.put(OBSERVED) == 3
    queue.put_reads([read(TAGS[1], NOON_NS)])
    assert len(queue) == 4
    cut = queue.cut(10, 0)
    assert [type(entry) for entry in cut.entries] == [ReadGroup, Observed, ReadGroup]
    assert (cut.last, len(queue), cut.numbers) == (4, 0, {3: 1})
