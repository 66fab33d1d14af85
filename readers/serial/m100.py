"""The dialogue with a module of the M100 family: set it up, keep it inventorying, take its tags."""

from typing import NamedTuple

from readers.driver import Batch, Finding, ReaderMisconfiguredError
from readers.serial.dialogue import take_counts
from readers.serial.settings import SerialSettings
from readers.wire.m100 import (
    M100,
    NO_TAG,
    R200,
    BadTagError,
    Command,
    Frame,
    Framer,
    Kind,
    decode_tag,
    frame,
)
from tags.reads import Read

ANSWER_S = 0.3
"""A module answers within some 50 ms; then the request is sent again."""
QUIET_S = 1.0
"""An inventory reports tags, or that there are none, all the time. This long without means
that it ended: its count has run out, or the module has started afresh."""
PAUSE_S = 0.02
"""Bytes of one frame follow each other without a gap; so long a pause ends it."""
TRIES = 3
ROUNDS = (0xFFFF).to_bytes(2, "big")

_KNOWN = frozenset(Command)
_BRACKETS = {"m100": M100, "r200": R200}
_REGIONS = {"china_900": 1, "us": 2, "eu": 3, "china_800": 4, "korea": 6}


class _Request(NamedTuple):
    command: int
    parameters: bytes = b""
    setting: str = ""
    """The key of the site file that it carries out; such a request must not fail."""


class M100Dialogue:
    """One module of the family; see `readers.serial.dialogue.Dialogue`.

    Its RSSI is in dBm, and it has one antenna, number 1.
    """

    def __init__(self, settings: SerialSettings) -> None:
        self.passive = settings.mode == "push"
        self.ready = self.passive
        self._deadline_s: float | None = None
        self._pause_s: float | None = None
        self._settings = settings
        self._brackets = _BRACKETS[settings.protocol]
        self._framer = Framer(self._brackets)
        self._bad: dict[str, int] = {}
        self._said: dict[int, bytes] = {}
        self._requests = [] if self.passive else self._greeting()
        self._tries = self._refusals = 0
        self._sent = False
        self._heard = False

    def _greeting(self) -> list[_Request]:
        """First an end to the inventory that may still run from before."""
        asks_info = [_Request(Command.INFO, b"\0")]
        return [*self._set_up(), *asks_info, _Request(Command.POWER)]

    def _set_up(self) -> list[_Request]:
        requests = [_Request(Command.STOP)]
        if self._settings.region is not None:
            region = bytes((_REGIONS[self._settings.region],))
            requests.append(_Request(Command.SET_REGION, region, "region"))
        if self._settings.power_dbm is not None:
            power = round(self._settings.power_dbm * 100).to_bytes(2, "big")
            requests.append(_Request(Command.SET_POWER, power, "power_dbm"))
        return requests

    @property
    def wake_s(self) -> float | None:
        """The end of an answer's time, of a quiet inventory, or of a frame that got stuck."""
        waits = [at_s for at_s in (self._deadline_s, self._pause_s) if at_s is not None]
        return min(waits, default=None)

    def due(self, now_s: float) -> bytes:
        """The open request, again when its answer stays away; at last the inventory."""
        if self.passive or (self._sent and not self._overdue(now_s)):
            return b""
        if self._sent and not self._requests:
            self._requests = self._set_up()
        if self._requests and self._tries >= TRIES and self._may_be_skipped:
            self._next()
        return self._send(now_s)

    @property
    def _may_be_skipped(self) -> bool:
        """Some firmware leaves questions open, and a module that is idle need not stop."""
        return not self._requests[0].setting

    def _overdue(self, now_s: float) -> bool:
        return self._deadline_s is not None and now_s >= self._deadline_s

    def _send(self, now_s: float) -> bytes:
        self._sent = True
        if not self._requests:
            self.ready = self._heard
            self._deadline_s = now_s + QUIET_S
            return self._frame(Command.POLL_MANY, bytes((Command.POLL,)) + ROUNDS)
        self._tries += 1
        self._deadline_s = now_s + ANSWER_S
        return self._frame(self._requests[0].command, self._requests[0].parameters)

    def _frame(self, command: int, parameters: bytes = b"") -> bytes:
        return frame(self._brackets, Kind.COMMAND, command, parameters)

    def _next(self) -> None:
        del self._requests[0]
        self._tries = self._refusals = 0
        self._sent = False

    def feed(self, data: bytes, arrival_ns: int, now_s: float) -> Batch | None:
        """Tags become reads; every frame of the module's is a sign of life."""
        frames = self._framer.feed(data)
        if self._pause_s is not None and now_s >= self._pause_s:
            frames += self._framer.settle()
        self._pause_s = now_s + PAUSE_S if data and self._framer.waiting else None
        if self._overdue(now_s):
            # Nothing sensible for so long: what waits for its end is noise.
            frames += self._framer.give_up()
        said = [one for one in frames if one.kind != Kind.COMMAND]
        self._heard = self._heard or bool(said)
        self.ready = self.ready or (self._heard and self._sent and not self._requests)
        self._wait_on(now_s, heard=bool(said))
        if not said:
            return None
        batch = Batch()
        for one in said:
            self._hear(one, arrival_ns, batch)
        return batch

    def _wait_on(self, now_s: float, *, heard: bool) -> None:
        if self.passive:
            self._deadline_s = now_s + QUIET_S if self._framer.waiting else None
        elif heard and self.ready and not self._requests:
            self._deadline_s = now_s + QUIET_S

    def _hear(self, said: Frame, arrival_ns: int, batch: Batch) -> None:
        if said.command == Command.POLL:
            self._take_tag(said.parameters, arrival_ns, batch)
        elif said.command == Command.FAILED:
            self._take_failure(said.parameters[0] if said.parameters else 0)
        elif self._requests and said.command == self._requests[0].command:
            self._said[said.command] = said.parameters
            self._check(said.parameters)
        elif said.command not in _KNOWN:
            self._count("unknown_command")

    def _take_tag(self, parameters: bytes, arrival_ns: int, batch: Batch) -> None:
        try:
            tag = decode_tag(parameters)
        except BadTagError as error:
            self._count(error.reason)
            return
        name, epc = self._settings.name, tag.epc.hex()
        batch.reads.append(Read(epc, name, 1, arrival_ns, arrival_ns, tag.rssi_dbm))

    def _check(self, answer: bytes) -> None:
        """Setting something is answered by 0; anything else refuses it."""
        if self._requests[0].setting and answer[:1] != b"\0":
            self._take_failure(answer[0] if answer else 0)
        else:
            self._next()

    def _take_failure(self, code: int) -> None:
        if code == NO_TAG:
            return
        if not self._requests:
            self._count("module_error")
            return
        self._refusals += 1
        setting = self._requests[0].setting
        if not setting:
            self._next()
        elif self._refusals >= TRIES:
            asked = getattr(self._settings, setting)
            raise ReaderMisconfiguredError(
                f"{self._settings.name}: the module refuses {setting} {asked} (error {code:02x})",
                f"Give a `{setting}` that this model has, or leave it out.",
            )
        else:
            self._sent = False

    def take_bad(self) -> dict[str, int]:
        """Count of what was thrown away: noise, checksum, length, tag_crc and others."""
        return take_counts(self._bad, self._framer.bad)

    def _count(self, reason: str) -> None:
        self._bad[reason] = self._bad.get(reason, 0) + 1

    def findings(self) -> list[Finding]:
        """The module's version and power."""
        info, power = self._said.get(Command.INFO), self._said.get(Command.POWER)
        words = [] if info is None else [info[1:].decode("ascii", "replace").strip()]
        if power:
            words.append(f"{int.from_bytes(power[:2], 'big') / 100:g} dBm")
        if self.passive:
            return [Finding.unclear("capabilities", "not asked in push mode")]
        if not words:
            return [Finding.unclear("capabilities", "the module tells nothing of itself")]
        return [Finding.passed("capabilities", ", ".join(words))]

    def farewell(self) -> bytes:
        """An end to the inventory."""
        return b"" if self.passive else self._frame(Command.STOP)
