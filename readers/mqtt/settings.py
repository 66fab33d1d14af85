"""What the site file says about an MQTT broker and what is heard through it."""

import re
import secrets
import zlib
from typing import ClassVar, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from readers.payload_settings import PayloadSettings
from readers.settings import ReaderSettings, check_host

MQTT_PORT, MQTTS_PORT = 1883, 8883
TOPIC_BYTES_MAX = 65_535
_NO_CLIENT_ID = re.compile(r"[^0-9A-Za-z_-]+")


class Will(NamedTuple):
    """What the broker publishes for us when we are gone without a goodbye."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


class BrokerSettings(BaseModel):
    """How to reach a broker; whoever talks to one, to hear or to tell, has these."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # it may be a password
    )

    address: str = Field(
        max_length=300,
        description="mqtt://host, mqtt://host:1883, or mqtts://host:8883 with TLS.",
    )
    username: str | None = Field(
        default=None, max_length=256, description="As the broker knows us."
    )
    password: SecretStr | None = Field(default=None, description="Best written as ${NAME}.")
    client_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Under which the broker keeps what we miss; no other client of the broker "
        "may have it. From the name where not given.",
    )
    version: Literal["3.1.1", "5"] = Field(
        default="3.1.1",
        description="MQTT version; with 5 the broker is told how many messages may be under way.",
    )
    keepalive_s: float = Field(
        default=5.0,
        ge=0.2,
        le=3600,
        description="How often the broker is asked whether it is alive; twice this is silence.",
    )
    connect_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Time for the connection, the login and the subscriptions.",
    )
    clean: bool = Field(
        default=False,
        description="Whether the broker is to forget us when we leave; what is published while "
        "we are away is then lost.",
    )
    session_expiry_s: int = Field(
        default=86_400,
        ge=0,
        le=4_294_967_295,
        description="Version 5: how long the broker keeps for us what we miss.",
    )
    ca: str | None = Field(default=None, description="File of certificates to trust (PEM).")
    cert: str | None = Field(default=None, description="File of our own certificate (PEM).")
    key: str | None = Field(default=None, description="File of our private key (PEM).")
    verify: bool = Field(
        default=True,
        description="False takes any certificate: for tests, since anybody can then listen in.",
    )

    @field_validator("version", mode="before")
    @classmethod
    def _may_be_a_number(cls, version: object) -> object:
        return "5" if version in (5, 5.0) and not isinstance(version, bool) else version

    @field_validator("address")
    @classmethod
    def _is_a_broker(cls, address: str) -> str:
        check_host(_endpoint(address)[0])
        return address

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        tls = {name: getattr(self, name) for name in ("ca", "cert", "key")}
        given = [name for name, value in tls.items() if value is not None]
        if given and not self.tls:
            raise ValueError(f"{given[0]} is for TLS: write mqtts:// in `address`")
        if self.key is not None and self.cert is None:
            raise ValueError("key needs `cert` beside it")
        if self.password is not None and self.username is None:
            raise ValueError("password needs `username` beside it")
        return self

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.address.lower().startswith("mqtts://")

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of `address`."""
        return _endpoint(self.address)


class SubscriptionSettings(PayloadSettings):
    """Topics to hear, and how what comes on them is to be read."""

    topic: str = Field(
        min_length=1,
        description="Topic filter: `+` stands for one level, `#` for all that follow.",
    )
    qos: Literal[0, 1] = Field(
        default=1,
        description="1: the broker repeats what was not committed. 0: what is lost is lost. "
        "There is no 2: what comes twice is noticed here.",
    )
    share: str | None = Field(
        default=None,
        pattern=r"^[^+#/\x00]{1,128}$",
        description="Name of a group of gateways among which the broker divides the messages.",
    )

    @field_validator("topic")
    @classmethod
    def _is_a_filter(cls, topic: str) -> str:
        if len(topic.encode()) > TOPIC_BYTES_MAX or "\x00" in topic:
            raise ValueError("is no topic filter")
        if topic.startswith("$share/"):
            raise ValueError("write the group of a shared subscription in `share`")
        levels = topic.split("/")
        if "#" in levels[:-1] or any("#" in level and level != "#" for level in levels):
            raise ValueError("`#` may only stand alone at the end, as in home/#")
        if any("+" in level and level != "+" for level in levels):
            raise ValueError("`+` must stand alone between slashes, as in home/+/tags")
        return topic

    @model_validator(mode="after")
    def _has_the_level(self) -> Self:
        levels = self.topic.split("/")
        if not isinstance(self.device, int) or self.device <= len(levels) or levels[-1] == "#":
            return self
        raise ValueError(f"device: {self.topic} has {len(levels)} levels, not {self.device}")

    @property
    def filter(self) -> str:
        """What the broker is asked for."""
        return self.topic if self.share is None else f"$share/{self.share}/{self.topic}"


class MqttSettings(BrokerSettings, ReaderSettings):
    """Readers, sensors and trackers that publish to an MQTT broker."""

    has_devices: ClassVar[bool] = True

    driver: Literal["mqtt"] = "mqtt"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    subscribe: tuple[SubscriptionSettings, ...] = Field(
        min_length=1,
        max_length=256,
        description="What to hear. The first entry whose topic fits decides how a message is read.",
    )
    message_bytes_max: int = Field(
        default=1_048_576,
        ge=256,
        le=67_108_864,
        description="Larger messages are dropped unread, and counted.",
    )
    messages_waiting_max: int = Field(
        default=5_000,
        ge=1,
        le=65_535,
        description="Messages that may wait for the gateway; then the broker has to keep them.",
    )

    @model_validator(mode="after")
    def _subscribes_once(self) -> Self:
        filters = [each.filter for each in self.subscribe]
        for each in filters:
            if filters.count(each) > 1:
                raise ValueError(f"subscribe: {each} stands there twice")
        return self

    def for_a_look(self) -> Self:
        """The same for one more client that leaves no trace and takes nothing from the others."""
        changes = {
            "client_id": f"{client_id(self, self.name)[:100]}-aside-{secrets.token_hex(4)}",
            "clean": True,
            "subscribe": tuple(each.model_copy(update={"share": None}) for each in self.subscribe),
        }
        return self.model_copy(update=changes)


def client_id(broker: BrokerSettings, name: str) -> str:
    """The client id that `name` has at the broker; the same at every start."""
    if broker.client_id is not None:
        return broker.client_id
    plain = _NO_CLIENT_ID.sub("-", name)
    # Two names must not come out as one.
    return f"tagwarden-{plain}" if plain == name else f"tagwarden-{plain}-{_mark(name)}"


def _mark(name: str) -> str:
    return f"{zlib.crc32(name.encode()):08x}"


def _endpoint(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise ValueError("must be mqtt://host:port or mqtts://host:port")
    if parts.username is not None or parts.password is not None:
        raise ValueError("write `username` and `password` beside the address, not in it")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("topics stand in `subscribe`, not in the address")
    if parts.port == 0:
        raise ValueError("port 0 is not in 1-65535")
    return parts.hostname, parts.port or (MQTTS_PORT if parts.scheme == "mqtts" else MQTT_PORT)
