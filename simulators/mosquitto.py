"""Mosquitto, a real MQTT broker, with a configuration and a port of its own."""

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.real_server import RealServer, found, free_port

PACKAGE = "mosquitto"


class Mosquitto(RealServer):
    """One broker on a free loopback port; `folder` holds its configuration, log and memory.

    `options` are lines of its configuration. `restart` keeps the port, and sessions and
    messages if `persistent`. Its methods block. Raises ServerMissingError.
    """

    def __init__(
        self,
        folder: Path,
        options: Sequence[str] = ("allow_anonymous true",),
        *,
        persistent: bool = False,
        passwords: Mapping[str, str] | None = None,
    ) -> None:
        self._config = folder / "mosquitto.conf"
        super().__init__(folder, [found("mosquitto", PACKAGE), "-c", str(self._config), "-v"])
        self.port = free_port()
        lines = [f"listener {self.port} 127.0.0.1", *options]
        if os.geteuid() == 0:
            lines.append("user root")
        if persistent:
            lines += ["persistence true", f"persistence_location {folder}/", "autosave_interval 1"]
        if passwords is not None:
            lines.append(f"password_file {self._write_passwords(passwords)}")
        self._config.write_text("\n".join([*lines, ""]), encoding="utf-8")

    @property
    def address(self) -> str:
        """As a site file names it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it accepts connections."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def _write_passwords(self, passwords: Mapping[str, str]) -> Path:
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        for user, password in passwords.items():
            command = [found("mosquitto_passwd", PACKAGE), "-b", str(path), user, password]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- made up here
        return path
