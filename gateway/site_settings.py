"""The whole of a site file as one checked value."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from alerts.settings import RuleSettings, SystemSettings
from api.settings import ServerSettings
from delivery.settings import ChannelSettings, PublishSettings
from gateway.limits import LimitsSettings
from gateway.site_problems import suggestion
from gateway.site_values import Value, is_open
from history.settings import HistorySettings
from readers.catalog import DRIVERS, settings_class
from readers.settings import ReaderSettings
from zones.estimator_settings import EstimatorSettings
from zones.portal_settings import PortalSettings
from zones.settings import FloorSettings, ZoneSettings

AS_WRITTEN: dict[str, object] = {"values": "as written"}
"""The context that checks a file whose `${NAME}` are not filled in."""


class FacilitySettings(BaseModel):
    """What the site is called and which clock hangs on its wall."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    timezone: str = Field(default="UTC", description="IANA name, such as Europe/Berlin.")

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        if timezone != "UTC" and not _is_timezone(timezone):
            raise ValueError("is no IANA time zone; write one such as Europe/Berlin")
        return timezone


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _by_driver(entry: Value, info: ValidationInfo) -> Value | ReaderSettings:
    """Check an entry by its driver's own settings; others are left to ReaderSettings."""
    if not isinstance(entry, dict):
        return entry
    driver = entry.get("driver")
    unknown = isinstance(driver, str) and driver not in DRIVERS
    if unknown and info.context is not AS_WRITTEN:
        raise _unknown_driver(str(driver))
    # A replay opens no reader: what all readers have in common is enough for it.
    plain = info.context is AS_WRITTEN and (unknown or is_open(entry))
    if plain or not isinstance(driver, str):
        return {key: entry[key] for key in ReaderSettings.model_fields if key in entry}
    return settings_class(driver).model_validate(entry)


def _unknown_driver(driver: str) -> ValidationError:
    near = suggestion(driver, DRIVERS)
    hint = near if near.endswith("?") else ";"
    message = f"there is no driver '{driver}'{hint} known: {', '.join(DRIVERS)}"
    problem = PydanticCustomError("unknown_driver", "{message}", {"message": message})
    return ValidationError.from_exception_data(
        ReaderSettings.__name__,
        [InitErrorDetails(type=problem, loc=("driver",), input=driver)],
    )


class UnfilledChannel(ChannelSettings):
    """Stands for a channel whose address or secret is not filled in; it is never sent on."""


def _by_kind(entry: Value, info: ValidationInfo) -> Value | UnfilledChannel:
    """Let a channel whose address or secret is not filled in pass by its name."""
    if info.context is AS_WRITTEN and isinstance(entry, dict) and is_open(entry):
        named = {key: entry[key] for key in ("name",) if key in entry}
        return UnfilledChannel.model_validate({**named, "kind": "log"})
    return entry


class UnfilledBroker(PublishSettings):
    """Stands for a broker whose address or password is not filled in; it is told nothing."""

    address: str = "mqtt://unfilled"


def _by_address(entry: Value, info: ValidationInfo) -> Value | UnfilledBroker:
    """Let a broker whose address or password is not filled in pass by its name."""
    if info.context is AS_WRITTEN and isinstance(entry, dict) and is_open(entry):
        return UnfilledBroker.model_validate({"name": entry.get("name")})
    return entry


AnyReaderSettings = Annotated[SerializeAsAny[ReaderSettings], BeforeValidator(_by_driver)]
AnyPublishSettings = Annotated[PublishSettings, BeforeValidator(_by_address)]
AnyChannelSettings = Annotated[ChannelSettings, BeforeValidator(_by_kind)]


class SiteSettings(BaseModel):
    """A site file, each part valid by itself. Lists keep the order of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Tagwarden site file")

    site: FacilitySettings
    floors: tuple[FloorSettings, ...] = ()
    zones: tuple[ZoneSettings, ...]
    readers: tuple[AnyReaderSettings, ...] = ()
    portals: tuple[PortalSettings, ...] = ()
    rules: tuple[RuleSettings, ...] = ()
    channels: tuple[AnyChannelSettings, ...] = ()
    publish: tuple[AnyPublishSettings, ...] = ()
    estimator: EstimatorSettings = EstimatorSettings()
    system: SystemSettings = SystemSettings()
    history: HistorySettings = HistorySettings()
    server: ServerSettings = ServerSettings()
    limits: LimitsSettings = LimitsSettings()


LISTS = ("floors", "zones", "readers", "portals", "rules", "channels", "publish")
"""The parts that are lists of entries with a name."""


def reader_model(entry: Value) -> type[ReaderSettings]:
    """Return the class that an entry is checked by, whatever else is wrong with it."""
    driver = entry.get("driver") if isinstance(entry, dict) else None
    return settings_class(driver) if driver in DRIVERS else ReaderSettings
