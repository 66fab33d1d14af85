"""Mosquitto for tests, which skip where it is not installed."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from simulators.real_server import ServerMissingError

ANYBODY = ("allow_anonymous true",)


@contextmanager
def mosquitto(
    folder: Path,
    options: Sequence[str] = ANYBODY,
    *,
    persistent: bool = False,
    passwords: Mapping[str, str] | None = None,
) -> Generator[Mosquitto]:
    try:
        broker = Mosquitto(folder, options, persistent=persistent, passwords=passwords)
    except ServerMissingError as missing:
        pytest.skip(str(missing))
    with broker:
        yield broker
