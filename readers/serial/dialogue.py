"""What a protocol on a serial line has to say: the contract between it and the serial driver."""

from collections import Counter
from typing import Protocol

from readers.driver import Batch, Finding


class Dialogue(Protocol):
    r"""One conversation over one open line, without I/O; used once, like the driver.

    The driver calls `due` first, then again after each `feed`. It calls `feed` when bytes
    came, and with no bytes when `wake_s` has passed. `now_s` is a monotonic clock in
    seconds for timers, `arrival_ns` the gateway's clock for reads. Neither method waits.
    Both may raise ReaderError, which ends the connection.

        due(0.0)          -> b"INV\r"             ready: False   wake_s: 0.5
        feed(b"OK\r", …)  -> Batch()               ready: True    wake_s: 0.05
        feed(b"\x00", …)  -> None                  noise is no sign of life
        feed(b"", …)      -> None                  wake_s has passed

    A dialogue sends the same request again when an answer stays away: a line loses bytes.
    It keeps at most a frame or a line of unfinished bytes.
    """

    @property
    def ready(self) -> bool:
        """Whether all is set up and reads may come; `connect` returns then."""
        ...

    @property
    def passive(self) -> bool:
        """Whether the module speaks unasked and may be silent for as long as it likes."""
        ...

    @property
    def wake_s(self) -> float | None:
        """When to be called at the latest although nothing came; None for never."""
        ...

    def due(self, now_s: float) -> bytes:
        """What to send now, empty for nothing."""
        ...

    def feed(self, data: bytes, arrival_ns: int, now_s: float) -> Batch | None:
        """What the bytes say; an empty Batch is a sign of life, None means that nothing came.

        Batch.bad never stands alone: a dialogue that heard only nonsense returns None and
        counts in `take_bad`.
        """
        ...

    def take_bad(self) -> dict[str, int]:
        """What had to be thrown away since the last call, by reason."""
        ...

    def findings(self) -> list[Finding]:
        """What the module said of itself, for `tagwarden doctor`."""
        ...

    def farewell(self) -> bytes:
        """What makes the module stop, sent before the port is closed; empty for nothing."""
        ...


def take_counts(*counts: dict[str, int]) -> dict[str, int]:
    """The sums of these counts by reason; each of them begins anew."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
        each.clear()
    return dict(total)
