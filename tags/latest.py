"""The newest fix of each tracker and the newest value of each sensor."""

import msgspec

from tags.reads import Fix, Measurement

NAMES_MAX = 1_000_000
QUANTITIES_MAX = 1_000


class Latest(msgspec.Struct):
    """What was said last, by event time; of two at the same time the one that came later.

    At most `NAMES_MAX` trackers and as many sensors with `QUANTITIES_MAX` values each
    are kept; what is beyond that is counted in `refused` and is in the history only.
    """

    fixes: dict[str, Fix] = {}
    measurements: dict[str, dict[str, Measurement]] = {}
    refused: int = 0

    def take_fix(self, fix: Fix) -> bool:
        """Take a fix; whether it is the newest of its tracker now."""
        known = self.fixes.get(fix.tag)
        if known is None and len(self.fixes) >= NAMES_MAX:
            self.refused += 1
            return False
        if known is not None and fix.time_ns < known.time_ns:
            return False
        self.fixes[fix.tag] = fix
        return True

    def take_measurement(self, measurement: Measurement) -> bool:
        """Take a value; whether it is the newest of its sensor and quantity now."""
        values = self.measurements.get(measurement.sensor)
        if values is None:
            if len(self.measurements) >= NAMES_MAX:
                self.refused += 1
                return False
            values = self.measurements[measurement.sensor] = {}
        known = values.get(measurement.quantity)
        if known is None and len(values) >= QUANTITIES_MAX:
            self.refused += 1
            return False
        if known is not None and measurement.time_ns < known.time_ns:
            return False
        values[measurement.quantity] = measurement
        return True
