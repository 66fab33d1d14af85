"""An LLRP reader's entry in the site file."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from readers.llrp.profiles import PROFILES, ProfileName
from readers.settings import AntennaNumber, ReaderSettings

SearchMode = Literal["dual", "single", "tag_focus"]
PowerDbm = Annotated[float, Field(ge=0, le=40)]
PortNumber = Annotated[int, Field(ge=1, le=65_535)]


class OutputSettings(BaseModel):
    """One general-purpose output: a lamp, a siren, a lock."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64, description="What hangs on it.")
    on_s_max: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="The reader's driver switches it off after so long, whoever forgot it.",
    )


class AirSettings(NamedTuple):
    """What a profile and the knobs set by hand come to."""

    session: int
    tag_population: int
    report_every_n_tags: int
    report_timeout_ms: int


class LlrpSettings(ReaderSettings):
    """An RFID reader that speaks LLRP over TCP."""

    driver: Literal["llrp"] = "llrp"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    address: str = Field(
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+)(:\d{1,5})?$",
        description="host or host:port; without a port it is 5084, or 5085 with `tls`.",
    )
    tls: bool = Field(default=False, description="Speak LLRP through TLS.")
    tls_ca: str | None = Field(
        default=None,
        min_length=1,
        description="File of certificates (PEM) that vouch for the reader; the system's otherwise.",
    )
    tls_verify: bool = Field(
        default=True,
        description="False takes any certificate: nobody can listen, but anybody can answer.",
    )
    keepalive_s: float = Field(
        default=5.0,
        ge=0.1,
        le=3600,
        description="How often the reader says that it is alive; twice this is silence.",
    )
    connect_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Time for the connection and all that is said before the first read.",
    )
    profile: ProfileName = Field(
        default="normal",
        description="; ".join(
            f"`{name}`: {profile.description}" for name, profile in PROFILES.items()
        )
        + ". What is set by hand below wins.",
    )
    session: int | None = Field(
        default=None,
        ge=0,
        le=3,
        description="Gen2 session; in 0 and 1 a tag that stays is read again and again, in 2 and 3"
        " an Impinj reader needs search mode `dual` for that. The profile's where not given.",
    )
    mode_identifier: int | None = Field(
        default=None,
        ge=0,
        le=65_535,
        description="Air-interface mode of the reader's own table; the profile chooses one where"
        " not given.",
    )
    tag_population: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Tags that are expected in the field of an antenna at once; the profile's"
        " where not given.",
    )
    tx_power_dbm: PowerDbm | dict[AntennaNumber, PowerDbm] | None = Field(
        default=None,
        description="Transmit power, one number or one per antenna such as {1: 30, 2: 27.5}; the"
        " reader's largest where not given. The next lower step of the reader is taken.",
    )
    report_every_n_tags: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="A report is sent after so many tags … (the profile's where not given)",
    )
    report_timeout_ms: int | None = Field(
        default=None,
        ge=1,
        le=60_000,
        description="… or so many milliseconds (the profile's where not given).",
    )
    impinj: bool | None = Field(
        default=None,
        description="Impinj's finer RSSI, phase and Doppler; where the reader is an Impinj, if"
        " not given.",
    )
    search_mode: SearchMode | None = Field(
        default=None,
        description="Impinj's search mode: `dual` reads tags that stay again and again, `single`"
        " reads them once, `tag_focus` keeps them quiet (session 1). With the last two, a tag"
        " that stays looks like one that left.",
    )
    hold_reports: bool = Field(
        default=True,
        description="The reader keeps its reads while it is not connected, and sends them after.",
    )
    take_over: bool = Field(
        default=False,
        description="Delete the ROSpecs and AccessSpecs that other programs left on the reader.",
    )
    outputs: dict[PortNumber, OutputSettings] = Field(
        default_factory=dict,
        description="General-purpose outputs that may be switched, by port.",
    )
    reads_waiting_max: int = Field(
        default=5_000,
        ge=100,
        description="Reads that may wait for the gateway; then the socket is left unread.",
    )

    @field_validator("address")
    @classmethod
    def _has_a_port_number(cls, address: str) -> str:
        host, port = _split(address, LLRP_PORT)
        if not 0 < port < PORTS_END:
            raise ValueError(f"port {port} of {host} is not in 1-65535")
        return address

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for fault in (self._tls_fault(), self._power_fault(), self._impinj_fault()):
            if fault:
                raise ValueError(fault)
        return self

    def _tls_fault(self) -> str:
        if not self.tls and (self.tls_ca is not None or not self.tls_verify):
            given = "tls_verify" if self.tls_ca is None else "tls_ca"
            return f"{given} says nothing without TLS: set tls: true, or leave it out"
        if self.tls_ca is not None and not self.tls_verify:
            return "tls_ca is not used with tls_verify: false: leave one of them out"
        return ""

    def _power_fault(self) -> str:
        if not isinstance(self.tx_power_dbm, dict) or not self.antennas:
            return ""
        extra = sorted(self.tx_power_dbm.keys() - self.antennas.keys())
        if not extra:
            return ""
        return f"tx_power_dbm names antenna {extra[0]}, antennas does not: list it there too"

    def _impinj_fault(self) -> str:
        if self.search_mode is None:
            return ""
        if self.impinj is False:
            return "search_mode is Impinj's own: leave it out, or do not set impinj: false"
        if self.search_mode == "tag_focus" and self.session not in (None, 1):
            return f"search_mode tag_focus needs session 1, not {self.session}: set session: 1"
        return ""

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of `address`."""
        return _split(self.address, LLRP_TLS_PORT if self.tls else LLRP_PORT)

    @property
    def quiet_s(self) -> float:
        """How long a reader may say nothing while it is connected; it has time for two silences.

        So a reader that is back after an outage is not waited for on a connection that is dead.
        """
        return 0.4 * self.connect_timeout_s

    @property
    def air(self) -> AirSettings:
        """The profile, overruled by what is set by hand; tag_focus works in session 1 only."""
        profile = PROFILES[self.profile]
        session = 1 if self.search_mode == "tag_focus" else profile.session
        return AirSettings(
            session if self.session is None else self.session,
            self.tag_population or profile.tag_population,
            self.report_every_n_tags or profile.report_every_n_tags,
            self.report_timeout_ms or profile.report_timeout_ms,
        )


LLRP_PORT = 5084
LLRP_TLS_PORT = 5085
PORTS_END = 65_536


def _split(address: str, port_default: int) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return address.strip("[]"), port_default
    return host.strip("[]"), int(port)
