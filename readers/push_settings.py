"""The entry of a reader that pushes over HTTP."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from readers.payload_settings import PayloadSettings
from readers.settings import ReaderSettings


class PushSettings(ReaderSettings, PayloadSettings):
    """A reader, tracker or program that sends what it hears to `POST /api/v1/ingest/NAME`."""

    has_devices: ClassVar[bool] = True

    driver: Literal["http"] = "http"  # pyright: ignore[reportIncompatibleVariableOverride] -- frozen
    format: str = Field(
        default="tagwarden",
        description="Who wrote the messages; `generic` for what is mapped below.",
    )
    body_bytes_max: int = Field(
        default=1_048_576,
        ge=1_024,
        le=67_108_864,
        description="Larger pushes are refused (413), packed or unpacked.",
    )
    pushes_waiting_max: int = Field(
        default=64,
        ge=1,
        le=4_096,
        description="Pushes that may be under way at once; further ones are told to come again "
        "(503).",
    )
    answer_within_s: float = Field(
        default=30.0,
        gt=0,
        le=300,
        description="What is not committed within this time is answered with 503.",
    )

    @field_validator("device")
    @classmethod
    def _has_no_topic(cls, device: int | str | None) -> int | str | None:
        if isinstance(device, int):
            raise ValueError(  # noqa: TRY004 -- pydantic collects ValueErrors
                "must be a JSON pointer such as /hostname; a push has no topic"
            )
        return device
