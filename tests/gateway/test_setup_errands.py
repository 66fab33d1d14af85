"""Codes by the command line, and the one that a gateway prints which nobody owns."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from gateway.setup_errands import make, offer_setup
from history.callers import Role
from history.keys import create_key
from history.people import Deed, PersonFields, add_person, keep_password
from history.setup_codes import Code, find_code
from history.state import open_in_memory

T = TypeVar("T")
DEED = Deed("test", 1_000)


class Depot:
    """A gateway on a state in memory."""

    address = "http://127.0.0.1:8080"

    def __init__(self) -> None:
        self.state = open_in_memory()

    @property
    def collector(self) -> "Depot":
        return self

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(work, self.state)

    def person(self, login: str, role: Role, *, disabled: bool = False) -> str:
        fields = PersonFields(login.title(), role, disabled=disabled)
        added = add_person(self.state, login, fields, DEED)
        return keep_password(self.state, added.id, "hash", DEED).id


@pytest.fixture
def depot() -> Iterator[Depot]:
    made = Depot()
    yield made
    made.state.close()


def test_a_gateway_that_nobody_owns_prints_a_code_with_its_address(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(offer_setup(depot, 1_000))
    code, _, address = capsys.readouterr().out.splitlines()[1].split(maxsplit=2)
    assert address == depot.address
    found = find_code(depot.state, code, 1_000)
    assert found is not None
    assert found.person is None


@pytest.mark.parametrize("owner", ["person", "key"])
def test_a_gateway_that_somebody_owns_prints_none(
    owner: str, depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    if owner == "person":
        depot.person("gus", "guard")
    else:
        create_key(depot.state, "erp", "admin", 1_000)
    asyncio.run(offer_setup(depot, 1_000))
    assert capsys.readouterr().out == ""
    assert depot.state.execute("SELECT count(*) FROM setup_codes").fetchone() == (0,)


def test_a_state_that_takes_nothing_does_not_keep_the_gateway_from_starting(
    depot: Depot, capsys: pytest.CaptureFixture[str]
) -> None:
    depot.state.execute("PRAGMA query_only = ON")
    asyncio.run(offer_setup(depot, 1_000))
    assert "no set-up code" in capsys.readouterr().err


def test_a_code_for_somebody_is_for_them(depot: Depot) -> None:
    ada = depot.person("ada", "admin")
    answer = asyncio.run(make({"person": "ADA"}, depot, 1_000))
    assert find_code(depot.state, answer["code"], 1_000) == Code(ada, 1_000 + 3_600_000_000_000)


@pytest.mark.parametrize(
    ("person", "said"),
    [(None, "--person LOGIN"), ("eve", "nobody"), ("gus", "disabled")],
)
def test_no_code_is_made_that_would_open_nothing_or_too_much(
    person: str | None, said: str, depot: Depot
) -> None:
    depot.person("ada", "admin")
    depot.person("gus", "guard", disabled=True)
    answer = asyncio.run(make({"person": person}, depot, 1_000))
    assert said in answer["error"]
    assert depot.state.execute("SELECT count(*) FROM setup_codes").fetchone() == (0,)


def test_whoever_used_keys_so_far_gets_a_first_admin(depot: Depot) -> None:
    create_key(depot.state, "erp", "admin", 1_000)
    assert "code" in asyncio.run(make({"person": None}, depot, 1_000))
