"""What doctor finds out about the real server, and makes there."""

from pathlib import Path
from time import time_ns
from typing import Any

import pytest

from history.influx_database import examine_influx
from history.settings import HistorySettings
from readers.driver import Finding
from simulators.influxd import Influxd
from tests.influxd import ADMIN, influxd

STEPS = ["ping", "login", "database", "retention", "writing"]
DURATIONS = "SHOW RETENTION POLICIES ON depot"


def examined(server: Influxd, **changes: Any) -> dict[str, Finding]:  # noqa: ANN401 -- any setting
    fields: dict[str, Any] = {"store": "influxdb", "url": server.url, "database": "depot"}
    settings = HistorySettings(**(fields | changes))
    return {each.step: each for each in examine_influx(settings, time_ns())}


def policies(server: Influxd) -> dict[str, str]:
    return {row[0]: row[1] for row in server.ask(DURATIONS)[0]["values"]}


def test_the_database_is_made_once_and_keeps_as_long_as_the_site_file_says(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        for how in ("made just now", "is there"):
            found = examined(server)
            assert list(found) == STEPS
            assert all(each.ok for each in found.values()), found
            assert how in found["database"].detail
        assert found["ping"].detail.startswith("InfluxDB 1.")
        assert policies(server) == {"autogen": "9600h0m0s"}


def test_a_retention_policy_is_made_beside_the_others(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        server.ask("CREATE DATABASE depot")
        for how in ("depot.short is made just now", "depot.short is there"):
            found = examined(server, retention_policy="short", keep_days=30)
            assert all(each.ok for each in found.values()), found
            assert found["database"].detail == how
        assert policies(server) == {"autogen": "0s", "short": "720h0m0s"}


@pytest.mark.parametrize(("duration", "keeps"), [("INF", "everything for ever"), ("2d", "2 days")])
def test_another_retention_is_said_and_not_changed(
    tmp_path: Path, duration: str, keeps: str
) -> None:
    with influxd(tmp_path) as server:
        server.ask(f"CREATE DATABASE depot WITH DURATION {duration}")
        before = policies(server)
        found = examined(server)
        assert found["retention"].ok is None
        assert found["retention"].detail == f"keeps {keeps}, `keep_days` says 400"
        assert found["writing"].ok
        assert policies(server) == before


def test_each_refusal_ends_at_its_step_and_says_what_to_do(tmp_path: Path) -> None:
    with influxd(tmp_path, admin=ADMIN) as server:
        server.ask("CREATE USER gate WITH PASSWORD 'secret word'")
        user = {"username": "gate", "password": "secret word"}
        nobody = examined(server)
        assert list(nobody) == ["ping", "login"]
        assert "401" in nobody["login"].detail
        assert list(examined(server, username="gate", password="wrong")) == ["ping", "login"]
        low = examined(server, **user)
        assert list(low) == ["ping", "login", "database"]
        assert low["database"].remedy == (
            'Let an administrator say: CREATE DATABASE "depot" WITH DURATION 400d; '
            'GRANT ALL ON "depot" TO "gate"'
        )
        for statement in low["database"].remedy.partition(": ")[2].split("; "):
            server.ask(statement)
        found = examined(server, **user)
        assert all(each.ok for each in found.values()), found
        assert not any("secret" in str(each) for each in (low | found).values())


def test_a_server_of_version_one_has_no_buckets(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        found = examined(server, api="v2", token="a")
        assert list(found) == ["ping", "login"]
        assert found["login"].remedy.startswith("Check `api`")


def test_a_server_that_is_gone_is_the_first_finding(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        server.kill()
        found = examined(server)
        assert list(found) == ["ping"]
        assert found["ping"].ok is False
