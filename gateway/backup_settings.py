"""What the site file says about backups that are asked for over HTTP."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class BackupSettings(BaseModel):
    """The `backup` of the site file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Where backups go, best on another disk; unset: `backups` in the data folder.",
    )
    keep: int = Field(
        default=7,
        ge=1,
        le=1000,
        description="So many of them stay; older ones go once another one is done.",
    )

    @field_validator("folder")
    @classmethod
    def _is_absolute(cls, folder: str | None) -> str | None:
        if folder is not None and not Path(folder).is_absolute():
            raise ValueError("is no absolute path; write one such as /mnt/backups/tagwarden")
        if folder is not None and "\0" in folder:
            raise ValueError("can not be a path: there is a NUL in it")
        return folder
