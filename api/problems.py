"""Every refusal in one shape: problem+json, with text that is safe to show anywhere."""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.desk import JournalFullError
from api.words import refusal_words, sentence
from history.paging import QuestionError

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 2
TEXT_CHARS_MAX = 500
ERRORS_MAX = 100


class FieldError(NamedTuple):
    """What is wrong with one field; `row` is the row of a list or of a CSV file."""

    field: str
    message: str
    row: int | None = None


class ProblemError(Exception):
    """A request ends here; the caller gets `status`, `detail` and what is wrong by field."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}


def invalid(field: str, message: str) -> ProblemError:
    """422 for one field."""
    errors = [FieldError(field, message)]
    return ProblemError(422, unfit(errors), errors)


def unfit(errors: Iterable[FieldError]) -> str:
    """Say of a request all that is wrong with it."""
    listed = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return f"The request is not valid; {listed}."


def not_found(kind: str, name: str) -> ProblemError:
    """404 that says what was looked for."""
    return ProblemError(404, f"There is no {kind} {printable(name)!r}.")


def printable(text: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """Escape what does not print (controls, direction marks, lone surrogates) and clip the rest."""
    clipped = text if len(text) <= chars_max else f"{text[: chars_max - 1]}…"
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in clipped
    )


def problem_text(status: int, detail: str, errors: Iterable[FieldError] = ()) -> str:
    """The JSON text of a problem, its detail a sentence; at most 100 errors are listed."""
    listed = list(errors)[:ERRORS_MAX]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": printable(sentence(detail)),
        "errors": [error_json(error) for error in listed],
    }
    return json.dumps(body, ensure_ascii=False)


def problem(
    status: int,
    detail: str,
    errors: Iterable[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """The response that carries a problem."""
    text = problem_text(status, detail, errors)
    return Response(text, status, headers=headers, media_type=PROBLEM_JSON)


def error_json(error: FieldError) -> dict[str, Any]:
    """The error as answers show it, without signs that do not print."""
    shown: dict[str, Any] = {"field": printable(error.field), "message": printable(error.message)}
    if error.row is not None:
        shown["row"] = error.row
    return shown


def field_errors(found: Iterable[Any], *, row: int | None = None) -> list[FieldError]:
    """The findings of pydantic as field errors, without the values that were sent."""
    return [
        FieldError(".".join(str(part) for part in finding["loc"]), refusal_words(finding), row)
        for finding in found
    ]


def answer_problems(app: FastAPI, allowed: Callable[[Request], list[str]]) -> None:
    """Let `app` answer every error as a problem; `allowed` lists the methods of a path."""

    def for_http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["allow"] = ", ".join(allowed(request))
        return problem(error.status_code, _sentence(request, error), headers=headers)

    app.add_exception_handler(HTTPException, for_http)
    app.add_exception_handler(RequestValidationError, _for_parameters)
    app.add_exception_handler(ProblemError, _for_problem)
    app.add_exception_handler(QuestionError, _for_question)
    app.add_exception_handler(JournalFullError, _for_full_journal)
    app.add_exception_handler(Exception, _for_surprise)


def _sentence(request: Request, error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return f"Nothing is at {printable(request.scope['path'])}."
        case 405:
            return f"{printable(request.method, 20)} is not possible here."
        case _:
            return str(error.detail)


def _for_problem(_: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return problem(error.status, error.detail, error.errors, error.headers)


def _for_parameters(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # The place is the kind of parameter, its name, then which of several values it was.
    found = field_errors({**finding, "loc": finding["loc"][1:2]} for finding in error.errors())
    errors = list(dict.fromkeys(found))
    return problem(422, unfit(errors), errors)


def _for_question(_: Request, error: Exception) -> Response:
    if not isinstance(error, QuestionError):
        raise error
    errors = [FieldError(error.field, error.message)]
    return problem(422, unfit(errors), errors)


def _for_full_journal(_: Request, __: Exception) -> Response:
    detail = "The gateway can not write now; nothing was changed. Try again."
    return problem(503, detail, headers={"retry-after": str(RETRY_AFTER_S)})


def _for_surprise(_: Request, __: Exception) -> Response:
    return problem(500, "The gateway failed at this request; its log says why.")
