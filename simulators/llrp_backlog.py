"""What a simulated LLRP reader keeps while nobody takes its reports."""

from collections import deque
from typing import Final, NamedTuple

MESSAGES_MAX: Final = 66_000
"""What Zebra's user guide says that its readers keep while the network is down."""


class Outgoing(NamedTuple):
    """A message without header and id, and how many tags it reports."""

    type: int
    body: bytes
    tags: int = 0


class Backlog:
    """Messages in order, at most so many; the oldest make room and are counted."""

    def __init__(self, messages_max: int = MESSAGES_MAX) -> None:
        self.tags = 0
        """Tags that wait."""
        self.tags_dropped = 0
        """Tags lost because too much waited."""
        self.overflowed = False
        """Whether something was lost since this was last set to False."""
        self._messages_max = messages_max
        self._messages: deque[Outgoing] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Outgoing) -> None:
        """Add the newest message."""
        self._messages.append(message)
        self.tags += message.tags
        if len(self._messages) > self._messages_max:
            self.tags_dropped += self.take().tags
            self.overflowed = True

    def take(self) -> Outgoing:
        """Remove and return the oldest message. Raises IndexError where there is none."""
        message = self._messages.popleft()
        self.tags -= message.tags
        return message
