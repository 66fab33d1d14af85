"""The one place that writes to the terminal."""

import os
import sys
from collections.abc import Iterable
from typing import Literal, TextIO

Style = Literal["plain", "bold", "red", "green", "yellow", "dim"]

_CODES = {"plain": "", "bold": "1", "red": "1;31", "green": "32", "yellow": "33", "dim": "2"}


def say(text: str, style: Style = "plain") -> None:
    """One line to standard output, coloured where that is a terminal."""
    sys.stdout.write(f"{_styled(text, style, sys.stdout.isatty())}\n")
    sys.stdout.flush()


def warn(text: str, style: Style = "plain") -> None:
    """One line to standard error."""
    sys.stderr.write(f"{_styled(text, style, sys.stderr.isatty())}\n")
    sys.stderr.flush()


def standard_output() -> TextIO:
    """Where data goes that another program reads."""
    return sys.stdout


def show_progress(done: int, total: int, what: str) -> None:
    """A bar on standard error that redraws itself; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        return
    share = min(1.0, done / total) if total else 1.0
    bar = "█" * round(share * 30)
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\r{what} {bar:<30} {share:4.0%}{end}")
    sys.stderr.flush()


def confirmed(question: str) -> bool:
    """Ask on the terminal; whether the answer is yes."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def redraw(lines: Iterable[str]) -> None:
    """Lines in place of those drawn before; one below the other where that is no terminal."""
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[J")
    sys.stdout.write("\n".join((*lines, "")))
    sys.stdout.flush()


def is_terminal() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()


def _styled(text: str, style: Style, is_terminal: bool) -> str:  # noqa: FBT001 - a fact, not a switch
    if style == "plain" or not is_terminal or "NO_COLOR" in os.environ:
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
