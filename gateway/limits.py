"""How much the gateway holds in memory before a named policy steps in."""

from pydantic import BaseModel, ConfigDict, Field


class LimitsSettings(BaseModel):
    """The `limits` of the site file; those of memory count items, not bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

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
    tags_max: int = Field(
        default=1_000_000,
        ge=1,
        le=100_000_000,
        description="Tags kept in mind; reads of further ones are counted and stored, not located.",
    )
    disk_free_mb_min: float = Field(
        default=500.0,
        ge=0,
        le=10_000_000,
        description="Less than this free beside the data, in MB, is told; 0: nobody looks.",
    )
    shelve_max_s: float = Field(
        default=28_800.0,
        ge=60,
        le=7 * 86_400,
        description="An alert or a rule is put aside for so long at most, in seconds.",
    )
