"""Question and answer with an LLRP reader, one at a time."""

import asyncio
from collections import deque

from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError
from readers.llrp.link import LlrpLink
from readers.wire.llrp.framing import Frame, frame
from readers.wire.llrp.messages import (
    CUSTOM_MESSAGE_HEADER,
    IMPINJ_ENABLE_EXTENSIONS_RESPONSE,
    Code,
    Message,
    Status,
    decode_status,
    is_impinj_message,
)
from readers.wire.llrp.parameters import ReportError

_RESPONSE_STEP = 10
"""Most responses have the number of their request plus ten."""
_ODD_RESPONSES: dict[int, int] = {
    Message.CLOSE_CONNECTION: Message.CLOSE_CONNECTION_RESPONSE,
    Message.CUSTOM: Message.CUSTOM,
}
_DEVICE_ERRORS = range(Code.DEVICE_ERROR, Code.DEVICE_ERROR + 100)
_STALE_MAX = 64
OK = Status(Code.SUCCESS)


class Talk:
    """Sends requests over `link` and returns what the reader answers.

    Answers are told by their type, since not every reader repeats the message id; an
    answer that bears the id of a question given up before is none. While
    `has_kept_reads` the reader may send those first, however long that takes.
    """

    def __init__(self, name: str, link: LlrpLink, patience_s: float) -> None:
        self._name = name
        self._link = link
        self._patience_s = patience_s
        self.has_kept_reads = True
        self._turn = asyncio.Lock()
        self._message_id = 0
        self._stale: deque[int] = deque(maxlen=_STALE_MAX)
        self._expected = 0
        self._answer: asyncio.Future[Frame] | None = None

    def tell(self, request: Message, body: bytes = b"") -> int:
        """Send a message to which no answer is awaited; return its id."""
        self._message_id += 1
        self._link.send(frame(request, self._message_id, body))
        return self._message_id

    async def ask(self, request: Message, body: bytes = b"") -> Frame:
        """Send a request and return the answer, which may be an ERROR_MESSAGE.

        Raises ReaderLostError when the connection ends first or nothing comes in time.
        """
        async with self._turn:
            self._link.raise_error()
            self._expected = _ODD_RESPONSES.get(request, request + _RESPONSE_STEP)
            self._answer = asyncio.get_running_loop().create_future()
            message_id = self.tell(request, body)
            try:
                return await self._wait_for(self._answer)
            except TimeoutError as error:
                text = f"{self._name}: no answer to {request.name} within {self._patience_s:g} s"
                raise ReaderLostError(text) from error
            finally:
                if not self._answer.done() or self._answer.cancelled():
                    self._stale.append(message_id)
                self._answer = None

    async def _wait_for(self, answer: asyncio.Future[Frame]) -> Frame:
        """Raises TimeoutError after so long without an answer, and without kept reads."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + self._patience_s
        while not answer.done():
            await asyncio.wait((answer,), timeout=due_s - loop.time())
            if self.has_kept_reads:
                due_s = max(due_s, self._link.reported_s + self._patience_s)
            if loop.time() >= due_s and not answer.done():
                raise TimeoutError
        return answer.result()

    async def request(self, request: Message, body: bytes = b"") -> Status:
        """Send a request and return its status; success where the answer has none.

        Raises ReaderLostError as `ask` does, and where the answer can not be read.
        """
        answer = await self.ask(request, body)
        try:
            return status_of(answer)
        except ReportError as error:
            raise self.garbled(request.name, error) from error

    def garbled(self, what: str, error: ReportError) -> ReaderLostError:
        """What to raise for an answer that can not be read."""
        return ReaderLostError(
            f"{self._name}: cannot understand the answer to {what}: {error}",
            "Restart the reader; if it stays so, update its firmware.",
        )

    async def demand(self, request: Message, body: bytes = b"") -> None:
        """Send a request that must succeed; raises as `refused` says."""
        status = await self.request(request, body)
        if status.code != Code.SUCCESS:
            raise self.refused(request.name, status)

    def refused(self, what: str, status: Status, remedy: str | None = None) -> ReaderError:
        """What to raise for a refusal: lost where the device is broken, else misconfigured."""
        if is_broken(status):
            return ReaderLostError(f"{self._name}: the reader answers {status}")
        text = f"{self._name}: the reader refuses {what}: {status}"
        return ReaderMisconfiguredError(text, remedy)

    def hear(self, message: Frame) -> None:
        """Take a message of the reader that may be an answer."""
        if self._answer is None or self._answer.done() or message.message_id in self._stale:
            return
        if message.type == Message.CUSTOM and not _is_answer(message):
            return
        is_error = message.type == Message.ERROR_MESSAGE
        if message.type == self._expected or (
            is_error and message.message_id in (0, self._message_id)
        ):
            self._answer.set_result(message)

    def end(self) -> None:
        """The link has ended: nothing will be answered any more."""
        if self._answer is not None and not self._answer.done():
            error = self._link.error or ReaderLostError(f"{self._name}: connection lost")
            self._answer.set_exception(error)


def _is_answer(message: Frame) -> bool:
    return is_impinj_message(message.body, IMPINJ_ENABLE_EXTENSIONS_RESPONSE)


def status_of(answer: Frame) -> Status:
    """The LLRPStatus of an answer; success where it has none. Raises ReportError."""
    start = CUSTOM_MESSAGE_HEADER.size if answer.type == Message.CUSTOM else 0
    status = decode_status(answer.body, start)
    if status is None and answer.type == Message.ERROR_MESSAGE:
        return Status(Code.UNSUPPORTED_MESSAGE)
    return status or OK


def is_broken(status: Status) -> bool:
    """Whether a status says that the device itself has a fault."""
    return status.code in _DEVICE_ERRORS
