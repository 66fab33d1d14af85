"""How the messages of another system are to be read: shared by MQTT and HTTP."""

from difflib import get_close_matches
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from readers.wire.payloads.formats import FORMATS
from readers.wire.payloads.pointers import PATTERN, parse_pointer
from readers.wire.payloads.said import JsonMapping, Mapped, Options


def _is_pointer(text: str) -> str:
    try:
        parse_pointer(text)
    except ValueError as error:
        raise ValueError("must be a JSON pointer such as /data/idHex") from error
    return text


Pointer = Annotated[
    str,
    StringConstraints(max_length=256),
    AfterValidator(_is_pointer),
    Field(json_schema_extra={"pattern": f"^{PATTERN}$"}),
]
"""A JSON pointer (RFC 6901): `/data/idHex`, or empty for the whole."""
GENERIC = "generic"


class MappedSettings(BaseModel):
    """Where a measurement stands, and its unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pointer: Pointer = Field(description="JSON pointer to the value.")
    unit: str = Field(default="", max_length=32, description="Unit as the source states it.")


class PayloadSettings(BaseModel):
    """The format of messages, and for `generic` where everything stands in them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: str = Field(description="Who wrote the messages; `generic` for what is mapped below.")
    device: Annotated[int, Field(ge=1, le=64)] | Pointer | None = Field(
        default=None,
        description="Level of the topic (from 1) or JSON pointer that names the device; "
        "the format's own way where not given.",
    )
    timezone: str | None = Field(
        default=None,
        description="IANA name, for formats whose clock is local without an offset.",
    )
    each: Pointer | None = Field(
        default=None,
        description="generic: the list of items, where there is one.",
    )
    tag: Pointer | None = Field(default=None, description="generic: identity of the tag.")
    tag_prefix: Literal["", "ble:", "lora:", "gps:", "code:"] = Field(
        default="",
        description="generic: put before the identity; none for an EPC in hex.",
    )
    antenna: Pointer | None = Field(default=None, description="generic: number, from 1.")
    rssi_dbm: Pointer | None = Field(default=None, description="generic: level in dBm.")
    time: Pointer | None = Field(
        default=None,
        description="generic: a number in `time_unit`, or a text as in RFC 3339.",
    )
    time_unit: Literal["s", "ms", "us", "ns"] = Field(
        default="s",
        description="generic: unit of a time that is a number.",
    )
    lat: Pointer | None = Field(default=None, description="generic: degrees north (WGS84).")
    lon: Pointer | None = Field(default=None, description="generic: degrees east (WGS84).")
    x_m: Pointer | None = Field(default=None, description="generic: metres on the floor plan.")
    y_m: Pointer | None = Field(default=None, description="generic: metres on the floor plan.")
    accuracy_m: Pointer | None = Field(default=None, description="generic: of the position.")
    z_m: Pointer | None = Field(
        default=None,
        description="generic: height of the position in metres above the site's zero.",
    )
    floor: Pointer | None = Field(
        default=None,
        description="generic: floor of the site file that the position is on.",
    )
    measurements: dict[str, Pointer | MappedSettings] = Field(
        default_factory=dict,
        max_length=64,
        description="generic: by quantity, a pointer, or `{pointer: …, unit: …}`.",
    )

    @field_validator("format")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, 1)
            meant = f"did you mean {near[0]!r}? (" if near else "("
            raise ValueError(f"there is no format {name!r}; {meant}known: {', '.join(FORMATS)})")
        return name

    @field_validator("timezone")
    @classmethod
    def _is_on_the_map(cls, timezone: str | None) -> str | None:
        try:
            if timezone is not None and timezone != "UTC":
                ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is no IANA time zone; write one such as Europe/Berlin") from error
        return timezone

    @model_validator(mode="after")
    def _only_the_generic_is_mapped(self) -> Self:
        given = [name for name in _MAPPING if name in self.model_fields_set]
        if given and self.format != GENERIC:
            raise ValueError(
                f"{given[0]} is for format generic; leave it out, {self.format} knows its own"
            )
        if self.format == GENERIC:
            self._maps_something()
        return self

    def _maps_something(self) -> None:
        for one, other in (("lat", "lon"), ("x_m", "y_m")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} go together")
        if self.tag is None and not self.measurements:
            raise ValueError("format generic needs `tag`, `measurements`, or both")
        if self.lat is not None and self.x_m is not None:
            raise ValueError("give `lat` and `lon`, or `x_m` and `y_m`, not both")
        of_tags = [name for name in _OF_TAGS if getattr(self, name) is not None]
        if self.tag is None and of_tags:
            raise ValueError(f"{of_tags[0]} needs `tag`: say where the tag stands that it is about")

    def options(self) -> Options:
        """The same as the decoders take it."""
        mapping = self._mapping() if self.format == GENERIC else None
        return Options(device=self.device, timezone=self.timezone, mapping=mapping)

    def _mapping(self) -> JsonMapping:
        measurements = {
            quantity: Mapped(where) if isinstance(where, str) else Mapped(where.pointer, where.unit)
            for quantity, where in self.measurements.items()
        }
        values = {name: getattr(self, name) for name in _MAPPING if name != "measurements"}
        return JsonMapping(**values, measurements=measurements)


_MAPPING = JsonMapping._fields
_OF_TAGS = ("antenna", "rssi_dbm", "lat", "x_m", "accuracy_m", "z_m", "floor")
