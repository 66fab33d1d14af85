"""What the site file says about history."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from history.private_ages import PrivateAges
from history.store import KeepAges

_OF_A_SERVER = frozenset(
    {"url", "api", "database", "retention_policy", "organization", "token", "username"}
    | {"password", "ca_file", "gzip", "timeout_s", "lines_a_write"}
)
_Days = Annotated[int, Field(ge=1, le=36_500)]


class HistorySettings(BaseModel):
    """Where the history is kept and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    store: Literal["sqlite", "influxdb"] = Field(
        default="sqlite",
        description="`influxdb`: it gets all history as well, besides the files of the gateway.",
    )
    keep_days: _Days = Field(
        default=400,
        description="Sightings, positions and measurements; whole days are forgotten.",
    )
    movements_keep_days: _Days = Field(
        default=1100, description="Movements, crossings, visits and outages."
    )
    alerts_keep_days: _Days = Field(default=1100, description="Alerts that were cleared.")
    audit_keep_days: _Days = Field(default=3650, description="Lines of the audit log.")
    private_categories: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Categories of assets that tell where people are, such as `badge`.",
    )
    private_keep_days: _Days | None = Field(
        default=None, description="What is kept of these is forgotten after so long, if sooner."
    )
    deliveries_keep_days: _Days = Field(
        default=30, description="Messages that were delivered are forgotten after so long."
    )
    dead_letters_keep_days: _Days = Field(
        default=90, description="Messages that were given up are forgotten after so long."
    )
    journal_keep_hours: float = Field(
        default=24.0,
        gt=0,
        le=8760,
        description="Every single read is kept so long, so that decisions can be replayed.",
    )
    journal_mb_max: int = Field(
        default=2048, ge=16, le=1_000_000, description="But not more of them than this."
    )
    url: str | None = Field(
        default=None, max_length=1000, description="InfluxDB, such as `http://127.0.0.1:8086`."
    )
    api: Literal["v1", "v2"] = Field(
        default="v1",
        description="`v1` writes to `/write` (1.x, also 2.x and 3), `v2` to `/api/v2/write`.",
    )
    database: str = Field(
        default="tagwarden", min_length=1, max_length=200, description="With `v2` the bucket."
    )
    retention_policy: str | None = Field(default=None, min_length=1, max_length=200)
    organization: str | None = Field(default=None, min_length=1, max_length=200)
    token: str | None = Field(default=None, min_length=1, max_length=1000)
    username: str | None = Field(default=None, min_length=1, max_length=200)
    password: str | None = Field(default=None, max_length=1000)
    ca_file: str | None = Field(
        default=None, max_length=1000, description="PEM of the authority of its certificate."
    )
    gzip: bool | None = Field(
        default=None, description="Compress what is sent; without a word only for other hosts."
    )
    timeout_s: float = Field(default=10.0, gt=0, le=300)
    lines_a_write: int = Field(default=5000, ge=1, le=100_000)

    @property
    def keep(self) -> KeepAges:
        """For how long each kind is kept."""
        return KeepAges(
            sightings_days=self.keep_days,
            movements_days=self.movements_keep_days,
            alerts_days=self.alerts_keep_days,
            audit_days=self.audit_keep_days,
        )

    @property
    def private(self) -> PrivateAges:
        """What is kept for a shorter time, because it tells where people are."""
        return PrivateAges(self.private_categories, self.private_keep_days or 0)

    @model_validator(mode="after")
    def _check_private(self) -> Self:
        if bool(self.private_categories) != (self.private_keep_days is not None):
            raise ValueError("`private_categories` and `private_keep_days` go together")
        return self

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        if url is None:
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in url:
            raise ValueError("an address of InfluxDB looks like http://127.0.0.1:8086")
        if parts.port == 0:  # one above 65535 is an error by itself
            raise ValueError("a port is between 1 and 65535")
        if parts.username or parts.password:
            raise ValueError("put user and password into `username` and `password`")
        if parts.query or parts.fragment:
            raise ValueError("an address of InfluxDB has no ? and no #")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _check_store(self) -> Self:
        if self.store == "influxdb" and self.url is None:
            raise ValueError("store: influxdb needs its `url`, such as http://127.0.0.1:8086")
        if self.store == "sqlite":
            self._check_alone()
        if self.api == "v2" and not self.token:
            raise ValueError("api: v2 needs a `token`")
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if self.token is not None and self.username is not None:
            raise ValueError("a `token`, or `username` and `password`, not both")
        return self

    def _check_alone(self) -> None:
        """What is about a server says nothing without one: its owner thinks that it ships."""
        for name in sorted(self.model_fields_set & _OF_A_SERVER):
            raise ValueError(f"`{name}` is for store: influxdb")
