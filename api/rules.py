"""Rules as they are now: listed, put aside and taken up again; and drills."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from alerts.alert import subject_of
from alerts.changes import EndDrill, ShelveRule, StartDrill
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.lists import OldestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import invalid, not_found
from api.site_parts import entry_headers
from api.spans import SpanBody, end_of, say_something
from api.surroundings import Here, Surroundings
from api.words import Line
from history.filters import AuditFilter
from history.paging import PageRequest
from tags.times import format_time

DRILL_MAX_S = 8 * 3600.0
ASSET_CHARS_MAX = 200
RULE_COLUMNS = (
    "name",
    "kind",
    "version",
    "severity",
    "zones",
    "notify",
    "out_of_service",
    "in_force",
    "shelved_until",
    "shelves",
)

AssetId = Annotated[Line, Field(max_length=ASSET_CHARS_MAX), AfterValidator(say_something)]


class RuleShelfBody(SpanBody):
    """The same for alerts of one asset only, where it is given."""

    asset: AssetId | None = None


class RuleUnshelfBody(BaseModel):
    """For which asset the rule is taken up again; without one for those shelved with all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: AssetId | None = None


_SPAN = TypeAdapter(SpanBody)
_SHELF = TypeAdapter(RuleShelfBody)
_UNSHELF = TypeAdapter(RuleUnshelfBody)


async def list_rules(here: Here, page: OldestFirst) -> Response:
    """Rules of the site file in its order, as they are now."""
    return await answer_list(here, page, kept_rows("rules", here.desk.rules(), RULE_COLUMNS))


async def show_rule(name: str, here: Here) -> Response:
    """One rule as it is now. The `ETag` is that of its settings in the site file."""
    row = _rule_row(here, name)
    return json_response(row, headers=await entry_headers(here, "rules", name))


async def shelve_rule(name: str, here: Here) -> Response:
    """Put all alerts of a rule aside for a while, those to come too, or those of one asset."""
    text = await read_json_text(here.request)
    body = parse_as(_SHELF, parse_json(text))

    async def act() -> Told:
        await _require_known(here, name, body.asset)
        now_ns = here.desk.clock()
        until_ns = end_of(body, now_ns, here.desk.shelve_max_s())
        return await _shelve(here, name, body.asset, (now_ns, until_ns, body.reason))

    return await answer_once(here, text, act)


async def unshelve_rule(name: str, here: Here) -> Response:
    """Take a rule up again before its time."""
    text = await read_json_text(here.request)
    body = parse_as(_UNSHELF, parse_json(text) if text else {})

    async def act() -> Told:
        await _require_known(here, name, None)
        now_ns = here.desk.clock()
        return await _shelve(here, name, body.asset, (now_ns, now_ns, ""))

    return await answer_once(here, text, act)


async def _shelve(
    here: Surroundings,
    name: str,
    asset: str | None,
    shelf: tuple[int, int, str],
) -> Told:
    """`shelf` is now, until when (ns) and why; one that ends at once takes the rule up again."""
    now_ns, until_ns, reason = shelf
    change = ShelveRule(
        arrival_ns=now_ns,
        by=here.caller.name,
        rule=name,
        until_ns=until_ns,
        reason=reason,
        subject="" if asset is None else subject_of(asset, ""),
    )
    await commit(here.desk, change)
    return told_json(200, _rule_row(here, name))


async def _require_known(here: Surroundings, rule: str, asset: str | None) -> None:
    """404 for a rule that there is not, 422 for an asset: a slip of the pen shelves nothing."""
    _ = _rule_row(here, rule)
    if asset is not None and await here.ask(lambda: here.questions.asset(asset)) is None:
        raise invalid("asset", "is not in the register")


def _rule_row(here: Surroundings, name: str) -> Row:
    for rule in here.desk.rules():
        if rule["name"] == name:
            return rule
    raise not_found("rule", name)


async def show_drill(here: Here) -> Response:
    """Whether a drill is held now: until when, since when, by whom and why."""
    return json_response(await _drill_row(here))


async def start_drill(here: Here) -> Response:
    """Mark what is raised from now on as a test; again: until when and why, anew."""
    text = await read_json_text(here.request)
    body = parse_as(_SPAN, parse_json(text))

    async def act() -> Told:
        now_ns = here.desk.clock()
        until_ns = end_of(body, now_ns, DRILL_MAX_S)
        change = StartDrill(
            arrival_ns=now_ns, by=here.caller.name, until_ns=until_ns, reason=body.reason
        )
        await commit(here.desk, change)
        return told_json(200, await _drill_row(here))

    return await answer_once(here, text, act)


async def end_drill(here: Here) -> Response:
    """End the drill before its time; 409 where none is held."""

    async def act() -> Told:
        await commit(here.desk, EndDrill(arrival_ns=here.desk.clock(), by=here.caller.name))
        return Told(204)

    return await answer_once(here, b"", act)


async def _drill_row(here: Surroundings) -> dict[str, Any]:
    until_ns = here.desk.drill_until_ns()
    if until_ns is None:
        return {"running": False, "since": None, "until": None, "by": None, "reason": None}
    wanted = AuditFilter(action="drill.start")
    found = await here.ask(lambda: here.questions.audit(wanted, PageRequest(limit=1)))
    start: Row = found.items[0] if found.items else {}
    return {
        "running": True,
        "since": start.get("time"),
        "until": format_time(until_ns),
        "by": start.get("actor"),
        "reason": start.get("why"),
    }
