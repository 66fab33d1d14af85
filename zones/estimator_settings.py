"""What the site file says about how reads become a zone: one class for each kind of estimator."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class LastSettings(BaseModel):
    """The zone of the newest read; a baseline, or for fields that do not overlap."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["last"] = "last"


class WindowSettings(BaseModel):
    """A time-bounded window with hysteresis; zones of profile fast need no dwell."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["window"] = "window"
    window_s: float = Field(
        default=4.0,
        ge=0.25,
        le=60,
        description="Reads older than this do not count.",
    )
    hysteresis_db: float = Field(
        default=3.0,
        ge=0,
        le=30,
        description="A new zone must be heard louder by so much.",
    )
    dwell_s: float = Field(default=0.5, ge=0, le=30, description="And for so long.")
    reads_min: int = Field(default=2, ge=1, le=100, description="And so often within the window.")


class MobilitySettings(BaseModel):
    """The mobility profile of EdgeX's RFID service, with its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["mobility"] = "mobility"
    threshold_db: float = Field(
        default=6.0,
        ge=0,
        le=60,
        description="T: a new antenna must be louder by so much while the present one still hears.",
    )
    slope_db_per_s: float = Field(
        default=-8.0,
        ge=-1_000,
        le=0,
        description="m: what silence of the present antenna takes off that (dB/s; EdgeX dB/ms).",
    )
    holdoff_s: float = Field(
        default=0.5,
        ge=0,
        le=3_600,
        description="H: silence that takes nothing off.",
    )


class BayesSettings(BaseModel):
    """The likeliest zone given all that was heard, with the odds that it takes to move."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["bayes"] = "bayes"
    floor_dbm: float = Field(
        default=-66.0,
        ge=-120,
        le=0,
        description="Levels below this say no less for a zone than this does.",
    )
    span_db: float = Field(
        default=8.0,
        ge=0,
        le=60,
        description="Where all is faint, the floor is so far below the loudest antenna.",
    )
    unheard_db: float = Field(
        default=1.2,
        ge=0,
        le=60,
        description="A zone that does not hear the tag counts as so far below the floor.",
    )
    nats_per_db: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="What a dB above the floor says for a zone, for each quarter of a second.",
    )
    depth_nats: float = Field(
        default=4.0,
        gt=0,
        le=100,
        description="No zone falls further behind than this: how much evidence a move takes.",
    )
    depth_max_nats: float = Field(
        default=10.0,
        gt=0,
        le=100,
        description="What that grows to, for a tag that has been in its zone for long.",
    )
    settle_s: float = Field(
        default=4.0,
        gt=0,
        le=86_400,
        description="After so long in a zone it begins to grow.",
    )
    sure: float = Field(
        default=0.97,
        gt=0.5,
        lt=1,
        description="How probable another zone must be, of the two.",
    )
    sure_fast: float = Field(
        default=0.8,
        gt=0.5,
        lt=1,
        description="The same into and out of a zone of profile fast.",
    )


AnyEstimatorSettings = BayesSettings | LastSettings | MobilitySettings | WindowSettings

_KINDS: dict[str, type[AnyEstimatorSettings]] = {
    "bayes": BayesSettings,
    "last": LastSettings,
    "window": WindowSettings,
    "mobility": MobilitySettings,
}
DEFAULT_KIND = "window"


def _by_kind(entry: object) -> object:
    """Check an entry by the settings of its kind, so that messages speak of that kind only."""
    if not isinstance(entry, Mapping):
        return entry
    kind = entry.get("kind", DEFAULT_KIND)
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise PydanticCustomError(
            "unknown_estimator",
            "there is no estimator of kind {kind}; known: {known}",
            {"kind": repr(kind), "known": ", ".join(_KINDS)},
        )
    return model.model_validate(entry)


EstimatorSettings = Annotated[
    AnyEstimatorSettings,
    BeforeValidator(_by_kind),
]
"""How reads become a zone; an entry without a `kind` is of the default one."""


def default_estimator() -> AnyEstimatorSettings:
    """Return the settings of a site file that says nothing about it."""
    return _KINDS[DEFAULT_KIND]()
