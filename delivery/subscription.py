"""What an integrator subscribes to: which decisions, narrowed to what, posted where."""

from typing import Annotated, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from alerts.alert import Severity, Transition
from delivery.settings import PerMinute, WebhookChannel, check_url
from delivery.targets import literal_address, refusal
from tags.identity import normalise_tag
from zones.movements import Direction, MovementKind

CHANNEL_PREFIX = "subscription:"
"""How the channel of a subscription is called, followed by its id; no other one begins so."""
URL_CHARS_MAX = 2000
EVENTS_MAX, NAMES_MAX, NAME_CHARS_MAX = 32, 100, 200

EVENTS: dict[str, tuple[str, ...]] = {
    "movement": tuple(f"movement.{kind}" for kind in get_args(MovementKind)),
    "crossing": tuple(f"crossing.{direction}" for direction in get_args(Direction)),
    "alert": tuple(f"alert.{transition}" for transition in get_args(Transition)),
}
"""The types of messages by what they are about; naming the latter means all of them."""
_KNOWN = frozenset(EVENTS).union(*EVENTS.values())
_TOLD_OF: dict[str, frozenset[str]] = {
    "zone": frozenset({"movement", "crossing", "alert"}),
    "from": frozenset({"movement", "alert"}),
    "to": frozenset({"movement", "alert"}),
    "portal": frozenset({"crossing", "alert"}),
    "rule": frozenset({"alert"}),
    "severity": frozenset({"alert"}),
}


def _is_event(name: str) -> str:
    if name not in _KNOWN:
        raise ValueError(f"must be one of {', '.join(sorted(_KNOWN))}")
    return name


Event = Annotated[
    str, AfterValidator(_is_event), Field(json_schema_extra={"enum": [*sorted(_KNOWN)]})
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Names = Annotated[tuple[Name, ...], Field(max_length=NAMES_MAX)]


class SubscriptionFilters(BaseModel):
    """What a message has to be about: one of the names of every list that is not empty.

    A decision that has nothing of the kind, such as a movement where portals are named, does
    not fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    zone: Names = Field(
        default=(),
        description="From, to, or a zone of an alert; of a crossing those of its antennas. Zones "
        "inside of them count.",
    )
    from_: Names = Field(default=(), alias="from", description="Zones, with those inside of them.")
    to: Names = Field(default=(), description="Zones, with those inside of them.")
    asset: Names = Field(default=(), description="Ids of assets.")
    group: Names = Field(default=(), description="Groups of assets.")
    category: Names = Field(default=(), description="Categories of assets.")
    tag: Annotated[
        tuple[Annotated[Name, AfterValidator(normalise_tag)], ...], Field(max_length=NAMES_MAX)
    ] = Field(default=(), description="Tags, in any spelling.")
    portal: Names = Field(default=(), description="Portals of crossings, and of their alerts.")
    rule: Names = Field(default=(), description="Rules of alerts.")
    severity: Annotated[tuple[Severity, ...], Field(max_length=NAMES_MAX)] = Field(
        default=(), description="Severities of alerts."
    )

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The names by filter, of those that are not empty."""
        named: dict[str, tuple[str, ...]] = self.model_dump(by_alias=True)
        return {key: names for key, names in named.items() if names}


class SubscriptionSettings(BaseModel):
    """Where which messages are posted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(max_length=URL_CHARS_MAX, description="Where it is posted, https://.")
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=EVENTS_MAX)] = Field(
        description="`movement`, `crossing`, `alert`, or single ones such as `movement.arrived`."
    )
    filters: SubscriptionFilters = SubscriptionFilters()
    per_minute_max: PerMinute = 600

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        return check_url(url)

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        about = {event.partition(".")[0] for event in self.events}
        for key in self.filters.lists():
            if not about & _TOLD_OF.get(key, about):
                raise ValueError(f"no event that is named has a {key} to be filtered by")
        return self

    def types(self) -> tuple[str, ...]:
        """The types of messages that are wanted, each once, in the order of EVENTS."""
        wanted = set(self.events)
        return tuple(
            kind
            for whole, kinds in EVENTS.items()
            for kind in kinds
            if whole in wanted or kind in wanted
        )


class SubscriptionChannel(WebhookChannel):
    """The channel of a subscription.

    Its target was judged when it was written down, and is judged anew with each try: one that
    may not be reached any more gives its messages up instead of stopping the gateway.
    """

    def _refusal(self) -> str | None:
        return None


def channel_name(subscription: str) -> str:
    """The name of the channel of a subscription."""
    return CHANNEL_PREFIX + subscription


def channel_of(
    subscription: str, settings: SubscriptionSettings, secret: str, *, allow_private: bool
) -> SubscriptionChannel:
    """The channel that posts to a subscriber."""
    return SubscriptionChannel(
        name=channel_name(subscription),
        url=settings.url,
        secret=SecretStr(secret),
        per_minute_max=settings.per_minute_max,
        allow_private=allow_private,
    )


def target_refusal(url: str, *, allow_private: bool) -> str | None:
    """Why nothing could ever be posted to a url; names are judged when they are looked up."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        return "must hold neither user nor password"
    if parts.scheme != "https" and not allow_private:
        return "must begin with https://"
    address = literal_address(parts.hostname or "")
    refused = address and refusal(address, allow_private=allow_private)
    return refused.partition(";")[0] if refused else None
