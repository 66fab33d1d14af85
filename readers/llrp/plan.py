"""From a reader's entry and what the reader can do to what it shall do."""

from typing import Literal, NamedTuple

from readers.driver import ReaderMisconfiguredError
from readers.llrp.profiles import PROFILES
from readers.llrp.settings import AirSettings, LlrpSettings
from readers.wire.llrp.abilities import Abilities, RfMode
from readers.wire.llrp.configuration import Configuration, Transmitter
from readers.wire.llrp.parameters import VENDOR_IMPINJ

POWER_TOLERANCE_DB = 1.0
"""Asked for more than this beyond the reader's table is a mistake, not rounding."""

SEARCH_MODES = {"single": 1, "dual": 2, "tag_focus": 3}
"""ImpinjInventorySearchMode by our names."""


Piece = Literal["vendor", "transmitters", "mode", "singulation", "stop_trigger"]
"""What an ROSpec can do without."""

PIECES: dict[Piece, str] = {
    "vendor": "Impinj's parts of the ROSpec",
    "transmitters": "the transmit power",
    "mode": "the mode",
    "singulation": "session and tag population",
    "stop_trigger": "reports after so many tags",
}
"""In words."""


class Plan(NamedTuple):
    """One inventory: which antennas with which transmitter, how they search, what is reported.

    Antenna 0 stands for all. `transmitters` is empty where the reader keeps its own power.
    `vendor_fields` asks for Impinj's RSSI, phase and Doppler. `without` is left to the reader.
    """

    antennas: tuple[int, ...]
    transmitters: dict[int, Transmitter]
    air: AirSettings
    mode: RfMode | None = None
    search_mode: int | None = None
    vendor_fields: bool = False
    without: frozenset[Piece] = frozenset()

    def leaving(self, piece: Piece) -> "Plan":
        """The same without one more piece."""
        return self._replace(without=self.without | {piece})


def plan_for(
    settings: LlrpSettings,
    abilities: Abilities,
    configuration: Configuration,
) -> Plan:
    """Return what the reader shall do. Raises ReaderMisconfiguredError where it can not."""
    _check_antennas(settings, abilities)
    _check_outputs(settings, abilities)
    impinj = wants_impinj(settings, abilities)
    search = settings.search_mode
    if search is not None and not impinj:
        raise ReaderMisconfiguredError(
            f"{settings.name}: search_mode: the reader is no Impinj ({abilities.maker})",
            "Leave search_mode out.",
        )
    return Plan(
        tuple(sorted(settings.antennas)) or (0,),
        _transmitters(settings, abilities, configuration),
        settings.air,
        _mode(settings, abilities),
        None if search is None else SEARCH_MODES[search],
        impinj,
    )


def wants_impinj(settings: LlrpSettings, abilities: Abilities) -> bool:
    """Whether Impinj's extensions are to be used."""
    return abilities.vendor == VENDOR_IMPINJ if settings.impinj is None else settings.impinj


def _check_antennas(settings: LlrpSettings, abilities: Abilities) -> None:
    powers = settings.tx_power_dbm if isinstance(settings.tx_power_dbm, dict) else {}
    for antenna in sorted({*settings.antennas, *powers}):
        if abilities.antennas and antenna > abilities.antennas:
            raise ReaderMisconfiguredError(
                f"{settings.name}: antenna {antenna} does not exist (1-{abilities.antennas})",
                f"Take antenna {antenna} out of the reader's entry, or correct its number.",
            )


def _check_outputs(settings: LlrpSettings, abilities: Abilities) -> None:
    for port in sorted(settings.outputs):
        if abilities.gpos and port > abilities.gpos:
            raise ReaderMisconfiguredError(
                f"{settings.name}: outputs: port {port} does not exist (1-{abilities.gpos})",
                f"Take port {port} out of `outputs`, or correct its number.",
            )


def _mode(settings: LlrpSettings, abilities: Abilities) -> RfMode | None:
    wanted, modes = settings.mode_identifier, abilities.modes
    if wanted is None:
        return PROFILES[settings.profile].mode(modes)
    for mode in modes:
        if mode.identifier == wanted:
            return mode
    if not modes:
        return RfMode(wanted)
    known = ", ".join(str(mode.identifier) for mode in modes)
    raise ReaderMisconfiguredError(
        f"{settings.name}: mode_identifier: {wanted} is none of the reader's ({known})",
    )


def _transmitters(
    settings: LlrpSettings,
    abilities: Abilities,
    configuration: Configuration,
) -> dict[int, Transmitter]:
    """Each antenna's power, on the frequencies that it is set to already."""
    table = abilities.powers_dbm
    if not table:
        return {}
    per_antenna = settings.tx_power_dbm if isinstance(settings.tx_power_dbm, dict) else {}
    if per_antenna and not settings.antennas:
        antennas = list(range(1, (abilities.antennas or max(per_antenna)) + 1))
    else:
        antennas = sorted(settings.antennas) or [0]
    everywhere = None if isinstance(settings.tx_power_dbm, dict) else settings.tx_power_dbm
    return {
        antenna: _tuned(antenna, abilities, configuration)._replace(
            power=_power_index(settings.name, table, per_antenna.get(antenna, everywhere)),
        )
        for antenna in antennas
    }


def _tuned(antenna: int, abilities: Abilities, configuration: Configuration) -> Transmitter:
    """The hop table or channel that an antenna is set to, or else the reader's first."""
    now = configuration.transmitters
    if antenna in now:
        return now[antenna]
    if now:
        return next(iter(now.values()))
    if abilities.hop_tables or not abilities.frequencies_khz:
        return Transmitter(hop_table=next(iter(abilities.hop_tables), 1), channel=0)
    return Transmitter(hop_table=0, channel=1)


def _power_index(name: str, table: dict[int, float], wanted_dbm: float | None) -> int:
    """Where in the reader's table the strongest power at or below `wanted_dbm` stands."""
    weakest, strongest = min(table.values()), max(table.values())
    if wanted_dbm is None:
        wanted_dbm = strongest
    if not weakest - POWER_TOLERANCE_DB <= wanted_dbm <= strongest + POWER_TOLERANCE_DB:
        raise ReaderMisconfiguredError(
            f"{name}: tx_power_dbm: {wanted_dbm} is outside of what the reader can"
            f" ({weakest} to {strongest})",
        )
    allowed = {index: dbm for index, dbm in table.items() if dbm <= wanted_dbm}
    if not allowed:
        allowed = {index: dbm for index, dbm in table.items() if dbm == weakest}
    return max(allowed, key=lambda index: allowed[index])
