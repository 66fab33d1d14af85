"""The dialogue with modules of the UHFReader family: poll one after the other, or only listen."""

from collections.abc import Callable

import msgspec

from readers.driver import AntennaState, Batch, DeviceNews, Finding, ReaderMisconfiguredError
from readers.serial.dialogue import take_counts
from readers.serial.settings import BROADCAST, SerialSettings
from readers.settings import device_name
from readers.wire.uhfreader import (
    HEARTBEAT,
    HOLDS_TAGS,
    Answer,
    Command,
    Framer,
    Status,
    Tag,
    answer_of,
    antennas_of,
    command_frame,
    inventory_18,
    inventory_288,
    pushed_antenna,
    pushed_bare,
)
from tags.reads import Read

PAUSE_S = 0.02
"""Bytes of one frame follow each other within 3 characters; so long a pause ends it."""
STALE_S = 0.25
ANSWER_S = 0.5
TRIES = 3
REFUSALS_MAX = 5
LOST_RETRY_S = 3.0
"""A module on a bus that does not answer is asked so seldom that it does not slow the others."""
SCAN_STEP_MS = 100
SCAN_18_MS = 1000
"""What model 18 is sold with; it tells its own in its info."""
_POWER_AT, _SCAN_TIME_AT, _INFO_BYTES = 6, 7, 8
_Q_VALUE = 4
TELLS_NOTHING = b"\0"
"""In place of the info of a module that gives none."""

_REFUSED = (Status.WRONG_LENGTH, Status.ILLEGAL, Status.WRONG_PARAMETER)
_Decoder = Callable[[bytes, dict[str, int]], list[Tag]]
_INVENTORIES: dict[str, _Decoder] = {"uhfreader18": inventory_18, "uhfreader288": inventory_288}
_LAYOUTS: dict[str, _Decoder] = {
    "bare": pushed_bare,
    "antenna": pushed_antenna,
    "uhfreader18": pushed_bare,
    "uhfreader288": pushed_antenna,
}


class _Module(msgspec.Struct):
    """One module of the line, and what is known of it."""

    address: int
    antennas: list[int]
    turn: int = 0
    info: bytes = b""
    power_is_set: bool = False
    missed: int = 0
    refusals: int = 0
    ask_again_s: float = 0.0
    states: dict[int, AntennaState] = {}

    @property
    def antenna(self) -> int:
        return self.antennas[self.turn % len(self.antennas)]


class UhfReaderDialogue:
    """One module or a bus of them; see `readers.serial.dialogue.Dialogue`.

    The RSSI of the family is a number without a unit that differs by model, so reads carry
    none. Model 18 does not say the antenna either: its reads have antenna 1.
    """

    def __init__(self, settings: SerialSettings) -> None:
        self.passive = settings.mode == "push"
        self._settings = settings
        self._modules = [_Module(at, _antennas(settings, at)) for at in settings.addresses]
        self._inventory = _INVENTORIES[settings.protocol]
        self._layout = _LAYOUTS[settings.push_layout or settings.protocol]
        self._framer = Framer()
        self._bad: dict[str, int] = {}
        self._news: dict[str, DeviceNews] = {}
        self._next = 0
        self._asked: tuple[_Module, int] | None = None
        """Whose answer is awaited, and to which command."""
        self._request_frame = b""
        self._deadline_s = 0.0
        self._pause_s: float | None = None
        self._last_bytes_s = 0.0

    @property
    def ready(self) -> bool:
        """Every module has answered or has been given up, and one at least has answered."""
        told = [self._is_set_up(module) for module in self._modules]
        waits = [not t and m.missed < TRIES for t, m in zip(told, self._modules, strict=True)]
        return self.passive or (any(told) and not any(waits))

    def _is_set_up(self, module: _Module) -> bool:
        return bool(module.info) and (self._settings.power_dbm is None or module.power_is_set)

    @property
    def wake_s(self) -> float | None:
        """The end of an answer's time, of the pause between polls, or of a frame that got stuck."""
        waits = [] if self.passive else [self._deadline_s]
        if self._framer.waiting and self._pause_s is not None:
            waits.append(self._pause_s)
        return min(waits) if waits else None

    def due(self, now_s: float) -> bytes:
        """The next request, once the last is answered or given up."""
        if self.passive or now_s < self._deadline_s:
            return b""
        if self._asked is not None:
            self._miss(now_s)
        module = self._whose_turn(now_s)
        if module is None:
            self._deadline_s = min(each.ask_again_s for each in self._modules)
            return b""
        return self._ask(module, now_s)

    def _miss(self, now_s: float) -> None:
        assert self._asked is not None  # noqa: S101 -- only called then
        module, _ = self._asked
        self._asked = None
        module.turn += 1
        module.missed += 1
        if module.missed >= TRIES and len(self._modules) > 1:
            module.ask_again_s = now_s + LOST_RETRY_S
        if module.missed == TRIES and self._settings.devices:
            # When it is back, its antennas are told anew.
            module.states = {}
            lost = f"address {module.address} does not answer"
            self._news[str(module.address)] = DeviceNews(lost=lost)

    def _whose_turn(self, now_s: float) -> _Module | None:
        for step in range(len(self._modules)):
            module = self._modules[(self._next + step) % len(self._modules)]
            if now_s >= module.ask_again_s:
                self._next = (self._next + step + 1) % len(self._modules)
                return module
        return None

    def _ask(self, module: _Module, now_s: float) -> bytes:
        command, data = self._request(module)
        self._asked = (module, command)
        scan_s = self._scan_ms(module) / 1000 if command == Command.INVENTORY else 0.0
        self._deadline_s = now_s + scan_s + ANSWER_S
        self._request_frame = command_frame(module.address, command, data)
        return self._request_frame

    def _request(self, module: _Module) -> tuple[int, bytes]:
        # Some firmware has no words about itself, and inventories all the same.
        mute = module.missed >= TRIES and module.missed % 2
        if not module.info and not mute:
            return Command.INFO, b""
        if module.info and not self._is_set_up(module):
            return Command.SET_POWER, bytes((round(self._settings.power_dbm or 0),))
        if self._settings.protocol == "uhfreader18":
            return Command.INVENTORY, b""
        scan = self._settings.scan_ms // SCAN_STEP_MS
        # Q, session, then no mask (of the EPC bank, from bit 0, 0 bits), target A, antenna, time
        head = bytes((_Q_VALUE, self._settings.session, 1, 0, 0, 0, 0))
        return Command.INVENTORY, head + bytes((0x80 | module.antenna - 1, scan))

    def _scan_ms(self, module: _Module) -> int:
        if self._settings.protocol != "uhfreader18":
            return self._settings.scan_ms
        told = module.info[_SCAN_TIME_AT:_INFO_BYTES]
        return told[0] * SCAN_STEP_MS if told else SCAN_18_MS

    def feed(self, data: bytes, arrival_ns: int, now_s: float) -> Batch | None:
        """Tags become reads; every answer and report is a sign of life of its module."""
        # Some adapters hand back what was sent.
        heard = [whole for whole in self._frames(data, now_s) if whole != self._request_frame]
        answers = [answer_of(whole) for whole in heard]
        if not answers:
            return None
        batch = Batch()
        for answer in answers:
            self._hear(answer, arrival_ns, now_s, batch)
        batch.devices = {**self._news, **batch.devices}
        self._news = {}
        return batch

    def _frames(self, data: bytes, now_s: float) -> list[bytes]:
        overdue = self._asked is not None and now_s >= self._deadline_s
        frames: list[bytes] = []
        if self._pause_s is not None and now_s >= self._pause_s:
            frames += self._framer.settle()
            self._pause_s = self._last_bytes_s + STALE_S
        if data:
            frames += self._framer.feed(data)
            self._last_bytes_s = now_s
            self._pause_s = now_s + PAUSE_S
        elif self._framer.waiting and (overdue or now_s >= self._last_bytes_s + STALE_S):
            frames += self._framer.give_up()
            # What was broken off was the answer, so there is nothing more to wait for.
            self._deadline_s = now_s
        return frames

    def _hear(self, answer: Answer, arrival_ns: int, now_s: float, batch: Batch) -> None:
        if answer is HEARTBEAT:
            return  # it does not say whose it is
        module = self._module_of(answer)
        self._note_alive(answer.address)
        if answer.command == Command.HEARTBEAT:
            self._say(batch, answer.address)
            return
        if answer.command == Command.REPORT:
            self._take(self._layout(answer.data, self._bad), answer.address, arrival_ns, batch)
            return
        if module is None:
            # Given up before, or another master's; its tags were heard all the same.
            self._count("unexpected_answer")
        else:
            self._take_answer(module, answer, now_s)
        tags = self._tags(answer)
        self._take(tags, answer.address, arrival_ns, batch)
        if module is not None:
            self._note_antennas(module, answer, tags, batch)

    def _note_alive(self, address: int) -> None:
        for module in self._modules:
            if module.address in (BROADCAST, address):
                module.missed = 0
                module.ask_again_s = 0.0

    def _module_of(self, answer: Answer) -> _Module | None:
        if self._asked is None:
            return None
        module, command = self._asked
        if module.address not in (BROADCAST, answer.address):
            return None
        return module if answer.command in (command, Command.ILLEGAL) else None

    def _take_answer(self, module: _Module, answer: Answer, now_s: float) -> None:
        assert self._asked is not None  # noqa: S101 -- there is a module that was asked
        command = self._asked[1]
        if answer.status == Status.MORE_FOLLOWS:
            self._deadline_s = now_s + ANSWER_S + self._scan_ms(module) / 1000
            return
        self._asked = None
        self._deadline_s = now_s
        if answer.status in _REFUSED or (command != Command.INVENTORY and answer.status):
            self._take_refusal(module, command, answer.status)
            return
        module.refusals = 0
        if command == Command.INFO:
            module.info = answer.data or TELLS_NOTHING
            module.power_is_set |= self._has_power(answer.data)
        elif command == Command.SET_POWER:
            module.power_is_set = True
            module.info = b""
        else:
            module.info = module.info or TELLS_NOTHING
            module.turn += 1
            self._deadline_s = now_s + self._settings.poll_ms / 1000

    def _has_power(self, info: bytes) -> bool:
        """Power survives in the module, so it is only written where it differs."""
        return info[_POWER_AT:_SCAN_TIME_AT] == bytes((round(self._settings.power_dbm or 0),))

    def _take_refusal(self, module: _Module, command: int, status: int) -> None:
        self._count("refused")
        module.refusals += 1
        if module.refusals < REFUSALS_MAX:
            return
        settings = self._settings
        who = f"{settings.name}: module {module.address}" if settings.devices else settings.name
        if command == Command.SET_POWER:
            text = f"{who}: refuses power_dbm {settings.power_dbm:g} (status {status:02x})"
            raise ReaderMisconfiguredError(text, "Give a `power_dbm` that this model has.")
        raise ReaderMisconfiguredError(
            f"{who}: refuses command {command:02x} of {settings.protocol} (status {status:02x})",
            "Correct `protocol`: the family has several models that differ.",
        )

    def _tags(self, answer: Answer) -> list[Tag]:
        holds = answer.command == Command.INVENTORY and answer.status in HOLDS_TAGS
        return self._inventory(answer.data, self._bad) if holds else []

    def _note_antennas(
        self,
        module: _Module,
        answer: Answer,
        tags: list[Tag],
        batch: Batch,
    ) -> None:
        """An antenna is known to be absent when the module says so, and to be there by its tags."""
        states: dict[int, AntennaState] = {}
        if answer.command == Command.INVENTORY and answer.status == Status.ANTENNA_ERROR:
            states = {module.antennas[(module.turn - 1) % len(module.antennas)]: "disconnected"}
        for tag in tags:
            states.update(dict.fromkeys(antennas_of(tag.antennas), "connected"))
        news = self._say(batch, answer.address).antennas
        for antenna, state in states.items():
            if module.states.get(antenna) != state:
                module.states[antenna] = state
                (news if self._settings.devices else batch.antennas)[antenna] = state

    def _take(self, tags: list[Tag], address: int, arrival_ns: int, batch: Batch) -> None:
        self._say(batch, address)
        name = self._settings.name
        reader = device_name(name, str(address)) if self._settings.devices else name
        for tag in tags:
            epc = tag.epc.hex()
            for antenna in antennas_of(tag.antennas):
                batch.reads.append(Read(epc, reader, antenna, arrival_ns, arrival_ns))

    def _say(self, batch: Batch, address: int) -> DeviceNews:
        """Note that a module of a bus spoke."""
        if not self._settings.devices:
            return DeviceNews()
        return batch.devices.setdefault(str(address), DeviceNews())

    def take_bad(self) -> dict[str, int]:
        """Count of what was thrown away: noise, length, antenna, refused, unexpected_answer."""
        return take_counts(self._bad, self._framer.bad)

    def _count(self, reason: str) -> None:
        self._bad[reason] = self._bad.get(reason, 0) + 1

    def findings(self) -> list[Finding]:
        """What each module said of itself."""
        if self.passive:
            return [Finding.unclear("capabilities", "not asked in push mode")]
        return [self._finding(module) for module in self._modules]

    def _finding(self, module: _Module) -> Finding:
        who = f"module {module.address}: " if self._settings.devices else ""
        if not module.info:
            remedy = "Check its power, its wires A and B, and that no other has its address."
            return Finding.failed("capabilities", f"{who}no answer", remedy)
        if len(module.info) < _INFO_BYTES:
            return Finding.unclear("capabilities", f"{who}tells nothing of itself")
        high, low, kind = module.info[:3]
        said = f"{who}type {kind:02x}, version {high}.{low}, {module.info[_POWER_AT]} dBm"
        return Finding.passed("capabilities", said)

    def farewell(self) -> bytes:
        """Nothing: a module that is not asked is quiet."""
        return b""


def _antennas(settings: SerialSettings, address: int) -> list[int]:
    if settings.protocol == "uhfreader18":
        return [1]
    device = settings.devices.get(str(address))
    return sorted(settings.antennas if device is None else device.antennas) or [1]
