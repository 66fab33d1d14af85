"""Lines into an InfluxDB: only what it took counts, and what it refuses for good is set aside."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from history.influx_transport import (
    Answer,
    InfluxTransport,
    Request,
    check_answer,
    excerpt,
    said_by,
)
from history.set_aside import Refused
from history.settings import HistorySettings
from history.store import StoreRefusedError, StoreUnavailableError

REQUESTS_MAX = 400
"""So many requests look for bad lines; what is refused then is set aside in the pieces it is in."""

PutAside = Callable[[Sequence[Refused]], None]
"""Is told of lines that were refused for good, and why."""

_TAKEN = 204
_TOO_LARGE = 413
_EXPIRED = re.compile(r"points beyond retention policy.*?dropped=(\d+)")
_LIMITS = ("max-series-per-database", "max-values-per-tag")
_ABOUT_US = re.compile(
    r"^(database is required|bucket .*not found|org.* not found)",
    re.IGNORECASE,
)


class Written(NamedTuple):
    """What became of lines: `expired` ones were older than the server keeps anything."""

    taken: int
    set_aside: int
    expired: int


class LineWriter:
    """Writes to one InfluxDB, by one thread; it never tries the same again by itself.

    Raises InfluxClientMissingError.
    """

    def __init__(self, settings: HistorySettings, transport: InfluxTransport | None = None) -> None:
        self._transport = transport or InfluxTransport(settings)
        self._lines_a_write = settings.lines_a_write
        self._path, self._query = _target(settings)

    def write(self, lines: Sequence[str], put_aside: PutAside) -> Written:
        """Return once every line was taken, set aside, or older than the server keeps.

        A piece that is refused is halved until single lines are. Raises StoreUnavailableError
        or StoreRefusedError; then any part may have been taken, nothing was set aside, and the
        same again completes it.
        """
        search = _Search(self._send)
        for begin in range(0, len(lines), self._lines_a_write):
            search.run(lines[begin : begin + self._lines_a_write])
        if search.refused:
            put_aside(search.refused)
        aside = len(search.refused)
        return Written(len(lines) - aside - search.expired, aside, search.expired)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _send(self, lines: Sequence[str]) -> Answer:
        body = "\n".join(lines).encode(errors="replace")
        kind = "text/plain; charset=utf-8"
        answer = self._transport.ask(Request("POST", self._path, self._query, body, kind))
        url = self._transport.url
        check_answer(url, answer)
        if answer.status == 200:  # noqa: PLR2004 - of HTTP
            raise StoreUnavailableError(f"{said_by(url, answer)}: it says not that it took them")
        fault = answer.fault or ""
        if any(limit in fault for limit in _LIMITS):
            text = f"{said_by(url, answer)}: raise this limit in the server's configuration"
            raise StoreRefusedError(text)
        if _ABOUT_US.search(fault):
            raise StoreRefusedError(f"{said_by(url, answer)}: `tagwarden doctor` can create it")
        return answer


class _Search:
    """Sends pieces, and halves those that are refused."""

    def __init__(self, send: Callable[[Sequence[str]], Answer]) -> None:
        self._send = send
        self._requests = 0
        self.refused: list[Refused] = []
        self.expired = 0

    def run(self, lines: Sequence[str]) -> None:
        """Send these, in as many pieces as it takes."""
        pieces = deque([lines])
        while pieces:
            piece = pieces.popleft()
            answer = self._send(piece)
            if answer.status == _TAKEN or self._is_expired(piece, answer):
                continue
            self._requests += 1
            if len(piece) == 1:
                self._refuse(piece, _reason(answer))
            elif self._requests >= REQUESTS_MAX:
                self._refuse(piece, f"one of {len(piece)} lines: {_reason(answer)}")
            else:
                half = len(piece) // 2
                pieces += [piece[:half], piece[half:]]

    def _is_expired(self, piece: Sequence[str], answer: Answer) -> bool:
        """Whether the whole piece is older than the server keeps anything; then it is done."""
        match = _EXPIRED.search(answer.fault or "")
        whole = match is not None and int(match[1]) == len(piece)
        self.expired += len(piece) if whole else 0
        return whole

    def _refuse(self, piece: Sequence[str], reason: str) -> None:
        self.refused += [Refused(line, reason) for line in piece]


def _reason(answer: Answer) -> str:
    if answer.status == _TOO_LARGE:
        return "larger than the server takes"
    return excerpt(answer.fault or f"status {answer.status}")


def bucket_of(settings: HistorySettings) -> str:
    """The bucket of v2: the database, and its retention policy behind a stroke if there is one."""
    policy = settings.retention_policy
    return f"{settings.database}/{policy}" if policy else settings.database


def _target(settings: HistorySettings) -> tuple[str, dict[str, str]]:
    """Path and query; v1 counts in nanoseconds unless told, and reads a wrong word as those."""
    policy = settings.retention_policy
    if settings.api == "v1":
        return "/write", {"db": settings.database} | ({"rp": policy} if policy else {})
    query = {"org": settings.organization} if settings.organization else {}
    return "/api/v2/write", query | {"bucket": bucket_of(settings), "precision": "ns"}
