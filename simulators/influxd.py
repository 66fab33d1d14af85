"""InfluxDB 1.x, the real server, with a configuration, files and ports of its own."""

import http.client
import json
import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from simulators.real_server import RealServer, found, free_port

ANSWER_S = 30.0


class Login(NamedTuple):
    """Who may do everything on a server that asks for names."""

    username: str
    password: str


class Tls(NamedTuple):
    """PEM files: the certificate (with its chain), its key, and the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path


class Influxd(RealServer):
    """One server on free loopback ports; `folder` holds its configuration, data and log.

    With `admin` it asks for names, and has this one; with `tls` it speaks HTTPS. `options` are
    further settings by section and name, such as {"data.max-series-per-database": 1000}. It
    reports to nobody and keeps no statistics of itself; its series are indexed on disk.
    `restart` keeps the port and the data. Its methods block. Raises ServerMissingError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        admin: Login | None = None,
        tls: Tls | None = None,
        options: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        self._config = folder / "influxdb.conf"
        command = [found("influxd", "influxdb"), "-config", str(self._config)]
        environment = {"PATH": os.defpath, "HOME": str(folder), "GOMAXPROCS": "2"}
        super().__init__(folder, command, environment)
        self.port = free_port()
        self.admin = admin
        self.tls = tls
        self._config.write_text(_configuration(self, dict(options or {})), encoding="utf-8")

    @property
    def url(self) -> str:
        """As a site file names it."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it answers. Raises RuntimeError, with its log, if it ends."""
        super().start()
        if self.admin is not None:
            name, password = self.admin
            text = f"CREATE USER \"{name}\" WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
            self.ask(text)  # again is no error

    def answers(self) -> bool:
        """Whether it answers a ping within a second."""
        try:
            return self._request("GET", "/ping", "", 1.0)[0] == http.client.NO_CONTENT
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, question: str, database: str = "") -> list[dict[str, Any]]:
        """The series that answer InfluxQL (its times in ns). Raises RuntimeError if refused."""
        query = urlencode({"q": question, "db": database, "epoch": "ns"})
        status, body = self._request("POST", "/query", query, ANSWER_S)
        answer = json.loads(body)
        results = answer.get("results", [answer])
        faults = [result["error"] for result in results if "error" in result]
        if status != http.client.OK or faults:
            raise RuntimeError(f"influxd answers {status} to {question}: {faults}")
        return [series for result in results for series in result.get("series", [])]

    def write(self, database: str, body: str) -> None:
        """Write line protocol. Raises RuntimeError if it is refused."""
        path = "/write?" + urlencode({"db": database})
        status, answer = self._request("POST", path, body, ANSWER_S)
        if status != http.client.NO_CONTENT:
            raise RuntimeError(f"influxd answers {status}: {answer.decode(errors='replace')}")

    def _request(self, method: str, path: str, body: str, timeout_s: float) -> tuple[int, bytes]:
        connection = self._connection(timeout_s)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.admin is not None:
            login = b64encode(":".join(self.admin).encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        try:
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if self.tls is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        context = ssl.create_default_context(cafile=self.tls.authority)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=timeout_s, context=context
        )


def _configuration(server: Influxd, options: dict[str, str | int | bool]) -> str:
    folder = server.folder
    settings: dict[str, str | int | bool] = {
        "meta.dir": f"{folder}/meta",
        "data.dir": f"{folder}/data",
        "data.wal-dir": f"{folder}/wal",
        "data.index-version": "tsi1",
        "data.query-log-enabled": False,
        "monitor.store-enabled": False,
        "subscriber.enabled": False,
        "continuous_queries.enabled": False,
        "http.bind-address": f"127.0.0.1:{server.port}",
        "http.auth-enabled": server.admin is not None,
        "http.log-enabled": False,
        "http.pprof-enabled": False,
        "logging.suppress-logo": True,
    }
    if server.tls is not None:
        settings["http.https-enabled"] = True
        settings["http.https-certificate"] = str(server.tls.certificate)
        settings["http.https-private-key"] = str(server.tls.key)
    sections: dict[str, list[str]] = {}
    for path, value in (settings | options).items():
        section, _, name = path.partition(".")
        sections.setdefault(section, []).append(f"{name} = {json.dumps(value)}")
    lines = ["reporting-enabled = false", f'bind-address = "127.0.0.1:{free_port()}"']
    for section, entries in sections.items():
        lines += ["", f"[{section}]", *entries]
    return "\n".join([*lines, ""])
