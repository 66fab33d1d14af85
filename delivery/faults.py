"""Which channels do not do their work, told once each time that changes."""

from collections.abc import Callable, Collection

from tags.times import SECOND_NS, format_time

OUTAGE_TOLD_AFTER_S = 300
"""So long may a receiver be away before that is a fault."""

TellFault = Callable[[str, bool, str], None]
"""Called with a channel, whether it is broken now, and what is wrong with it."""


class ChannelFaults:
    """Broken: a message was given up, the receiver wants no more, or is away for 5 min.

    Well again: a message was delivered, or the site file does not name the channel any more.
    `broken` are the channels of which it was told before, by a gateway that went down since.
    """

    def __init__(self, tell: TellFault, broken: Collection[str] = ()) -> None:
        self._tell = tell
        self._broken = dict.fromkeys(broken, True)

    def broken(self, channel: str, detail: str) -> None:
        """Something is wrong with a channel."""
        self._note(channel, detail, broken=True)

    def failing(self, channel: str, since_ns: int | None, now_ns: int, reason: str) -> None:
        """A try has failed and will be repeated; nothing went through since `since_ns`."""
        if since_ns is not None and now_ns - since_ns >= OUTAGE_TOLD_AFTER_S * SECOND_NS:
            self.broken(channel, f"nothing delivered since {format_time(since_ns)}: {reason}")

    def well(self, channel: str) -> None:
        """A message was delivered."""
        self._note(channel, "", broken=False)

    def keep_only(self, channels: Collection[str]) -> None:
        """The site file names these and no others."""
        for channel in sorted(self._broken.keys() - set(channels)):
            if self._broken[channel]:
                self._note(channel, "the site file does not name it any more", broken=False)
            del self._broken[channel]

    def _note(self, channel: str, detail: str, *, broken: bool) -> None:
        if self._broken.get(channel, False) is not broken:
            self._broken[channel] = broken
            self._tell(channel, broken, detail)
