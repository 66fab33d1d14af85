"""Bodies that come too slowly are given up: the sender is told so."""

import asyncio
from collections.abc import Sequence

import pytest
from fastapi import Request
from starlette.types import Message

from api import bodies
from api.bodies import read_body
from api.problems import ProblemError


def request_of(chunks: Sequence[bytes], pause_s: float) -> Request:
    """A request whose body comes in these chunks, with a pause before each."""
    left = list(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    return Request(scope, receive)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_GRACE_S", 0.2)
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 1.0)


async def test_a_body_that_trickles_is_given_up_and_the_sender_is_told() -> None:
    with pytest.raises(ProblemError) as refused:
        await read_body(request_of([b"x"] * 1000, 0.02), 1024)
    assert refused.value.status == 408
    assert "too long" in str(refused.value.detail)
    assert (refused.value.headers or {})["connection"] == "close"


async def test_a_body_that_comes_at_the_least_rate_is_read_after_the_grace() -> None:
    chunks = [b"x" * 1000] * 8
    assert len(await read_body(request_of(chunks, 0.05), 10_000)) == 8000


async def test_no_body_takes_longer_than_the_whole_time_however_fast_it_comes() -> None:
    with pytest.raises(ProblemError) as refused:
        await read_body(request_of([b"x" * 10_000] * 500, 0.05), 10_000_000)
    assert refused.value.status == 408
