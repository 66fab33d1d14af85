"""The two languages of Metratec readers: what is said to set one up, and what its answers mean."""

import re
from typing import Literal, NamedTuple, Protocol

from readers.driver import ReaderMisconfiguredError
from readers.serial.settings import SerialSettings
from readers.wire.metratec import AsciiHearing, AtHearing, Hearing, parse_columns

HEARTBEAT_S = 1
CHECKSUM_OF_COF = "4F5E"
"""Of the command that switches checksums off; the only one that is ever needed."""

Verdict = Literal["open", "done", "refused"]

_ASCII_REFUSALS = frozenset(
    {"UCO", "UPA", "NOR", "NOS", "EDX", "EHX", "EHF", "WDL", "NRF", "NSS", "DNS", "CCE"},
)
_ASCII_WORDS = _ASCII_REFUSALS | {"NCM", "BRA", "HBT", "IVF", "SRT", "GMO", "ARP", "OK!"}
_ASCII_STOPPED = ("BRA", "NCM")
_REVISION = re.compile(r"\S.*[0-9]{8}")
_AT_NOTE = re.compile(r"<(.*)>")


class Command(NamedTuple):
    """Something to say; `setting` is the key of the site file that it carries out.

    A command with a setting must not be refused, any other one may be. `starts` marks the
    last one, which starts the inventory.
    """

    text: str
    setting: str = ""
    starts: bool = False


class Language(Protocol):
    """How to speak with one kind of reader."""

    hearing: Hearing
    revision: str
    """What the reader said that it is, empty before."""
    reason: str
    """What it said when it refused a command last."""

    @property
    def poll(self) -> str:
        """The command for a single round."""
        ...

    @property
    def farewell(self) -> bytes:
        """What ends the inventory."""
        ...

    def set_up(self) -> list[Command]:
        """All that is said before the first round. Raises ReaderMisconfiguredError."""
        ...

    def judge(self, command: Command, line: str) -> Verdict:
        """Whether a line answers the command that is open."""
        ...

    def more(self, command: Command) -> list[Command]:
        """What the answer to a command makes necessary to say next."""
        ...

    def knows(self, line: str) -> bool:
        """Whether this is a line that such a reader says."""
        ...


def guess(line: str, settings: SerialSettings) -> Language | None:
    """The language that a line belongs to, if it shows."""
    if line in {"OK", "ERROR"} or line.startswith("+"):
        return At(settings)
    if line[:3] in _ASCII_WORDS:
        return Ascii(settings)
    return None


class Ascii:
    """The older language: commands end with CR, errors are words of three letters."""

    poll = "INV"
    farewell = b"BRK\r"

    def __init__(self, settings: SerialSettings) -> None:
        self.hearing: Hearing = AsciiHearing()
        self.revision = ""
        self.reason = ""
        self._wants_checksums = False
        self._settings = settings

    def set_up(self) -> list[Command]:
        """Interrupt what runs, RSSI on, antennas, heartbeat, then inventory without end."""
        power_dbm = self._settings.power_dbm
        power = [] if power_dbm is None else [Command(f"CFG PWR {power_dbm:g}", "power_dbm")]
        return [
            # First, because only it has an answer of its own: stray ones are told apart.
            Command("BRK"),
            Command("REV"),
            Command("VBL 1"),
            Command("SET EPC OFF"),
            Command("SET TRS ON"),
            *power,
            *self._antennas(),
            Command(f"HBT {HEARTBEAT_S}"),
            Command("CNR INV", starts=True),
        ]

    def _antennas(self) -> list[Command]:
        antennas = sorted(self._settings.antennas)
        if not antennas:
            return []
        if len(antennas) == 1:
            return [Command(f"SAP MAN {antennas[0] - 1}", "antennas")]
        if antennas != list(range(1, len(antennas) + 1)):
            raise ReaderMisconfiguredError(
                f"{self._settings.name}: this reader switches antennas from 1 on without gaps",
                "Number `antennas` from 1, and connect them in that order.",
            )
        return [Command("SAP ARP ON"), Command(f"SAP AUT {len(antennas)}", "antennas")]

    def judge(self, command: Command, line: str) -> Verdict:
        """Whether a line answers the command that is open."""
        if command.text == "BRK" and line.startswith("CCE"):
            self._wants_checksums = True
            return "refused"
        stops = line[:3] in _ASCII_STOPPED
        if command.text == "BRK" or stops:
            return "done" if stops and command.text == "BRK" else "open"
        if command.text == "REV" and _REVISION.fullmatch(line):
            self.revision = " ".join(line.split())
            return "done"
        if line.startswith("OK!"):
            return "done"
        self.reason = line
        return "refused" if line[:3] in _ASCII_REFUSALS else "open"

    def more(self, command: Command) -> list[Command]:
        """Switch checksums off where a reader wants them, then begin again."""
        if command.text != "BRK" or not self._wants_checksums:
            return []
        self._wants_checksums = False
        return [Command(f"COF {CHECKSUM_OF_COF}"), command]

    def knows(self, line: str) -> bool:
        """Whether it begins with a word of the language."""
        return line[:3] in _ASCII_WORDS or _REVISION.fullmatch(line) is not None


class At:
    """The newer language: `AT+…`, answered by lines with `+` and then OK or ERROR."""

    def __init__(self, settings: SerialSettings) -> None:
        self._hearing = AtHearing()
        self.hearing: Hearing = self._hearing
        self.revision = ""
        self.reason = ""
        self._settings = settings
        self._told: list[str] = []
        self._columns_of: list[str] = []

    @property
    def _many(self) -> bool:
        return len(self._settings.antennas) > 1

    @property
    def poll(self) -> str:
        """The command for one round of each antenna."""
        return "AT+MINV" if self._many else "AT+INV"

    @property
    def farewell(self) -> bytes:
        """What ends the inventory that `set_up` started."""
        return b"AT+BMINV\r" if self._many else b"AT+BINV\r"

    def set_up(self) -> list[Command]:
        """Stop what runs, RSSI on, antennas, heartbeat, then inventory without end."""
        self._told.clear()
        power_dbm = self._settings.power_dbm
        power = [] if power_dbm is None else [Command(f"AT+PWR={power_dbm:g}", "power_dbm")]
        return [
            # First, because only it has an answer of its own: stray ones are told apart.
            Command("ATI"),
            Command("AT+BINVR"),
            Command("AT+BMINV"),
            Command("AT+BINV"),
            Command("AT+INVS?"),
            *power,
            *self._antennas(),
            Command(f"AT+HBT={HEARTBEAT_S}"),
            Command("AT+CMINV" if self._many else "AT+CINV", starts=True),
        ]

    def _antennas(self) -> list[Command]:
        antennas = sorted(self._settings.antennas)
        if self._many:
            return [Command(f"AT+MUX={','.join(map(str, antennas))}", "antennas")]
        if antennas in ([], [1]):
            return []
        return [Command(f"AT+ANT={antennas[0]}", "antennas")]

    def judge(self, command: Command, line: str) -> Verdict:
        """Whether a line answers the command that is open."""
        if line not in {"OK", "ERROR"}:
            self._told.append(line)
            del self._told[:-8]
            return "open"
        told = self._told.copy()
        self._told.clear()
        if command.text == "ATI":
            revision = [text for text in told if text.startswith(("+SW", "+HW", "+SERIAL"))]
            self.revision = ", ".join(text[1:] for text in revision)
            return "done" if revision else "open"
        self._take_columns(told)
        notes = [note[1] for text in told if (note := _AT_NOTE.search(text))]
        self.reason = " ".join(notes) or line
        goes_on = command.starts and "running" in self.reason
        return "done" if line == "OK" or goes_on else "refused"

    def _take_columns(self, told: list[str]) -> None:
        for text in told:
            parsed = parse_columns(text)
            if parsed is not None:
                self._hearing.columns, self._columns_of = parsed

    def more(self, command: Command) -> list[Command]:
        """After the columns are known: RSSI on, TID off, every tag in every round."""
        if command.text != "AT+INVS?" or not self._columns_of:
            return []
        wanted = ["0", "1", "0", *self._columns_of[3:]]
        if wanted == self._columns_of:
            return []
        return [Command(f"AT+INVS={','.join(wanted)}"), Command("AT+INVS?")]

    def knows(self, line: str) -> bool:
        """Whether it is an answer, and no echo."""
        return line in {"OK", "ERROR"} or line.startswith("+")


def refusal(name: str, command: Command, reason: str) -> ReaderMisconfiguredError:
    """The error that says which setting the reader refuses."""
    return ReaderMisconfiguredError(
        f"{name}: the reader refuses {command.setting} ({command.text}: {reason})",
        f"Correct `{command.setting}` of this reader in the site file.",
    )
