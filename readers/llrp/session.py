"""One LLRP session: from the reader's greeting to a running inventory, and the farewell."""

import asyncio
import logging
import struct
from typing import NamedTuple

from readers.driver import ReaderError, ReaderLostError
from readers.llrp.link import LlrpLink
from readers.llrp.plan import PIECES, Piece, Plan, plan_for, wants_impinj
from readers.llrp.requests import ROSPEC_ID, RoSpecBuilder
from readers.llrp.settings import LlrpSettings
from readers.llrp.talk import OK, Talk, is_broken, status_of
from readers.wire.llrp.abilities import Abilities, decode_abilities
from readers.wire.llrp.configuration import (
    ANTENNA_CHANGED,
    BUFFER_FILLING,
    GPI_CHANGED,
    READER_EXCEPTION,
    ROSPEC_CHANGED,
    Configuration,
    decode_configuration,
    encode_set_configuration,
    event_notification_spec,
    events_and_reports,
    gpi_port,
    gpo_write_data,
    keepalive_spec,
)
from readers.wire.llrp.framing import Frame
from readers.wire.llrp.messages import (
    IMPINJ_ENABLE_EXTENSIONS,
    Code,
    Connection,
    Event,
    Message,
    RoSpecNews,
    RoSpecTurn,
    Status,
    encode_impinj_message,
    plain,
)
from readers.wire.llrp.parameters import ReportError, parameters
from readers.wire.llrp.refusals import numbers_named
from readers.wire.llrp.rospec import ROSPEC

log = logging.getLogger("tagwarden.readers")

_EVERYTHING = b"\x00"
_EVERY_SETTING = struct.pack("!BHHH", 0, 0, 0, 0)
_ALL = struct.pack("!I", 0)
_OURS = struct.pack("!I", ROSPEC_ID)
_RESERVED = bytes(4)
_ROSPEC_HEAD = struct.Struct("!IBB")
INACTIVE, ACTIVE = 1, 2
"""States of an ROSpec: enabled and waiting, and running."""
_EVENT_TYPES = range(9)
_WANTED_EVENTS = (
    GPI_CHANGED,
    ROSPEC_CHANGED,
    BUFFER_FILLING,
    READER_EXCEPTION,
    ANTENNA_CHANGED,
)
REMEDY_UNGREETED = "Check whether it is LLRP that listens there, and with or without TLS."
RESTART_S = 2.0
"""An inventory that has ended may begin again within this time."""
TOLD_MAX = 20
"""Words of a reader that go into the log, for each connection."""
FOREIGN_MAX = 16
"""ROSpecs of other programs that are told by number."""


class GivenUp(NamedTuple):
    """Something that the reader refused and that we do without: what, and its words."""

    what: str
    status: Status

    def __str__(self) -> str:
        """Both, for a person."""
        return f"{self.what} ({self.status})"


class LlrpSession:
    """Brings a connection to a running inventory: `open` once, then `say_goodbye`.

    What the reader can, what it refused and what other programs left on it stay to be
    looked at. Feed it all events by `hear_event` and all answers by `talk.hear`.
    """

    def __init__(self, settings: LlrpSettings, link: LlrpLink, builder: RoSpecBuilder) -> None:
        self.talk = Talk(settings.name, link, settings.quiet_s)
        self.abilities = Abilities()
        self.configuration = Configuration()
        self.given_up: list[GivenUp] = []
        self.foreign: tuple[int, ...] = ()
        self.running = False
        self._settings = settings
        self._link = link
        self._builder = builder
        self._greeted = asyncio.Event()
        self._stopped: asyncio.TimerHandle | None = None
        self._told = 0

    def hear_event(self, event: Event) -> None:
        """Take an event. Raises ReaderLostError where the reader turns us away."""
        if event.connection == Connection.ACCEPTED:
            self._greeted.set()
        elif event.connection not in (None, Connection.ANOTHER_ATTEMPTED):
            raise self._turned_away(event.connection)
        if event.rospec is not None and self.running and not self._link.inbox.is_kept(event):
            self._note_turn(event.rospec)
        if event.exception is not None:
            self._link.inbox.count("reader_exception")
            self._tell(f"says: {plain(event.exception)}")
        if event.buffer_percent is not None:
            self._tell(f"its buffer is full to {event.buffer_percent} %")

    def _turned_away(self, connection: int | None) -> ReaderLostError:
        if connection in (
            Connection.READER_INITIATED_EXISTS,
            Connection.CLIENT_INITIATED_EXISTS,
        ):
            return ReaderLostError(
                f"{self._settings.name}: refused, another client is connected to the reader",
                "Close the other program that uses this reader; a running gateway is one too.",
            )
        return ReaderLostError(f"{self._settings.name}: the reader refused the connection")

    def _note_turn(self, news: RoSpecNews) -> None:
        """An inventory that was stopped hears nothing, however well the reader is.

        Some readers end and begin it again by themselves, so it has a moment for that.
        """
        if news.rospec_id != ROSPEC_ID:
            return
        if self._stopped is not None:
            self._stopped.cancel()
            self._stopped = None
        if news.turn == RoSpecTurn.STARTED:
            return
        by = f" for ROSpec {news.by} of another program" if news.by else ""
        error = ReaderLostError(
            f"{self._settings.name}: the reader stopped our inventory{by}",
            "Find out who else uses this reader; it will be started afresh.",
        )
        loop = asyncio.get_running_loop()
        self._stopped = loop.call_later(RESTART_S, self._link.end, error)

    def _tell(self, words: str) -> None:
        """Put what the reader says into the log, as long as it is not too talkative."""
        self._told += 1
        if self._told <= TOLD_MAX:
            log.warning("%s: %s", self._settings.name, words)

    async def open(self) -> None:
        """Return once our ROSpec runs. Raises ReaderError."""
        await self._hear_greeting()
        self.abilities = await self._get_abilities()
        impinj = await self._enable_impinj()
        self.configuration = await self._get_configuration()
        plan = plan_for(self._settings, self.abilities, self.configuration)
        await self._configure()
        # Now the reader sends what it kept; our old ROSpec, which made it, must live so long.
        self.talk.tell(Message.ENABLE_EVENTS_AND_REPORTS)
        self.foreign = tuple(number for number in await self._rospecs() if number != ROSPEC_ID)
        await self._clear()
        await self._add(plan if impinj else plan.leaving("vendor"))
        await self.talk.demand(Message.ENABLE_ROSPEC, _OURS)
        if self.foreign:
            await self._check_ours_runs()
        self.running = True
        self.talk.has_kept_reads = False
        self._link.inbox.clock_settled = True

    async def _hear_greeting(self) -> None:
        quiet_s = self._settings.quiet_s
        try:
            async with asyncio.timeout(quiet_s):
                await self._greeted.wait()
        except TimeoutError as error:
            text = f"{self._settings.name}: connected, but no greeting came within {quiet_s:g} s"
            raise ReaderLostError(text, REMEDY_UNGREETED) from error

    def say_goodbye(self) -> None:
        """Switch the outputs off, make the reader forget our ROSpec, ask it to hang up."""
        if self._stopped is not None:
            self._stopped.cancel()
        if outputs := self._outputs_off():
            self.talk.tell(Message.SET_READER_CONFIG, encode_set_configuration(outputs))
        if self.running:
            self.talk.tell(Message.DISABLE_ROSPEC, _OURS)
        self.talk.tell(Message.DELETE_ROSPEC, _OURS)
        self.talk.tell(Message.CLOSE_CONNECTION)

    async def write_output(self, port: int, *, on: bool) -> None:
        """Switch one output. Raises ReaderError where the reader does not."""
        body = encode_set_configuration(gpo_write_data(port, on=on))
        status = await self.talk.request(Message.SET_READER_CONFIG, body)
        if status.code != Code.SUCCESS:
            raise self.talk.refused(f"output {port}", status)

    async def output_is_on(self, port: int) -> bool | None:
        """Ask for the state of one output. Raises ReaderError where there is no answer."""
        answer = await self.talk.ask(Message.GET_READER_CONFIG, _EVERY_SETTING)
        try:
            return decode_configuration(answer.body).gpos.get(port)
        except ReportError:
            self._link.count("configuration")
            return None

    async def _get_abilities(self) -> Abilities:
        request = Message.GET_READER_CAPABILITIES
        answer = await self.talk.ask(request, _EVERYTHING)
        try:
            status, abilities = status_of(answer), decode_abilities(answer.body)
        except ReportError as error:
            raise self.talk.garbled(request.name, error) from error
        if status.code != Code.SUCCESS:
            raise ReaderLostError(f"{self._settings.name}: the reader answers {status}")
        return abilities

    async def _enable_impinj(self) -> bool:
        if not wants_impinj(self._settings, self.abilities):
            return False
        body = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, _RESERVED)
        status = await self.talk.request(Message.CUSTOM, body)
        if status.code == Code.SUCCESS:
            return True
        if self._settings.impinj or is_broken(status):
            remedy = "Leave impinj out of its entry."
            raise self.talk.refused("impinj: its extensions", status, remedy)
        self._give_up("Impinj's extensions", status)
        return False

    async def _get_configuration(self) -> Configuration:
        answer = await self.talk.ask(Message.GET_READER_CONFIG, _EVERY_SETTING)
        try:
            found = decode_configuration(answer.body)
        except ReportError:
            self._link.count("configuration")
            return Configuration()
        self._link.inbox.add_configuration(found, self._link.now_ns())
        return found

    async def _configure(self) -> None:
        """Ask for events, keepalives and so on; where the reader refuses, for one at a time."""
        # In LLRP's order: some readers insist on it.
        wanted = {
            "events": event_notification_spec({n: n in _WANTED_EVENTS for n in _EVENT_TYPES}),
            "keepalives": keepalive_spec(round(self._settings.keepalive_s * 1000)),
            "outputs": self._outputs_off(),
            "inputs": self._inputs_on(),
            "holding reports back": self._hold(),
        }
        status = await self._set(*wanted.values())
        if status.code == Code.SUCCESS:
            return
        if is_broken(status):
            raise self.talk.refused(Message.SET_READER_CONFIG.name, status)
        for what, body in wanted.items():
            status = await self._set(body) if body else OK
            if status.code != Code.SUCCESS and what == "keepalives":
                raise self.talk.refused(Message.SET_READER_CONFIG.name, status)
            if status.code != Code.SUCCESS:
                self._give_up(what, status)

    async def _set(self, *parts: bytes) -> Status:
        body = encode_set_configuration(*parts)
        return await self.talk.request(Message.SET_READER_CONFIG, body)

    def _hold(self) -> bytes:
        return (
            events_and_reports(hold=self._settings.hold_reports) if self.abilities.can_hold else b""
        )

    def _inputs_on(self) -> bytes:
        ports = self.configuration.gpis or range(1, self.abilities.gpis + 1)
        return b"".join(gpi_port(port, enabled=True, level=0) for port in ports)

    def _outputs_off(self) -> bytes:
        return b"".join(gpo_write_data(port, on=False) for port in self._settings.outputs)

    async def _rospecs(self) -> dict[int, int]:
        """The states of the ROSpecs on the reader by their ids; none where it does not tell."""
        answer = await self.talk.ask(Message.GET_ROSPECS)
        try:
            return rospec_states(answer)
        except ReportError:
            return {}

    async def _check_ours_runs(self) -> None:
        """A reader runs one ROSpec at a time; while it is another one, we hear nothing."""
        states = await self._rospecs()
        active = [number for number in self.foreign if states.get(number) == ACTIVE]
        if active and states.get(ROSPEC_ID) == INACTIVE:
            await self.talk.request(Message.DELETE_ROSPEC, _OURS)
            raise ReaderLostError(
                f"{self._settings.name}: ROSpec {active[0]} of another program runs on the reader,"
                " so ours does not",
                "Stop the other program; if nobody needs its ROSpec, set take_over: true.",
            )

    async def _clear(self) -> None:
        """Delete what is left of us, and with `take_over` of everybody."""
        if self._settings.take_over:
            await self.talk.request(Message.DELETE_ACCESSSPEC, _ALL)
            await self.talk.request(Message.DELETE_ROSPEC, _ALL)
            self.foreign = ()
        # It may not exist: either answer is fine.
        await self.talk.request(Message.DELETE_ROSPEC, _OURS)

    async def _add(self, plan: Plan) -> None:
        """Add our ROSpec, without what the reader refuses; the least that reads tags at last."""
        while True:
            status = await self.talk.request(Message.ADD_ROSPEC, self._builder.full(plan))
            if status.code == Code.SUCCESS:
                return
            piece = refused_piece(status)
            if is_broken(status) or piece is None or piece in plan.without:
                break
            plan = plan.leaving(piece)
            self._give_up(PIECES[piece], status)
        await self._add_minimal(plan, status)

    async def _add_minimal(self, plan: Plan, why: Status) -> None:
        if is_broken(why):
            raise self._no_rospec(why)
        status = await self.talk.request(Message.ADD_ROSPEC, self._builder.minimal(plan))
        if status.code != Code.SUCCESS:
            raise self._no_rospec(status)
        self._give_up("all but the antennas", why)

    def _no_rospec(self, status: Status) -> ReaderError:
        remedy = None
        if self.foreign:
            numbers = ", ".join(map(str, self.foreign[:FOREIGN_MAX]))
            remedy = (
                f"Other programs left ROSpec {numbers} on the reader; if nobody needs it, set"
                " take_over: true."
            )
        return self.talk.refused(Message.ADD_ROSPEC.name, status, remedy)

    def _give_up(self, what: str, status: Status) -> None:
        given_up = GivenUp(what, status)
        self.given_up.append(given_up)
        self._link.count("rospec_reduced")
        log.warning("%s: does without %s", self._settings.name, given_up)


def rospec_states(answer: Frame) -> dict[int, int]:
    """The states by the ids in a GET_ROSPECS_RESPONSE. Raises ReportError."""
    heads = [
        _ROSPEC_HEAD.unpack_from(answer.body, part.start)
        for part in parameters(answer.body)
        if part.key == ROSPEC and part.end - part.start >= _ROSPEC_HEAD.size
    ]
    return {number: state for number, _priority, state in heads}


_PIECE_BY_PARAMETER: dict[int, Piece] = {
    1023: "vendor",
    335: "mode",
    336: "singulation",
    224: "transmitters",
    184: "stop_trigger",
    185: "stop_trigger",
}


def refused_piece(status: Status) -> Piece | None:
    """Which piece of an ROSpec a reader finds fault with, by its error or by its words."""
    innermost = status.fault.path[-1:] if status.fault is not None else numbers_named(status.text)
    for parameter, piece in _PIECE_BY_PARAMETER.items():
        if parameter in innermost:
            return piece
    return None
