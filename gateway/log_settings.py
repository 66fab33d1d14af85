"""What the site file says about the log."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LogSettings(BaseModel):
    """How the gateway tells what happens, on standard error; changes hold at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["console", "json"] = Field(
        default="console", description="Lines for people, or one JSON object a line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is told; alerts of the log channel always are."
    )
    access: bool = Field(
        default=False, description="A line for each request: method, path, status, time, caller."
    )
