"""Settings of the history that contradict each other, or say nothing, are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from history.settings import HistorySettings

SERVER: dict[str, Any] = {"store": "influxdb", "url": "http://127.0.0.1:8086"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"token": "a"}, "`token` is for store: influxdb"),
        ({"database": "depot"}, "`database` is for store: influxdb"),
        ({"url": "http://127.0.0.1:8086"}, "`url` is for store: influxdb"),
        ({**SERVER, "url": "http://127.0.0.1:0"}, "between 1 and 65535"),
        ({**SERVER, "url": "http://influx db:8086"}, "looks like"),
        ({**SERVER, "api": "v2"}, "needs a `token`"),
        ({**SERVER, "api": "v2", "token": ""}, "at least 1 character"),
        ({**SERVER, "username": "", "password": ""}, "at least 1 character"),
        ({**SERVER, "username": "depot"}, "go together"),
        ({**SERVER, "token": "a", "username": "depot", "password": "b"}, "not both"),
    ],
)
def test_what_can_not_be_meant_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        HistorySettings(**fields)


def test_a_sub_path_of_a_server_is_an_address() -> None:
    fields: dict[str, Any] = {**SERVER, "url": "http://proxy/influx/"}
    assert HistorySettings(**fields).url == "http://proxy/influx"
