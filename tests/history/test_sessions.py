"""Sessions in the table: found by the digest of a cookie, until they end."""

import sqlite3
from collections.abc import Iterator

import pytest

from history.paging import PageRequest
from history.people import Deed, Person, PersonFields, add_person, change_person
from history.sessions import (
    SESSIONS_EACH,
    Origin,
    SessionFilter,
    SessionLimits,
    begin_session,
    digest_of,
    end_session,
    find_session,
    is_token,
    list_sessions,
    note_seen,
)
from history.state import open_in_memory

DEED = Deed("test", 1_000)
LIMITS = SessionLimits(idle_ns=100, absolute_ns=1_000)
HERE = Origin("192.0.2.7", "browser")
GUARD = PersonFields("Gus", "guard")


@pytest.fixture
def state() -> Iterator[sqlite3.Connection]:
    made = open_in_memory()
    made.execute("PRAGMA foreign_keys = ON")
    yield made
    made.close()


@pytest.fixture
def gus(state: sqlite3.Connection) -> Person:
    return add_person(state, "gus", GUARD, DEED)


def test_a_session_is_found_by_its_cookie_until_it_was_idle_for_too_long(
    state: sqlite3.Connection, gus: Person
) -> None:
    session, token = begin_session(state, gus, 0, LIMITS, HERE)
    assert is_token(token)
    found = find_session(state, digest_of(token), 99, LIMITS)
    assert found is not None
    assert found[0].id == session.id
    assert found[1].id == gus.id
    assert find_session(state, digest_of(token), 100, LIMITS) is None
    note_seen(state, session.id, 50)
    note_seen(state, session.id, 40)
    assert find_session(state, digest_of(token), 149, LIMITS) is not None
    assert find_session(state, digest_of(token), 150, LIMITS) is None
    assert find_session(state, digest_of("x" * 43), 0, LIMITS) is None


def test_a_session_ends_in_the_end_and_sooner_where_the_limit_became_shorter(
    state: sqlite3.Connection, gus: Person
) -> None:
    session, token = begin_session(state, gus, 0, LIMITS, HERE)
    note_seen(state, session.id, 999)
    assert find_session(state, digest_of(token), 999, LIMITS) is not None
    assert find_session(state, digest_of(token), 1_000, LIMITS) is None
    longer, shorter = LIMITS._replace(absolute_ns=9_999), LIMITS._replace(absolute_ns=500)
    assert find_session(state, digest_of(token), 1_000, longer) is None
    assert find_session(state, digest_of(token), 999, shorter) is None


def test_who_is_kept_out_has_no_session(state: sqlite3.Connection, gus: Person) -> None:
    _, token = begin_session(state, gus, 0, LIMITS, HERE)
    change_person(state, gus.id, GUARD._replace(disabled=True), DEED)
    assert find_session(state, digest_of(token), 0, LIMITS) is None


def test_a_new_session_clears_those_away_that_are_over_or_too_many(
    state: sqlite3.Connection, gus: Person
) -> None:
    for n in range(SESSIONS_EACH + 5):
        begin_session(state, gus, n, LIMITS, HERE)
    assert state.execute("SELECT count(*) FROM sessions").fetchone() == (SESSIONS_EACH,)
    begin_session(state, gus, 500, LIMITS, HERE)
    assert state.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_a_session_is_ended_by_its_person_or_by_who_may_end_all(
    state: sqlite3.Connection, gus: Person
) -> None:
    session, token = begin_session(state, gus, 0, LIMITS, HERE)
    assert not end_session(state, session.id, DEED, of="p0")
    assert end_session(state, session.id, DEED, of=gus.id)
    assert not end_session(state, session.id, DEED)
    assert find_session(state, digest_of(token), 0, LIMITS) is None


def test_only_sessions_that_last_are_listed_and_nothing_that_opens_them(
    state: sqlite3.Connection, gus: Person
) -> None:
    state.row_factory = sqlite3.Row
    session, token = begin_session(state, gus, 0, LIMITS, HERE)
    request = PageRequest(sort="seq")
    (shown,) = list_sessions(state, SessionFilter.of(gus.id, 99, LIMITS), request).items
    assert shown["id"] == session.id
    assert not {token, session.csrf} & {str(value) for value in shown.values()}
    assert list_sessions(state, SessionFilter.of(gus.id, 100, LIMITS), request).items == []
