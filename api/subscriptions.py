"""Subscriptions: integrators ask for webhooks about movements, crossings and alerts."""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Any, Self, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.conditions import ANY, conditions_of, etag_of
from api.lists import OldestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import FieldError, ProblemError, field_errors, invalid, not_found, unfit
from api.subscribing import SubscriptionNow
from api.surroundings import Here, Surroundings
from api.words import Line
from delivery.settings import PerMinute
from delivery.subscription import (
    URL_CHARS_MAX,
    Event,
    SubscriptionFilters,
    SubscriptionSettings,
    target_refusal,
)
from history.callers import Scope
from history.deliveries import channel_figures
from history.subscriptions import (
    Subscription,
    SubscriptionChangedError,
    SubscriptionError,
    all_subscriptions,
    find_subscription,
    new_subscription,
    rotated,
)
from tags.times import format_time

NAME_CHARS_MAX = 64
SUBSCRIPTION_COLUMNS = (
    "id",
    "name",
    "channel",
    "url",
    "events",
    "filters",
    "per_minute_max",
    "enabled",
    "zones",
    "groups",
    "state",
    "reason",
    "waiting",
    "oldest",
    "dead",
    "last_success",
    "last_error",
    "created",
    "created_by",
    "revision",
)

Name = Annotated[Line, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Url = Annotated[str, Field(max_length=URL_CHARS_MAX)]


class SubscriptionBody(BaseModel):
    """What is to be told, and where; `events` such as `movement`, or only `movement.arrived`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    url: Url
    events: tuple[Event, ...]
    filters: SubscriptionFilters = SubscriptionFilters()
    per_minute_max: PerMinute = 600
    enabled: bool = True


class SubscriptionPatch(BaseModel):
    """What is to be otherwise; `filters` replace the former ones as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name | None = None
    url: Url | None = None
    events: tuple[Event, ...] | None = None
    filters: SubscriptionFilters | None = None
    per_minute_max: PerMinute | None = None
    enabled: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        nulls = [name for name in self.model_fields_set if getattr(self, name) is None]
        if nulls:
            raise ValueError(f"{', '.join(sorted(nulls))} must not be null")
        return self


class RotateBody(BaseModel):
    """Whether the former secret signs too until the next change, so that none is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_former: bool = True


Changed = TypeVar("Changed")
_BODY = TypeAdapter(SubscriptionBody)
_PATCH = TypeAdapter(SubscriptionPatch)
_ROTATE = TypeAdapter(RotateBody)


async def list_subscriptions(here: Here, page: OldestFirst) -> Response:
    """Subscriptions in the order in which they were made, with what they owe and how they do."""
    scope, questions = here.caller.scope, here.questions
    known = await here.ask(lambda: questions.answer(all_subscriptions))
    rows = await _rows(here, [one for one in known if _is_within(one.scope, scope)])
    return await answer_list(here, page, kept_rows("subscriptions", rows, SUBSCRIPTION_COLUMNS))


async def show_subscription(subscription: str, here: Here) -> Response:
    """One subscription; its secret is never shown again."""
    found = await _find(subscription, here)
    (row,) = await _rows(here, [found])
    return json_response(row, headers={"etag": etag_of(str(found.revision))})


async def create_subscription(here: Here) -> Response:
    """Subscribe. The answer holds the `secret` that signs, which is told this once."""
    text = await read_json_text(here.request)
    body = parse_as(_BODY, parse_json(text))

    async def act() -> Told:
        made = new_subscription(
            body.name,
            _settings(here, body.model_dump(by_alias=True, exclude={"name", "enabled"})),
            enabled=body.enabled,
            scope=here.caller.scope,
            by=here.caller.name,
            now_ns=here.desk.clock(),
        )
        added = await _changing(here.desk.dispatch.subscriptions.add(made, here.caller.name))
        (row,) = await _rows(here, [added])
        return told_json(201, row | {"secret": added.secret})

    return await answer_once(here, text, act)


async def change_subscription(subscription: str, here: Here) -> Response:
    """Change what the body names. One that is switched off gives up what it still owes."""
    text = await read_json_text(here.request)
    body = parse_as(_PATCH, parse_json(text))

    async def act() -> Told:
        found = await _find_as_seen(subscription, here)
        said = body.model_dump(by_alias=True, exclude_unset=True)
        changed = msgspec.structs.replace(
            found,
            name=said.pop("name", found.name),
            enabled=said.pop("enabled", found.enabled),
            settings=_settings(here, found.settings.model_dump(by_alias=True) | said),
        )
        return told_json(200, await _replaced(here, changed, "subscription.change"))

    return await answer_once(here, text, act)


async def delete_subscription(subscription: str, here: Here) -> Response:
    """Unsubscribe. What it is still owed is given up; the deliveries stay listed."""

    async def act() -> Told:
        found = await _find_as_seen(subscription, here)
        await _changing(here.desk.dispatch.subscriptions.remove(found, here.caller.name))
        return Told(204)

    return await answer_once(here, b"", act)


async def test_subscription(subscription: str, here: Here) -> Response:
    """Send a test message on its way, also to one whose receiver fails; see its delivery."""

    async def act() -> Told:
        found = await _find(subscription, here)
        if not found.enabled:
            raise ProblemError(409, "The subscription is switched off.")
        sent = await here.desk.dispatch.subscriptions.test(found, here.caller.name)
        return told_json(202, {"delivery": sent})

    return await answer_once(here, b"", act)


async def rotate_secret(subscription: str, here: Here) -> Response:
    """Make a new secret, told this once; the former one signs too unless that is not wanted."""
    text = await read_json_text(here.request)
    body = parse_as(_ROTATE, parse_json(text) if text else {})

    async def act() -> Told:
        found = await _find_as_seen(subscription, here)
        changed = rotated(found, keep_former=body.keep_former)
        row = await _replaced(here, changed, "subscription.rotate")
        return told_json(200, row | {"secret": changed.secret.split()[0]})

    return await answer_once(here, text, act)


async def _replaced(here: Surroundings, changed: Subscription, action: str) -> Row:
    subscribing = here.desk.dispatch.subscriptions
    after = await _changing(subscribing.replace(changed, here.caller.name, action))
    (row,) = await _rows(here, [after])
    return row


async def _find(subscription: str, here: Surroundings) -> Subscription:
    """The one of this id, where the caller may see it."""
    questions = here.questions
    found = await here.ask(
        lambda: questions.answer(lambda reader: find_subscription(reader, subscription))
    )
    if found is None or not _is_within(found.scope, here.caller.scope):
        raise not_found("subscription", subscription)
    return found


async def _find_as_seen(subscription: str, here: Surroundings) -> Subscription:
    """The same; 412 where `If-Match` names another revision."""
    versions = conditions_of(here.request).versions
    found = await _find(subscription, here)
    if versions is not None and not {ANY, str(found.revision)} & set(versions):
        raise ProblemError(412, str(SubscriptionChangedError(found.revision)))
    return found


def _is_within(scope: Scope, limit: Scope) -> bool:
    """Whether a scope shows nothing that lies beyond a limit."""
    pairs = ((scope.zones, limit.zones), (scope.groups, limit.groups))
    return all(
        most is None or (names is not None and set(names) <= set(most)) for names, most in pairs
    )


def _settings(here: Surroundings, said: Mapping[str, Any]) -> SubscriptionSettings:
    """The settings, as far as they can be known to work; 422."""
    try:
        settings = SubscriptionSettings.model_validate(said)
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False, include_input=False))
        named = [one if one.field else one._replace(field="filters") for one in errors]
        raise ProblemError(422, unfit(named), named) from error
    allow_private = here.desk.dispatch.subscriptions.allow_private
    if refused := target_refusal(settings.url, allow_private=allow_private):
        raise invalid("url", refused)
    if errors := [*_strangers(here, settings)]:
        raise ProblemError(422, unfit(errors), errors)
    return settings


def _strangers(here: Surroundings, settings: SubscriptionSettings) -> list[FieldError]:
    """Zones, portals and rules that the site does not have: nothing would ever come."""
    plan, filters = here.desk.listeners().plan, settings.filters.lists()
    zones = {str(zone["name"]) for zone in here.desk.zones()}
    known = {
        "zone": zones,
        "from": zones,
        "to": zones,
        "portal": {name for name in plan.portals if here.scope.sees_portal(name)},
        "rule": {str(rule["name"]) for rule in here.desk.rules()} if "rule" in filters else set(),
    }
    return [
        FieldError(f"filters.{key}", f"there is no {_KINDS.get(key, key)} {name!r}")
        for key, names in filters.items()
        if key in known
        for name in names
        if name not in known[key]
    ]


_KINDS = {"from": "zone", "to": "zone"}


async def _changing(change: Awaitable[Changed]) -> Changed:
    """Wait for a change; 409 for a name that is taken or one too many, 412 for a lost race."""
    try:
        return await change
    except SubscriptionChangedError as error:
        raise ProblemError(412, str(error)) from error
    except SubscriptionError as error:
        raise ProblemError(409, str(error)) from error


async def _rows(here: Surroundings, known: list[Subscription]) -> list[Row]:
    now = here.desk.dispatch.subscriptions.now()
    names, questions = [one.channel for one in known], here.questions
    figures = await here.ask(
        lambda: questions.answer(lambda reader: channel_figures(reader, names))
    )
    return [_row(one, now.get(one.channel)) | figures[one.channel] for one in known]


def _row(one: Subscription, now: SubscriptionNow | None) -> Row:
    settings, scope = one.settings, one.scope
    return {
        "id": one.id,
        "name": one.name,
        "channel": one.channel,
        "url": settings.url,
        "events": list(settings.events),
        "filters": {key: list(names) for key, names in settings.filters.lists().items()},
        "per_minute_max": settings.per_minute_max,
        "enabled": one.enabled,
        "zones": None if scope.zones is None else list(scope.zones),
        "groups": None if scope.groups is None else list(scope.groups),
        "state": "disabled" if now is None else now.state,
        "reason": "switched off" if now is None else now.reason,
        "created": format_time(one.created_ns),
        "created_by": one.created_by,
        "revision": one.revision,
    }
