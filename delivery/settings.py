"""What the site file says about channels."""

import base64
import binascii
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
from delivery.targets import literal_address, refusal
from readers.mqtt.settings import BrokerSettings

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public mark of a secret, not one
KEY_BYTES_MIN, KEY_BYTES_MAX = 24, 64
"""As Standard Webhooks says."""

TopicPrefix = Annotated[
    str,
    StringConstraints(pattern=r"^[^+#/$\x00][^+#/\x00]*(/[^+#/\x00]+)*$", max_length=200),
]
"""Levels of a topic, with `/` between them; nothing that a broker reads as a pattern."""


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
    """One way out: a log line for each change, or a signed webhook."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # it may be a secret
    )

    name: str = Field(min_length=1, max_length=64)
    kind: Literal["log", "webhook"]
    url: str | None = Field(
        default=None,
        description="Where the webhook is posted; `http://` needs `allow_private`.",
    )
    secret: SecretStr | None = Field(
        default=None,
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
    def _is_http(cls, url: str | None) -> str | None:
        if url is None:
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must start with https:// or http:// and name a host")
        if parts.port == 0 or not url.isascii() or not url.isprintable() or " " in url:
            raise ValueError("must be a url in plain ASCII, without spaces")
        return url

    @field_validator("secret")
    @classmethod
    def _is_signing_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            signing_keys(secret.get_secret_value())
        return secret

    @model_validator(mode="after")
    def _webhook_is_whole(self) -> Self:
        if self.kind == "log":
            return self
        wrong = dict.fromkeys(self._absent(), "is missing; a webhook needs it")
        if self.url and (refused := self._refusal(self.url)):
            wrong["url"] = refused
        if wrong:
            raise _located(wrong)
        return self

    def _refusal(self, url: str) -> str | None:
        """Why nothing could ever be posted there; names are judged when they are looked up."""
        parts = urlsplit(url)
        address = literal_address(parts.hostname or "")
        refused = address and refusal(address, allow_private=self.allow_private)
        if not refused and parts.scheme == "http" and not self.allow_private:
            return "http:// needs allow_private: true; use https://"
        return refused

    def _absent(self) -> list[str]:
        return [key for key in ("url", "secret") if getattr(self, key) is None]


def _located(wrong: dict[str, str]) -> ValidationError:
    """Name the keys, where a plain ValueError would name the channel only."""
    return ValidationError.from_exception_data(
        ChannelSettings.__name__,
        [
            InitErrorDetails(type=_problem(message), loc=(key,), input=None)
            for key, message in wrong.items()
        ],
    )


def _problem(message: str) -> PydanticCustomError:
    return PydanticCustomError("webhook_incomplete", "{message}", {"message": message})


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """Read the keys in one or more space-separated `whsec_` secrets, in their order.

    Raises ValueError when there is none, or one is no `whsec_` and base64 of 24 to 64 bytes. The
    message never quotes the secret.
    """
    keys = tuple(_signing_key(word) for word in secret.split())
    if not keys:
        raise ValueError("must not be empty")
    return keys


def _signing_key(word: str) -> bytes:
    encoded = word.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if encoded == word or not key:
        raise ValueError(f"must be {SECRET_PREFIX} followed by base64")
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        sizes = f"{KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes"
        raise ValueError(f"must be the base64 of {sizes}, not of {len(key)}")
    return key
