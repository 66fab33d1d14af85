"""Mosquitto, a real MQTT broker, with a configuration and a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

READY_S = 10.0
STOP_S = 5.0


class MosquittoMissingError(Exception):
    """Mosquitto is not installed; the text names the Debian package."""


class Mosquitto:
    """One broker on a free loopback port; `folder` holds its configuration, log and memory.

    `options` are lines of its configuration. `restart` keeps the port, and sessions and
    messages if `persistent`. Its methods block. Raises MosquittoMissingError.
    """

    def __init__(
        self,
        folder: Path,
        options: Sequence[str] = ("allow_anonymous true",),
        *,
        persistent: bool = False,
        passwords: Mapping[str, str] | None = None,
    ) -> None:
        self._command = _found("mosquitto")
        self.port = free_port()
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"listener {self.port} 127.0.0.1", *options]
        if os.geteuid() == 0:
            lines.append("user root")
        if persistent:
            lines += ["persistence true", f"persistence_location {folder}/", "autosave_interval 1"]
        if passwords is not None:
            lines.append(f"password_file {self._write_passwords(passwords)}")
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join([*lines, ""]), encoding="utf-8")

    @property
    def address(self) -> str:
        """As a site file names it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it accepts connections. Raises RuntimeError, with its log, if it ends."""
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own configuration
                [self._command, "-c", str(self._config), "-v"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + READY_S
        while not _accepts(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"mosquitto did not start:\n{text}")
            time.sleep(0.01)

    def stop(self, *, kill: bool = False) -> None:
        """End it, politely unless `kill`."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self, *, kill: bool = False) -> None:
        """End it and start it again on the same port."""
        self.stop(kill=kill)
        self.start()

    def freeze(self) -> None:
        """Let it hang: its connections stay open, and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

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

    def _write_passwords(self, passwords: Mapping[str, str]) -> Path:
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        for user, password in passwords.items():
            command = [_found("mosquitto_passwd"), "-b", str(path), user, password]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- made up here
        return path


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _found(command: str) -> str:
    path = shutil.which(command) or shutil.which(command, path="/usr/sbin")
    if path is None:
        raise MosquittoMissingError(f"{command} is missing: it is in Debian's package mosquitto")
    return path


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
