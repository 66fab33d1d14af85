"""People in the tables: names, passwords, and that somebody can always give access."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from history.callers import EVERYTHING, Scope
from history.keys import LastAdminError, create_key
from history.passwords import Passwords, WeakPasswordError, require_good_password
from history.people import (
    ChangedMeanwhileError,
    Deed,
    LoginTakenError,
    PersonFields,
    UnknownPersonError,
    add_person,
    change_person,
    is_login,
    is_unowned,
    keep_password,
    password_of,
    person_named,
    refresh_hash,
    remove_person,
)
from history.setup_codes import CODE_NS, find_code, make_code, use_code
from history.state import open_in_memory

DEED = Deed("test", 1_000)
ADMIN = PersonFields("Ada", "admin")
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def state() -> Iterator[sqlite3.Connection]:
    made = open_in_memory()
    made.execute("PRAGMA foreign_keys = ON")
    yield made
    made.close()


def test_a_hash_by_the_recommended_numbers_takes_64_mib_and_opens_for_its_password_only() -> None:
    passwords = Passwords()
    kept = passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.check("correct horse battery", kept) == (True, None)
    assert passwords.check("correct horse batterz", kept) == (False, None)
    assert passwords.check("nobody has this password", None) == (False, None)


def test_a_hash_by_former_numbers_is_made_anew() -> None:
    kept = CHEAP.hash("correct horse battery")
    dearer = Passwords(Argon2Hasher(time_cost=2, memory_cost=8, parallelism=1))
    good, newer = dearer.check("correct horse battery", kept)
    assert good
    assert newer is not None
    assert dearer.check("correct horse battery", newer) == (True, None)


@given(st.text(max_size=300), st.text(min_size=1, max_size=64))
def test_a_password_has_10_to_256_characters_and_is_not_the_login(text: str, login: str) -> None:
    try:
        require_good_password(text, login)
    except WeakPasswordError:
        return
    assert 10 <= len(text) <= 256
    assert text.casefold() != login.casefold()


@pytest.mark.parametrize(
    "password", ["correct horse", "пароль для входа", "1234567890", "          x"]
)
def test_which_signs_a_password_is_made_of_is_not_asked(password: str) -> None:
    require_good_password(password, "ada")


@pytest.mark.parametrize(
    "password", ["", "123456789", "x" * 257, "x" * 20, "ADA.LOVELACE", "\ud800" * 9 + "x"]
)
def test_a_password_that_is_guessed_at_once_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        require_good_password(password, "ada.lovelace")


def test_text_that_is_no_unicode_is_a_wrong_password() -> None:
    assert CHEAP.check("\ud800" * 12, CHEAP.hash("correct horse battery")) == (False, None)


@pytest.mark.parametrize(
    "login", ["", "a b", "gateway", "Gateway", "-x", "x" * 65, "\u0430da", "a\n"]
)
def test_a_login_name_is_one_that_looks_like_no_other(login: str) -> None:
    assert not is_login(login)


def test_a_login_name_is_taken_in_any_case(state: sqlite3.Connection) -> None:
    add_person(state, "ada", ADMIN, DEED)
    with pytest.raises(LoginTakenError):
        add_person(state, "ADA", ADMIN, DEED)
    assert person_named(state, "Ada") == person_named(state, "ada")


def test_a_gateway_is_unowned_until_there_is_a_person_or_an_admin_key(
    state: sqlite3.Connection,
) -> None:
    create_key(state, "dashboard", "viewer", 0)
    assert is_unowned(state)
    add_person(state, "ada", ADMIN, DEED)
    assert not is_unowned(state)


def test_an_admin_who_can_log_in_stays_while_there_is_no_other(state: sqlite3.Connection) -> None:
    ada = keep_password(state, add_person(state, "ada", ADMIN, DEED).id, "hash", DEED)
    eve = add_person(state, "eve", ADMIN, DEED)
    for fields in (
        ADMIN._replace(role="operator"),
        ADMIN._replace(disabled=True),
        ADMIN._replace(scope=Scope(groups=("tools",))),
    ):
        state.execute("BEGIN")
        with pytest.raises(LastAdminError):
            change_person(state, ada.id, fields, DEED)
        state.execute("ROLLBACK")
    keep_password(state, eve.id, "hash", DEED)
    remove_person(state, ada.id, DEED)
    with pytest.raises(LastAdminError):
        remove_person(state, eve.id, DEED)


def test_a_change_of_a_former_revision_is_refused(state: sqlite3.Connection) -> None:
    ada = add_person(state, "ada", ADMIN, DEED)
    after = change_person(state, ada.id, ADMIN._replace(name="A"), DEED, ada.revision)
    assert after.revision == ada.revision + 1
    assert change_person(state, ada.id, ADMIN._replace(name="A"), DEED).revision == after.revision
    with pytest.raises(ChangedMeanwhileError):
        change_person(state, ada.id, ADMIN, DEED, ada.revision)
    with pytest.raises(UnknownPersonError):
        change_person(state, "p0", ADMIN, DEED)


def test_a_newer_hash_does_not_bring_a_former_password_back(state: sqlite3.Connection) -> None:
    ada = keep_password(state, add_person(state, "ada", ADMIN, DEED).id, "one", DEED)
    refresh_hash(state, ada.id, "one", "one by newer numbers")
    assert password_of(state, ada.id) == "one by newer numbers"
    keep_password(state, ada.id, "two", DEED)
    refresh_hash(state, ada.id, "one by newer numbers", "three")
    assert password_of(state, ada.id) == "two"


def test_codes_end_with_their_person_their_use_and_their_hour(state: sqlite3.Connection) -> None:
    fields = PersonFields("Gus", "guard", EVERYTHING)
    gus = add_person(state, "gus", fields, DEED)
    code = make_code(state, gus.id, DEED)
    assert find_code(state, code, DEED.at_ns + CODE_NS) is None
    assert find_code(state, code, DEED.at_ns + CODE_NS - 1) is not None
    keep_password(state, gus.id, "hash", DEED)
    assert use_code(state, code, DEED.at_ns) is None
    code = make_code(state, gus.id, DEED)
    remove_person(state, gus.id, DEED)
    assert use_code(state, code, DEED.at_ns) is None


def test_codes_differ_in_eighty_bits(state: sqlite3.Connection) -> None:
    codes = {make_code(state, None, DEED).replace("-", "") for _ in range(300)}
    assert len(codes) == 300
    assert {len(code) for code in codes} == {16}
    assert len(set("".join(codes))) == 32
