"""`python -m gateway.preview_work`: a preview worked out in a process of its own, and told of.

On standard input comes what is asked (`Asked` as JSON); on standard output goes how far it is
(`Told`), a line each, the last with a result or a fault. It steps back behind everything else.
"""

import contextlib
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

STANDARD_OUTPUT = 1
NICE = 10
MEMORY_BYTES_MAX = 2 << 30
WORK_S_MAX = 900.0
"""After so long it tells what it has found until then."""
TELL_EVERY_S = 0.25


class Asked(msgspec.Struct):
    """The database, the texts of both site files, and the span."""

    state: str
    now: str
    then: str
    since_ns: int
    until_ns: int
    work_s_max: float = WORK_S_MAX


class Told(msgspec.Struct):
    """How far it is; `result` as `TwoSites.told`, with what there was to look at."""

    progress: float
    from_ns: int
    until_ns: int
    reads: int
    result: dict[str, Any] | None = None
    fault: str = ""


Tell = Callable[[Told], None]


def main() -> int:
    """Answer what standard input asks."""
    step_back()
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    encode = msgspec.json.Encoder().encode

    # A pipe to who asked.
    told_to = os.fdopen(STANDARD_OUTPUT, "wb", closefd=False)

    def tell(told: Told) -> None:
        told_to.write(encode(told) + b"\n")
        told_to.flush()

    try:
        work_out(asked, tell)
    except BrokenPipeError:
        return 1  # Who asked is gone.
    except MemoryError:
        tell(_fault(asked, "it needs too much memory; ask for a shorter time (since)"))
    except (sqlite3.Error, OSError, ValueError) as error:
        tell(_fault(asked, f"the journal can not be read: {error}"))
    except Exception as error:  # noqa: BLE001 - whoever asked is told, and the gateway goes on
        tell(_fault(asked, f"it broke off: {type(error).__name__}: {error}"))
    return 0


def step_back() -> None:
    """Take only what time is left over, and so much memory at most; be killed before others."""
    os.nice(NICE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def work_out(asked: Asked, tell: Tell) -> None:
    """Replay the span under both site files and tell what differs."""
    from gateway.preview_replay import PreviewReplay  # noqa: PLC0415 - long, so after stepping back
    from history.state import open_reader  # noqa: PLC0415 - the same

    with closing(open_reader(Path(asked.state))) as connection:
        replay = PreviewReplay(connection, asked)
        _follow(replay.steps(), asked, tell)
        tell(replay.told(done=True))


def _follow(steps: Iterable[Told], asked: Asked, tell: Tell) -> None:
    """Tell now and then how far it is, until the end or until it has taken too long."""
    begun_s = told_s = time.monotonic()
    for step in steps:
        now_s = time.monotonic()
        if now_s - begun_s > asked.work_s_max:
            return
        if now_s - told_s >= TELL_EVERY_S:
            told_s = now_s
            tell(step)


def _fault(asked: Asked, fault: str) -> Told:
    return Told(0.0, asked.since_ns, asked.until_ns, 0, None, fault)


if __name__ == "__main__":
    raise SystemExit(main())
