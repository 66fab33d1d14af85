"""One LLRP session: sllurp's state machine, kept to our ROSpec and made to say what is wrong."""

import importlib
import logging
from collections.abc import Callable
from typing import Any, Protocol, cast

from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError
from readers.llrp_settings import LlrpSettings
from readers.wire.llrp.framing import Frame, frame
from readers.wire.llrp.messages import CUSTOM_MESSAGE_HEADER as CUSTOM_HEAD
from readers.wire.llrp.messages import (
    IMPINJ_ENABLE_EXTENSIONS_RESPONSE,
    Code,
    Message,
    Status,
    decode_status,
    is_impinj_message,
)
from readers.wire.llrp.parameters import ReportError

ROSPEC_ID = 7701
"""Our ROSpec's id; those of other clients are left alone."""

_DEVICE_ERRORS = range(Code.DEVICE_ERROR, Code.DEVICE_ERROR + 100)
_EVENTS = ("AntennaEvent", "ReaderExceptionEvent", "ReportBufferFillWarning")


class _Client(Protocol):
    """The part of sllurp.llrp.LLRPClient that is used here."""

    state: int
    max_ant: int
    tx_power_table: list[float]

    def handleMessage(self, lmsg: object) -> None: ...  # noqa: N802 -- sllurp's name

    def sendMessage(self, msg_dict: dict[str, dict[str, Any]]) -> object: ...  # noqa: N802 -- sllurp's name

    def startInventory(self) -> None: ...  # noqa: N802 -- sllurp's name

    def getROSpec(self) -> dict[str, Any]: ...  # noqa: N802 -- sllurp's name


class LlrpSession:
    """Brings a connection from its first event to a running inventory.

    `send` takes whole messages for the reader; `on_inventory` is called once the
    ROSpec runs. Feed it every message except tag reports and keepalives.
    """

    def __init__(
        self,
        settings: LlrpSettings,
        send: Callable[[bytes], None],
        on_inventory: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._inventorying = False
        self._on_inventory = on_inventory
        self._sllurp = _sllurp()
        self._client: _Client = self._sllurp.LLRPClient(
            self._sllurp.LLRPReaderConfig(sllurp_config(settings)),
            transport_tx_write=send,
            state_change_callback=self._on_state,
        )

    def handle(self, message: Frame) -> None:
        """Take one message of the reader. Raises ReaderError."""
        if self._inventorying:
            return
        try:
            self._advance(message)
        except ReaderError:
            raise
        except Exception as error:
            # sllurp lets struct.error, KeyError and its own kinds through.
            raise self._translated(message, error) from error

    def _advance(self, message: Frame) -> None:
        if message.type == Message.DELETE_ROSPEC_RESPONSE:
            # A left-over of ours is gone now, or there was none: both are fine.
            self._start()
            return
        self._raise_refusal(message)
        self._pass_on(message)
        if message.type == Message.SET_READER_CONFIG_RESPONSE:
            self._send("DELETE_ROSPEC")

    def say_goodbye(self) -> None:
        """Ask the reader to forget our ROSpec and to close the connection."""
        if self._inventorying:
            self._send("DISABLE_ROSPEC")
        self._send("DELETE_ROSPEC")
        self._client.sendMessage({"CLOSE_CONNECTION": {}})

    def _send(self, request: str) -> None:
        self._client.sendMessage({request: {"ROSpecID": ROSPEC_ID}})

    def _start(self) -> None:
        self._check_power()
        # sllurp keeps the ROSpec that it built and numbers it 1; what it sends is this dict.
        self._client.getROSpec()["ROSpecID"] = ROSPEC_ID
        self._client.startInventory()

    def _on_state(self, state: int) -> None:
        if state == self._sllurp.LLRPReaderState.STATE_INVENTORYING:
            self._inventorying = True
            self._on_inventory()

    def _pass_on(self, message: Frame) -> None:
        whole = frame(message.type, message.message_id, message.body)
        self._client.handleMessage(self._sllurp.LLRPMessage(msgbytes=whole))

    def _translated(self, message: Frame, error: Exception) -> ReaderError:
        name = self._settings.name
        if not isinstance(error, self._sllurp.ReaderConfigurationError):
            return ReaderLostError(
                f"{name}: cannot understand message {message.type}: {error}",
                "Restart the reader; if it stays so, update its firmware.",
            )
        beyond = [n for n in self._settings.antennas if n > self._client.max_ant]
        if beyond and self._client.max_ant:
            return ReaderMisconfiguredError(
                f"{name}: antenna {beyond[0]} does not exist (1-{self._client.max_ant})",
            )
        if "mode_identifier" in str(error):
            return ReaderMisconfiguredError(f"{name}: mode_identifier: {error}")
        return ReaderLostError(f"{name}: {error}")

    def _raise_refusal(self, message: Frame) -> None:
        request = _REFUSABLE.get(message.type)
        status = self._status(message)
        if status is None or status.code == Code.SUCCESS:
            return
        name = self._settings.name
        if request is None or status.code in _DEVICE_ERRORS:
            raise ReaderLostError(f"{name}: the reader answers {status}")
        raise ReaderMisconfiguredError(f"{name}: the reader refuses {request}: {status}")

    def _status(self, message: Frame) -> Status | None:
        start = 0
        if message.type == Message.CUSTOM:
            if not is_impinj_message(message.body, IMPINJ_ENABLE_EXTENSIONS_RESPONSE):
                return None
            start = CUSTOM_HEAD.size
        try:
            return decode_status(message.body, start)
        except ReportError:
            return None

    def _check_power(self) -> None:
        wanted, table = self._settings.tx_power_dbm, self._client.tx_power_table[1:]
        if wanted is None or not table:
            return
        if not min(table) - 1 <= wanted <= max(table) + 1:
            raise ReaderMisconfiguredError(
                f"{self._settings.name}: tx_power_dbm: {wanted} is outside of what the reader can"
                f" ({min(table)} to {max(table)})",
            )


_REFUSABLE: dict[int, str] = {
    Message.SET_READER_CONFIG_RESPONSE: "SET_READER_CONFIG",
    Message.ADD_ROSPEC_RESPONSE: "ADD_ROSPEC",
    Message.ENABLE_ROSPEC_RESPONSE: "ENABLE_ROSPEC",
    Message.CUSTOM: "impinj: its extensions",
}


def sllurp_config(settings: LlrpSettings) -> dict[str, Any]:
    """Return the settings as sllurp.llrp.LLRPReaderConfig wants them."""
    config: dict[str, Any] = {
        "antennas": sorted(settings.antennas) or [0],
        "session": settings.session,
        "tag_population": settings.tag_population,
        "mode_identifier": settings.mode_identifier,
        "tx_power_dbm": settings.tx_power_dbm,
        "report_every_n_tags": settings.report_every_n_tags,
        "report_timeout_ms": settings.report_timeout_ms,
        "keepalive_interval": round(settings.keepalive_s * 1000),
        "reset_on_connect": False,
        "start_inventory": False,
        "tag_content_selector": _CONTENT,
        "event_selector": dict.fromkeys(_EVENTS, True),
    }
    if settings.impinj:
        config["impinj_tag_content_selector"] = dict.fromkeys(_IMPINJ_CONTENT, True)
    return config


_CONTENT = {
    "EnableROSpecID": False,
    "EnableSpecIndex": False,
    "EnableInventoryParameterSpecID": False,
    "EnableAntennaID": True,
    "EnableChannelIndex": True,
    "EnablePeakRSSI": True,
    "EnableFirstSeenTimestamp": True,
    "EnableLastSeenTimestamp": True,
    "EnableTagSeenCount": True,
    "EnableAccessSpecID": False,
}
_IMPINJ_CONTENT = ("EnableRFPhaseAngle", "EnablePeakRSSI", "EnableRFDopplerFrequency")


def _sllurp() -> Any:  # noqa: ANN401 -- sllurp has no types
    """Import sllurp when the first reader needs it, and keep it from the log."""
    module = importlib.import_module("sllurp.llrp")
    # What it logs as an error reaches the caller as a ReaderError.
    logging.getLogger("sllurp").setLevel(logging.CRITICAL + 1)
    return cast("Any", module)
