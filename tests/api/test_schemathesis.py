"""The API does what its OpenAPI schema says, whatever is sent to a running gateway."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.running import asking, gateway, make_key

SITE = """\
site: {name: Riverside depot}
floors: [{name: ground, size_m: [60, 40]}]
zones:
  - {name: hall, floor: ground, polygon: [[0, 0], [40, 0], [40, 40], [0, 40]]}
  - {name: gate, role: exit}
readers:
  - {name: gate-1, driver: http, antennas: {1: {zone: hall}, 2: {zone: gate}}}
  - {name: handhelds, driver: http, zone: hall}
portals: [{name: dock-door, inside: [gate-1/1], outside: [gate-1/2]}]
rules:
  - {name: laptops stay in, kind: exit, assets: {category: laptop}, fence: [hall], notify: [guards]}
channels:
  - {name: guards, kind: webhook, url: "http://127.0.0.1:9/hook",
     secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true}
server: {listen: "127.0.0.1:0"}
"""
ENDLESS = {"stream"}
"""Operations whose answer never ends; they have tests of their own."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
NOT_NOW = {429, 503}
TIMEOUT_S = 20


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without its catch-all answers, so that each status has to be told by itself."""
    for verbs in schema["paths"].values():
        for operation in verbs.values():
            del operation["responses"]["default"]
    return schema


def operations_of(schema: dict[str, Any]) -> list[Operation]:
    """Each operation that ends."""
    loaded = schemathesis.openapi.from_dict(strict(schema))
    results = list(loaded.get_all_operations())
    found = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(found) == len(results)
    return [each for each in found if each.definition.raw["operationId"] not in ENDLESS]


def known_names(operation: Operation) -> dict[str, Any]:
    """Names in the path of what is there: the schema shows them."""
    return {
        each["name"]: each["example"]
        for each in operation.definition.raw.get("parameters", [])
        if each["in"] == "path"
    }


class Asker:
    """Asks a gateway with a key, and counts what it was told."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["authorization"] = f"Bearer {key}"
        self.told: Counter[int] = Counter()

    def ask(self, case: Case[Any]) -> None:
        """Ask, and hold the answer against the schema."""
        answer = case.call(base_url=self._url, session=self._session, timeout=TIMEOUT_S)
        self.told[answer.status_code] += 1
        if answer.status_code not in NOT_NOW:
            case.validate_response(answer, checks=CHECKS)

    def hunt(self, operation: Operation, known: int, anything: int) -> None:
        """Ask one operation so often about what is there, and so often about anything."""
        there = operation.as_strategy(path_parameters=known_names(operation))
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        for strategy, examples in ((there, known), (wrong, anything)):
            if examples == 0:
                continue
            limits = settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=[
                    HealthCheck.too_slow,
                    HealthCheck.filter_too_much,
                    HealthCheck.data_too_large,
                    HealthCheck.large_base_example,
                ],
            )
            with suppress(Unsatisfiable):  # what takes nothing can not be asked wrongly
                seeded(7)(limits(given(strategy)(self.ask)))()

    def close(self) -> None:
        self._session.close()


def _told(error: BaseException) -> str:
    """What a check found, with all that it found at once."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(_told(each) for each in error.exceptions)
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


async def _furnish(client: httpx.AsyncClient) -> None:
    """Assets, tags and an alert by the names that the examples use."""
    for name, category in (("forklift-3", "forklift"), ("laptop-17", "laptop")):
        tag = "3034257bf7194e4000001a85" if name == "forklift-3" else "3034257bf7194e4000002b17"
        asset = {"category": category, "group": "warehouse", "tags": [tag]}
        (await client.put(f"assets/{name}", json=asset)).raise_for_status()
        for antenna in (1, 2):
            read = {"tag": tag, "antenna": antenna, "rssi_dbm": -50}
            (await client.post("ingest/gate-1", json=read)).raise_for_status()


async def _hunted(tmp_path: Path, role: str, known: int, anything: int) -> Counter[int]:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        admin, key = await make_key(data), await make_key(data, role) if role != "admin" else ""
        async with asking(running.url, admin) as client:
            await _furnish(client)
            schema = (await client.get(f"{running.url}/openapi.json")).json()
        asker = Asker(running.url, key or admin)

        def hunt() -> None:
            wrong: list[str] = []
            for operation in operations_of(schema):
                try:
                    asker.hunt(operation, known, anything)
                except (BaseExceptionGroup, Exception) as error:  # noqa: BLE001 -- told below
                    wrong.append(f"{operation.label}: {_told(error)}")
            if wrong:
                pytest.fail("\n\n".join(wrong), pytrace=False)

        try:
            await asyncio.to_thread(hunt)
        finally:
            asker.close()
        async with asking(running.url, key or admin) as client:
            assert (await client.get("readers")).status_code == 200
        assert "Traceback" not in running.command.said
    return asker.told


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("role", "known", "anything"), [("admin", 1, 1), ("viewer", 1, 0)])
async def test_every_answer_is_one_that_the_schema_promises(
    role: str, known: int, anything: int, tmp_path: Path
) -> None:
    told = await _hunted(tmp_path, role, known, anything)
    assert told[200] > 30
    if role == "viewer":
        assert told[403] > 30
        assert told[201] == told[204] == 0


@pytest.mark.fuzz
@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
async def test_many_more_answers_are_those_that_the_schema_promises(
    role: str, tmp_path: Path
) -> None:
    examples = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "200"))
    told = await _hunted(tmp_path, role, examples, examples)
    assert told[200] > examples
