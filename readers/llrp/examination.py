"""What an open LLRP session tells an engineer about the reader."""

from collections.abc import Mapping

from readers.driver import AntennaState, Finding
from readers.llrp.session import FOREIGN_MAX, LlrpSession
from readers.llrp.settings import LlrpSettings

_BY_HAND = {
    "session",
    "mode_identifier",
    "tag_population",
    "tx_power_dbm",
    "report_every_n_tags",
    "report_timeout_ms",
    "search_mode",
    "outputs",
    "hold_reports",
    "profile",
}
"""What the reader may refuse although the entry asks for it."""


def findings(
    settings: LlrpSettings,
    session: LlrpSession,
    antennas: Mapping[int, AntennaState],
) -> list[Finding]:
    """Capabilities, antennas and ROSpec of a session that is open."""
    return [_capabilities(session), _antennas(settings, antennas), _rospec(settings, session)]


def _capabilities(session: LlrpSession) -> Finding:
    can = session.abilities
    parts = [f"{can.maker} {can.product}"]
    if can.firmware:
        parts.append(f"firmware {can.firmware}")
    parts.append(f"antennas 1-{can.antennas}" if can.antennas else "number of antennas not said")
    if can.powers_dbm:
        dbm = can.powers_dbm.values()
        parts.append(f"{min(dbm):g} to {max(dbm):g} dBm")
    parts.append(f"{can.gpis} inputs, {can.gpos} outputs")
    if not can.can_hold:
        parts.append("does not keep reports while nobody is connected")
    return Finding.passed("capabilities", ", ".join(parts))


def _antennas(settings: LlrpSettings, states: Mapping[int, AntennaState]) -> Finding:
    """Those of the entry, or all where it lists none."""
    wanted = sorted(settings.antennas or states)
    out = [antenna for antenna in wanted if states.get(antenna) == "disconnected"]
    unknown = [antenna for antenna in wanted if states.get(antenna, "unknown") == "unknown"]
    if out and (settings.antennas or len(out) == len(wanted)):
        remedy = f"Check the cable of {_counted(out)}, or take it out of the entry."
        return Finding.failed("antennas", f"{_counted(out)} not connected", remedy)
    if unknown or not wanted:
        return Finding.unclear("antennas", "the reader does not say what is connected")
    plugged = [antenna for antenna in wanted if antenna not in out]
    return Finding.passed("antennas", f"{_counted(plugged)} connected")


def _counted(antennas: list[int]) -> str:
    noun = "antenna" if len(antennas) == 1 else "antennas"
    return f"{noun} {', '.join(map(str, antennas))}"


def _rospec(settings: LlrpSettings, session: LlrpSession) -> Finding:
    detail, remedy = "runs as asked", ""
    if session.given_up:
        detail = "reduced, the reader refuses " + "; ".join(map(str, session.given_up))
        remedy = "Take out of the entry what the reader refuses."
    if session.foreign:
        numbers = ", ".join(map(str, session.foreign[:FOREIGN_MAX]))
        detail += f"; other programs left ROSpec {numbers} on the reader"
        remedy = f"{remedy} Set take_over: true if nobody needs theirs.".strip()
    asked = bool(settings.model_fields_set & _BY_HAND)
    return Finding("rospec", ok=not (session.given_up and asked), detail=detail, remedy=remedy)
