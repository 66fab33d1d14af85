"""How much the gateway holds in memory before a named policy steps in."""

from pydantic import BaseModel, ConfigDict, Field


class LimitsSettings(BaseModel):
    """The `limits` of the site file; each counts items, not bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reads_waiting_max: int = Field(
        default=100_000,
        ge=1_000,
        le=10_000_000,
        description="Reads that wait for the pipeline; readers are held back above it.",
    )
    uncommitted_reads_max: int = Field(
        default=200_000,
        ge=1_000,
        le=10_000_000,
        description="Reads decided in memory while the journal cannot be written.",
    )
    open_bins_max: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Bins of 250 ms that one tag may have open at a time.",
    )
    tags_max: int = Field(
        default=1_000_000,
        ge=1,
        le=100_000_000,
        description="Tags that the gateway keeps in mind; the longest unheard goes first.",
    )
