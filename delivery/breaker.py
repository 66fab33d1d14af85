"""How much may go out on a channel now: its breaker, and its pace.

Plain values; time is an argument.
"""

from typing import Literal

import msgspec

from delivery.attempt import Attempt
from delivery.outbox import RETRY_AFTER_S_MAX, Share
from tags.times import SECOND_NS

GateState = Literal["closed", "open", "disabled"]
GATE_STATES: tuple[GateState, ...] = ("closed", "open", "disabled")

FAILURES_MAX = 3
COOLDOWN_S_MIN, COOLDOWN_S_MAX = 5.0, 60.0
COOLDOWN_PART = 12
"""After an outage a receiver has its messages within a twelfth of how long that took."""
RESERVED_PART = 4
"""One in so many of the messages of a minute is kept for what is critical."""
MINUTE_S = 60


class Room(msgspec.Struct, frozen=True, gc=False):
    """What may be taken from a channel now, and when that changes by itself."""

    share: Share
    wider_ns: int | None = None


class Breaker:
    """Stops asking a receiver that has failed three times in a row; one try now and then.

    Open, it lets one message through each 5 s (after a longer outage each twelfth of how long
    that has lasted, at most 1 min), or after the time that the receiver asked for. The first
    that is answered closes it. A refusal is an answer, too: the receiver is there.
    """

    def __init__(self) -> None:
        self.failing_since_ns: int | None = None
        self._failures = 0
        self._open_until_ns: int | None = None
        self._shut_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether only single messages are let through."""
        return self._open_until_ns is not None

    def note(self, attempt: Attempt, now_ns: int) -> bool:
        """Take in how a try ended; whether that has closed the breaker."""
        if not attempt.asked:
            return False
        if attempt.outcome != "retry" or any(not part.reason for part in attempt.parts):
            # Who has taken it for one of several receivers is there, whoever else refuses it.
            was_open = self.is_open
            self.failing_since_ns, self._failures, self._open_until_ns = None, 0, None
            return was_open
        self._failures += 1
        if self.failing_since_ns is None:
            self.failing_since_ns = now_ns
        if self._failures >= FAILURES_MAX:
            asked_s = min(attempt.retry_after_s, RETRY_AFTER_S_MAX)
            self._shut_s = max(self._cooldown_s(now_ns), asked_s)
            self._open_until_ns = now_ns + round(self._shut_s * SECOND_NS)
        return False

    def try_now(self) -> None:
        """Be open, and let one message through at once."""
        self._open_until_ns = 0

    def shut_until_ns(self, now_ns: int) -> int | None:
        """Until when nothing goes; None if something may."""
        until_ns = self._open_until_ns
        if until_ns is None or until_ns <= now_ns:
            return None
        # A moment that is further away is of a clock that was set back since.
        return until_ns if until_ns <= now_ns + round(self._shut_s * SECOND_NS) else None

    def _cooldown_s(self, now_ns: int) -> float:
        lasted_s = (now_ns - (self.failing_since_ns or now_ns)) / SECOND_NS
        return min(max(lasted_s / COOLDOWN_PART, COOLDOWN_S_MIN), COOLDOWN_S_MAX)


class Pace:
    """So many messages a minute: a bucket of tokens that fills steadily; None is no limit.

    A quarter of the bucket is kept for what is critical.
    """

    def __init__(self, per_minute_max: int | None, now_ns: int) -> None:
        self._size = per_minute_max
        self._tokens = float(per_minute_max or 0)
        self._filled_ns = now_ns

    def share(self, limit: int, now_ns: int) -> Room:
        """What may go now, at most `limit`; and when more may, where the pace is what limits."""
        if self._size is None:
            return Room(Share(limit=limit, others=limit))
        self._fill(now_ns)
        spare = self._tokens - self._size // RESERVED_PART
        share = Share(limit=min(limit, int(self._tokens)), others=max(0, min(limit, int(spare))))
        if share.others >= limit:
            return Room(share)
        wanted = 1 + (self._size // RESERVED_PART if self._tokens >= 1 else 0)
        wait_s = max(0.0, wanted - self._tokens) * MINUTE_S / self._size
        # A little more, so that no rounding makes it look again too early.
        return Room(share, now_ns + round(wait_s * SECOND_NS) + SECOND_NS // 1000)

    def spend(self, messages: int) -> None:
        """So many went out."""
        self._tokens -= messages

    def _fill(self, now_ns: int) -> None:
        size = self._size or 0
        passed_s = max(0, now_ns - self._filled_ns) / SECOND_NS
        self._tokens = min(float(size), self._tokens + passed_s * size / MINUTE_S)
        self._filled_ns = now_ns


class Gate:
    """What a channel lets through: nothing while it is disabled, else as breaker and pace say."""

    def __init__(self, per_minute_max: int | None, now_ns: int) -> None:
        self.breaker = Breaker()
        self.disabled: str | None = None
        """Why nothing goes until somebody says otherwise."""
        self._pace = Pace(per_minute_max, now_ns)

    @property
    def state(self) -> GateState:
        """As people and metrics are told."""
        if self.disabled is not None:
            return "disabled"
        return "open" if self.breaker.is_open else "closed"

    def reopen(self) -> None:
        """Let a message through at once to see whether the receiver takes it."""
        if self.state != "closed":
            self.breaker.try_now()
        self.disabled = None

    def room(self, now_ns: int, limit: int, in_flight: int) -> Room | None:
        """What may go now; None while nothing does, however long that takes."""
        if self.disabled is not None:
            return None
        until_ns = self.breaker.shut_until_ns(now_ns)
        if until_ns is not None:
            return Room(Share(limit=0, others=0), until_ns)
        room = self._pace.share(limit - in_flight, now_ns)
        if not self.breaker.is_open:
            return room
        probes = min(room.share.limit, 0 if in_flight else 1)
        return Room(Share(limit=probes, others=probes, probe=True), room.wider_ns)

    def spend(self, messages: int) -> None:
        """So many went out."""
        self._pace.spend(messages)
