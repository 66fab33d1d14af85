"""What readers push: one door for every reader of the site file that takes pushes."""

import asyncio
import zlib
from contextlib import suppress
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.bodies import read_body
from api.desk import UnknownReaderError
from api.lists import json_response
from api.problems import RETRY_AFTER_S, FieldError, ProblemError, not_found, printable
from api.surroundings import Here
from readers.push import PushRefusedError, Receipt, Refusal
from readers.wire.payloads.said import Payload

GZIP_MEMBERS_MAX = 16
DISCARDED_BYTES_MAX = 16 * 1024 * 1024
DISCARD_S = 2.0
_GZIP = 16 + zlib.MAX_WBITS
_KEY_HEADERS = {"authorization", "cookie"}

_UNREAD: dict[int, Refusal] = {400: "cut", 408: "slow", 413: "too_large"}
_STATUSES: dict[Refusal, int] = {
    "closed": 503,
    "cut": 400,
    "duplicate_keys": 400,
    "empty": 400,
    "encoding": 415,
    "full": 503,
    "slow": 408,
    "too_large": 413,
    "uncommitted": 503,
}


async def push(name: str, here: Here) -> Response:
    """Take what a reader pushes: JSON (one object, an array) or NDJSON, plain or gzip.

    The answer comes once everything that was good in it is committed: how many items
    were accepted, and which were not and why (at most 1000 of them are listed). 400 when
    none was good. A push may be sent again after any other answer, or none, and does no
    harm. 503 says when to come again. The answer to OwnTracks is the empty list that
    it expects.
    """
    receipt = await _received(name, here)
    if not receipt.accepted and (receipt.rejected or receipt.dropped):
        raise _none_good(receipt)
    return json_response([] if receipt.format == "owntracks" else _shown(receipt))


async def push_by_query(name: str, here: Here) -> Response:
    """Take a position that Traccar forwards by URL; every value is in the query."""
    return await push(name, here)


async def _received(name: str, here: Here) -> Receipt:
    async def read(bytes_max: int) -> Payload:
        return await _payload(here.request, name, bytes_max)

    try:
        return await here.desk.ingest(name, read)
    except UnknownReaderError as error:
        raise not_found("reader that takes pushes (driver: http) with the name", name) from error
    except PushRefusedError as error:
        raise _refused(error) from error


async def _payload(request: Request, name: str, bytes_max: int) -> Payload:
    query = dict(request.query_params)
    if len(query) != len(request.query_params.multi_items()):
        raise PushRefusedError("duplicate_keys", "the query names a key twice")
    headers = {key: value for key, value in request.headers.items() if key not in _KEY_HEADERS}
    body = await _body(request, bytes_max)
    return Payload(body, name, arrival_ns=0, headers=headers, query=query)


async def _body(request: Request, bytes_max: int) -> bytes:
    try:
        sent = await read_body(request, bytes_max)
    except ProblemError as problem:
        await _discard_rest(request)
        raise PushRefusedError(_UNREAD[problem.status], problem.detail) from problem
    match request.headers.get("content-encoding", "identity").strip().lower():
        case "" | "identity":
            return sent
        case "gzip" | "x-gzip":
            return await asyncio.to_thread(unpacked, sent, bytes_max)
        case other:
            text = f"content-encoding {printable(other, 40)!r} is not understood; send gzip or none"
            raise PushRefusedError("encoding", text)


async def _discard_rest(request: Request) -> None:
    """Let a reader finish its sentence: while it sends it hears no answer, and would repeat it."""
    room = DISCARDED_BYTES_MAX
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(DISCARD_S):
            async for chunk in request.stream():
                room -= len(chunk)
                if room < 0:
                    return


def unpacked(packed: bytes, bytes_max: int) -> bytes:
    """Unpack gzip, one member or a few, without ever holding more than `bytes_max`.

    Raises PushRefusedError: `too_large`, or `cut` for what is no gzip or ends early.
    """
    parts: list[bytes] = []
    room = bytes_max
    while packed:
        # Each member costs a copy of all that follow it.
        if len(parts) == GZIP_MEMBERS_MAX:
            text = f"the gzip body has more than {GZIP_MEMBERS_MAX} members"
            raise PushRefusedError("too_large", text)
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(packed, room + 1)
        except zlib.error as error:
            raise PushRefusedError("cut", "the body is not readable as gzip") from error
        room -= len(part)
        if room < 0:
            raise PushRefusedError("too_large", f"the body unpacks to more than {bytes_max} bytes")
        if not member.eof:
            raise PushRefusedError("cut", "the gzip body ended early")
        parts.append(part)
        packed = member.unused_data
    return b"".join(parts)


def _refused(error: PushRefusedError) -> ProblemError:
    status = _STATUSES[error.reason]
    headers: dict[str, str] = {}
    if status == 503:  # noqa: PLR2004 -- the one status that means: come again
        headers["retry-after"] = str(RETRY_AFTER_S)
    if isinstance(error.__cause__, ProblemError):
        headers |= error.__cause__.headers
    return ProblemError(status, str(error), headers=headers)


def _none_good(receipt: Receipt) -> ProblemError:
    errors = [
        FieldError("item", rejected.reason, rejected.index + 1) for rejected in receipt.rejected
    ]
    why = receipt.rejected[0].reason if receipt.rejected else "see tagwarden_frames_bad_total"
    return ProblemError(400, f"Nothing in the push could be used: {why}.", errors)


def _shown(receipt: Receipt) -> dict[str, Any]:
    return {
        "accepted": receipt.accepted,
        "rejected": [
            {"index": each.index, "reason": printable(each.reason)} for each in receipt.rejected
        ],
    }
