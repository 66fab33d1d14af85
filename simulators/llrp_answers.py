"""What a simulated LLRP reader knows and answers; bytes in, bytes out, no sockets."""

import struct
from collections.abc import Callable
from typing import NamedTuple

from readers.wire.llrp.capabilities import Capabilities, encode_capabilities, encode_config
from readers.wire.llrp.framing import Frame, frame
from readers.wire.llrp.messages import (
    IMPINJ_ENABLE_EXTENSIONS,
    IMPINJ_ENABLE_EXTENSIONS_RESPONSE,
    Code,
    Message,
    Status,
    encode_impinj_message,
    encode_status,
    is_impinj_message,
)
from readers.wire.llrp.parameters import ReportError, parameters
from readers.wire.llrp.rospec import RoSpec, decode_keepalive_ms, decode_rospec

SUCCESS = Status(Code.SUCCESS)
_DISABLED, _INACTIVE, _ACTIVE = range(3)
_STATE_AT = 9
"""Where an ROSpec parameter holds its state: header 4, id 4, priority 1."""
_ACCESSSPEC_ENABLED_AT = 11


class _Stored(NamedTuple):
    spec: RoSpec
    state: int
    raw: bytes


class RefusedError(Exception):
    """The reader answers a request with this status."""

    def __init__(self, status: Status) -> None:
        super().__init__(str(status))
        self.status = status


class Answers:
    """A reader's memory: ROSpecs and AccessSpecs outlive a connection, as in real readers."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.connected = dict.fromkeys(range(1, capabilities.antennas + 1), True)
        self.keepalive_ms = 0
        self.impinj = False
        self.closing = False
        self._rospecs: dict[int, _Stored] = {}
        self._accessspecs: dict[int, bytes] = {}
        self._responses = self._by_request()

    @property
    def running(self) -> RoSpec | None:
        """The ROSpec that is active, if any."""
        return next((s.spec for s in self._rospecs.values() if s.state == _ACTIVE), None)

    @property
    def rospecs(self) -> list[RoSpec]:
        """All ROSpecs, in order of arrival."""
        return [stored.spec for stored in self._rospecs.values()]

    def greet(self) -> None:
        """Forget what belongs to a connection only."""
        self.keepalive_ms = 0
        self.impinj = False
        self.closing = False

    def hears(self, antenna: int) -> bool:
        """Say whether `antenna` exists, is plugged in and takes part in the inventory."""
        running = self.running
        return running is not None and self.connected.get(antenna, False) and running.hears(antenna)

    def answer(self, request: Frame) -> bytes:
        """Return the whole response message, or nothing where LLRP has none."""
        if request.type in _SILENT:
            return b""
        respond = self._responses.get(request.type)
        if respond is None:
            return self._unsupported(request)
        try:
            body = respond(request.body)
        except RefusedError as refusal:
            body = encode_status(refusal.status)
        except ReportError as error:
            body = encode_status(Status(Code.PARAMETER_ERROR, str(error)))
        response = _ODD_RESPONSES.get(request.type, request.type + _RESPONSE_STEP)
        return frame(response, request.message_id, body)

    def _by_request(self) -> dict[int, Callable[[bytes], bytes]]:
        return {
            Message.GET_READER_CAPABILITIES: self._capabilities,
            Message.GET_READER_CONFIG: self._config,
            Message.SET_READER_CONFIG: self._set_config,
            Message.CLOSE_CONNECTION: self._close,
            Message.ADD_ROSPEC: self._add_rospec,
            Message.DELETE_ROSPEC: self._delete_rospec,
            Message.START_ROSPEC: self._start_rospec,
            Message.STOP_ROSPEC: self._stop_rospec,
            Message.ENABLE_ROSPEC: self._enable_rospec,
            Message.DISABLE_ROSPEC: self._disable_rospec,
            Message.GET_ROSPECS: self._get_rospecs,
            Message.ADD_ACCESSSPEC: self._add_accessspec,
            Message.DELETE_ACCESSSPEC: self._delete_accessspec,
            Message.ENABLE_ACCESSSPEC: self._known_accessspec,
            Message.DISABLE_ACCESSSPEC: self._known_accessspec,
            Message.GET_ACCESSSPECS: self._get_accessspecs,
            Message.GET_REPORT: self._get_report,
        }

    def _unsupported(self, request: Frame) -> bytes:
        if is_impinj_message(request.body, IMPINJ_ENABLE_EXTENSIONS):
            self.impinj = True
            body = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS_RESPONSE, encode_status(SUCCESS))
            return frame(Message.CUSTOM, request.message_id, body)
        status = Status(Code.UNSUPPORTED_MESSAGE, f"message type {request.type}")
        return frame(Message.ERROR_MESSAGE, request.message_id, encode_status(status))

    def _capabilities(self, _body: bytes) -> bytes:
        return encode_capabilities(self.capabilities)

    def _config(self, _body: bytes) -> bytes:
        return encode_config(self.connected, self.keepalive_ms)

    def _set_config(self, body: bytes) -> bytes:
        keepalive_ms = decode_keepalive_ms(body)
        if keepalive_ms is not None:
            self.keepalive_ms = keepalive_ms
        return encode_status(SUCCESS)

    def _close(self, _body: bytes) -> bytes:
        self.closing = True
        return encode_status(SUCCESS)

    def _add_rospec(self, body: bytes) -> bytes:
        spec = decode_rospec(body)
        self._check(spec)
        self._rospecs[spec.rospec_id] = _Stored(spec, _DISABLED, body)
        return encode_status(SUCCESS)

    def _check(self, spec: RoSpec) -> None:
        if spec.rospec_id == 0:
            raise RefusedError(Status(Code.INVALID, "ROSpecID 0"))
        if spec.rospec_id in self._rospecs:
            raise RefusedError(Status(Code.FIELD_ERROR, f"ROSpec {spec.rospec_id} exists already"))
        for antenna in spec.antennas:
            if antenna > self.capabilities.antennas:
                raise RefusedError(Status(Code.OUT_OF_RANGE, f"AntennaID {antenna}"))

    def _delete_rospec(self, body: bytes) -> bytes:
        for rospec_id in self._chosen(body):
            del self._rospecs[rospec_id]
        return encode_status(SUCCESS)

    def _enable_rospec(self, body: bytes) -> bytes:
        for rospec_id in self._chosen(body):
            stored = self._rospecs[rospec_id]
            self._turn(rospec_id, _ACTIVE if stored.spec.immediate else _INACTIVE)
        return encode_status(SUCCESS)

    def _disable_rospec(self, body: bytes) -> bytes:
        for rospec_id in self._chosen(body):
            self._turn(rospec_id, _DISABLED)
        return encode_status(SUCCESS)

    def _start_rospec(self, body: bytes) -> bytes:
        for rospec_id in self._chosen(body, all_by_zero=False):
            if self._rospecs[rospec_id].state == _DISABLED:
                raise RefusedError(Status(Code.INVALID, f"ROSpec {rospec_id} is disabled"))
            self._turn(rospec_id, _ACTIVE)
        return encode_status(SUCCESS)

    def _stop_rospec(self, body: bytes) -> bytes:
        for rospec_id in self._chosen(body, all_by_zero=False):
            if self._rospecs[rospec_id].state == _ACTIVE:
                self._turn(rospec_id, _INACTIVE)
        return encode_status(SUCCESS)

    def _turn(self, rospec_id: int, state: int) -> None:
        self._rospecs[rospec_id] = self._rospecs[rospec_id]._replace(state=state)

    def _chosen(self, body: bytes, *, all_by_zero: bool = True) -> list[int]:
        rospec_id = _identifier(body)
        if rospec_id == 0 and all_by_zero:
            return list(self._rospecs)
        if rospec_id not in self._rospecs:
            raise RefusedError(Status(Code.FIELD_ERROR, f"ROSpec {rospec_id} does not exist"))
        return [rospec_id]

    def _get_rospecs(self, _body: bytes) -> bytes:
        stored = (
            s.raw[:_STATE_AT] + bytes([s.state]) + s.raw[_STATE_AT + 1 :]
            for s in self._rospecs.values()
        )
        return encode_status(SUCCESS) + b"".join(stored)

    def _add_accessspec(self, body: bytes) -> bytes:
        found = parameters(body)
        if not found or found[0].end - found[0].start < _ACCESSSPEC_ENABLED_AT:
            raise ReportError("no AccessSpec")
        accessspec_id = _identifier(body[found[0].start :])
        if accessspec_id == 0 or accessspec_id in self._accessspecs:
            raise RefusedError(Status(Code.FIELD_ERROR, f"AccessSpec {accessspec_id}"))
        self._accessspecs[accessspec_id] = body
        return encode_status(SUCCESS)

    def _delete_accessspec(self, body: bytes) -> bytes:
        accessspec_id = _identifier(body)
        if accessspec_id == 0:
            self._accessspecs.clear()
            return encode_status(SUCCESS)
        self._known_accessspec(body)
        del self._accessspecs[accessspec_id]
        return encode_status(SUCCESS)

    def _known_accessspec(self, body: bytes) -> bytes:
        accessspec_id = _identifier(body)
        if accessspec_id and accessspec_id not in self._accessspecs:
            raise RefusedError(
                Status(Code.FIELD_ERROR, f"AccessSpec {accessspec_id} does not exist")
            )
        return encode_status(SUCCESS)

    def _get_accessspecs(self, _body: bytes) -> bytes:
        return encode_status(SUCCESS) + b"".join(self._accessspecs.values())

    def _get_report(self, _body: bytes) -> bytes:
        return b""


def _identifier(body: bytes) -> int:
    if len(body) < struct.calcsize("!I"):
        raise ReportError("no id")
    return int.from_bytes(body[:4], "big")


_SILENT = frozenset((Message.ENABLE_EVENTS_AND_REPORTS, Message.KEEPALIVE_ACK))
_ODD_RESPONSES: dict[int, int] = {
    Message.CLOSE_CONNECTION: Message.CLOSE_CONNECTION_RESPONSE,
    Message.GET_REPORT: Message.RO_ACCESS_REPORT,
}
_RESPONSE_STEP = 10
"""All other responses have the number of their request plus ten."""
