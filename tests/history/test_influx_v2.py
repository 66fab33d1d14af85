"""The way to InfluxDB 2, held to its documented API and to servers that do not keep to it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from history.influx_database import examine_influx
from history.influx_write import LineWriter, Written
from history.set_aside import Refused
from history.settings import HistorySettings
from history.store import StoreRefusedError, StoreUnavailableError
from tests.history.influx_v2 import ORGANIZATION, TOKEN, InfluxV2, Reply, influx_v2, refusal

LINES = [f'visit,zone=hall tag_id="a{number}" {number}' for number in range(8)]
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Please log in</html>"
TIMEOUT_S = 0.4


@pytest.fixture
def server() -> Iterator[InfluxV2]:
    with influx_v2() as server:
        server.add_bucket("tagwarden", 400)
        yield server


def settings(server: InfluxV2, **changes: Any) -> HistorySettings:  # noqa: ANN401 -- any setting
    fields: dict[str, Any] = {
        "store": "influxdb",
        "url": server.url,
        "api": "v2",
        "token": TOKEN,
        "organization": ORGANIZATION,
        "timeout_s": TIMEOUT_S,
    }
    return HistorySettings(**(fields | changes))


def write(
    server: InfluxV2,
    lines: list[str],
    **changes: Any,  # noqa: ANN401 -- any setting
) -> tuple[Written, list[Refused]]:
    refused: list[Refused] = []
    writer = LineWriter(settings(server, **changes))
    try:
        return writer.write(lines, refused.extend), refused
    finally:
        writer.close()


def test_a_request_is_what_is_documented(server: InfluxV2) -> None:
    assert write(server, LINES) == (Written(8, 0, 0), [])
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/api/v2/write")
    assert asked.query == {"org": ORGANIZATION, "bucket": "tagwarden", "precision": "ns"}
    assert asked.headers["authorization"] == f"Token {TOKEN}"
    assert asked.headers["content-type"] == "text/plain; charset=utf-8"
    assert "content-encoding" not in asked.headers
    assert asked.body.decode().split("\n") == LINES


def test_lines_are_compressed_if_told(server: InfluxV2) -> None:
    write(server, LINES, gzip=True)
    assert server.asked[0].headers["content-encoding"] == "gzip"
    assert server.lines == LINES


def test_no_request_has_more_lines_than_are_wanted(server: InfluxV2) -> None:
    write(server, LINES, lines_a_write=3)
    assert [asked.text.count("\n") + 1 for asked in server.asked] == [3, 3, 2]
    assert server.lines == LINES


def test_a_bad_line_alone_is_set_aside(server: InfluxV2) -> None:
    bad = "visit,zone=hall 5"
    written, refused = write(server, [*LINES[:5], bad, *LINES[5:]])
    assert written == Written(8, 1, 0)
    assert refused == [Refused(bad, f"unable to parse '{bad}': missing fields")]
    assert sorted(server.lines) == LINES


def test_what_is_too_large_is_sent_in_parts(server: InfluxV2) -> None:
    long = [f'visit,zone=hall tag_id="{"x" * 30_000}" {number}' for number in range(8)]
    huge = f'visit,zone=hall tag_id="{"x" * 200_000}" 9'
    written, refused = write(server, [*long, huge])
    assert written == Written(8, 1, 0)
    assert refused == [Refused(huge, "larger than the server takes")]
    assert sorted(server.lines) == long


def test_another_bucket_token_or_organization_is_refused(server: InfluxV2) -> None:
    with pytest.raises(StoreRefusedError, match='404: bucket "yard" not found: `tagwarden doctor`'):
        write(server, LINES, database="yard")
    with pytest.raises(StoreRefusedError, match="404: organization name"):
        write(server, LINES, organization="nobody")
    with pytest.raises(StoreRefusedError, match="401: unauthorized access: check `token`") as told:
        write(server, LINES, token="not this one")
    assert "not this one" not in str(told.value)
    assert server.lines == []


@pytest.mark.parametrize(
    "reply",
    [
        refusal(429, "too many requests", "slow down")._replace(headers={"Retry-After": "7"}),
        refusal(503, "unavailable", "starting")._replace(headers={"Retry-After": "7"}),
        refusal(500, "internal error", "engine closed"),
        Reply(302, headers={"Location": "/login"}),
        Reply(200, {"ok": True}),
        Reply(201, {"ok": True}),
        Reply(400, raw=b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>"),
        Reply(200, raw=HTML),
        Reply(200, raw=b""),
        Reply(200, raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
        Reply(200, raw=b"HTTP/1.1 500 Oh\r\nContent-Length: 900\r\n\r\nhalf"),
        Reply(200, raw=b"HTTP/1.1 400 B"),
        Reply(200, raw=b"HTTP/1.1 500 Oh\r\nContent-Length: 90\r\n\r\n" + b"x" * 90, pause_s=0.05),
        Reply(200, raw=b"HTTP/1.1 500 Oh\r\n\r\n" + b"x" * 2_000_000),
    ],
)
def test_what_says_not_that_it_took_the_lines_did_not(server: InfluxV2, reply: Reply) -> None:
    server.replies = [reply]
    began_s = time.monotonic()
    with pytest.raises(StoreUnavailableError) as told:
        write(server, LINES)
    assert time.monotonic() - began_s < TIMEOUT_S * 10
    assert TOKEN not in str(told.value)
    assert "object at" not in str(told.value)
    assert len(server.asked) == 1
    assert write(server, LINES) == (Written(8, 0, 0), [])


def test_a_connection_that_is_closed_after_an_answer_is_opened_anew(server: InfluxV2) -> None:
    server.replies = [Reply(204, raw=b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")]
    writer = LineWriter(settings(server))
    for _ in range(3):
        assert writer.write(LINES, lambda _refused: None) == Written(8, 0, 0)
    writer.close()


def test_nothing_is_set_aside_of_what_has_to_be_sent_again(server: InfluxV2) -> None:
    bad = refusal(400, "invalid", "unable to parse")
    server.replies = [bad, bad, refusal(503, "unavailable", "gone")]
    refused: list[Refused] = []
    with pytest.raises(StoreUnavailableError):
        LineWriter(settings(server)).write(LINES[:2], refused.extend)
    assert refused == []


def test_a_batch_that_is_bad_as_a_whole_costs_few_requests(server: InfluxV2) -> None:
    bad = [f"visit {number}" for number in range(5000)]
    written, refused = write(server, bad)
    assert written == Written(0, 5000, 0)
    assert sorted(line for line, _ in refused) == sorted(bad)
    assert len(server.asked) <= 801


def test_doctor_makes_bucket_and_mapping_once(server: InfluxV2) -> None:
    new = settings(server, database="yard", keep_days=30)
    for how in ("just now", "is"):
        found = {each.step: each for each in examine_influx(new, 5)}
        steps = ["ping", "login", "database", "retention", "InfluxQL", "writing"]
        assert list(found) == steps
        assert all(each.ok for each in found.values()), found
        assert how in found["database"].detail
        assert how in found["InfluxQL"].detail
    assert [bucket["name"] for bucket in server.buckets] == ["tagwarden", "yard"]
    assert server.buckets[1]["retentionRules"] == [{"type": "expire", "everySeconds": 2_592_000}]
    assert [each["database"] for each in server.mappings] == ["yard"]


def test_doctor_says_that_a_bucket_keeps_another_time(server: InfluxV2) -> None:
    found = {each.step: each for each in examine_influx(settings(server, keep_days=30), 5)}
    assert found["retention"].ok is None
    assert found["retention"].detail == "keeps 400 days, `keep_days` says 30"
    assert server.buckets[0]["retentionRules"][0]["everySeconds"] == 400 * 86_400


def test_doctor_stops_at_the_first_step_that_fails(server: InfluxV2) -> None:
    found = examine_influx(settings(server, token="another"), 5)
    assert [(each.step, each.ok) for each in found] == [("ping", True), ("login", False)]
    assert "another" not in found[1].detail
    server.replies = [Reply(200, raw=HTML)]
    (found_html,) = examine_influx(settings(server), 5)
    assert not found_html.ok
    assert "is this an InfluxDB?" in found_html.detail
