"""InfluxDB for tests, which skip where it is not installed."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.influxd import Influxd, Login, Tls
from simulators.real_server import ServerMissingError

ADMIN = Login("keeper", "dock gate 7")


@contextmanager
def influxd(
    folder: Path,
    *,
    admin: Login | None = None,
    tls: Tls | None = None,
    options: Mapping[str, str | int | bool] | None = None,
) -> Generator[Influxd]:
    """A running server; skips the test where Debian's package influxdb is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        server = Influxd(folder, admin=admin, tls=tls, options=options)
    except ServerMissingError as missing:
        pytest.skip(str(missing))
    with server:
        yield server
