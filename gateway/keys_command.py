"""`tagwarden keys`: make, list and withdraw API keys."""

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path
from time import time_ns
from typing import Any

from api.problems import printable
from gateway.commands import ask_gateway
from gateway.data_folder import DataFolder
from gateway.terminal import say, warn
from history.keys import KEYS_MAX, KeyFilter, list_keys
from history.paging import PageRequest
from history.state import StateRefusedError, open_reader
from tags.times import format_time

_HEADINGS = ("name", "id", "role", "limited to", "expires", "last used")
_SECOND_CHARS = 19


def keys_command(chosen: argparse.Namespace) -> int:
    """`tagwarden keys create`, `list` or `withdraw`."""
    if chosen.verb == "list":
        return _list(chosen.data)
    answer = ask_gateway(chosen.data, _request(chosen))
    if "error" in answer:
        warn(answer["error"], "red")
        return 1
    if "key" in answer:
        say(answer["key"])
    else:
        say(f"{chosen.name}: withdrawn")
    return 0


def _request(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.verb == "withdraw":
        return {"do": "withdraw_key", "name": chosen.name}
    return {
        "do": "create_key",
        "name": chosen.name,
        "role": chosen.role,
        "zones": _split(chosen.zones),
        "groups": _split(chosen.groups),
        "rights": _split(chosen.rights),
        "expires": chosen.expires,
    }


def _split(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _list(data: Path) -> int:
    state = DataFolder(data).state
    if not state.is_file():
        warn(f"{data}: no gateway has kept anything here", "red")
        return 1
    try:
        with closing(open_reader(state)) as reader:
            page = list_keys(reader, KeyFilter(), PageRequest(limit=KEYS_MAX, sort="seq"))
    except (StateRefusedError, sqlite3.Error) as error:
        warn(f"{state}: can not be read: {error}", "red")
        return 1
    for line in _table([_HEADINGS, *map(_cells, page.items)]):
        say(line)
    return 0


def _cells(key: dict[str, Any]) -> tuple[str, ...]:
    limits = [
        f"{field} {', '.join(map(printable, key[field]))}"
        for field in ("rights", "zones", "groups")
        if key[field] is not None
    ]
    return (
        printable(key["name"]),
        key["id"],
        key["role"],
        "; ".join(limits) or "-",
        _expiry(key["expires"]),
        _moment(key["last_used"]) or "never",
    )


def _expiry(expires: str | None) -> str:
    if expires is None:
        return "never"
    ended = " (ended)" if expires <= format_time(time_ns()) else ""
    return f"{_moment(expires)}{ended}"


def _moment(text: str | None) -> str:
    """A time to the second, as people read it."""
    return "" if text is None else f"{text[:_SECOND_CHARS]}Z"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
