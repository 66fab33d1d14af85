"""A web server that answers as the documented API of InfluxDB 2 does, and misbehaves if told."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

TOKEN = "a secret of 20 signs"
ORGANIZATION = "depot"
ORGANIZATION_ID = "0a00000000000001"
BODY_BYTES_MAX = 100_000
_LINE = re.compile(r'[a-z_]+(,[a-z]+=[^ ]+)* ([a-z_]+=("[^"]*"|[-\d.]+i?|true|false),?)+ -?\d+')


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Reply(NamedTuple):
    status: int
    told: dict[str, Any] | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    raw: bytes | None = None
    """Sent instead of all else, then the connection is closed."""
    pause_s: float = 0.0
    """Between the bytes of its body."""


def refusal(status: int, code: str, message: str, **more: object) -> Reply:
    return Reply(status, {"code": code, "message": message, **more})


class InfluxV2:
    """Holds lines, buckets and mappings; `replies` are given first, whatever was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Reply] = []
        self.lines: list[str] = []
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.over = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_bucket(self, name: str, days: int) -> None:
        rules = [{"type": "expire", "everySeconds": days * 86_400}] if days else []
        number = f"0b{len(self.buckets):014x}"
        bucket = {"id": number, "orgID": ORGANIZATION_ID, "name": name, "retentionRules": rules}
        self.buckets.append(bucket)

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.replies:
            return self.replies.pop(0)
        if asked.path == "/ping":
            return Reply(204, headers={"X-Influxdb-Version": "v2.7.12", "X-Influxdb-Build": "OSS"})
        if asked.headers.get("authorization") != f"Token {TOKEN}":
            return refusal(401, "unauthorized", "unauthorized access")
        answers: dict[tuple[str, str], Callable[[Asked], Reply]] = {
            ("POST", "/api/v2/write"): self._write,
            ("GET", "/api/v2/orgs"): self._organization,
            ("GET", "/api/v2/buckets"): self._bucket,
            ("POST", "/api/v2/buckets"): self._bucket,
            ("GET", "/api/v2/dbrps"): self._mapping,
            ("POST", "/api/v2/dbrps"): self._mapping,
            ("GET", "/query"): self._query,
        }
        known = answers.get((asked.method, asked.path))
        return known(asked) if known else refusal(404, "not found", "path not found")

    def _organization(self, asked: Asked) -> Reply:
        assert asked.query == {"org": ORGANIZATION}
        return Reply(200, {"orgs": [{"id": ORGANIZATION_ID, "name": ORGANIZATION}]})

    def _write(self, asked: Asked) -> Reply:
        query = asked.query
        if query.get("org") != ORGANIZATION:
            return refusal(404, "not found", f'organization name "{query.get("org")}" not found')
        if query["bucket"] not in {bucket["name"] for bucket in self.buckets}:
            return refusal(404, "not found", f'bucket "{query["bucket"]}" not found')
        if len(asked.body) > BODY_BYTES_MAX:
            return Reply(413, {"code": "request too large", "maxLength": BODY_BYTES_MAX})
        lines = asked.text.split("\n")
        for number, line in enumerate(lines, start=1):
            if not _LINE.fullmatch(line):
                text = f"unable to parse '{line}': missing fields"
                return refusal(400, "invalid", text, op="influxdb/write", line=number)
        self.lines += lines
        return Reply(204)

    def _bucket(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            wanted = json.loads(asked.body)
            assert wanted.keys() == {"orgID", "name", "retentionRules"}
            assert wanted["orgID"] == ORGANIZATION_ID
            (rule,) = wanted["retentionRules"]
            assert rule["type"] == "expire"
            self.add_bucket(wanted["name"], rule["everySeconds"] // 86_400)
            return Reply(201, self.buckets[-1])
        name = asked.query.get("name")
        found = [bucket for bucket in self.buckets if name in (None, bucket["name"])]
        if name is not None and not found:
            return refusal(404, "not found", f'bucket "{name}" not found')
        return Reply(200, {"buckets": found})

    def _mapping(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            wanted = json.loads(asked.body)
            keys = {"orgID", "bucketID", "database", "retention_policy", "default"}
            assert wanted.keys() == keys
            self.mappings.append(wanted)
            return Reply(201, wanted)
        assert asked.query["orgID"] == ORGANIZATION_ID
        wanted_id = asked.query["bucketID"]
        found = [each for each in self.mappings if each["bucketID"] == wanted_id]
        return Reply(200, {"content": found})

    def _query(self, asked: Asked) -> Reply:
        if asked.query["db"] not in {each["database"] for each in self.mappings}:
            return refusal(404, "not found", "no dbrp mapping found")
        newest = self.lines[-1]
        word = newest.partition('word="')[2].partition('"')[0]
        values = [[int(newest.rpartition(" ")[2]), word]]
        series = {"name": "tagwarden_doctor", "columns": ["time", "word"], "values": values}
        return Reply(200, {"results": [{"statement_id": 0, "series": [series]}]})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _influx(self) -> InfluxV2:
        assert isinstance(self.server, _Server)
        return self.server.influx

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply = self._influx.answer(Asked(self.command, parts.path, query, headers, body))
        if reply.raw is not None:
            self._misbehave(reply, reply.raw)
            return
        self.send_response(reply.status)
        told = b"" if reply.told is None else json.dumps(reply.told).encode()
        kind = {"Content-Type": "application/json; charset=utf-8"} if told else {}
        length = {} if reply.status == 204 else {"Content-Length": str(len(told))}
        for name, value in (kind | length | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told)

    def _misbehave(self, reply: Reply, raw: bytes) -> None:
        self.close_connection = True
        head, gap, body = raw.partition(b"\r\n\r\n")
        pieces = [bytes([one]) for one in body] if reply.pause_s else [body]
        for piece in [head + gap, *pieces]:
            try:
                self.wfile.write(piece)
            except OSError:
                return
            if self._influx.over.wait(reply.pause_s):
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named by its base
        del format, args


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, influx: InfluxV2) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.influx = influx


@contextmanager
def influx_v2() -> Generator[InfluxV2]:
    influx = InfluxV2()
    with _Server(influx) as server:
        influx.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield influx
        finally:
            influx.over.set()
            server.shutdown()
            thread.join()
