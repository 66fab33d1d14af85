r"""What Metratec readers say, in both of their languages, a line at a time.

ASCII (PulsarMX, DeskID UHF, DwarfG2): lines end with CR; a round is the EPCs that were heard,
each followed by its RSSI where that is on, then `ARP nn` where antennas take turns (numbered
from 0), then `IVF nn`, the count. AT (PulsarLR, PLRM, QRG2, the v2 models): `+CINV: EPC,RSSI`,
then `+CINV: <ROUND FINISHED, ANT=2>` (numbered from 1). Source: Metratec's own RFID SDKs.
"""

import re
from typing import NamedTuple

TAGS_MAX = 4096
"""Tags of one round; one that goes on is cut there."""
RSSI_DBM_RANGE = (-120, 0)

_EPC = re.compile(r"(?:[0-9A-Fa-f]{4}){1,31}")
_HEX = re.compile(r"[0-9A-Fa-f]{4,}")
_NUMBER = re.compile(r"-?[0-9]{1,4}")
_AT_INVENTORY = re.compile(r"\+(?:C|M|CM)?INV: ?(.*)")
_AT_NOTE = re.compile(r"<(.*)>")
_AT_ANTENNA = re.compile(r"ANT ?=? ?([0-9]{1,3})")
_TAG_TROUBLES = frozenset(
    {"ACE", "CER", "CRE", "FLE", "HBE", "PDE", "RDL", "RXE", "TCE", "TOE", "TOR"},
)
"""A tag answered, and could not be understood."""
_ANTENNA_TROUBLES = frozenset({"ARH"})
WORDS_CHARS = 3


class Tag(NamedTuple):
    """One tag of a round: EPC in lower-case hex."""

    epc: str
    rssi_dbm: float | None


class Round(NamedTuple):
    """All that one antenna heard; `antenna` counts from 1, None where it was not said.

    `trouble` is what the reader says of the antenna, None where it is well. `final` tells
    whether a reader that was asked for one round says nothing more after it.
    """

    tags: list[Tag]
    antenna: int | None = None
    trouble: str | None = None
    final: bool = False


class Answer(NamedTuple):
    """A line that answers a command, or says what happened: `OK`, `NCM`, `+INVS: …`, `HBT`."""

    text: str


class Columns(NamedTuple):
    """What an AT reader says of each tag besides its EPC, in this order."""

    tid: bool = False
    rssi: bool = True


def parse_columns(answer: str) -> tuple[Columns, list[str]] | None:
    """`+INVS: ONT,RSSI,TID,…` as columns and its values; None for any other line."""
    lead, colon, rest = answer.partition("+INVS: ")
    values = rest.split(",")
    if lead or not colon or len(values) < 3:  # noqa: PLR2004 -- the three of the first firmware
        return None
    return Columns(tid=values[2] not in {"0", ""}, rssi=values[1] == "1"), values


class Hearing:
    """What both languages share: tags of the round that goes on, and what was bad in it."""

    def __init__(self) -> None:
        self.bad: dict[str, int] = {}
        self._tags: list[Tag] = []
        self._trouble: str | None = None

    @property
    def waiting(self) -> int:
        """Tags of a round that is not finished."""
        return len(self._tags)

    def hear(self, line: str) -> Round | Answer | None:
        """Take one line in; None where it is only a part of a round."""
        raise NotImplementedError

    def give_up(self) -> Round | None:
        """The round as far as it came, if there is something in it; the next line begins anew."""
        return self._finish() if self._tags or self._trouble else None

    def take_bad(self) -> dict[str, int]:
        """What was bad since the last call, by reason."""
        bad, self.bad = self.bad, {}
        return bad

    def _finish(self, antenna: int | None = None) -> Round:
        tags, self._tags = self._tags, []
        trouble, self._trouble = self._trouble, None
        if antenna is not None and antenna < 1:
            self._count("antenna", len(tags))
            return Round([], None, trouble)
        return Round(tags, antenna, trouble)

    def _add(self, epc: str, rssi: str = "") -> Round | None:
        if not _EPC.fullmatch(epc):
            self._count("epc")
            return None
        self._tags.append(Tag(epc.lower(), _rssi_dbm(rssi)))
        return self._finish() if len(self._tags) >= TAGS_MAX else None

    def _count(self, reason: str, times: int = 1) -> None:
        if times:
            self.bad[reason] = self.bad.get(reason, 0) + times


class AsciiHearing(Hearing):
    """The older language."""

    def __init__(self) -> None:
        super().__init__()
        self._antenna: int | None = None
        self._heard = 0
        self._follows_tag = False

    def hear(self, line: str) -> Round | Answer | None:
        """Take one line in; see Hearing."""
        word = line[:WORDS_CHARS]
        if word == "IVF":
            return self._end_of_round(line)
        if _HEX.fullmatch(line):
            return self._another_tag(line)
        return None if self._note(word, line) else Answer(line)

    def _note(self, word: str, line: str) -> bool:
        """Keep what belongs to a round without being a tag; False where it does not."""
        if word == "ARP" and _NUMBER.fullmatch(line[4:]):
            self._antenna = int(line[4:]) + 1
        elif word in _TAG_TROUBLES:
            self._count("tag_trouble")
        elif word in _ANTENNA_TROUBLES:
            self._trouble = line
        elif _NUMBER.fullmatch(line):
            self._strength(line)
        else:
            return False
        return True

    def _another_tag(self, line: str) -> Round | None:
        # `SET EPC ON` says each EPC twice.
        if self._follows_tag and self._tags[-1] == (line.lower(), None):
            return None
        self._heard += 1
        before = len(self._tags)
        finished = self._add(line)
        self._follows_tag = len(self._tags) > before
        return finished

    def _strength(self, line: str) -> None:
        if self._follows_tag:
            self._tags[-1] = Tag(self._tags[-1].epc, _rssi_dbm(line))
        self._follows_tag = False

    def _end_of_round(self, line: str) -> Round:
        claimed = line[WORDS_CHARS:].strip()
        if claimed.isdecimal() and int(claimed) > self._heard:
            self._count("lost_line", int(claimed) - self._heard)
        antenna, self._antenna, self._heard = self._antenna, None, 0
        self._follows_tag = False
        return self._finish(antenna)._replace(final=True)


class AtHearing(Hearing):
    """The newer language; `columns` says what stands beside an EPC."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = Columns()

    def hear(self, line: str) -> Round | Answer | None:
        """Take one line in; see Hearing."""
        found = _AT_INVENTORY.fullmatch(line)
        if found is None:
            return Answer(line)
        note = _AT_NOTE.fullmatch(found[1])
        return self._tag(found[1]) if note is None else self._note(note[1])

    def _tag(self, text: str) -> Round | None:
        epc, *rest = text.split(",")
        if self.columns.tid:
            del rest[:1]
        return self._add(epc, rest[0] if self.columns.rssi and rest else "")

    def _note(self, text: str) -> Round | None:
        if text.startswith("NO TAGS FOUND"):
            return Round([])
        if not text.startswith("ROUND FINISHED"):
            self._trouble = text
            return None
        antenna = _AT_ANTENNA.search(text)
        return self._finish(int(antenna[1]) if antenna else None)


def _rssi_dbm(text: str) -> float | None:
    """The RSSI, None where it is no plausible one."""
    if not _NUMBER.fullmatch(text):
        return None
    low, high = RSSI_DBM_RANGE
    return float(text) if low <= int(text) < high else None
