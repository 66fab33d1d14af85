"""A real server as a process of its own: started, stopped, killed, frozen."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

READY_S = 20.0
STOP_S = 10.0


class ServerMissingError(Exception):
    """A server is not installed; the text names the Debian package."""


class RealServer(ABC):
    """One server on a free loopback port; `folder` holds its configuration, data and log.

    `restart` keeps the port. Its methods block.
    """

    def __init__(
        self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def answers(self) -> bool:
        """Whether it is ready to serve, told within a second."""

    def start(self) -> None:
        """Return once it answers. Raises RuntimeError, with its log, if it ends."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own configuration
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        deadline = time.monotonic() + READY_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop(kill=True)
                raise RuntimeError(f"{self._log.stem} did not start:\n{self.log()}")
            time.sleep(0.01)

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
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def _log(self) -> Path:
        return self.folder / f"{Path(self._command[0]).name}.log"

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


def found(command: str, package: str) -> str:
    """The path of a command. Raises ServerMissingError with the package that has it."""
    path = shutil.which(command) or shutil.which(command, path="/usr/sbin")
    if path is None:
        raise ServerMissingError(f"{command} is missing: it is in Debian's package {package}")
    return path


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
