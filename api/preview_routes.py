"""The routes of previews: what the rules would have said with a change that is not saved."""

from typing import Any, Literal

from pydantic import Field

from alerts.alert import Severity
from api import previews
from api.route import API, JSON, Route
from api.shapes import Confidence, Shape, Time

_LIST = API + "/site/previews"
_ONE = _LIST + "/{preview}"
_ENTRIES: dict[str, Any] = {
    "description": "Merge patches by name, null to take one out; or a list of all entries.",
    "anyOf": [
        {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
        {"type": "array", "items": {"type": "object"}},
    ],
}
_BODY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(previews.PARTS, _ENTRIES),
        "since": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "From when on, within the last 7 days; else the last day.",
        },
    },
}


class PreviewedAlertShape(Shape):
    """An alert that only one side has."""

    time: Time
    decided: Time
    rule: str
    severity: Severity
    asset: str | None
    tag: str | None
    from_: str | None = Field(alias="from")
    to: str | None
    portal: str | None


class PreviewedAlertsShape(Shape):
    """How many alerts the site file in force says (`now`), and with the change (`then`).

    `kept` are in both, `shifted` of them at another time and `changed_severity` of them not as
    severe alike. Of those that appear and vanish 100 each are listed, in order of time.
    """

    now: int
    then: int
    kept: int
    appear_total: int
    vanish_total: int
    shifted: int
    changed_severity: int
    appear: list[PreviewedAlertShape]
    vanish: list[PreviewedAlertShape]


class PreviewedRuleShape(Shape):
    """How many alerts a rule says on each side."""

    now: int
    then: int


class PreviewedZoneShape(Shape):
    """Assets in a zone and in those within it, at the end; null where there is no such zone."""

    assets_inside_now: int | None
    assets_inside_then: int | None


class PreviewResultShape(Shape):
    """What differs. `incomplete` says why less was looked at than was asked for, `detail` in words.

    `young`: the gateway has not run for so long; `retention`: the journal is not kept for so long;
    `gap`: some of it went meanwhile; `time`: it took too long. `site_changes` is how often the
    site file changed within the span.
    """

    alerts: PreviewedAlertsShape
    rules: dict[str, PreviewedRuleShape]
    zones: dict[str, PreviewedZoneShape]
    incomplete: Literal["young", "retention", "gap", "time"] | None
    detail: str
    site_changes: int


class PreviewShape(Shape):
    """A preview; `from` and `until` is what it looks at, `reads` how many it has replayed.

    `reason` says why it failed; `result` is null unless it is done.
    """

    id: str
    state: Literal["running", "done", "failed"]
    by: str
    begun: Time
    ended: Time | None
    progress: Confidence
    from_: Time = Field(alias="from")
    until: Time
    reads: int
    reason: str
    result: PreviewResultShape | None


PREVIEW_ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        _LIST,
        previews.begin_preview,
        "site",
        PreviewShape,
        takes={JSON: {"schema": _BODY}},
        statuses=(202, 200),
        refusals=(404, 409, 413, 415),
    ),
    Route("GET", _ONE, previews.show_preview, "site", PreviewShape, refusals=(404,)),
    Route("DELETE", _ONE, previews.end_preview, "site", statuses=(204,), refusals=(404,)),
)
