"""The kinds of channels beyond log and webhook, and which class is for which kind."""

import re
from typing import Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from alerts.alert import Severity
from delivery.settings import (
    ChannelSettings,
    LogChannel,
    PerMinute,
    TopicPrefix,
    WebhookChannel,
    channel_error,
)
from readers.mqtt.settings import BrokerSettings
from readers.settings import check_host

SUBMISSION_PORT, SMTPS_PORT = 587, 465
RECIPIENTS_MAX, URLS_MAX = 50, 20
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]+@[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]+")
_OUTPUT = re.compile(r"(?P<reader>.+):(?P<port>[1-9][0-9]{0,4})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")


class MqttChannel(BrokerSettings, ChannelSettings):
    """Messages to a broker, and for each asset what is open about it."""

    kind: Literal["mqtt"] = "mqtt"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    prefix: TopicPrefix = Field(
        default="tagwarden",
        description="Topics are PREFIX/SITE/alerts/TRANSITION and PREFIX/SITE/alerts/state/ASSET.",
    )
    per_minute_max: PerMinute = 6_000
    timeout_s: float = Field(
        default=10.0, gt=0, le=60, description="Longest time for one try, login included."
    )
    clean: bool = Field(
        default=True,
        description="Whether the broker is to forget us when we leave; what we have told stays.",
    )


class SmtpChannel(ChannelSettings):
    """A mail for each change, one thread for each alert."""

    kind: Literal["smtp"] = "smtp"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    host: str = Field(max_length=253, description="The mail server that takes our mail.")
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="587, with `tls: implicit` 465."
    )
    tls: Literal["starttls", "implicit"] = Field(
        default="starttls",
        description="`starttls` encrypts before anything is said, `implicit` from the first byte.",
    )
    allow_plain: bool = Field(
        default=False,
        description="Take a server too that offers no STARTTLS: anybody on the way can read and "
        "change the mail then. A password is never sent that way.",
    )
    ca: str | None = Field(default=None, description="File of certificates to trust (PEM).")
    username: str | None = Field(default=None, max_length=256, description="As the server knows us")
    password: SecretStr | None = Field(default=None, description="Best written as ${NAME}.")
    sender: str = Field(
        alias="from", max_length=254, description="The address that the mail is from."
    )
    to: tuple[str, ...] = Field(
        min_length=1, max_length=RECIPIENTS_MAX, description="The addresses that it goes to."
    )
    severity_min: Severity = Field(default="info", description="Alerts below it send no mail.")
    per_minute_max: PerMinute = 60
    timeout_s: float = Field(
        default=30.0, gt=0, le=120, description="Longest time for one try, login included."
    )

    model_config = ConfigDict(populate_by_name=True)

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str) -> str:
        check_host(host)
        return host

    @field_validator("sender")
    @classmethod
    def _is_from(cls, sender: str) -> str:
        _check_address(sender)
        return sender

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        for address in to:
            _check_address(address)
            if to.count(address) > 1:
                raise ValueError(f"{address} stands there twice")
        return to

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.password is not None and self.username is None:
            raise channel_error({"password": "needs `username` beside it"})
        if self.username is not None and self.password is None:
            raise channel_error({"username": "needs `password` beside it"})
        if self.allow_plain and self.tls == "implicit":
            raise channel_error({"allow_plain": "contradicts tls: implicit"})
        return self

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        usual = SMTPS_PORT if self.tls == "implicit" else SUBMISSION_PORT
        return self.host, self.port or usual


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address) or not address.isascii():
        raise ValueError("must be a plain mail address, such as guards@example.net")


class RelaySettings(BrokerSettings):
    """A siren that listens to a topic: a relay, a smart plug."""

    topic: str = Field(
        min_length=1,
        max_length=1_000,
        pattern=r"^[^+#\x00]+$",
        description="Where the relay takes its orders, such as cmnd/siren/POWER.",
    )
    payload_on: str = Field(default="ON", max_length=1_000, description="What switches it on.")
    payload_off: str = Field(default="OFF", max_length=1_000, description="What switches it off.")
    state_topic: str | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        pattern=r"^[^+#\x00]+$",
        description="Where the relay says what it did, in the same words; unset: it is trusted.",
    )
    clean: bool = Field(
        default=True, description="Whether the broker is to forget us when we leave."
    )


class SirenChannel(ChannelSettings):
    """A siren or lamp: an output of a reader, or a relay on a broker."""

    kind: Literal["siren"] = "siren"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    output: str | None = Field(
        default=None, max_length=200, description="READER:PORT, such as gate-1:2."
    )
    relay: RelaySettings | None = Field(default=None, description="A relay on an MQTT broker.")
    on_for_s: float = Field(
        default=30.0,
        ge=0.1,
        le=3_600,
        description="It is on for no longer than this after the last alert that began it.",
    )
    severity_min: Severity = Field(default="info", description="Alerts below it make no sound.")
    confirm: bool = Field(
        default=True,
        description="Whether the reader is asked if the output is as ordered, where it can say.",
    )
    drills: bool = Field(default=True, description="Whether it sounds for the alerts of a drill.")
    late_after_s: float = Field(
        default=600.0,
        ge=1,
        le=86_400,
        description="An alert that could not be told for so long makes no sound any more.",
    )
    timeout_s: float = Field(default=2.0, gt=0, le=10, description="Longest time for one try.")

    @field_validator("output")
    @classmethod
    def _is_an_output(cls, output: str | None) -> str | None:
        if output is not None and not _OUTPUT.fullmatch(output):
            raise ValueError("must be READER:PORT, such as gate-1:2")
        return output

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.output is None) == (self.relay is None):
            raise channel_error({"output": "a siren needs either `output` or `relay`"})
        return self

    @property
    def reader_port(self) -> tuple[str, int] | None:
        """Reader and port of `output`."""
        found = self.output and _OUTPUT.fullmatch(self.output)
        return (found["reader"], int(found["port"])) if found else None


class AppriseChannel(ChannelSettings):
    """Short texts by any of the services that Apprise knows: chat, SMS, push."""

    kind: Literal["apprise"] = "apprise"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    urls: tuple[SecretStr, ...] = Field(
        min_length=1,
        max_length=URLS_MAX,
        description="Apprise URLs, each a secret; best written as ${NAME}.",
    )
    severity_min: Severity = Field(default="info", description="Alerts below it are not sent.")
    per_minute_max: PerMinute = 30
    timeout_s: float = Field(default=30.0, gt=0, le=120, description="Longest time for one try.")

    @field_validator("urls")
    @classmethod
    def _are_urls(cls, urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for url in urls:
            if not _SCHEME.match(url.get_secret_value()):
                raise ValueError("must be Apprise URLs such as tgram://TOKEN/CHAT")
        return urls


CHANNELS: dict[str, type[ChannelSettings]] = {
    "log": LogChannel,
    "webhook": WebhookChannel,
    "mqtt": MqttChannel,
    "smtp": SmtpChannel,
    "siren": SirenChannel,
    "apprise": AppriseChannel,
}
"""The settings of each kind."""
