import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.changes import AcknowledgeAlert, EndMaintenance, ResetAlert, StartMaintenance
from gateway.entries import (
    ClockOffset,
    Entry,
    GatewayStarted,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
    decode_entries,
    encode_entries,
)
from inventory.changes import RemoveAsset, StoreAssets
from readers.health import ReaderHealth
from readers.maintenance import Target
from tests.zones.made import HALL, at, read
from tests.zones.stories import Story, stories
from tests.zones.story_sites import LAPTOPS

ONE_OF_EACH: list[Entry] = [
    ReadGroup("local", 1, [read("a", HALL, 0.5), read("b", HALL, 7)]),
    Tick(at(7)),
    ReaderHealth(reader="r", state="online", since_ns=at(7), antennas={1: "connected"}),
    ClockOffset(at(7), "r", -5),
    GatewayStarted(at(7), None),
    SiteChanged(at(7), "ann", "v1", "site: …"),
    StoreAssets(arrival_ns=at(7), by="ann", assets=LAPTOPS, rebind=True),
    RemoveAsset(arrival_ns=at(7), by="ann", asset="laptop-1"),
    AcknowledgeAlert(arrival_ns=at(7), by="ann", alert="ab12", note="found"),
    ResetAlert(arrival_ns=at(7), by="ann", alert="ab12"),
    StartMaintenance(
        arrival_ns=at(7),
        by="ann",
        target=Target("antenna", "r", 2),
        until_ns=at(60),
        reason="new cable",
    ),
    EndMaintenance(arrival_ns=at(7), by="ann", target=Target("portal", "door")),
]


@given(stories())
def test_entries_come_back_from_their_blob(story: Story) -> None:
    entries = story.entries()
    assert decode_entries(encode_entries(entries)) == entries


def test_every_kind_of_entry_has_one_codec() -> None:
    assert decode_entries(encode_entries(ONE_OF_EACH)) == ONE_OF_EACH
    as_json = msgspec.json.encode(ONE_OF_EACH)
    assert msgspec.json.decode(as_json, type=list[Entry]) == ONE_OF_EACH


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: type(entry).__name__)
def test_every_entry_says_when_it_came_in(entry: Entry) -> None:
    assert arrival_of(entry) == at(7)


def test_a_group_without_reads_came_in_at_no_time() -> None:
    assert arrival_of(ReadGroup("local", 1, [])) == 0


@given(st.binary(max_size=60))
def test_a_blob_that_is_none_is_refused_and_nothing_else_happens(blob: bytes) -> None:
    try:
        entries = decode_entries(blob)
    except msgspec.DecodeError:
        return
    assert decode_entries(encode_entries(entries)) == entries
