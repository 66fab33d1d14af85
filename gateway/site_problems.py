"""What is wrong with a site file, said by file, line and key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

Path = tuple[str | int, ...]
"""Where a value stands: keys are text, places in a list count from 0."""

ProblemLevel = Literal["error", "warning"]

_KNOWN_SHOWN_MAX = 12
_KNOWN_COMPARED_MAX = 200


class Fault(NamedTuple):
    """A problem before its line is known; `line` overrides the line of `path`."""

    path: Path
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; printed as `FILE:LINE: key: message`, lines count from 1.

    `key` names entries of a list by their name where they have one:
    `zones[hall].polygon[2]`, else by their place from 0. `path` says the same
    for machines.
    """

    file: str
    line: int
    key: str
    message: str
    severity: ProblemLevel = "error"
    path: Path = ()

    def __str__(self) -> str:
        note = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}: {self.key}: {note}{self.message}"


class SiteError(ValueError):
    """A site file that cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def suggestion(word: str, known: Iterable[str]) -> str:
    """End a message about an unknown word with the nearest known one, or those there are."""
    words = sorted(set(known))
    near = get_close_matches(word, words, n=1) if len(words) <= _KNOWN_COMPARED_MAX else []
    if near:
        return f"; did you mean '{near[0]}'?"
    if not words or len(words) > _KNOWN_SHOWN_MAX:
        return ""
    return "; known: " + ", ".join(words)
