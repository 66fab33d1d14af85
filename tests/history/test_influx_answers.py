"""Answers that are none: each becomes an error that names the server and says what to do."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from history.influx_history import InfluxHistory
from history.settings import HistorySettings
from history.store import (
    HistoryBatch,
    RaisedAlert,
    StoreRefusedError,
    StoreUnavailableError,
)
from tests.history.facility import measured, sighting
from tests.history.influx_v2 import ORGANIZATION, TOKEN, InfluxV2, Reply, influx_v2, refusal
from tests.history.made import alert, at
from tests.history.store_answers import ALL, MANY, asked
from tests.influxd import influxd

TIMEOUT_S = 0.4
VISIT_COLUMNS = ["time", "zone", "visit", "tag_id", "asset", "from_ns", "to_ns", "ended"]
VISIT = [at(0), "hall", 1, "aa", "", at(0), at(1), "moved"]


@pytest.fixture
def server() -> Iterator[InfluxV2]:
    with influx_v2() as server:
        yield server


@pytest.fixture
def store(server: InfluxV2) -> Iterator[InfluxHistory]:
    store = InfluxHistory(
        HistorySettings(
            store="influxdb",
            url=server.url,
            api="v2",
            token=TOKEN,
            organization=ORGANIZATION,
            database="depot",
            retention_policy="long",
            timeout_s=TIMEOUT_S,
        )
    )
    yield store
    store.close()


def answer(*rows: list[Any], columns: list[str] | None = None, **more: object) -> Reply:
    series = {"name": "visit", "columns": columns or VISIT_COLUMNS, "values": list(rows), **more}
    return Reply(200, {"results": [{"statement_id": 0, "series": [series]}]})


def fault(words: str) -> Reply:
    return Reply(200, {"results": [{"statement_id": 0, "error": words}]})


def raw(body: bytes, kind: str = "application/json") -> Reply:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n"
    return Reply(200, raw=head.encode() + body)


def test_a_question_names_the_database_and_shows_the_token(
    server: InfluxV2, store: InfluxHistory
) -> None:
    server.replies = [answer(VISIT)]
    assert [visit.tag for visit in store.track_of("aa", ALL, MANY)] == ["aa"]
    (request,) = server.asked
    assert (request.method, request.path) == ("GET", "/query")
    assert request.headers["authorization"] == f"Token {TOKEN}"
    query = dict(request.query)
    assert query.pop("q").startswith("SELECT ")
    assert query == {"db": "depot", "rp": "long", "epoch": "ns"}


UNAVAILABLE = {
    "a page to log in": raw(b"<html>Please log in</html>", "text/html"),
    "nothing": raw(b""),
    "half of an answer": raw(b'{"results":[{"statement_id":0,"series":[{"name":"vis'),
    "no text": raw(b'{"results":[{"error":"\xff\xfe"}]}'),
    "a list": raw(b"[]"),
    "several pieces": raw(b'{"results":[{}]}\n{"results":[{}]}\n'),
    "no body": Reply(204),
    "another question": answer(VISIT, columns=[*VISIT_COLUMNS[:-1], "why"]),
    "a fault of its own": Reply(500, {"error": "engine is closed"}),
    "a busy gate": Reply(503, {"code": "unavailable", "message": "try later"}),
    "a limit of rate": Reply(429, {"code": "too many requests", "message": "limit"}),
    "too slow inside": fault("query-timeout limit exceeded"),
    "too many at once": fault("max-concurrent-queries limit exceeded(1, 1)"),
    "shutting down": fault("server shutdown"),
}


@pytest.mark.parametrize("reply", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_may_work_later_is_unavailable(
    server: InfluxV2, store: InfluxHistory, reply: Reply
) -> None:
    server.replies = [reply]
    with pytest.raises(StoreUnavailableError, match=server.url):
        store.track_of("aa", ALL, MANY)
    server.replies = [answer(VISIT)]
    assert len(store.track_of("aa", ALL, MANY)) == 1


REFUSED = [
    (refusal(401, "unauthorized", "unauthorized access"), "check `token`"),
    (refusal(403, "forbidden", "no read"), "check `token`"),
    (refusal(404, "not found", "no dbrp mapping found"), "`tagwarden doctor` can create it"),
    (fault("database not found: depot"), "`tagwarden doctor` can create it"),
    (fault("retention policy not found: long"), "`tagwarden doctor` can create it"),
    (Reply(500, {"error": "retention policy not found: long"}), "`tagwarden doctor`"),
    (fault('user "x" not authorized to execute'), "check `token`"),
    (fault("max-select-point limit exceeded: (6/5)"), "shorter span"),
    (fault("unsupported expression"), "understand InfluxQL"),
    (Reply(400, {"error": "error parsing query: found SELEKT"}), "understand InfluxQL"),
    (answer(VISIT, partial=True), "raise `max-row-limit`"),
    (answer([*VISIT[:2], "one", *VISIT[3:]]), "rows that we did not write"),
    (answer(VISIT[:-1]), "rows that we did not write"),
    (answer([*VISIT[:3], None, *VISIT[4:]]), "rows that we did not write"),
]


@pytest.mark.parametrize(("reply", "advice"), REFUSED, ids=[advice for _, advice in REFUSED])
def test_what_somebody_has_to_see_to_is_refused_with_what_to_do(
    server: InfluxV2, store: InfluxHistory, reply: Reply, advice: str
) -> None:
    server.replies = [reply]
    with pytest.raises(StoreRefusedError, match=server.url) as told:
        store.track_of("aa", ALL, MANY)
    assert advice in str(told.value)
    assert TOKEN not in str(told.value)


def test_an_answer_that_drips_is_given_up_in_time(server: InfluxV2, store: InfluxHistory) -> None:
    body = b'{"results":[' + b" " * 1000
    server.replies = [Reply(200, raw=raw(body).raw, pause_s=0.05)]
    with pytest.raises(StoreUnavailableError, match=f"within {TIMEOUT_S} s"):
        store.track_of("aa", ALL, MANY)


def test_no_page_is_told_if_a_later_one_fails(server: InfluxV2, store: InfluxHistory) -> None:
    times = [at(5), at(4), at(3), at(3)]
    rows = [[t, "hall", n, "aa", "", t, at(9), "moved"] for n, t in enumerate(times)]
    server.replies = [answer(*rows), fault("query-timeout limit exceeded")]
    with pytest.raises(StoreUnavailableError):
        store.visits_of("hall", ALL, 3)
    assert len(server.asked) == 2
    server.replies = [answer(*rows)]
    assert [visit.id for visit in store.visits_of("hall", ALL, 2)] == [0, 1]


def test_an_alert_that_can_not_be_read_is_named(server: InfluxV2, store: InfluxHistory) -> None:
    columns = ["time", "id", "time_ns", "raised_seq", "seq", "record"]
    server.replies = [answer([at(0), "al-7", at(0), 1, 1, '{"id": 7}'], columns=columns)]
    with pytest.raises(StoreRefusedError, match="al-7"):
        store.alerts_of(ALL, MANY)


def test_a_server_that_is_not_there_is_unavailable(store: InfluxHistory, server: InfluxV2) -> None:
    url = server.url.rpartition(":")[0] + ":1"
    gone = InfluxHistory(HistorySettings(store="influxdb", url=url, timeout_s=TIMEOUT_S))
    with pytest.raises(StoreUnavailableError, match="can not be reached"):
        gone.last_positions()
    gone.close()
    store.close()


def test_threads_may_ask_at_once(server: InfluxV2, store: InfluxHistory) -> None:
    server.replies = [answer(VISIT) for _ in range(40)]
    found: list[int] = []

    def ask() -> None:
        found.extend(len(store.track_of("aa", ALL, MANY)) for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 40


def test_a_real_server_with_limits_is_told_as_such(tmp_path: Path) -> None:
    options = {"http.max-row-limit": 3, "coordinator.max-select-series": 1}
    with influxd(tmp_path, options=options) as server:
        server.ask("CREATE DATABASE depot")
        settings = HistorySettings(store="influxdb", url=server.url, database="depot")
        store = InfluxHistory(settings)
        alerts = [RaisedAlert(n, n, replace(alert(f"al-{n}"), time_ns=at(n))) for n in range(9)]
        values = [measured(n, at(0), f"cold-{n}") for n in range(2)]
        store.append([HistoryBatch(alerts=alerts, measurements=values)])
        assert len(store.alerts_of(ALL, 1)) == 1
        with pytest.raises(StoreRefusedError, match="max-row-limit"):
            store.alerts_of(ALL, MANY)
        assert len(store.series_of(replace(asked(ALL), sensor="cold-1"))) == 1
        heard = [sighting(f"aa{n}", at(0)) for n in range(9)]
        store.append([HistoryBatch(sightings=heard, zones={("gate-1", 1): "gate"})])
        store.append([HistoryBatch(sightings=heard, zones={("gate-1", 1): "yard"})])
        with pytest.raises(StoreRefusedError, match=r"max-select-series limit exceeded.* shorter"):
            store.sightings_of("aa1", ALL, MANY)
        store.close()
