"""Which of the several receivers of a message need it no more, from try to try."""

from collections.abc import Sequence

from delivery.attempt import Attempt, Delivery, Part

MESSAGES_MAX = 1_000


class PartsKnown:
    """Remembers for the last thousand messages, beside what their deliveries say themselves."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[Part, ...]] = {}

    def of(self, delivery: Delivery) -> tuple[Part, ...]:
        """The parts of a message that need no further try."""
        return self._parts.get(delivery.id) or delivery.parts

    def note(self, delivery: Delivery, attempt: Attempt) -> Attempt:
        """Remember what a try settled where another one follows; returns the attempt."""
        self._parts.pop(delivery.id, None)
        if attempt.outcome == "retry" and attempt.parts:
            self._parts[delivery.id] = attempt.parts
            if len(self._parts) > MESSAGES_MAX:
                del self._parts[next(iter(self._parts))]
        return attempt


def outcome_of(settled: Sequence[Part], waiting: Sequence[str]) -> Attempt:
    """How a try ended by what became of its parts; `waiting` are reasons to try some again."""
    refused = [f"{part.to}: {part.reason}" for part in settled if part.reason]
    reason = "; ".join([*waiting, *refused])
    if waiting:
        return Attempt("retry", reason, parts=tuple(settled))
    if len(refused) == len(settled):
        return Attempt("refused", reason, parts=tuple(settled))
    return Attempt("done", reason and f"but not to all: {reason}", parts=tuple(settled))
