"""What the site file says about how reads become a zone: one class for each kind of estimator."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
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


class ZoneEstimatorSettings(BaseModel):
    """What the estimator does otherwise for one zone."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lead_nats: float = Field(
        gt=0,
        le=100,
        description="With the estimator bayes: a tag moves into this zone, or out of it, when it "
        "is ahead, or behind, by this.",
    )


class BayesSettings(BaseModel):
    """The likeliest zone given all that was heard, with the odds that it takes to move.

    The defaults are for tags that people carry about, a few reads a second and antenna, and
    zones a few metres wide; levels are those after `bias_db`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["bayes"] = "bayes"
    floor_dbm: float = Field(
        default=-65.0,
        ge=-120,
        le=0,
        description="Levels below this say nothing for the zone of their antenna.",
    )
    span_db: float = Field(
        default=8.0,
        ge=0,
        le=60,
        description="Where all is faint, the floor is so far below the loudest antenna.",
    )
    bin_nats: float = Field(
        default=0.5,
        gt=0,
        le=10,
        description="What 10 dB above the floor say for a zone, for each quarter of a second.",
    )
    hold_nats: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="What the present zone gains for each such quarter in which it hears the tag.",
    )
    silent_s: float = Field(
        default=1.0,
        ge=0,
        le=60,
        description="A zone that is silent for so long while others hear the tag loses,",
    )
    silence_nats: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="namely this for each quarter of a second.",
    )
    depth_nats: float = Field(
        default=3.75,
        gt=0,
        le=100,
        description="No zone is further behind than this after a move.",
    )
    depth_max_nats: float = Field(
        default=9.75,
        gt=0,
        le=100,
        description="And this is what it grows to while the tag stays.",
    )
    settle_s: float = Field(
        default=32.0,
        gt=0,
        le=86_400,
        description="It has grown by ln 2 after so long.",
    )
    lead_nats: float = Field(
        default=2.5,
        gt=0,
        le=100,
        description="A tag moves when another zone is ahead of its own by this.",
    )
    lead_fast_nats: float = Field(
        default=1.5,
        gt=0,
        le=100,
        description="The same into and out of a zone of profile fast.",
    )

    @model_validator(mode="after")
    def _can_move(self) -> Self:
        if not self.lead_nats <= self.depth_nats <= self.depth_max_nats:
            raise ValueError("lead_nats, depth_nats and depth_max_nats must not fall")
        return self


AnyEstimatorSettings = BayesSettings | LastSettings | MobilitySettings | WindowSettings

ESTIMATORS: dict[str, type[AnyEstimatorSettings]] = {
    "bayes": BayesSettings,
    "last": LastSettings,
    "window": WindowSettings,
    "mobility": MobilitySettings,
}
"""The settings of an estimator by its kind."""

DEFAULT_KIND = "bayes"


def _by_kind(entry: object) -> object:
    """Check an entry by the settings of its kind, so that messages speak of that kind only."""
    if not isinstance(entry, Mapping):
        return entry
    kind = entry.get("kind", DEFAULT_KIND)
    model = ESTIMATORS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise PydanticCustomError(
            "unknown_estimator",
            "there is no estimator of kind {kind}; known: {known}",
            {"kind": repr(kind), "known": ", ".join(sorted(ESTIMATORS))},
        )
    return model.model_validate(entry)


EstimatorSettings = Annotated[
    AnyEstimatorSettings,
    BeforeValidator(_by_kind),
]
"""How reads become a zone; an entry without a `kind` is of the default one."""


def default_estimator() -> AnyEstimatorSettings:
    """Return the settings of a site file that says nothing about it."""
    return ESTIMATORS[DEFAULT_KIND]()
