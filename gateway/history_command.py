"""`tagwarden history`: how shipping to another store goes, and the lines that it refused."""

import argparse
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from api.problems import printable
from gateway.commands import ask_gateway
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder
from gateway.terminal import say, warn
from history.set_aside import SetAside, count_aside, read_aside
from history.state import StateRefusedError, open_reader
from tags.times import format_time

_STORE = "influxdb"
_NOT_RUNNING = "no gateway runs on this folder; start it with tagwarden run"
_DROPPED = {
    "expired": "past keeping before they were shipped",
    "damaged": "in day files that can not be read",
    "beyond_retention": "lines older than the server keeps anything",
    "not_finite": "values that are no finite number",
    "set_aside_full": "set aside and then crowded out by newer ones",
}


def history_command(chosen: argparse.Namespace) -> int:
    """`tagwarden history status`, `set-aside`, `retry` or `drop`."""
    if not DataFolder(chosen.data).state.is_file():
        warn(f"{chosen.data}: no gateway has kept anything here", "red")
        return 1
    try:
        return _VERBS[chosen.verb](chosen)
    except (ControlError, StateRefusedError, OSError) as error:
        warn(f"tagwarden history: {error}", "red")
    except sqlite3.Error as error:
        state = DataFolder(chosen.data).state
        warn(f"tagwarden history: {state}: can not be read: {error}", "red")
    return 1


def _status(chosen: argparse.Namespace) -> int:
    answer = ask(DataFolder(chosen.data).socket, {"do": "history_status"})
    if answer is None:
        with closing(open_reader(DataFolder(chosen.data).state)) as state:
            say(f"no gateway runs on this folder; {_lines(count_aside(state, _STORE))} set aside")
        return 0
    if "error" in answer:
        return _refuse(answer)
    if answer["store"] is None:
        say(f"history is kept here only; {_lines(answer['set_aside'])} set aside")
        return 0
    _tell(answer)
    return 1 if answer["fault"] else 0


def _tell(answer: Mapping[str, Any]) -> None:
    name = answer["store"]
    if answer["fault"]:
        say(f"{name}: {printable(answer['fault'])}", "red")
    elif answer["backlog"]:
        say(f"{name}: catching up", "yellow")
    else:
        say(f"{name}: has everything", "green")
    say(f"  waiting    {answer['backlog']} (slots of 5 s, and decisions)")
    say(f"  behind     {_duration(answer['lag_s'])}")
    say(f"  set aside  {_lines(answer['set_aside'])}; see tagwarden history set-aside")
    for reason, count in sorted(answer["dropped"].items()):
        say(f"  dropped    {count} {_DROPPED.get(reason, reason)}", "yellow")


def _list(chosen: argparse.Namespace) -> int:
    with closing(open_reader(DataFolder(chosen.data).state)) as state:
        lines = read_aside(state, _STORE)
    if not lines:
        say("nothing is set aside", "green")
    for each in lines:
        _show(each)
    return 0


def _show(each: SetAside) -> None:
    say(f"{each.id}  {format_time(each.at_ns)}  {printable(each.reason)}", "yellow")
    say(f"    {printable(each.line)}")


def _retry(chosen: argparse.Namespace) -> int:
    answer = ask(DataFolder(chosen.data).socket, {"do": "history_retry"})
    if answer is None or "error" in answer:
        return _refuse(answer or {"error": _NOT_RUNNING})
    left = f", {_lines(answer['left'])} refused again" if answer["left"] else ""
    say(f"{_lines(answer['sent'])} sent{left}", "yellow" if left else "green")
    return 1 if left else 0


def _drop(chosen: argparse.Namespace) -> int:
    ids = None if chosen.all else chosen.ids
    if ids == []:
        warn("tagwarden history drop: name the lines by their numbers, or say --all", "red")
        return 2
    answer = ask_gateway(chosen.data, {"do": "history_drop", "ids": ids})
    if "error" in answer:
        return _refuse(answer)
    say(f"{_lines(answer['dropped'])} dropped")
    missing = 0 if ids is None else len(set(ids)) - int(answer["dropped"])
    if missing:
        text = f"{missing} of these numbers are not set aside; see tagwarden history set-aside"
        warn(f"tagwarden history drop: {text}", "red")
    return 1 if missing else 0


def _refuse(answer: Mapping[str, Any]) -> int:
    warn(f"tagwarden history: {printable(answer['error'])}", "red")
    return 1


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _duration(seconds: float) -> str:
    for unit, size_s in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.1f} {unit}"
    return f"{seconds:.0f} s"


_Verb = Callable[[argparse.Namespace], int]
_VERBS: dict[str, _Verb] = {
    "status": _status,
    "set-aside": _list,
    "retry": _retry,
    "drop": _drop,
}
