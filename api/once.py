"""Idempotency-Key: the same request under the same key is done once and answered the same."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import msgspec
from fastapi import Request
from starlette.responses import Response

from api.desk import JournalFullError
from api.problems import PROBLEM_JSON, ProblemError, invalid, problem_text
from api.surroundings import Surroundings
from history.answers import Answer

HEADER = "idempotency-key"
_KEY = re.compile(r"[!-~]{1,255}")


class Told(NamedTuple):
    """What the caller is told: a status, the JSON text of the body, empty for none, an ETag.

    The ETag is not told again: by then it may be another one. What is told again is `kept`
    where that is given: a secret must not lie in the table of answers.
    """

    status: int
    body: str = ""
    etag: str = ""
    kept: str | None = None


class InFlight:
    """Which keys are being answered now, so that a hasty second try does nothing."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    def begin(self, actor: str, key: str) -> None:
        """Claim a key; 409 while somebody else holds it."""
        if (actor, key) in self._keys:
            detail = "The first request under this Idempotency-Key is still being answered."
            raise ProblemError(409, detail, headers={"retry-after": "1"})
        self._keys.add((actor, key))

    def end(self, actor: str, key: str) -> None:
        """Release a key."""
        self._keys.discard((actor, key))


def told_json(status: int, body: object, etag: str = "") -> Told:
    """Tell a JSON value."""
    return Told(status, msgspec.json.encode(body).decode(), etag)


async def answer_once(
    here: Surroundings,
    body: bytes,
    act: Callable[[], Awaitable[Told]],
) -> Response:
    """Do `act`, or give the answer that it had when the same request came before.

    Problems that `act` raises are answers too. 422 for the same key with another request.
    A crash between the change and its answer leaves the change without the answer;
    the next try is then judged against what it finds.
    """
    key = here.request.headers.get(HEADER)
    if key is None:
        return _response(await act())
    if _KEY.fullmatch(key) is None:
        raise invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    in_flight: InFlight = here.request.app.state.in_flight
    in_flight.begin(here.caller.id, key)
    try:
        return await _answer_under(key, here, body, act)
    finally:
        in_flight.end(here.caller.id, key)


async def _answer_under(
    key: str,
    here: Surroundings,
    body: bytes,
    act: Callable[[], Awaitable[Told]],
) -> Response:
    asked = _fingerprint(here.request, body)
    before = await here.desk.recall(here.caller.id, key)
    if before is not None:
        return _response(_same(before, asked))
    told = await _told(act)
    # What is done is done: a journal that fills up just now must not make it look undone.
    with suppress(JournalFullError):
        kept = told.body if told.kept is None else told.kept
        await here.desk.remember(here.caller.id, key, Answer(asked, told.status, kept))
    return _response(told)


def _same(before: Answer, asked: str) -> Told:
    if before.request != asked:
        raise invalid("Idempotency-Key", "was used for another request")
    return Told(before.status, before.body)


async def _told(act: Callable[[], Awaitable[Told]]) -> Told:
    try:
        return await act()
    except ProblemError as error:
        return Told(error.status, problem_text(error.status, error.detail, error.errors))


def _fingerprint(request: Request, body: bytes) -> str:
    head = (
        request.method,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        request.headers.get("content-type", ""),
        request.headers.get("if-match", ""),
        request.headers.get("if-none-match", ""),
    )
    digest = hashlib.sha256("\0".join(head).encode("utf-8", "surrogateescape"))
    digest.update(b"\0" + body)
    return digest.hexdigest()


def _response(told: Told) -> Response:
    headers = {"etag": told.etag} if told.etag else None
    if not told.body:
        return Response(status_code=told.status, headers=headers)
    media_type = "application/json" if told.status < 400 else PROBLEM_JSON  # noqa: PLR2004 -- HTTP's border between done and refused
    return Response(told.body, told.status, headers, media_type=media_type)
