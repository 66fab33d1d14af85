"""Until when something holds that people put in force for a while, and why."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.problems import invalid
from api.words import Line
from inventory.changes import says_nothing
from tags.times import SECOND_NS, parse_time

REASON_CHARS_MAX = 500
SPAN_S_MAX = 366 * 86_400


def say_something(text: str) -> str:
    """Refuse text of nothing but spaces. Raises ValueError, as pydantic wants it."""
    if says_nothing(text):
        raise ValueError("must not be empty")
    return text


Reason = Annotated[Line, Field(max_length=REASON_CHARS_MAX), AfterValidator(say_something)]
Moment = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]


class SpanBody(BaseModel):
    """Until when (RFC 3339) or for how long, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    until: Moment | None = None
    for_s: Annotated[float, Field(gt=0, le=SPAN_S_MAX)] | None = None
    reason: Reason


def end_of(body: SpanBody, now_ns: int, max_s: float) -> int:
    """When it ends (ns); 422 unless that is given once, to come, and at most `max_s` away."""
    if (body.until is None) == (body.for_s is None):
        raise invalid("until", "give either until or for_s")
    field = "until" if body.for_s is None else "for_s"
    until_ns = _until_ns(body, now_ns)
    if until_ns <= now_ns:
        raise invalid(field, "is past")
    if until_ns > now_ns + round(max_s * SECOND_NS):
        raise invalid(field, f"must be at most {max_s:g} s ahead")
    return until_ns


def _until_ns(body: SpanBody, now_ns: int) -> int:
    if body.for_s is not None:
        return now_ns + max(1, round(body.for_s * SECOND_NS))
    try:
        return parse_time(body.until or "")
    except ValueError as error:
        raise invalid("until", str(error)) from error
