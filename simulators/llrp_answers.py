"""What a simulated LLRP reader knows and answers; bytes in, bytes out, no sockets."""

from collections.abc import Callable, Collection
from typing import Final

from readers.wire.llrp.capabilities import (
    Capabilities,
    SetUp,
    encode_capabilities,
    encode_config,
)
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
from readers.wire.llrp.parameters import VENDOR_IMPINJ, ReportError
from readers.wire.llrp.requests import ConfigAsk, decode_set_config, parts
from readers.wire.llrp.rospec import RoSpec
from simulators.llrp_refusals import (
    REFUSABLE,
    RefusedError,
    Style,
    check_request,
    check_values,
    refused,
)
from simulators.llrp_specs import AccessSpecs, RoSpecs

SUCCESS: Final = encode_status(Status(Code.SUCCESS))
GPI_EVENTS: Final = 1
REPORT_BUFFER_EVENTS: Final = 3
ANTENNA_EVENTS: Final = 8
"""Types of events in a ReaderEventNotificationSpec."""


class Answers:
    """A reader's memory: ROSpecs, AccessSpecs and its set-up outlive a connection.

    `refuse` names single things (of REFUSABLE) that it refuses. Raises ValueError
    for others.
    """

    def __init__(
        self,
        capabilities: Capabilities,
        refuse: Collection[str] = (),
        style: Style = "parameters",
    ) -> None:
        unknown = set(refuse) - REFUSABLE
        if unknown:
            raise ValueError(f"a reader cannot refuse {sorted(unknown)}, but {sorted(REFUSABLE)}")
        self.capabilities = capabilities
        self.rospecs = RoSpecs(capabilities.rospecs_max)
        self.accessspecs = AccessSpecs()
        self.connected = dict.fromkeys(range(1, capabilities.antennas + 1), True)
        self.inputs = dict.fromkeys(range(1, capabilities.gpis + 1), False)
        self.outputs = dict.fromkeys(range(1, capabilities.gpos + 1), False)
        self.on_output: Callable[[int, bool], None] = _nothing
        self.keepalive_ms = 0
        self.hold = False
        self.impinj = False
        self.closing = False
        self._refuse = set(refuse)
        self._style: Style = style
        self._events: dict[int, bool] = {}
        self._inputs_reported: dict[int, bool] = {}
        self._responses = self._by_request()

    @property
    def running(self) -> RoSpec | None:
        """The ROSpec that is active, if any."""
        return self.rospecs.running

    def greet(self) -> None:
        """Forget what belongs to a connection only."""
        self.keepalive_ms = 0
        self.impinj = False
        self.closing = False

    def hears(self, antenna: int) -> bool:
        """Say whether `antenna` exists, is plugged in and takes part in the inventory."""
        running = self.running
        return running is not None and self.connected.get(antenna, False) and running.hears(antenna)

    def tells(self, event_type: int) -> bool:
        """Say whether events of a type are wanted: all are until a client says otherwise."""
        return self._events.get(event_type, True)

    def tells_input(self, port: int) -> bool:
        """Say whether changes of an input are reported; a client has to ask for each port."""
        return self.tells(GPI_EVENTS) and self._inputs_reported.get(port, False)

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
            body = refusal.encoded_status
        except ReportError as error:
            body = encode_status(Status(Code.PARAMETER_ERROR, str(error)))
        response = _ODD_RESPONSES.get(request.type, request.type + _RESPONSE_STEP)
        return frame(response, request.message_id, body)

    def _by_request(self) -> dict[int, Callable[[bytes], bytes]]:
        rospecs, accessspecs = self.rospecs, self.accessspecs
        return {
            Message.GET_READER_CAPABILITIES: lambda _: encode_capabilities(self.capabilities),
            Message.GET_READER_CONFIG: lambda _: encode_config(self.connected, self._set_up()),
            Message.SET_READER_CONFIG: _done(self._set_config),
            Message.CLOSE_CONNECTION: _done(self._close),
            Message.ADD_ROSPEC: _done(self._add_rospec),
            Message.DELETE_ROSPEC: _done(rospecs.delete),
            Message.START_ROSPEC: _done(rospecs.start),
            Message.STOP_ROSPEC: _done(rospecs.stop),
            Message.ENABLE_ROSPEC: _done(rospecs.enable),
            Message.DISABLE_ROSPEC: _done(rospecs.disable),
            Message.GET_ROSPECS: lambda _: SUCCESS + rospecs.encode(),
            Message.ADD_ACCESSSPEC: _done(accessspecs.add),
            Message.DELETE_ACCESSSPEC: _done(accessspecs.delete),
            Message.ENABLE_ACCESSSPEC: _done(accessspecs.check),
            Message.DISABLE_ACCESSSPEC: _done(accessspecs.check),
            Message.GET_ACCESSSPECS: lambda _: SUCCESS + accessspecs.encode(),
            Message.GET_REPORT: lambda _: b"",
        }

    def _unsupported(self, request: Frame) -> bytes:
        grants = self.capabilities.vendor == VENDOR_IMPINJ and "impinj" not in self._refuse
        if grants and is_impinj_message(request.body, IMPINJ_ENABLE_EXTENSIONS):
            self.impinj = True
            body = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS_RESPONSE, SUCCESS)
            return frame(Message.CUSTOM, request.message_id, body)
        status = Status(Code.UNSUPPORTED_MESSAGE, f"message type {request.type}")
        return frame(Message.ERROR_MESSAGE, request.message_id, encode_status(status))

    def _check(self, body: bytes, start: int = 0) -> None:
        found = parts(body, start)
        # Impinj's own parameters are unknown to it before its extensions are enabled.
        refuse = self._refuse if self.impinj else self._refuse | {"impinj"}
        check_request(found, refuse, self._style)
        check_values(found, self.capabilities, self._style)

    def _add_rospec(self, body: bytes) -> None:
        self._check(body)
        self.rospecs.add(body)

    def _close(self, _body: bytes) -> None:
        self.closing = True

    def _set_up(self) -> SetUp:
        return SetUp(
            self.keepalive_ms,
            self.hold,
            tuple(self.outputs.items()),
            tuple(
                (port, self._inputs_reported.get(port, False), high)
                for port, high in self.inputs.items()
            ),
            tuple((kind, self.tells(kind)) for kind in range(ANTENNA_EVENTS + 1)),
        )

    def _set_config(self, body: bytes) -> None:
        self._check(body, 1)
        ask = decode_set_config(body)
        for known, asked in ((self.inputs, ask.inputs), (self.outputs, ask.outputs)):
            if not known.keys() >= dict(asked).keys():
                raise refused(Code.FIELD_ERROR, f"ports are 1 to {len(known)}")
        if ask.reset:
            self.hold, self.keepalive_ms = False, 0
            self._events, self._inputs_reported = {}, {}
        self._apply(ask)

    def _apply(self, ask: ConfigAsk) -> None:
        if ask.keepalive_ms is not None:
            self.keepalive_ms = ask.keepalive_ms
        if ask.hold is not None:
            self.hold = ask.hold
        self._inputs_reported.update(ask.inputs)
        self._events.update(ask.events)
        for port, high in ask.outputs:
            self.outputs[port] = high
            self.on_output(port, high)


def _done(act: Callable[[bytes], None]) -> Callable[[bytes], bytes]:
    """Answer a request that says nothing but whether it went well."""

    def respond(body: bytes) -> bytes:
        act(body)
        return SUCCESS

    return respond


def _nothing(_port: int, _high: bool) -> None:  # noqa: FBT001 -- a callback
    """Stand in until somebody listens."""


_SILENT = frozenset((Message.ENABLE_EVENTS_AND_REPORTS, Message.KEEPALIVE_ACK))
_ODD_RESPONSES: dict[int, int] = {
    Message.CLOSE_CONNECTION: Message.CLOSE_CONNECTION_RESPONSE,
    Message.GET_REPORT: Message.RO_ACCESS_REPORT,
}
_RESPONSE_STEP = 10
"""All other responses have the number of their request plus ten."""
