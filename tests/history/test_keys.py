import re
import sqlite3
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.answers import Answer, find_answer, store_answer
from history.audit import read_audit
from history.callers import ROLES, Caller, Role, Scope
from history.keys import (
    KEYS_MAX,
    KeyFilter,
    KeyLimits,
    KeyNameTakenError,
    LastAdminError,
    TooManyKeysError,
    UnknownKeyError,
    check_key,
    create_key,
    find_key,
    id_in,
    key_named,
    limit_key,
    list_keys,
    note_uses,
    require_admin,
    rotate_key,
    withdraw_key,
)
from history.paging import PageRequest
from history.state import open_in_memory
from tests.history.made import T0_NS, Writer, at

LIMITS = KeyLimits(Scope(("hall", "gate"), ("tools",)), frozenset({"look"}), at(60))
ADMIN = (
    "INSERT INTO people (id, number, login, name, role, zones, password, disabled, created_ns,"
    " created_by) VALUES ('p1', 1, 'ann', 'Ann', ?, ?, ?, ?, 1, 'setup')"
)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_opens_what_it_was_made_for(writer: Writer, role: Role) -> None:
    presented = create_key(writer.connection, "dashboard", role, T0_NS)
    assert re.fullmatch(r"tw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", presented)
    assert check_key(writer.connection, presented) == Caller(presented[3:11], "dashboard", role)


def test_the_key_itself_is_nowhere_in_the_file(writer: Writer) -> None:
    presented = create_key(writer.connection, "dashboard", "viewer", T0_NS)
    writer.close()
    assert presented[12:].encode() not in writer.path.read_bytes()


def test_two_keys_never_share_a_name(writer: Writer) -> None:
    create_key(writer.connection, "dashboard", "viewer", T0_NS)
    with pytest.raises(KeyNameTakenError, match="'dashboard'"):
        create_key(writer.connection, "dashboard", "admin", T0_NS)


def test_a_key_is_not_named_as_somebody_logs_in(writer: Writer) -> None:
    writer.connection.execute(ADMIN, ("admin", None, None, 0))
    with pytest.raises(KeyNameTakenError, match="'ANN'"):
        create_key(writer.connection, "ANN", "viewer", T0_NS)


def test_there_is_no_other_role(writer: Writer) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        create_key(writer.connection, "x", "root", T0_NS)  # type: ignore[arg-type] # on purpose


def test_another_secret_under_a_known_id_is_nobodys(writer: Writer) -> None:
    one = create_key(writer.connection, "one", "viewer", T0_NS)
    two = create_key(writer.connection, "two", "admin", T0_NS)
    assert check_key(writer.connection, two[:11] + one[11:]) is None
    assert check_key(writer.connection, "tw_00000000" + one[11:]) is None


@cache
def _no_keys() -> sqlite3.Connection:
    """A state.db for all examples, in which there is nothing."""
    return open_in_memory()


@given(text=st.text() | st.from_regex(r"tw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", fullmatch=True))
def test_what_is_no_key_is_nobodys(text: str) -> None:
    assert check_key(_no_keys(), text) is None


def test_a_key_has_the_limits_that_it_was_made_with(writer: Writer) -> None:
    presented = create_key(writer.connection, "dock", "guard", T0_NS, "ann", LIMITS)
    caller = check_key(writer.connection, presented)
    assert caller is not None
    assert (caller.scope, caller.rights, caller.expires_ns) == LIMITS
    key = find_key(writer.connection, caller.id)
    assert key is not None
    assert (key.created_by, key.created_ns, key.last_used_ns) == ("ann", T0_NS, None)
    assert key_named(writer.connection, "dock") == key
    assert id_in(presented) == key.id


@pytest.mark.parametrize(
    "text", ["", "tw_", "tw_00000000_short", "TW_00000000_" + "x" * 43, "eyJhbGciOiJub25lIn0.e30."]
)
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_in(text) is None


def test_other_limits_take_the_place_of_the_former(writer: Writer) -> None:
    db = writer.connection
    presented = create_key(db, "dock", "guard", T0_NS, "ann", LIMITS)
    key_id = presented[3:11]
    changed = limit_key(db, key_id, KeyLimits(rights=frozenset()), at(1), "bob")
    assert changed.limits == KeyLimits(rights=frozenset())
    caller = check_key(db, presented)
    assert caller is not None
    assert (caller.scope.is_everything, caller.rights) == (True, frozenset())
    last = list(read_audit(db))[-1]
    assert (last.actor, last.action, last.target) == ("bob", "key.change", "dock")
    assert '"zones":["hall","gate"]' in last.detail


def test_another_secret_opens_the_same_and_the_former_nothing(writer: Writer) -> None:
    db = writer.connection
    former = create_key(db, "dock", "guard", T0_NS, "ann", LIMITS)
    before = check_key(db, former)
    presented = rotate_key(db, former[3:11], at(1), "bob")
    assert check_key(db, presented) == before
    assert check_key(db, former) is None
    line = list(read_audit(db))[-1]
    assert (line.actor, line.action) == ("bob", "key.rotate")
    assert presented[12:] not in line.detail


def test_a_withdrawn_key_is_gone_and_its_name_free(writer: Writer) -> None:
    db = writer.connection
    presented = create_key(db, "dock", "guard", T0_NS)
    assert withdraw_key(db, presented[3:11], at(1), "bob").name == "dock"
    assert check_key(db, presented) is None
    _ = create_key(db, "dock", "viewer", at(2))
    told = [(line.actor, line.action, line.target) for line in read_audit(db)]
    assert told[1] == ("bob", "key.withdraw", "dock")


def test_what_is_not_there_is_not_changed(writer: Writer) -> None:
    db = writer.connection
    with pytest.raises(UnknownKeyError):
        rotate_key(db, "00000000", T0_NS, "bob")
    with pytest.raises(UnknownKeyError):
        limit_key(db, "00000000", LIMITS, T0_NS, "bob")
    with pytest.raises(UnknownKeyError):
        withdraw_key(db, "00000000", T0_NS, "bob")
    assert list(read_audit(db)) == []


def test_there_are_so_many_keys_and_no_more() -> None:
    db = open_in_memory()
    rows = ((f"{n:08x}", f"key {n}", "viewer", bytes(32), 1) for n in range(KEYS_MAX))
    db.executemany(
        "INSERT INTO api_keys (id, name, role, digest, created_ns) VALUES (?, ?, ?, ?, ?)", rows
    )
    with pytest.raises(TooManyKeysError, match="withdraw some"):
        create_key(db, "one more", "viewer", T0_NS)
    withdraw_key(db, "00000007", T0_NS, "bob")
    assert create_key(db, "one more", "viewer", T0_NS)
    db.close()


def test_the_newest_use_counts_whatever_order_they_are_noted_in(writer: Writer) -> None:
    db = writer.connection
    key_id = create_key(db, "dock", "guard", T0_NS)[3:11]
    for seconds in (5, 9, 7):
        note_uses(db, {key_id: at(seconds), "00000000": at(99)})
    key = find_key(db, key_id)
    assert key is not None
    assert key.last_used_ns == at(9)


def test_keys_are_listed_in_the_order_in_which_they_were_made(writer: Writer) -> None:
    for name in "cab":
        create_key(writer.connection, name, "viewer", T0_NS)
    writer.connection.row_factory = sqlite3.Row
    page = list_keys(writer.connection, KeyFilter(), PageRequest(limit=2, sort="seq"))
    assert [row["name"] for row in page.items] == ["c", "a"]
    rest = PageRequest(limit=2, sort="seq", cursor=page.cursor)
    assert [row["name"] for row in list_keys(writer.connection, KeyFilter(), rest).items] == ["b"]


@pytest.mark.parametrize(
    "limits",
    [
        KeyLimits(expires_ns=T0_NS),
        KeyLimits(rights=frozenset({"keys"})),
        KeyLimits(Scope(zones=("hall",))),
        KeyLimits(Scope(groups=("tools",))),
    ],
)
def test_a_limited_admin_key_is_no_way_in(writer: Writer, limits: KeyLimits) -> None:
    create_key(writer.connection, "dock", "admin", T0_NS, "ann", limits)
    create_key(writer.connection, "desk", "operator", T0_NS)
    with pytest.raises(LastAdminError):
        require_admin(writer.connection, T0_NS)


def test_a_whole_admin_key_is_a_way_in(writer: Writer) -> None:
    create_key(writer.connection, "dock", "admin", T0_NS, "ann", KeyLimits(expires_ns=at(1)))
    require_admin(writer.connection, T0_NS)
    with pytest.raises(LastAdminError):
        require_admin(writer.connection, at(1))


@pytest.mark.parametrize(
    ("person", "lets_in"),
    [
        (("admin", None, "hash", 0), True),
        (("admin", None, None, 0), False),
        (("admin", None, "hash", 1), False),
        (("admin", '["hall"]', "hash", 0), False),
        (("operator", None, "hash", 0), False),
    ],
)
def test_an_admin_who_can_log_in_is_a_way_in(
    writer: Writer, person: tuple[str, str | None, str | None, int], *, lets_in: bool
) -> None:
    writer.connection.execute(ADMIN, person)
    if lets_in:
        require_admin(writer.connection, T0_NS)
        return
    with pytest.raises(LastAdminError):
        require_admin(writer.connection, T0_NS)


def test_an_answer_is_found_by_who_asked_and_their_key_only(writer: Writer) -> None:
    answer = Answer("sha256-of-the-request", 201, '{"id":"drill"}')
    store_answer(writer.connection, "key-1", "once", answer, T0_NS)
    assert find_answer(writer.connection, "key-1", "once") == answer
    assert find_answer(writer.connection, "key-2", "once") is None
    assert find_answer(writer.connection, "key-1", "twice") is None
    with pytest.raises(sqlite3.IntegrityError):
        store_answer(writer.connection, "key-1", "once", answer, T0_NS)
