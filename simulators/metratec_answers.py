"""What a simulated Metratec reader answers, in each of its two languages. No I/O."""

from collections.abc import Sequence

from tags.reads import Read

DEFAULT_RSSI_DBM = -60


class Answers:
    """The state of a reader: its settings, and whether it inventories without end."""

    end_of_poll = b""
    event = ""
    """What stands before each line of a round that nobody asked for."""

    def __init__(self, model: str, antennas: int) -> None:
        self.model = model
        self.antennas = antennas
        self.running = False
        self.heartbeat_s = 0.0
        self.power_dbm = 20.0
        self.power_dbm_max = 30.0
        self.sequence = [1]
        """The antennas of a round, in order."""
        self.broken: set[int] = set()
        """Fault: antennas without a cable."""
        self.refuses: set[str] = set()
        """Commands that this firmware has not."""

    def beat(self) -> bytes:
        """The heartbeat."""
        raise NotImplementedError

    def answer(self, command: str) -> bytes:
        """Obey a command."""
        raise NotImplementedError

    def is_poll(self, command: str) -> bool:
        """Whether the command asks for one round."""
        raise NotImplementedError

    def lead_of(self, command: str) -> str:
        """What stands before each line of the answer to a poll."""
        raise NotImplementedError

    def round(self, lead: str, tags: Sequence[Read], antenna: int) -> bytes:
        """A round as it goes over the wire."""
        raise NotImplementedError

    def echo(self, command: str) -> bytes:
        """What is said back before an answer."""
        del command
        return b""


def _dbm(read: Read) -> int:
    return DEFAULT_RSSI_DBM if read.rssi_dbm is None else round(read.rssi_dbm)


class AtAnswers(Answers):
    """The newer language.

    An answer is lines that end with CR LF. A round that nobody asked for is one message: its
    lines have a mere CR between them.
    """

    end_of_poll = b"OK\r\n"

    def __init__(self, model: str, antennas: int) -> None:
        super().__init__(model, antennas)
        self.columns = ["0", "0", "0", "0", "0", "ALL", "DUAL", "-100"]
        self._echoes = False

    def beat(self) -> bytes:
        """The heartbeat."""
        return b"+HBT\r\n"

    def answer(self, command: str) -> bytes:
        """Obey a command."""
        name, _, value = command.partition("=")
        if name in self.refuses:
            return b"ERROR\r\n"
        said = self._said(name, value)
        refused = bool(said) and said[-1].endswith(">")
        lines = [*said, "ERROR" if refused or said is _UNKNOWN else "OK"]
        return self.echo(command) + "".join(f"{line}\r\n" for line in lines if line).encode()

    def _said(self, name: str, value: str) -> list[str]:
        asks = {
            "AT": [],
            "ATI": [f"+SW: {self.model} 0200", f"+HW: {self.model} 0100", "+SERIAL: 20260101"],
            "AT+INVS?": [f"+INVS: {','.join(self.columns)}"],
            "AT+ANT?": [f"+ANT: {self.sequence[0]}"],
            "AT+MUX?": [f"+MUX: {','.join(map(str, self.sequence))}"],
            "AT+PWR?": [f"+PWR: {self.power_dbm:g}"],
        }
        if name in asks:
            return asks[name]
        if name in {"AT+CINV", "AT+CMINV", "AT+BINV", "AT+BMINV", "AT+BINVR"}:
            return self._start_or_stop(name)
        return self._set(name, value)

    def _start_or_stop(self, name: str) -> list[str]:
        starts, word = name[3] == "C", name[2:]
        if starts == self.running or (not starts and self.event[2:] != name[4:]):
            state = "already" if starts else "not"
            return [f"{word}: <Inventory is {state} running>"]
        self.running = starts
        self.event = word if starts else ""
        return []

    def _set(self, name: str, value: str) -> list[str]:
        match name:
            case "ATE0" | "ATE1":
                self._echoes = name == "ATE1"
            case "AT+INVS":
                self.columns = value.split(",")
            case "AT+HBT":
                self.heartbeat_s = float(value)
            case "AT+PWR":
                return self._set_power(value)
            case "AT+ANT" | "AT+MUX":
                return self._set_antennas(name[2:], value)
            case _:
                return _UNKNOWN
        return []

    def _set_power(self, value: str) -> list[str]:
        if not 0 <= float(value) <= self.power_dbm_max:
            return ["+PWR: <Value out of range>"]
        self.power_dbm = float(value)
        return []

    def _set_antennas(self, word: str, value: str) -> list[str]:
        wanted = [int(number) for number in value.split(",")]
        if word == "+MUX" and len(wanted) == 1:
            wanted = list(range(1, wanted[0] + 1))
        if max(wanted) > self.antennas:
            return [f"{word}: <Antenna does not exist>"]
        self.sequence = wanted
        return []

    def is_poll(self, command: str) -> bool:
        """Whether the command asks for one round."""
        return command in {"AT+INV", "AT+MINV"}

    def lead_of(self, command: str) -> str:
        """What stands before each line of the answer to a poll."""
        return command[2:]

    def echo(self, command: str) -> bytes:
        """The command itself, where that is on."""
        return f"{command}\r\n".encode() if self._echoes else b""

    def round(self, lead: str, tags: Sequence[Read], antenna: int) -> bytes:
        """A round as it goes over the wire."""
        lines = [self._tag(read) for read in tags]
        if antenna in self.broken:
            lines = ["<Antenna Error>"]
        lines = [*(lines or ["<NO TAGS FOUND>"]), f"<ROUND FINISHED, ANT={antenna}>"]
        between = "\r" if self.running else "\r\n"
        return between.join(f"{lead}: {line}" for line in lines).encode() + b"\r\n"

    def _tag(self, read: Read) -> str:
        fields = [read.tag.upper()]
        fields += ["E2003412"] if self.columns[2] != "0" else []
        fields += [str(_dbm(read))] if self.columns[1] == "1" else []
        return ",".join(fields)


_UNKNOWN = ["+ERR: <2: unknown command>"]


class AsciiAnswers(Answers):
    """The older language. Lines end with CR, whole answers with LF too once that is asked for."""

    def __init__(self, model: str, antennas: int) -> None:
        super().__init__(model, antennas)
        self.wants_checksums = False
        """Fault: whether a former client has switched checksums on."""
        self._says: dict[str, bool] = {"EPC": False, "TRS": False, "ARP": False}
        self._end = b""

    def beat(self) -> bytes:
        """The heartbeat."""
        return b"HBT\r" + self._end

    def answer(self, command: str) -> bytes:
        """Obey a command."""
        name, *values = command.split(" ")
        if self.wants_checksums:
            self.wants_checksums = command != "COF 4F5E"
            return (b"CCE" if self.wants_checksums else b"OK!") + b"\r" + self._end
        said = "UCO" if {name, command} & self.refuses else self._said(name, values)
        return said.encode() + b"\r" + self._end if said else b""

    def _said(self, name: str, values: list[str]) -> str:
        match name, *values:
            case ["BRK"]:
                was, self.running = self.running, False
                return "BRA" if was else "NCM"
            case ["CNR", "INV", *_]:
                self.running = True
                return ""
            case ["REV"]:
                return f"{self.model:<14}01000315"
            case ["EOF"]:
                self._end = b"\n"
                return "OK!"
            case ["HBT", seconds]:
                self.heartbeat_s = 0.0 if seconds == "OFF" else float(seconds)
                return "OK!"
            case _:
                return self._set(name, values)

    def _set(self, name: str, values: list[str]) -> str:
        match name, *values:
            case ["SET", ("EPC" | "TRS") as what, state]:
                self._says[what] = state == "ON"
            case ["SAP", "ARP", state]:
                self._says["ARP"] = state == "ON"
            case ["SAP", "MAN", number]:
                return self._take_turns([int(number) + 1])
            case ["SAP", "AUT", count]:
                return self._take_turns(list(range(1, int(count) + 1)))
            case ["CFG", "PWR", power]:
                return self._set_power(power)
            case [("VBL" | "STD" | "SEC" | "SQV"), *_]:
                return "OK!"
            case _:
                return "UCO"
        return "OK!"

    def _take_turns(self, antennas: list[int]) -> str:
        if max(antennas) > self.antennas:
            return "NOR"
        self.sequence = antennas
        return "OK!"

    def _set_power(self, value: str) -> str:
        if not 0 <= float(value) <= self.power_dbm_max:
            return "NOR"
        self.power_dbm = float(value)
        return "OK!"

    def is_poll(self, command: str) -> bool:
        """Whether the command asks for one round."""
        return command.partition(" ")[0] == "INV"

    def lead_of(self, command: str) -> str:
        """Nothing."""
        del command
        return ""

    def round(self, lead: str, tags: Sequence[Read], antenna: int) -> bytes:
        """A round as it goes over the wire."""
        del lead
        lines = [line for read in tags for line in self._tag(read)]
        if antenna in self.broken:
            tags, lines = [], ["ARH"]
        lines += [f"ARP {antenna - 1:02}"] if self._says["ARP"] else []
        lines.append(f"IVF {len(tags):03}")
        return "\r".join(lines).encode() + b"\r" + self._end

    def _tag(self, read: Read) -> list[str]:
        epc = read.tag.upper()
        said = [epc] * (2 if self._says["EPC"] else 1)
        return [*said, str(_dbm(read))] if self._says["TRS"] else said
