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

from alerts.rule_kinds import RULES
from alerts.schedule_settings import NamedSchedule
from alerts.settings import RuleSettings, SystemSettings
from api.settings import ServerSettings
from delivery.apprise import APPRISE_MISSING, has_apprise
from delivery.channel_kinds import CHANNELS, AppriseChannel
from delivery.settings import ChannelSettings, PublishSettings, channel_error
from gateway.backup_settings import BackupSettings
from gateway.limits import LimitsSettings
from gateway.log_settings import LogSettings
from gateway.site_problems import suggestion
from gateway.site_values import Value, is_open
from history.settings import HistorySettings
from readers.catalog import DRIVERS, settings_class
from readers.settings import ReaderSettings
from zones.conflict_settings import ConflictSettings
from zones.estimator_settings import EstimatorSettings, default_estimator
from zones.portal_settings import PortalSettings
from zones.position_settings import OriginSettings, PositionSettings
from zones.settings import FloorSettings, ZoneSettings

AS_WRITTEN: dict[str, object] = {"values": "as written"}
"""The context that checks a file whose `${NAME}` are not filled in."""


class FacilitySettings(BaseModel):
    """What the site is called, which clock hangs on its wall and where it lies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    timezone: str = Field(default="UTC", description="IANA name, such as Europe/Berlin.")
    origin: OriginSettings | None = Field(
        default=None,
        description="Where the site lies on the globe; positions in degrees need it.",
    )

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


def _by_rule_kind(entry: Value) -> Value | RuleSettings:
    """Check a rule by the settings of its kind; of an unknown kind, what all rules have."""
    if not isinstance(entry, dict):
        return entry
    model = rule_model(entry)
    if model is RuleSettings:
        return {key: entry[key] for key in RuleSettings.model_fields if key in entry}
    return model.model_validate(entry)


class UnfilledChannel(ChannelSettings):
    """Stands for a channel whose address or secret is not filled in; it is never sent on."""


def _by_channel_kind(entry: Value, info: ValidationInfo) -> Value | ChannelSettings:
    """Check a channel by its kind; one that is not filled in passes by its name."""
    if not isinstance(entry, dict):
        return entry
    model = channel_model(entry)
    if info.context is AS_WRITTEN and is_open(entry):
        named = {key: entry[key] for key in ("name",) if key in entry}
        kind = "log" if model is ChannelSettings else entry["kind"]
        return UnfilledChannel.model_validate({**named, "kind": kind})
    if model is ChannelSettings:
        return {key: entry[key] for key in ChannelSettings.model_fields if key in entry}
    if model is AppriseChannel and info.context is not AS_WRITTEN and not has_apprise():
        raise channel_error({"kind": APPRISE_MISSING})
    return model.model_validate(entry)


class UnfilledBroker(PublishSettings):
    """Stands for a broker whose address or password is not filled in; it is told nothing."""

    address: str = "mqtt://unfilled"


def _by_address(entry: Value, info: ValidationInfo) -> Value | UnfilledBroker:
    """Let a broker whose address or password is not filled in pass by its name."""
    if info.context is AS_WRITTEN and isinstance(entry, dict) and is_open(entry):
        return UnfilledBroker.model_validate({"name": entry.get("name")})
    return entry


AnyReaderSettings = Annotated[SerializeAsAny[ReaderSettings], BeforeValidator(_by_driver)]
AnyRuleSettings = Annotated[SerializeAsAny[RuleSettings], BeforeValidator(_by_rule_kind)]
AnyPublishSettings = Annotated[PublishSettings, BeforeValidator(_by_address)]
AnyChannelSettings = Annotated[SerializeAsAny[ChannelSettings], BeforeValidator(_by_channel_kind)]


class SiteSettings(BaseModel):
    """A site file, each part valid by itself. Lists keep the order of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Tagwarden site file")

    site: FacilitySettings
    floors: tuple[FloorSettings, ...] = ()
    zones: tuple[ZoneSettings, ...]
    readers: tuple[AnyReaderSettings, ...] = ()
    portals: tuple[PortalSettings, ...] = ()
    schedules: tuple[NamedSchedule, ...] = Field(default=(), max_length=200)
    rules: tuple[AnyRuleSettings, ...] = ()
    channels: tuple[AnyChannelSettings, ...] = ()
    publish: tuple[AnyPublishSettings, ...] = ()
    estimator: EstimatorSettings = Field(default_factory=default_estimator)
    positions: PositionSettings = PositionSettings()
    conflicts: ConflictSettings = ConflictSettings()
    system: SystemSettings = SystemSettings()
    history: HistorySettings = HistorySettings()
    server: ServerSettings = ServerSettings()
    limits: LimitsSettings = LimitsSettings()
    log: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()


LISTS = ("floors", "zones", "readers", "portals", "schedules", "rules", "channels", "publish")
"""The parts that are lists of entries with a name."""


def reader_model(entry: Value) -> type[ReaderSettings]:
    """Return the class that an entry is checked by, whatever else is wrong with it."""
    driver = entry.get("driver") if isinstance(entry, dict) else None
    return settings_class(driver) if driver in DRIVERS else ReaderSettings


def rule_model(entry: Value) -> type[RuleSettings]:
    """Return the class that a rule is checked by; the one of all rules where its kind is wrong."""
    kind = entry.get("kind", "exit") if isinstance(entry, dict) else None
    return RULES.get(kind, RuleSettings) if isinstance(kind, str) else RuleSettings


def channel_model(entry: Value) -> type[ChannelSettings]:
    """Return the class that a channel is checked by; the one of all where its kind is wrong."""
    kind = entry.get("kind") if isinstance(entry, dict) else None
    return CHANNELS.get(kind, ChannelSettings) if isinstance(kind, str) else ChannelSettings
