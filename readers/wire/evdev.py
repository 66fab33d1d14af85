"""Keys of a Linux input device as text: what a scanner that plays keyboard has typed. Pure.

Source: linux/input.h and linux/input-event-codes.h. An event is a time of two machine words,
then type and code (16 bits) and value (32 bits), in the machine's own byte order.
"""

import struct
from typing import Literal

EVENT = struct.Struct("@llHHi")
KEY_EVENT = 1
SYNC_EVENT = 0
SYNC_DROPPED = 3
"""The kernel's buffer ran over; what follows up to the next report is not to be trusted."""
TEXT_CHARS_MAX = 4096

KeyMap = Literal["us", "de"]

_ENTERS = {28, 96}
_SHIFTS = {42, 54}
_CONTROLS = {29, 97}
_ALT_GR = 100
_CAPS_LOCK = 58
_PRESSED = 1
_RELEASED = 0

_DIGITS = dict(zip(range(2, 12), "1234567890", strict=True))
_KEYPAD = {71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+"} | {
    79: "1",
    80: "2",
    81: "3",
    82: "0",
    83: ".",
    55: "*",
    98: "/",
}
_LETTERS = (
    dict(zip(range(16, 26), "qwertyuiop", strict=True))
    | dict(zip(range(30, 39), "asdfghjkl", strict=True))
    | dict(zip(range(44, 51), "zxcvbnm", strict=True))
)
_BLANKS = {57: " ", 15: "\t"} | _KEYPAD


def _upper(keys: dict[int, str]) -> dict[int, str]:
    return {code: char.upper() for code, char in keys.items()}


_US_PLAIN = {12: "-", 13: "=", 26: "[", 27: "]", 39: ";", 40: "'", 41: "`", 43: "\\"} | {
    51: ",",
    52: ".",
    53: "/",
    86: "\\",
}
_US_SHIFT = {12: "_", 13: "+", 26: "{", 27: "}", 39: ":", 40: '"', 41: "~", 43: "|"} | {
    51: "<",
    52: ">",
    53: "?",
    86: "|",
}
_GERMAN_LETTERS = _LETTERS | {21: "z", 44: "y"}
_DE_PLAIN = {12: "ß", 26: "ü", 27: "+", 39: "ö", 40: "ä", 41: "^", 43: "#"} | {
    13: "\u00b4",
    51: ",",
    52: ".",
    53: "-",
    86: "<",
}
_DE_SHIFT = {12: "?", 26: "Ü", 27: "*", 39: "Ö", 40: "Ä", 41: "°", 43: "'"} | {
    13: "`",
    51: ";",
    52: ":",
    53: "_",
    86: ">",
}
_DE_ALT_GR = {3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@"} | {
    18: "€",
    27: "~",
    50: "µ",
    86: "|",
}

_PLAIN: dict[str, dict[int, str]] = {
    "us": _DIGITS | _LETTERS | _US_PLAIN | _BLANKS,
    "de": _DIGITS | _GERMAN_LETTERS | _DE_PLAIN | _BLANKS,
}
_SHIFTED: dict[str, dict[int, str]] = {
    "us": dict(zip(range(2, 12), "!@#$%^&*()", strict=True))
    | _upper(_LETTERS)
    | _US_SHIFT
    | _BLANKS,
    "de": dict(zip(range(2, 12), '!"§$%&/()=', strict=True))
    | _upper(_GERMAN_LETTERS)
    | _DE_SHIFT
    | _BLANKS,
}
_ALT: dict[str, dict[int, str]] = {"us": {}, "de": _DE_ALT_GR}
_LETTER_CODES = frozenset(_LETTERS)
_GERMAN_UMLAUT_CODES = frozenset({26, 39, 40})
_GS_CODES = {27: "\x1d"}
"""Ctrl and the key `]` of an American keyboard: how scanners type a group separator."""


class Typing:
    """Turns events into the texts that were typed before each Enter key.

    `bad` counts by reason what was thrown away: keys without a character, texts that are too
    long, and texts with a gap where the kernel had to drop events.
    """

    def __init__(self, keymap: KeyMap = "us") -> None:
        self.bad: dict[str, int] = {}
        self._keymap: KeyMap = keymap
        self._rest = b""
        self._text: list[str] = []
        self._spoilt = ""
        self._held: set[int] = set()
        self._caps_lock = False

    @property
    def waiting(self) -> int:
        """Characters typed since the last Enter; at least 1 where some were lost."""
        return max(len(self._text), int(bool(self._spoilt)))

    def feed(self, data: bytes) -> list[str]:
        """Take bytes of the device in, and return the texts that they complete."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        texts: list[str] = []
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == KEY_EVENT and self._key(code, value):
                texts += self._finish()
            elif kind == SYNC_EVENT and code == SYNC_DROPPED:
                self._spoilt = "dropped_keys"
                self._held.clear()
        return texts

    def pause(self) -> list[str]:
        """End the text because nothing was typed for a while."""
        return self._finish() if self._text or self._spoilt else []

    def _finish(self) -> list[str]:
        text, self._text = "".join(self._text), []
        spoilt, self._spoilt = self._spoilt, ""
        if spoilt:
            self.bad[spoilt] = self.bad.get(spoilt, 0) + 1
            return []
        return [text] if text else []

    def _key(self, code: int, value: int) -> bool:
        """Note a key; True if it was Enter. Repetition by holding it down counts as typing."""
        if value == _RELEASED:
            self._held.discard(code)
            return False
        if code in _ENTERS:
            return value == _PRESSED
        if code in _SHIFTS or code in _CONTROLS or code == _ALT_GR:
            self._held.add(code)
        elif code == _CAPS_LOCK:
            self._caps_lock ^= value == _PRESSED
        else:
            self._type(code)
        return False

    def _type(self, code: int) -> None:
        char = self._character(code)
        if char is None:
            self._spoilt = self._spoilt or "unknown_key"
        elif len(self._text) >= TEXT_CHARS_MAX:
            self._spoilt = "long_line"
            self._text.clear()
        elif not self._spoilt:
            self._text.append(char)

    def _character(self, code: int) -> str | None:
        if self._held & _CONTROLS:
            return _GS_CODES.get(code)
        if _ALT_GR in self._held and _ALT[self._keymap]:
            return _ALT[self._keymap].get(code)
        shifted = bool(self._held & _SHIFTS)
        if self._caps_lock and self._is_letter(code):
            shifted = not shifted
        return (_SHIFTED if shifted else _PLAIN)[self._keymap].get(code)

    def _is_letter(self, code: int) -> bool:
        if code in _LETTER_CODES:
            return True
        return self._keymap == "de" and code in _GERMAN_UMLAUT_CODES


def press(code: int, value: int = _PRESSED) -> bytes:
    """The bytes of one key event, for simulators and tests."""
    return EVENT.pack(0, 0, KEY_EVENT, code, value)


def type_text(text: str, keymap: KeyMap = "us") -> bytes:
    """The bytes that typing `text` and Enter gives; ValueError for what the map has not."""
    return b"".join(_strokes(char, keymap) for char in text) + press(28) + press(28, _RELEASED)


def _strokes(char: str, keymap: KeyMap) -> bytes:
    for held, keys in (
        (None, _PLAIN[keymap]),
        (42, _SHIFTED[keymap]),
        (_ALT_GR, _ALT[keymap]),
        (29, _GS_CODES),
    ):
        for code, typed in keys.items():
            if typed == char:
                stroke = press(code) + press(code, _RELEASED)
                return stroke if held is None else press(held) + stroke + press(held, _RELEASED)
    raise ValueError(f"{char!r} is on no key of the {keymap} map")
