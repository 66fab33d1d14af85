"""Bodies of requests: bounded in size and time, JSON without surprises."""

import asyncio
import json
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from api.problems import ProblemError, field_errors

JSON_BYTES_MAX = 1024 * 1024
CSV_BYTES_MAX = 10 * 1024 * 1024
BODY_TIMEOUT_S = 30.0
BODY_GRACE_S = 5.0
BODY_BYTES_S_MIN = 10_000
"""A body that comes slower is given up; so long after its beginning nobody counts yet."""
_JSON_TYPES = {"", "application/json"}

Model = TypeVar("Model")


def media_type(request: Request) -> str:
    """The media type of the body in lower case, without parameters; empty when not stated."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Read the whole body. 413 beyond `bytes_max`, 408 for one that is slow or takes 30 s."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated[:20]) > bytes_max:
        raise _too_large(bytes_max)
    body = bytearray()
    try:
        began_s = asyncio.get_running_loop().time()
        async with asyncio.timeout(BODY_GRACE_S) as patience:
            async for chunk in request.stream():
                body += chunk
                patience_s = BODY_GRACE_S + len(body) / BODY_BYTES_S_MIN
                patience.reschedule(began_s + min(patience_s, BODY_TIMEOUT_S))
                if len(body) > bytes_max:
                    raise _too_large(bytes_max)
    except ClientDisconnect as error:
        raise ProblemError(400, "The body ended early.") from error
    except TimeoutError as error:
        raise ProblemError(
            408, "The body took too long.", headers={"connection": "close"}
        ) from error
    return bytes(body)


async def read_json_text(request: Request) -> bytes:
    """Read a JSON body unparsed: 415 for another media type, 413 beyond 1 MiB."""
    if media_type(request) not in _JSON_TYPES and not media_type(request).endswith("+json"):
        raise ProblemError(415, "Send application/json.")
    return await read_body(request, JSON_BYTES_MAX)


def parse_json(text: bytes) -> Any:  # noqa: ANN401 -- JSON can be anything
    """Parse JSON; 400 for what is no JSON, repeats a key or nests too deep."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError as error:
        raise ProblemError(400, "The body nests too deep.") from error
    except ValueError as error:
        raise ProblemError(400, f"The body is not readable as JSON: {_reason(error)}.") from error


def parse_as(adapter: TypeAdapter[Model], value: object) -> Model:
    """Check a parsed body against its model; 422 with each field that does not fit."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise ProblemError(422, "The body is not valid.", field_errors(found)) from error


def _too_large(bytes_max: int) -> ProblemError:
    # What is left of the body is not read, so the connection can not be used again.
    return ProblemError(
        413, f"The body is over {bytes_max} bytes.", headers={"connection": "close"}
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a key twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _reason(error: ValueError) -> str:
    match error:
        case UnicodeDecodeError():
            return "not UTF-8"
        case json.JSONDecodeError():
            return f"line {error.lineno} column {error.colno}: {error.msg}"
        case _:
            return str(error)
