"""What every reader entry of the site file has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ANTENNA_MAX = 65_535
AntennaNumber = Annotated[int, Field(ge=1, le=ANTENNA_MAX)]
"""Antennas count from 1; LLRP has 16 bits for them."""


class AntennaSettings(BaseModel):
    """One antenna: the zone that it hears, and what it must hear at least."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    zone: str | None = Field(default=None, description="Zone that this antenna hears.")
    rssi_dbm_min: float | None = Field(
        default=None,
        ge=-120,
        le=0,
        description="Reads weaker than this are no evidence for the zone.",
    )
    bias_db: float = Field(
        default=0.0,
        ge=-40,
        le=40,
        description="Added to each RSSI; written by calibration.",
    )


class ReaderSettings(BaseModel):
    """The part of a reader's entry that does not depend on its driver."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64)
    was: str | None = Field(default=None, description="Former name, to rename.")
    driver: str
    zone: str | None = Field(default=None, description="Zone of every antenna not listed.")
    antennas: dict[AntennaNumber, AntennaSettings] = Field(
        default_factory=dict,
        description="By number, from 1.",
    )
    silent_after_s: float = Field(
        default=15.0,
        gt=0,
        description="Silence longer than this means offline, where there is no keepalive.",
    )
