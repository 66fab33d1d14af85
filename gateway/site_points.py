"""The read points that a site file speaks of."""

from gateway.site_draft import Draft
from gateway.site_problems import suggestion


class ReadPoints:
    """The readers of a file, and the devices behind them, with their antennas."""

    def __init__(self, draft: Draft) -> None:
        hearers = [each for _, reader in draft.readers for each in reader.hearers()]
        self._hearers = {hearer.name: hearer for hearer in hearers}
        # A reader whose entry is broken is not unknown too.
        self._names = draft.names("readers") | self._hearers.keys()

    def fault_of(self, point: str) -> str | None:
        """What is wrong with `READER/ANTENNA`."""
        # A device gives itself its name, which may hold a slash.
        name, slash, number = point.rpartition("/")
        if not slash or not number.isascii() or not number.isdecimal() or len(number) > 5:  # noqa: PLR2004 - five digits hold any antenna number
            return f"'{point}' is no read point; write READER/ANTENNA, such as gate-1/2"
        if name not in self._names:
            return self._unknown(name)
        hearer = self._hearers.get(name)
        if hearer is None or hearer.zone is not None or int(number) in hearer.antennas:
            return None
        listed = ", ".join(map(str, sorted(hearer.antennas))) or "none"
        return f"reader '{name}' has no antenna {number} (listed: {listed})"

    def fault_of_any(self, name: str) -> str | None:
        """What is wrong with `READER` or `READER/ANTENNA`."""
        if name in self._names:
            return None
        return self.fault_of(name) if "/" in name else self._unknown(name)

    def _unknown(self, name: str) -> str:
        return f"there is no reader '{name}'" + suggestion(name, self._names)
