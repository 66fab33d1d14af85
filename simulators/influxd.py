"""InfluxDB 1.x, the real server, with a configuration, files and ports of its own."""

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from simulators.mosquitto import free_port

READY_S = 20.0
STOP_S = 10.0
ANSWER_S = 30.0


class InfluxdMissingError(Exception):
    """The server is not installed; the text names the Debian package."""


class Login(NamedTuple):
    """Who may do everything on a server that asks for names."""

    username: str
    password: str


class Tls(NamedTuple):
    """PEM files: the certificate (with its chain), its key, and the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path


class Influxd:
    """One server on free loopback ports; `folder` holds its configuration, data and log.

    With `admin` it asks for names, and has this one; with `tls` it speaks HTTPS. `options` are
    further settings by section and name, such as {"data.max-series-per-database": 1000}. It
    reports to nobody and keeps no statistics of itself; its series are indexed on disk.
    `restart` keeps the port and the data. Its methods block. Raises InfluxdMissingError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        admin: Login | None = None,
        tls: Tls | None = None,
        options: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        path = shutil.which("influxd") or shutil.which("influxd", path="/usr/sbin")
        if path is None:
            raise InfluxdMissingError("influxd is missing: it is in Debian's package influxdb")
        self._command = path
        self.port = free_port()
        self.folder = folder
        self.admin = admin
        self.tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "influxdb.conf"
        self._config.write_text(_configuration(self, dict(options or {})), encoding="utf-8")

    @property
    def url(self) -> str:
        """As a site file names it."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it answers. Raises RuntimeError, with its log, if it ends."""
        with (self.folder / "influxd.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own configuration
                [self._command, "-config", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath, "HOME": str(self.folder), "GOMAXPROCS": "2"},
            )
        deadline = time.monotonic() + READY_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop(kill=True)
                raise RuntimeError(f"influxd did not start:\n{self.log()}")
            time.sleep(0.02)
        if self.admin is not None:
            name, password = self.admin
            text = f"CREATE USER \"{name}\" WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
            self.ask(text)  # again is no error

    def stop(self, *, kill: bool = False) -> None:
        """End it, politely unless `kill`."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as a power cut would, but for what the kernel still holds."""
        self.stop(kill=True)

    def restart(self, *, kill: bool = False) -> None:
        """End it and start it again on the same port, with the same data."""
        self.stop(kill=kill)
        self.start()

    def freeze(self) -> None:
        """Let it hang: its connections stay open, and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return None if self._process is None else self._process.pid

    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "influxd.log").read_text(encoding="utf-8", errors="replace")

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

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(kill=True)

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
