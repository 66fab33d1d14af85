"""What is erased: the state goes on as before under other names, and a crash leaves no gap."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.blueprints import stored_blueprint
from gateway.entries import Entry
from gateway.erasing import finish, names_in, renamed_state
from gateway.journal import SqliteJournal
from gateway.pipeline import FORMAT
from gateway.second_copy import SecondCopy
from gateway.station import recover
from history.erasure import Erasure, is_unfinished, store_erasure
from history.renames import Renames
from history.state import open_state
from tests.gateway.made import NOON_NS, TAGS, day, station_on

NEW = "code:erased-0123-1"
RENAMES = Renames({TAGS[0]: NEW, "L0": "erased-0123"})


def plain(value: object) -> Any:  # noqa: ANN401 -- any plain data
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))


def renamed(entries: list[Entry]) -> list[Entry]:
    return msgspec.msgpack.decode(
        msgspec.msgpack.encode(RENAMES.value(plain(entries))), type=list[Entry]
    )


def shown(outputs: object) -> list[str]:
    """What was decided, without what follows from the spelling of a tag: ids, and who is first."""
    return sorted(json.dumps(without_ids(one), sort_keys=True) for one in plain(outputs))


def without_ids(value: object) -> object:
    match value:
        case dict():
            return {key: without_ids(value[key]) for key in value if key not in {"id", "seq"}}
        case list():
            return [without_ids(inner) for inner in value]
        case _:
            return value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_renamed_state_decides_the_same_of_the_renamed_tag(seed: int, tmp_path: Path) -> None:
    groups = day(seed, seconds=40)
    cut = len(groups) // 2
    with (
        closing(open_state(tmp_path / "a.db")) as one,
        closing(open_state(tmp_path / "b.db")) as two,
    ):
        station, other = station_on(SqliteJournal(one)), station_on(SqliteJournal(two))
        for entries in groups[:cut]:
            station.decide(entries)
            other.decide(entries)
        _, state = renamed_state(other.pipeline.state, RENAMES)
        other.adopt(state)
        told = 0
        for entries in groups[cut:]:
            before, after = (
                station.pipeline.advance(entries),
                other.pipeline.advance(renamed(entries)),
            )
            assert shown(after.outputs) == shown(RENAMES.value(plain(before.outputs)))
            told += len(before.outputs)
        assert told


def test_nothing_of_the_state_names_it_any_more(tmp_path: Path) -> None:
    with closing(open_state(tmp_path / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in day():
            station.process(entries)
        blob, _ = renamed_state(station.pipeline.state, RENAMES)
    assert TAGS[0].encode() in msgspec.msgpack.encode(station.pipeline.state)
    assert TAGS[0].encode() not in blob
    assert TAGS[1].encode() in blob


def test_a_crash_before_the_gaps_are_closed_is_made_good_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as connection:
        journal = SqliteJournal(connection)
        journal.second_copy = SecondCopy(tmp_path, journal.newest())
        station = station_on(journal)
        for entries in day():
            station.process(entries)
        assert TAGS[5].encode() in held(tmp_path)
        blob, _ = renamed_state(station.pipeline.state, Renames({TAGS[5]: NEW}))
        with journal.transaction() as state:
            for table in ("movements", "visits", "last_visits", "bindings"):
                state.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            for table in ("events", "outbox", "alerts", "assets"):
                state.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            journal.begin_anew(state, station.position, FORMAT, blob)
            store_erasure(state, made())
        journal.close()  # the process is killed here
    assert TAGS[5].encode() in held(tmp_path)
    with closing(open_state(path)) as connection:
        journal = SqliteJournal(connection)
        journal.second_copy = SecondCopy(tmp_path, journal.newest())
        assert is_unfinished(connection)
        finish(journal, NOON_NS)
        assert not is_unfinished(connection)
        assert TAGS[5].encode() not in held(tmp_path)
        pipeline, position, _ = recover(journal, stored_blueprint)
        assert position == station.position
        assert plain(pipeline.state) == plain(msgspec.msgpack.decode(blob))
        journal.close()


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def made() -> Erasure:
    return Erasure(
        id="er_1",
        kind="asset",
        mode="delete",
        pseudonym="erased-0123",
        reason="left",
        by="ann",
        asked_ns=NOON_NS,
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("L-7", "X"),
        ("tag:L-7", "tag:X"),
        ("asset:L-7", "asset:X"),
        ("stay in\nL-7", "stay in\nX"),
        ("L-7 left the hall", "X left the hall"),
        ("saw L-7.", "saw X."),
        ("L-70 left", "L-70 left"),
        ("XL-7 left", "XL-7 left"),
        ("L-7-2 left", "L-7-2 left"),
        ("L-7/1", "L-7/1"),
        ("the L-7 bay", "the L-7 bay"),
        ("7", "Y"),
        ("at 7 o'clock", "at 7 o'clock"),
    ],
)
def test_a_name_is_replaced_where_it_is_that_name(text: str, wanted: str) -> None:
    renames = Renames({"L-7": "X", "7": "Y"}, kept=["the L-7 bay"])
    assert renames.text(text) == wanted


@given(
    st.recursive(
        st.none() | st.integers(-(2**60), 2**60) | st.text(max_size=4) | st.just("L-7"),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=20,
    )
)
def test_other_data_is_not_touched_and_the_name_is_gone(value: Any) -> None:  # noqa: ANN401 -- any plain data
    renamed_value = Renames({"L-7": "X-new"}).value(value)
    assert "L-7" not in names_in(renamed_value)
    back = Renames({"X-new": "L-7"}).value(renamed_value)
    assert back == value


def test_needles_are_found_in_json_however_it_escapes() -> None:
    name = 'Ann "Ö" \\'
    for text in (msgspec.json.encode({"a": name}).decode(), json.dumps({"a": name})):
        assert any(needle in text for needle in Renames({name: "x"}).needles())
