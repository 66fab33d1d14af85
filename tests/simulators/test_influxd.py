from pathlib import Path

import pytest
import trustme

from simulators.influxd import Influxd, Tls
from simulators.real_server import ServerMissingError
from tests.influxd import ADMIN, influxd

POINT = 'visit,zone=hall tag_id="aa" 7'


def points(server: Influxd) -> list[object]:
    return [
        row for series in server.ask("SELECT * FROM visit", "depot") for row in series["values"]
    ]


def test_what_was_written_outlives_a_restart_and_a_power_cut(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        server.ask("CREATE DATABASE depot")
        server.write("depot", POINT)
        for kill in (False, True):
            url = server.url
            server.restart(kill=kill)
            assert server.url == url
            assert points(server) == [[7, "aa", "hall"]]


def test_it_asks_for_a_name_if_it_has_an_administrator(tmp_path: Path) -> None:
    with influxd(tmp_path, admin=ADMIN) as server:
        server.ask("CREATE DATABASE depot")
        server.restart()
        server.write("depot", POINT)
        assert points(server) == [[7, "aa", "hall"]]
        server.admin = None
        with pytest.raises(RuntimeError, match="401"):
            server.ask("SHOW DATABASES")


def test_it_speaks_tls(tmp_path: Path) -> None:
    with influxd(tmp_path, tls=certificates(tmp_path)) as server:
        assert server.url.startswith("https:")
        assert server.answers()


def test_frozen_it_answers_nothing_and_thawed_it_does(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        server.freeze()
        assert not server.answers()
        server.thaw()
        assert server.answers()
        server.kill()
        assert not server.answers()
        assert server.pid is None


def test_options_are_those_of_its_configuration(tmp_path: Path) -> None:
    with influxd(
        tmp_path, options={"data.max-series-per-database": 1, "data.index-version": "inmem"}
    ) as server:
        server.ask("CREATE DATABASE depot")
        server.write("depot", POINT)
        with pytest.raises(RuntimeError, match="max-series-per-database"):
            server.write("depot", POINT.replace("hall", "yard"))


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="influxd did not start:\nrun: parse config"),
        influxd(tmp_path, options={"coordinator.write-timeout": "soon"}),
    ):
        pass


def test_a_missing_server_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(command: str, path: str | None = None) -> None:
        del command, path

    monkeypatch.setattr("shutil.which", missing)
    with pytest.raises(ServerMissingError, match="package influxdb"):
        Influxd(tmp_path)


def certificates(folder: Path) -> Tls:
    authority = trustme.CA()
    both, ours = folder / "server.pem", folder / "authority.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(both)
    authority.cert_pem.write_to_path(ours)
    return Tls(both, both, ours)
