"""Refusals in words that somebody without knowledge of the libraries understands."""

import json
from typing import Annotated, Any

import httpx
import pytest
from pydantic import BaseModel, Field, ValidationError

from api.problems import problem_text
from api.words import Line, refusal_words, sentence
from tests.api.fake_gateway import FakeDesk, raised

API = "/api/v1"
STATES = (
    "active, cleared, out_of_service, suppressed, shelved, active_unacknowledged,"
    " active_acknowledged, returned_unacknowledged, latched"
)


class _Sent(BaseModel):
    name: Annotated[Line, Field(min_length=1, max_length=3)]
    zones: Annotated[tuple[str, ...], Field(min_length=1, max_length=1)]


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("alerts?state=open", "state", f"must be one of {STATES}"),
        ("alerts?state=active&state=open&state=shut", "state", f"must be one of {STATES}"),
        ("movements?limit=0", "limit", "must be at least 1"),
        ("movements?limit=1001", "limit", "must be at most 1000"),
        ("movements?limit=x", "limit", "must be a whole number"),
        ("movements?sort=name", "sort", "must be one of seq, -seq"),
        ("movements?late=soon", "late", "must be true or false"),
        ("movements?cursor=" + "x" * 5000, "cursor", "must have at most 4096 characters"),
        ("movements?cursor=x", "cursor", "was not given out by this gateway"),
    ],
)
async def test_a_parameter_is_refused_in_plain_words(
    query: str,
    field: str,
    message: str,
    viewer: httpx.AsyncClient,
) -> None:
    told = (await viewer.get(f"{API}/{query}")).json()
    assert told["errors"] == [{"field": field, "message": message}]
    assert told["detail"] == f"The request is not valid; {field}: {message}."


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"id": "a", "colour": "red"}, {"colour": "unknown key"}),
        ({"id": 7}, {"id": "must be text"}),
        ({"id": ""}, {"id": "must not be empty"}),
        ({}, {"id": "is missing"}),
        ({"id": "a", "name": "\ud800"}, {"name": "is not Unicode text"}),
        ({"id": "a", "name": "b\0"}, {"name": "must not hold the control character U+0000"}),
        ({"id": "a", "tags": "e280"}, {"tags": "must be a list"}),
        ({"id": "a", "tags": ["aa"] * 101}, {"tags": "must have at most 100 items"}),
        ("text", {"": "must be an object"}),
    ],
)
async def test_a_body_is_refused_in_plain_words(
    body: object,
    errors: dict[str, str],
    operator: httpx.AsyncClient,
) -> None:
    for sent in (body, [body]):
        answer = await operator.post(f"{API}/assets", content=json.dumps(sent))
        told = {error["field"]: error["message"] for error in answer.json()["errors"]}
        assert told == errors


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"name": ""}, "must not be empty"),
        ({"name": "abcd"}, "must have at most 3 characters"),
        ({"zones": []}, "must not be empty"),
        ({"zones": ["a", "b"]}, "must have at most 1 items"),
    ],
)
def test_a_length_is_told_in_signs_of_a_text_and_in_items_of_a_list(
    sent: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ValidationError) as refused:
        _ = _Sent.model_validate({"name": "abc", "zones": ["a"]} | sent)
    [finding] = refused.value.errors()
    assert refusal_words(finding) == message


async def test_a_tag_is_refused_without_the_words_of_a_library(operator: httpx.AsyncClient) -> None:
    answer = await operator.post(f"{API}/assets", json={"id": "a", "tags": ["aa", "e28"]})
    [error] = answer.json()["errors"]
    assert error["field"] == "tags.1"
    assert error["message"].startswith("tag 'e28' has an odd number of hex digits")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ({"type": "new_kind", "msg": "Input should be blue"}, "must be blue"),
        ({"type": "value_error", "msg": "Value error, {braces} stay"}, "{braces} stay"),
    ],
)
def test_what_has_no_words_of_ours_is_still_said(finding: dict[str, Any], words: str) -> None:
    assert refusal_words(finding) == words


def test_a_detail_is_a_sentence() -> None:
    assert sentence("there is no asset 'a'") == "There is no asset 'a'."
    assert sentence("It is.") == "It is."
    assert sentence("cut off…") == "Cut off…"
    assert '"detail": "An asset needs an id."' in problem_text(422, "an asset needs an id")


async def test_a_refusal_of_the_desk_is_a_sentence(
    guard: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(raised("a1", "L1"))
    answer = await guard.post(f"{API}/alerts/a1/acknowledge")
    assert answer.json()["detail"] == "A critical alert needs a note."
