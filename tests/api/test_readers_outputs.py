"""Outputs of readers over HTTP: switched on for a time, switched off, refused with a reason."""

from typing import Any

import httpx
import pytest

from inventory.changes import Outcome
from tests.api.fake_gateway import FakeDesk

OUTPUT = "/api/v1/readers/gate-1/outputs/3"


async def test_an_output_is_switched_on_for_a_time_and_off(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    assert (await operator.post(OUTPUT, json={"on": True, "for_s": 5})).status_code == 204
    assert (await operator.post(OUTPUT, json={"on": False})).status_code == 204
    assert desk.outputs == [
        ("gate-1", 3, 5.0, "operator key"),
        ("gate-1", 3, None, "operator key"),
    ]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Outcome("unknown", "gate-1: output 3 is not in its entry"), 404),
        (Outcome("conflict", "gate-1 is not connected"), 409),
    ],
)
async def test_a_reader_that_does_not_do_it_is_quoted(
    refusal: Outcome,
    status: int,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.output_refusal = refusal
    answer = await operator.post(OUTPUT, json={"on": True, "for_s": 5})
    assert answer.status_code == status
    assert refusal.detail.removeprefix("g") in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "on"),
        ({"on": "yes", "for_s": 5}, "on"),
        ({"on": True}, "for_s"),
        ({"on": False, "for_s": 5}, "for_s"),
        ({"on": True, "for_s": 0}, "for_s"),
        ({"on": True, "for_s": 3601}, "for_s"),
        ({"on": True, "for_s": 5, "again": True}, "again"),
    ],
)
async def test_a_body_that_is_not_valid_switches_nothing(
    body: dict[str, Any],
    field: str,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await operator.post(OUTPUT, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert desk.outputs == []


@pytest.mark.parametrize("port", ["0", "65536", "left", "9" * 5000])
async def test_a_port_is_a_number(port: str, operator: httpx.AsyncClient) -> None:
    path = f"/api/v1/readers/gate-1/outputs/{port}"
    assert (await operator.post(path, json={"on": False})).status_code == 422
