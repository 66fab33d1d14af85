"""The dialogue with a Metratec reader, in the older language (ASCII) or the newer one (AT).

It is found out which one the reader speaks. The reader then inventories by itself and says
how each round ended, so that it is heard all the time; one that cannot is asked round by round.
"""

from collections import Counter, deque

from readers.driver import Batch, Finding
from readers.serial.metratec_language import Command, Language, guess, refusal
from readers.serial.settings import SerialSettings
from readers.wire.lines import LineSplitter
from readers.wire.metratec import Round
from tags.reads import Read

ANSWER_S = 0.6
TRIES = 4
QUIET_S = 2.0
"""A reader that inventories says something every round, and its heartbeat each second; silence
for so long means that it has started afresh, and it is set up again."""
ROUND_S = 0.4
"""So long the rest of a round may take."""
LINE_BYTES_MAX = 512
PROBES = (b"\rAT\r", b"\rBRK\r")
"""The newer language answers the first, the older one both."""
RESTARTED = "SRT"


class MetratecDialogue:
    """One Metratec reader; see `readers.serial.dialogue.Dialogue`.

    Several antennas in the entry take turns; one alone is chosen; none leaves it as it is.
    """

    def __init__(self, settings: SerialSettings) -> None:
        self.passive = False
        self.ready = False
        self._settings = settings
        self._splitter = LineSplitter(suffix=b"\r", bytes_max=LINE_BYTES_MAX)
        self._language: Language | None = None
        self._commands: deque[Command] = deque()
        self._open: Command | None = None
        """What was said last, until it is answered; a start until its first round."""
        self._polls = False
        self._tries = 0
        self._deadline_s = 0.0
        self._rest_until_s: float | None = None
        self._bad: Counter[str] = Counter()

    @property
    def wake_s(self) -> float | None:
        """When something is due: a command, or the end of a round that came in part."""
        rest_s = self._rest_until_s
        return self._deadline_s if rest_s is None else min(self._deadline_s, rest_s)

    def due(self, now_s: float) -> bytes:
        """The open command, again when its answer stays away; the next one; a new start."""
        if now_s < self._deadline_s:
            return b""
        if self._language is None or (self._open is not None and self._tries >= TRIES):
            return self._probe(now_s)
        if self._open is None:
            self._open, self._tries = self._next(self._language), 0
        return self._say(self._open, now_s)

    def _probe(self, now_s: float) -> bytes:
        """Ask who is there, in both languages in turn."""
        if self._language is not None:
            self._bad.update(self._language.hearing.take_bad())
        self._language = self._open = None
        self._commands.clear()
        self._tries = (self._tries + 1) % len(PROBES)
        self._deadline_s = now_s + ANSWER_S
        return PROBES[self._tries - 1]

    def _next(self, language: Language) -> Command:
        if not self._commands and self._polls:
            return Command(language.poll)
        if not self._commands:
            # The reader that inventoried has fallen silent.
            self._commands.extend(language.set_up())
        return self._commands.popleft()

    def _say(self, command: Command, now_s: float) -> bytes:
        self._tries += 1
        self._deadline_s = now_s + (QUIET_S if self._inventories(command) else ANSWER_S)
        self.ready = self.ready or command.starts
        return command.text.encode("ascii") + b"\r"

    def _inventories(self, command: Command) -> bool:
        return command.starts or (
            self._language is not None and command.text == self._language.poll
        )

    def feed(self, data: bytes, arrival_ns: int, now_s: float) -> Batch | None:
        """Tags of finished rounds become reads; every line of the reader is a sign of life."""
        batch = Batch()
        alive = False
        for line in self._splitter.feed(data):
            alive = self._hear(line, arrival_ns, now_s, batch) or alive
        if self._rest_until_s is not None and now_s >= self._rest_until_s:
            self._give_up(arrival_ns, batch)
        self._watch(now_s, heard=bool(data))
        return batch if alive or batch.reads else None

    def _give_up(self, arrival_ns: int, batch: Batch) -> None:
        """What waits for its end has waited long enough."""
        self._splitter.pause()
        left = None if self._language is None else self._language.hearing.give_up()
        if left is not None:
            self._take_round(left, arrival_ns, batch)
        self._rest_until_s = None

    def _watch(self, now_s: float, *, heard: bool) -> None:
        in_round = self._language is not None and self._language.hearing.waiting
        if not self._splitter.waiting and not in_round:
            self._rest_until_s = None
        elif heard:
            self._rest_until_s = now_s + ROUND_S

    def _hear(self, line: bytes, arrival_ns: int, now_s: float, batch: Batch) -> bool:
        """Take a line in; False where it is nothing that a reader says."""
        text = line.decode("ascii", "replace").strip()
        language = self._language or self._meet(text, now_s)
        if language is None:
            self._bad["noise"] += 1
            return False
        said = language.hearing.hear(text)
        if isinstance(said, Round):
            self._take_round(said, arrival_ns, batch)
            self._after_round(said, now_s)
            return True
        return said is None or self._take_answer(language, said.text, now_s)

    def _meet(self, text: str, now_s: float) -> Language | None:
        self._language = guess(text, self._settings)
        if self._language is not None:
            self._commands = deque(self._language.set_up())
            self._deadline_s = now_s
        return self._language

    def _take_round(self, said: Round, arrival_ns: int, batch: Batch) -> None:
        antennas = self._settings.antennas
        antenna = said.antenna or (min(antennas) if len(antennas) == 1 else 1)
        if said.antenna is not None or said.trouble is not None:
            batch.antennas[antenna] = "connected" if said.trouble is None else "disconnected"
        name = self._settings.name
        batch.reads += [
            Read(tag.epc, name, antenna, arrival_ns, arrival_ns, tag.rssi_dbm) for tag in said.tags
        ]

    def _after_round(self, said: Round, now_s: float) -> None:
        """It answers a start, and a poll of a reader that says nothing more."""
        if self._open is not None and self._open.starts:
            self._open = None
        if self._open is None and not self._commands:
            self._deadline_s = now_s + QUIET_S
        elif self._open is not None and said.final and self._inventories(self._open):
            self._rest(now_s)

    def _take_answer(self, language: Language, text: str, now_s: float) -> bool:
        if not language.knows(text):
            self._bad["unknown_line"] += 1
            return False
        if text.startswith(RESTARTED):
            self._open = None
            self._commands = deque(language.set_up())
            self._deadline_s = now_s
        elif self._open is not None:
            self._judge(language, self._open, text, now_s)
        elif not self._commands and not self._polls:
            self._deadline_s = now_s + QUIET_S
        return True

    def _judge(self, language: Language, command: Command, text: str, now_s: float) -> None:
        verdict = language.judge(command, text)
        if verdict == "open":
            return
        if verdict == "refused" and command.setting:
            raise refusal(self._settings.name, command, language.reason)
        self._polls = self._polls or (verdict == "refused" and command.starts)
        self._commands.extendleft(reversed(language.more(command)))
        if self._inventories(command):
            self._rest(now_s)
        else:
            self._open, self._deadline_s = None, now_s

    def _rest(self, now_s: float) -> None:
        """Nothing is to be said for a while: until the next poll, or until it falls silent."""
        pause_s = self._settings.poll_ms / 1000 if self._polls else QUIET_S
        self._open, self._deadline_s = None, now_s + pause_s

    def take_bad(self) -> dict[str, int]:
        """What had to be thrown away since the last call, by reason."""
        bad, self._bad = self._bad, Counter()
        bad.update(self._splitter.take_bad())
        if self._language is not None:
            bad.update(self._language.hearing.take_bad())
        return dict(bad)

    def findings(self) -> list[Finding]:
        """What the reader is, and how it inventories."""
        if self._language is None:
            return []
        how = "asked round by round" if self._polls else "inventories by itself"
        return [Finding("reader", ok=True, detail=f"{self._language.revision or 'unknown'}, {how}")]

    def farewell(self) -> bytes:
        """An end to the inventory."""
        return b"" if self._language is None else self._language.farewell
