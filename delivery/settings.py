"""What the site file says about brokers that are told, and about channels in general."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from alerts.settings import AssetSelector
from delivery.signing import signing_keys
from delivery.targets import literal_address, refusal
from readers.mqtt.settings import BrokerSettings

ChannelKind = Literal["log", "webhook", "mqtt", "smtp", "siren", "apprise"]

TopicPrefix = Annotated[
    str,
    StringConstraints(pattern=r"^[^+#/$\x00][^+#/\x00]*(/[^+#/\x00]+)*$", max_length=200),
]
"""Levels of a topic, with `/` between them; nothing that a broker reads as a pattern."""


PerMinute = Annotated[
    int,
    Field(
        ge=1,
        le=60_000,
        description="More messages than this in a minute wait their turn; none is lost.",
    ),
]


class PublishSettings(BrokerSettings):
    """One broker that is told where everything is, for other systems to show."""

    name: str = Field(min_length=1, max_length=64)
    prefix: TopicPrefix = Field(
        default="tagwarden",
        description="Topics are PREFIX/SITE/assets/ID/state, …/zones/…, …/readers/…, …/sensors/….",
    )
    assets: AssetSelector = Field(
        default=AssetSelector(),
        description="Which assets are told: id, category, group, tag, not; all where not given.",
    )
    discovery: Literal["homeassistant"] | None = Field(
        default=None,
        description="Let Home Assistant find everything by itself.",
    )
    discovery_prefix: TopicPrefix = Field(
        default="homeassistant",
        description="Where Home Assistant looks.",
    )
    clean: bool = Field(
        default=True,
        description="Whether the broker is to forget us when we leave; what we have told stays.",
    )


class ChannelSettings(BaseModel):
    """What channels of all kinds have in common."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # it may be a secret
    )

    name: str = Field(min_length=1, max_length=64)
    kind: ChannelKind
    per_minute_max: PerMinute = 600
    heartbeat_s: float | None = Field(
        default=None,
        ge=10,
        le=86_400,
        description="How often a sign of life is sent, so that its absence is noticed; unset: "
        "never.",
    )


class LogChannel(ChannelSettings):
    """A line in the log for each change."""

    kind: Literal["log"] = "log"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    per_minute_max: PerMinute = 60_000


class WebhookChannel(ChannelSettings):
    """A signed post to one address."""

    kind: Literal["webhook"] = "webhook"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    url: str = Field(
        description="Where the webhook is posted; `http://` needs `allow_private`.",
    )
    secret: SecretStr = Field(
        description="`whsec_` and the base64 of 24 to 64 random bytes; signs the body. "
        "While a secret is being changed: the new one, a space, the old one.",
    )
    allow_private: bool = Field(
        default=False,
        description="Allow loopback and private addresses as the target.",
    )
    timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="Longest time for one try, from looking up the name to the answer.",
    )

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        return check_url(url)

    @field_validator("secret")
    @classmethod
    def _is_signing_secret(cls, secret: SecretStr) -> SecretStr:
        signing_keys(secret.get_secret_value())
        return secret

    @model_validator(mode="after")
    def _may_be_reached(self) -> Self:
        if refused := self._refusal():
            raise channel_error({"url": refused})
        return self

    def _refusal(self) -> str | None:
        """Why nothing could ever be posted there; names are judged when they are looked up."""
        parts = urlsplit(self.url)
        address = literal_address(parts.hostname or "")
        refused = address and refusal(address, allow_private=self.allow_private)
        if not refused and parts.scheme == "http" and not self.allow_private:
            return "http:// needs allow_private: true; use https://"
        return refused


def check_url(url: str) -> str:
    """Return a url that a webhook can be posted to. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must start with https:// or http:// and name a host")
    if parts.port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("must be a url in plain ASCII, without spaces")
    return url


def channel_error(wrong: dict[str, str]) -> ValidationError:
    """Name the keys, where a plain ValueError would name the channel only."""
    return ValidationError.from_exception_data(
        ChannelSettings.__name__,
        [
            InitErrorDetails(type=_problem(message), loc=(key,), input=None)
            for key, message in wrong.items()
        ],
    )


def _problem(message: str) -> PydanticCustomError:
    return PydanticCustomError("channel_incomplete", "{message}", {"message": message})
