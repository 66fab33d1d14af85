"""What the site file says about the HTTP server."""

import re
from ipaddress import ip_address, ip_network

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.rates import Rates
from history.sessions import SessionLimits
from tags.times import SECOND_NS

PORT_MAX = 65_535
_HOUR_NS = 3600 * SECOND_NS
_HOST_PORT = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[^:\s\[\]/]+):([0-9]{1,5})")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")


class TlsSettings(BaseModel):
    """The certificate of the server; both files are watched, and a renewed pair is taken over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cert: str = Field(
        min_length=1,
        max_length=4096,
        description="PEM file: the certificate, then those between it and the root.",
    )
    key: str = Field(
        min_length=1, max_length=4096, description="PEM file of its key, without a password."
    )


class SessionSettings(BaseModel):
    """How long somebody who has logged in stays so."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    idle_h: float = Field(
        default=12.0, ge=0.1, le=8_760, description="Until nothing was asked for so long, in hours."
    )
    absolute_h: float = Field(
        default=168.0, ge=0.1, le=8_760, description="In all, in hours; then to log in again."
    )

    def limits(self) -> SessionLimits:
        """The same as sessions are held against it."""
        return SessionLimits(round(self.idle_h * _HOUR_NS), round(self.absolute_h * _HOUR_NS))


class ServerSettings(BaseModel):
    """Where the gateway listens, under which names, and how much it takes from strangers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    listen: str = Field(
        default="127.0.0.1:8080",
        description="host:port, an IPv6 host in brackets; port 0 takes a free one.",
    )
    tls: TlsSettings | None = Field(
        default=None, description="Answer by HTTPS only; people log in from elsewhere only so."
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Names under which it is reached, besides addresses, localhost and its own.",
    )
    proxies: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Addresses or networks of proxies whose X-Forwarded-For and -Proto are true.",
    )
    connections_max: int = Field(
        default=1_000, ge=10, le=100_000, description="Connections that are open at once."
    )
    connections_per_address_max: int = Field(
        default=100,
        ge=2,
        le=100_000,
        description="Of these from one address (IPv6: one /64); this machine and proxies may more.",
    )
    head_timeout_s: float = Field(
        default=10.0,
        ge=0.1,
        le=120,
        description="A handshake, or the head of a request, takes so long at most, in seconds.",
    )
    keep_alive_s: int = Field(
        default=20,
        ge=0,
        le=600,
        description="So long a connection may do nothing between two requests, in seconds.",
    )
    sessions: SessionSettings = Field(
        default=SessionSettings(), description="How long people stay logged in."
    )
    private_webhooks: bool = Field(
        default=False,
        description="Whether subscriptions may name loopback and private addresses, and http://.",
    )

    caller_rate_per_s: float = Field(
        default=1_000.0,
        ge=1,
        le=1_000_000,
        description="Requests a second of one key or person; five seconds' worth at once.",
    )
    address_rate_per_s: float = Field(
        default=2_000.0,
        ge=1,
        le=1_000_000,
        description="The same from one address (IPv6: one /64), whoever asks there.",
    )
    total_rate_per_s: float = Field(
        default=4_000.0, ge=1, le=1_000_000, description="The same of all together."
    )
    wrong_keys_per_min: float = Field(
        default=12.0,
        ge=1,
        le=100_000,
        description="Wrong keys a minute from one address, 20 at once; right ones go on.",
    )

    @field_validator("listen")
    @classmethod
    def _is_host_and_port(cls, listen: str) -> str:
        match = _HOST_PORT.fullmatch(listen)
        if match is None or int(match[1]) > PORT_MAX:
            raise ValueError("must be host:port such as 127.0.0.1:8080, an IPv6 host in brackets")
        return listen

    @field_validator("hosts")
    @classmethod
    def _are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _HOST_NAME.fullmatch(host.removesuffix(".")):
                raise ValueError(f"'{host}' is no host name; write it without https:// and port")
        return tuple(host.removesuffix(".").lower() for host in hosts)

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise ValueError(
                    f"'{proxy}' is no address and no network such as 10.0.0.0/24"
                ) from error
        return proxies


def rates_of(settings: ServerSettings) -> Rates:
    """How many requests are taken."""
    return Rates(
        caller_per_s=settings.caller_rate_per_s,
        address_per_s=settings.address_rate_per_s,
        total_per_s=settings.total_rate_per_s,
        wrong_keys_per_min=settings.wrong_keys_per_min,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host of `listen`."""
    bare = host.strip("[]").lower()
    try:
        return bare == "localhost" or ip_address(bare).is_loopback
    except ValueError:
        return False
