import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.answers import Answer, find_answer, store_answer
from history.callers import ROLES, Caller, Role
from history.keys import KeyNameTakenError, check_key, create_key
from tests.history.made import T0_NS, Writer


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


def test_there_is_no_other_role(writer: Writer) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        create_key(writer.connection, "x", "root", T0_NS)  # type: ignore[arg-type] # on purpose


def test_another_secret_under_a_known_id_is_nobodys(writer: Writer) -> None:
    one = create_key(writer.connection, "one", "viewer", T0_NS)
    two = create_key(writer.connection, "two", "admin", T0_NS)
    assert check_key(writer.connection, two[:11] + one[11:]) is None
    assert check_key(writer.connection, "tw_00000000" + one[11:]) is None


@given(text=st.text() | st.from_regex(r"tw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", fullmatch=True))
def test_what_is_no_key_is_nobodys(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE api_keys (id, name, role, digest)")
    assert check_key(connection, text) is None
    connection.close()


def test_an_answer_is_found_by_who_asked_and_their_key_only(writer: Writer) -> None:
    answer = Answer("sha256-of-the-request", 201, '{"id":"drill"}')
    store_answer(writer.connection, "key-1", "once", answer, T0_NS)
    assert find_answer(writer.connection, "key-1", "once") == answer
    assert find_answer(writer.connection, "key-2", "once") is None
    assert find_answer(writer.connection, "key-1", "twice") is None
    with pytest.raises(sqlite3.IntegrityError):
        store_answer(writer.connection, "key-1", "once", answer, T0_NS)
